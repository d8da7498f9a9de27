local text = data.tokens { "text", chars = 65, length = 8 }
local net = nn.Embedding(65, 65)
local logits = net(text.x)
train {
  data = text, batch = 8, epochs = 1, minimize = fn.cross_entropy(logits, text.y), optim = optim.SGD { lr = 0.1 },
  sample = { "ROMEO:", top_k = -1 }, predict = { next = logits },
}
