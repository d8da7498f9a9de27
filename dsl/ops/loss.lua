-- loss.lua -- what losses are made of: of a pair, of a difference, of log-probabilities and class
-- ids.
local core = ...
local op = core.use("dsl/op.lua")
local map = op.map

map { name = "huber_of", args = { "d" }, attrs = { delta = 1 }, hidden = true,
      doc = "d * d / 2 where abs(d) is at most delta, after it a line.",
      value = "select(abs(d) < delta, 0.5 * d * d, delta * (abs(d) - 0.5 * delta))",
      grad = { d = "gy * select(d >= delta, delta, select(d <= -delta, -delta, d))" },
      example = "fn.huber(p, t, { delta = 0.5 })" }
map { name = "smooth_l1_of", args = { "d" }, attrs = { beta = 1 }, hidden = true,
      doc = "d * d / (2 * beta) where abs(d) is below beta, after it abs(d) - beta / 2.",
      value = "select(abs(d) < beta, 0.5 * d * d / beta, abs(d) - 0.5 * beta)",
      grad = { d = "gy * select(d >= beta, 1, select(d <= -beta, -1, d / beta))" },
      example = "fn.smooth_l1(p, t, { beta = 0.5 })" }
map { name = "bce_of", args = { "p", "t" }, hidden = true,
      doc = "-t * log(p) - (1 - t) * log(1 - p); no logarithm is below -100.",
      value = "(t - 1) * max(log1p(-p), -100) - t * max(log(p), -100)",
      grad = { p = "gy * (p - t) / max((1 - p) * p, 1e-12)",
        t = "gy * (max(log1p(-p), -100) - max(log(p), -100))" },
      domain = { p = { 0.1, 0.9 }, t = { 0, 1 } }, example = "fn.bce(p, t)" }
map { name = "bce_logits_of", args = { "x", "t" }, hidden = true,
      doc = "bce of sigmoid(x), safe for any finite x.",
      value = "(1 - t) * x + max(-x, 0) + log1p(exp(-abs(x)))",
      grad = { x = "gy * (1 / (1 + exp(-x)) - t)", t = "-gy * x" },
      domain = { t = { 0, 1 } }, example = "fn.bce_logits(x, t)" }
map { name = "bce_logits_weighted", args = { "x", "t", "w" }, hidden = true,
      doc = "bce_logits whose positive part, t, is weighted by w.",
      let = { "l = (w - 1) * t + 1", "q = max(-x, 0) + log1p(exp(-abs(x)))" },
      value = "(1 - t) * x + l * q",
      grad = { x = "gy * ((w * t + 1 - t) / (1 + exp(-x)) - w * t)", t = "gy * ((w - 1) * q - x)",
        w = "gy * t * q" },
      domain = { t = { 0, 1 }, w = { 0.5, 3 } },
      example = "fn.bce_logits(x, t, { pos_weight = 3 })" }

op.reduce { name = "nll", args = { "x", "t" }, per_row = true, hidden = true,
  folds = { "target = sum(select(i == t, x, 0))" }, value = "-target",
  doc = "-x[t]: x are log-probabilities, t is a class id per row.",
  example = "fn.nll(fn.log_softmax(x, { axis = 2 }), label)",
  grad = function(y, gy, x, t) return op.call.nll_grad(x, t, gy, { axes = core.info(y).axes }) end }

op.reduce { name = "nll_grad", args = { "x", "t", "gy" }, hidden = true, folds = {},
  value = "select(i == t, -gy, 0)", doc = "The gradient of nll; x is here for its shape alone.",
  example = "fn.nll(x, label)" }

op.reduce { name = "smoothed", args = { "x", "t", "max", "sum" }, attrs = { e = 0.1 },
  per_row = true, hidden = true,
  folds = { "target = sum(select(i == t, x, 0))", "all = sum(x)" },
  value = "log(sum) + max - (1 - e) * target - e * (all / n)",
  doc = "cross_entropy whose target has 1 - e at t and e shared among all classes.",
  example = "fn.cross_entropy(x, label, { label_smoothing = 0.1 })",
  grad = function(y, gy, x, t, max, sum)
    local of = core.info(y)
    return op.call.smoothed_grad(x, t, max, sum, gy, { axes = of.axes, e = of.e })
  end }

op.reduce { name = "smoothed_grad", args = { "x", "t", "max", "sum", "gy" }, attrs = { e = 0.1 },
  hidden = true,
  folds = {},
  value = "select(gy == 0, 0, gy * (exp(x - max) / sum - select(i == t, 1 - e, 0) - e / n))",
  doc = "The gradient of smoothed; 0 where gy is 0, whatever x is.",
  example = "fn.cross_entropy(x, label, { label_smoothing = 0.1 })" }
