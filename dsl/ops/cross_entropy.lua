-- cross_entropy.lua -- the loss of class ids, one value per row, and whether the largest logit is
-- the right one. The row's largest logit m and its sum s of exp(x - m) are nodes: value, gradient
-- and accuracy read them.
local core = ...
local op = core.use("dsl/op.lua")

op.reduce { name = "sum_exp", args = { "x", "max" }, per_row = true, hidden = true,
  folds = { "sum = sum(exp(x - max))" }, value = "sum",
  doc = "The sum of exp(x - max) along an axis, max a value per row.",
  example = "fn.cross_entropy(logits, label)" }

op.reduce { name = "cross_entropy", args = { "x", "t", "max", "sum" }, per_row = true,
  hidden = true,
  folds = { "target = sum(select(i == t, x, 0))" }, value = "log(sum) + max - target",
  doc = "-log softmax(x)[t]: x are logits, t is a class id per row.",
  example = "fn.cross_entropy(logits, label)",
  grad = function(y, gy, x, t, max, sum)
    return op.call.cross_entropy_grad(x, t, max, sum, gy, { axes = core.info(y).axes })
  end }

op.reduce { name = "cross_entropy_grad", args = { "x", "t", "max", "sum", "gy" }, hidden = true,
  folds = {},
  value = "select(gy == 0, 0, gy * (exp(x - max) / sum - select(i == t, 1, 0)))",
  doc = "The gradient of cross_entropy; 0 where gy is 0, whatever x is.",
  example = "fn.cross_entropy(logits, label)" }

op.reduce { name = "hit", args = { "x", "t", "max" }, per_row = true, hidden = true,
  folds = { "first = min(select(x == max, i, n))" }, value = "select(first == t, 1, 0)",
  doc = "1 where the first of the largest of x is at t, else 0.",
  example = "fn.accuracy(logits, label)" }
