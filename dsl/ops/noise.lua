-- noise.lua -- what is made of draws from [0, 1), and what only training sees.
local core = ...
local map = core.use("dsl/op.lua").map

-- by G. E. P. Box and M. E. Muller, "A note on the generation of random normal deviates" (1958)
map { name = "normal", args = { "u", "v" }, hidden = true,
  doc = "A draw from N(0, 1) of two from [0, 1).",
      value = "sqrt(-2 * log(1 - u)) * cos(6.283185307179586 * v)",
      domain = { u = { 0, 1 }, v = { 0, 1 } },
      example = "fn.randn(16)" }
map { name = "when_training", args = { "a", "b" }, hidden = true,
      doc = "a in training, b in evaluation; the gradient is a's.",
      value = "select(training, a, b)", grad = { a = "gy" },
      example = "fn.when_training(mu + s * fn.randn(16), mu)" }
