-- verify.lua -- a graph with something of everything that verifiers look at: two terms, draws of noise, an image, a permuted
-- operand, a chain of reshapes, an embedding, values that outputs alone need.
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-16", id = { "17", classes = 5 }, t = "18" } }
local conv, norm, wide, other, embed, head = nn.Conv2d(8, 3, { padding = 1 }), nn.LayerNorm(), nn.Linear(64), nn.Linear(64), nn.Embedding(5, 512), nn.Linear(1)
local first, second = nn.Dropout(0.5), nn.Dropout(0.5)
local image = fn.reshape(fn.reshape(d.x, 4, 4), 1, 4, 4)
local h = first(fn.relu(conv(image)))
local y = fn.silu(wide(second(norm(fn.reshape(h, 128)))))
local z = fn.gelu(other(embed(d.id)))
local seen = fn.tanh(y * fn.tanh(z))
train {
  data = d, batch = 1024, micro_batch = 512, steps = 2, recompute = 1,
  minimize = fn.mean((head(y) - fn.reshape(d.t, 1)) ^ 2) + 0.1 * fn.mean(z ^ 2),
  optim = optim.SGD { lr = 0.1 }, predict = { seen = seen },
}
