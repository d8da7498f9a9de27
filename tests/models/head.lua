-- A head whose logits are computed in pieces, or, head_pieces = 1, whole. x is a column of numbers; or, tied, ids of a table that is the
-- head's weight, too.
local T, C, V = option("t", 13), option("dim", 24), option("classes", 40)
local tied, cap, z, ignore = option("tied", false), option("softcap", 0), option("z", 0), option("ignore", -1)
local x = tied and { "x.npy", T, classes = V } or { "x.npy", T, C }
local d = data.npy { "rows", shuffle = false, columns = { x = x, t = { "t.npy", T, classes = V } } }
local table_, body, head = nn.Embedding(V, C), nn.Sequential { nn.Linear(C), nn.LayerNorm() }, nn.Linear(V)
local h = body(tied and table_(d.x) or d.x)
local logits = tied and fn.linear(h, table_.weight) or head(h)
if cap > 0 then logits = cap * fn.tanh(logits / cap) end
local loss = fn.cross_entropy(logits, d.t, { label_smoothing = option("smoothing", 0) / 10, ignore_index = ignore >= 0 and ignore or nil })
if z > 0 then loss = loss + z / 100 * fn.mean(fn.logsumexp(logits, { axis = 3 }) ^ 2) end
train { data = d, micro_batch = option("rows", 3), accumulate = 2, steps = 5, minimize = loss, nonfinite = option("nonfinite", "keep"),
  optim = optim.SGD { lr = 0.1 }, report = { accuracy = fn.accuracy(logits, d.t) }, predict = option("predict", false) and { best = fn.argmax(logits, { axis = 3 }) } or {} }
