local text = data.tokens { "text", chars = 65, length = 8 }
local net = nn.Embedding(65, 65)
local logits = net(text.x)
train {
  data = text, batch = 8, epochs = 1, minimize = fn.cross_entropy(logits, text.y), optim = optim.SGD { lr = 0.1 },
  predict = { next = fn.argmax(logits, { axis = 3 }) },
}
