-- batch_norm_ranks.lua -- BatchNorm of [N, C] and of [N, C, L], and with -D as=image the same numbers as images; -D wrong=true tells
-- other axes apart
local rows = data.raw { ".", shuffle = false, valid = 12, columns = {
  x = { "x.bin", 64, type = "float32" }, label = { "label.bin", classes = 5, type = "int32" } } }
local as, wrong = option("as", "is"), option("wrong", false)
local line, plane = nn.BatchNorm(), nn.BatchNorm { eps = 1e-3 }
local first, head = nn.Linear(12), nn.Linear(5)

local h = first(rows.x)
if as == "image" then
  h = fn.flatten(line(fn.reshape(h, 12, 1, 1)))
  local image = wrong and fn.permute(fn.reshape(h, 3, 4, 1), 1, 3, 2, 4) or fn.reshape(h, 4, 3, 1)
  h = plane(image)
else
  h = plane(fn.reshape(line(h), 4, 3))
end
local logits = head(fn.tanh(fn.flatten(h)))

train {
  data = rows, micro_batch = 8, accumulate = 3, steps = 8, validate = option("validate", "1 epoch"),
  minimize = fn.cross_entropy(logits, rows.label), report = { accuracy = fn.accuracy(logits, rows.label) },
  optim = optim.SGD { lr = 0.05, momentum = 0.9 },
}
