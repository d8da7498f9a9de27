local text = data.tokens { "text", chars = 65, length = 8, document_end = "\n" }
local w = nn.Parameter(8, 65)
local logits = w + fn.reshape(text.documents * 0, 8, 1)
train {
  data = text, batch = 8, epochs = 1, minimize = fn.cross_entropy(logits, text.y), optim = optim.SGD { lr = 0.1 },
  predict = { next = logits },
}
