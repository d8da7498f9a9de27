-- rows.lua -- rows of 6 tokens with their documents; tests/tokens/rows.c reads other streams by the same program.
local text = data.tokens { "stream", classes = option("classes", 50), length = 6, document_end = 7, valid = 0.1 }
local table_ = nn.Embedding(option("classes", 50), 2)
local logits = fn.linear(table_(text.x), table_.weight)

train {
  data = text, batch = 4, micro_batch = 2, epochs = 1,
  minimize = fn.cross_entropy(logits, text.y), optim = optim.SGD { lr = 0 },
  report = { x = fn.mean(text.x + 0), y = fn.mean(text.y + 0), d = fn.mean(text.documents + 0) },
}
