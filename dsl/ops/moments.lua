-- moments.lua -- other folds along axes: variance, norms, products, log-sum-exp, the place of the
-- largest.
local core = ...
local op = core.use("dsl/op.lua")
local call, beside = op.call, op.beside

local function row(t)
  t.per_row = true
  op.reduce(t)
end

row { name = "var", args = { "x" }, attrs = { correction = 1 },
  folds = { "sum = sum(x)", "mean = sum / n", "squares = sum((x - mean) * (x - mean))" },
  value = "squares / (n - correction)",
  doc = "The variance along axes: the sum of squares over n - correction.",
  example = "fn.var(x, { axis = 2 })",
  grad = function(y, gy, x)
    local of = core.info(y)
    return call.var_grad(x, beside(gy, y, x), { axes = of.axes, correction = of.correction })
  end }

op.reduce { name = "var_grad", args = { "x", "gy" }, attrs = { correction = 1 }, hidden = true,
  folds = { "sum = sum(x)", "mean = sum / n" }, value = "2 * gy * (x - mean) / (n - correction)",
  doc = "The gradient of var.", example = "fn.var(x, { axis = 2 })" }

row { name = "std", args = { "x" }, attrs = { correction = 1 },
  folds = { "sum = sum(x)", "mean = sum / n", "squares = sum((x - mean) * (x - mean))" },
  value = "sqrt(squares / (n - correction))",
  doc = "The root of the variance along axes; its derivative where it is 0 is 0.",
  example = "fn.std(x, { axis = 2 })",
  grad = function(y, gy, x)
    local of = core.info(y)
    return call.std_grad(x, beside(y, y, x), beside(gy, y, x),
      { axes = of.axes, correction = of.correction })
  end }

op.reduce { name = "std_grad", args = { "x", "y", "gy" }, attrs = { correction = 1 }, hidden = true,
  folds = { "sum = sum(x)", "mean = sum / n" },
  value = "select(y == 0, 0, gy / y * (x - mean) / (n - correction))",
  doc = "The gradient of std.", example = "fn.std(x, { axis = 2 })" }

row { name = "logsumexp", args = { "x" },
  folds = { "max = max(x)", "shift = select(max - max == 0, max, 0)", "sum = sum(exp(x - shift))" },
  value = "log(sum) + shift",
  doc = "The logarithm of the sum of exp(x) along axes, safe for any x.",
  example = "fn.logsumexp(x, { axis = 2 })",
  grad = function(y, gy, x) return call.logsumexp_grad(x, beside(y, y, x), beside(gy, y, x)) end }

op.map { name = "logsumexp_grad", args = { "x", "r", "dr" }, hidden = true,
  value = "dr * exp(x - r)",
  doc = "The gradient of logsumexp.", example = "fn.logsumexp(x, { axis = 2 })" }

row { name = "norm2", args = { "x" }, folds = { "squares = sum(x * x)" }, value = "sqrt(squares)",
  doc = "The root of the sum of squares along axes; its derivative where it is 0 is 0.",
  example = "fn.norm(x, { axis = 2 })",
  grad = function(y, gy, x) return call.norm2_grad(x, beside(y, y, x), beside(gy, y, x)) end }

op.map { name = "norm2_grad", args = { "x", "r", "dr" }, hidden = true,
  value = "select(r == 0, 0, x * (dr / r))", doc = "The gradient of norm2.",
  example = "fn.norm(x, { axis = 2 })" }

row { name = "norm_p", args = { "x" }, attrs = { p = 3 }, folds = { "sum = sum(pow(abs(x), p))" },
  hidden = true,
  value = "pow(sum, 1 / p)", doc = "The p-th root of the sum of p-th powers of abs(x).",
  example = "fn.norm(x, { axis = 2, p = 3 })",
  grad = function(y, gy, x)
    return call.norm_p_grad(x, beside(y, y, x), beside(gy, y, x), { p = core.info(y).p })
  end }

op.map { name = "norm_p_grad", args = { "x", "r", "dr" }, attrs = { p = 3 }, hidden = true,
  value = "select(x == 0, 0, dr * sign(x) * pow(abs(x) / r, p - 1))",
  doc = "The gradient of norm_p; 0 where x is 0.", example = "fn.norm(x, { axis = 2, p = 3 })" }

row { name = "prod", args = { "x" }, folds = { "product = prod(x)" }, value = "product",
  doc = "The product along axes.", example = "fn.prod(x, { axis = 2 })",
  grad = function(y, gy, x) return call.prod_grad(x, beside(gy, y, x),
    { axes = core.info(y).axes }) end }

op.reduce { name = "prod_grad", args = { "x", "gy" }, hidden = true,
  folds = { "zeros = sum(select(x == 0, 1, 0))", "rest = prod(select(x == 0, 1, x))" },
  value = "select(x == 0, select(zeros == 1, gy * rest, 0), select(zeros == 0, gy * rest / x, 0))",
  doc = "The gradient of prod: the product of the others, with one or more zeros too.",
  example = "fn.prod(x, { axis = 2 })" }

row { name = "argmax", args = { "x" },
  folds = { "max = max(x)", "first = min(select(x == max, i, select(x ~= x, i, n)))" },
  value = "first",
  doc = "Where the first of the largest stands along an axis, from 0; no gradient.",
  example = "fn.argmax(x, { axis = 2 })" }

row { name = "argmin", args = { "x" },
  folds = { "min = min(x)", "first = min(select(x == min, i, select(x ~= x, i, n)))" },
  value = "first",
  doc = "Where the first of the smallest stands along an axis, from 0; no gradient.",
  example = "fn.argmin(x, { axis = 2 })" }
