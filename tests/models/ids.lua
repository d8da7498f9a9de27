-- Three ids a row, of which -100 is none: two are looked up, two are the classes of a loss. The column states no classes.
local d = data.raw { "ids", shuffle = false, columns = { s = { "s.bin", 3, type = "int32" } } }
local padding = option("padding", -100)
local table = nn.Embedding(5, 4, padding > -200 and { padding_idx = padding } or {})
local out = nn.Linear(5)
local seen, next = fn.slice(d.s, { axis = 2, to = 2 }), fn.slice(d.s, { axis = 2, from = 2 })
local y = out(table(seen))
local ignored = option("ignored", -100)
local o = ignored > -200 and { ignore_index = ignored } or {}
train { data = d, batch = 6, micro_batch = 3, epochs = 2, minimize = fn.cross_entropy(y, next, o), report = { accuracy = fn.accuracy(y, next, o) },
        optim = optim.AdamW { lr = 0.1, weight_decay = 0.1 }, predict = { y = y } }
