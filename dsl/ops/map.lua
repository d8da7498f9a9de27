-- map.lua -- every pointwise op. The formulas are in what C and Lua share; one text is evaluated by
-- the gradient test, fused, printed to C and to CUDA and shown by `gagen ops NAME`. y is the op's
-- value, gy its adjoint.
local core = ...
local map = core.use("dsl/op.lua").map

-- arithmetic
map { name = "add", role = "add", args = { "a", "b" }, doc = "a + b", value = "a + b",
      grad = { a = "gy", b = "gy" } }
map { name = "sub", args = { "a", "b" }, doc = "a - b", value = "a - b",
      grad = { a = "gy", b = "-gy" } }
map { name = "mul", args = { "a", "b" }, doc = "a * b", value = "a * b",
      grad = { a = "gy * b", b = "gy * a" } }
map { name = "div", args = { "a", "b" }, doc = "a / b", value = "a / b",
      grad = { a = "gy / b", b = "-gy * y / b" }, domain = { b = { 0.5, 2 } } }
map { name = "neg", args = { "x" }, doc = "-x", value = "-x", grad = { x = "-gy" } }
map { name = "copy", role = "copy", args = { "x" }, hidden = true,
  doc = "x itself, in memory of its own.",
      value = "x", grad = { x = "gy" } }
map { name = "next", role = "next", args = { "x", "carry" }, hidden = true,
  doc = "x, which fn.scan carries on to its next step.",
      value = "x", grad = { x = "gy" } }
map { name = "power", args = { "x" }, attrs = { p = 2 }, hidden = true,
  doc = "x to a constant power p.",
      value = "pow(x, p)", grad = { x = "gy * p * pow(x, p - 1)" }, domain = { x = { 0.2, 2 } } }
map { name = "pow", args = { "a", "b" }, doc = "a to the power b; x ^ b is the same.",
  value = "pow(a, b)",
      grad = { a = "select(b == 0, 0, gy * b * pow(a, b - 1))",
      b = "select(a == 0, select(b >= 0, 0, gy * y * log(a)), gy * y * log(a))" },
      domain = { a = { 0.2, 2 } } }
map { name = "square", args = { "x" }, doc = "x * x", value = "x * x", grad = { x = "2 * gy * x" } }
map { name = "abs", args = { "x" }, doc = "The absolute value; its derivative at 0 is 0.",
  value = "abs(x)",
      grad = { x = "gy * sign(x)" } }
map { name = "exp", args = { "x" }, doc = "e to the power x.", value = "exp(x)",
  grad = { x = "gy * y" } }
map { name = "log", args = { "x" }, doc = "The natural logarithm.", value = "log(x)",
      grad = { x = "gy / x" }, domain = { x = { 0.1, 3 } } }
map { name = "sqrt", args = { "x" }, doc = "The square root.", value = "sqrt(x)",
      grad = { x = "gy / (2 * y)" }, domain = { x = { 0.1, 3 } } }
map { name = "sin", args = { "x" }, doc = "The sine.", value = "sin(x)",
  grad = { x = "gy * cos(x)" } }
map { name = "cos", args = { "x" }, doc = "The cosine.", value = "cos(x)",
  grad = { x = "-gy * sin(x)" } }

-- choice
map { name = "maximum", args = { "a", "b" },
      doc = "The larger of two; where they are equal each gets half of the gradient.",
      value = "max(a, b)", example = "fn.max(a, b)",
      grad = { a = "select(a == b, 0.5 * gy, select(a < b, 0, gy))",
      b = "select(a == b, 0.5 * gy, select(b < a, 0, gy))" } }
map { name = "minimum", args = { "a", "b" },
      doc = "The smaller of two; where they are equal each gets half of the gradient.",
      value = "min(a, b)", example = "fn.min(a, b)",
      grad = { a = "select(a == b, 0.5 * gy, select(a > b, 0, gy))",
      b = "select(a == b, 0.5 * gy, select(b > a, 0, gy))" } }
map { name = "clamp", args = { "x" }, attrs = { lo = -1, hi = 1 }, hidden = true,
      doc = "x, no less than lo and no more than hi; the derivative at the bounds is 0.",
      value = "select(x < lo, lo, select(x > hi, hi, x))",
      grad = { x = "select(x > lo, select(x < hi, gy, 0), 0)" },
      example = "fn.clamp(x, { min = 0, max = 1 })" }
map { name = "clamp_min", args = { "x" }, attrs = { lo = 0 }, hidden = true,
  doc = "x, no less than lo.",
      value = "select(x < lo, lo, x)", grad = { x = "select(x > lo, gy, 0)" },
      example = "fn.clamp(x, { min = 0 })" }
map { name = "clamp_max", args = { "x" }, attrs = { hi = 0 }, hidden = true,
  doc = "x, no more than hi.",
      value = "select(x > hi, hi, x)", grad = { x = "select(x < hi, gy, 0)" },
      example = "fn.clamp(x, { max = 0 })" }
map { name = "where", args = { "c", "a", "b" }, doc = "a where c is not 0, else b.",
      value = "select(c ~= 0, a, b)",
      grad = { a = "select(c ~= 0, gy, 0)", b = "select(c ~= 0, 0, gy)" },
      example = "fn.where(fn.gt(x, 0), x, 0)" }
map { name = "eq", args = { "a", "b" }, doc = "1 where a equals b, else 0.",
      value = "select(a == b, 1, 0)" }
map { name = "ne", args = { "a", "b" }, doc = "1 where a differs from b, else 0.",
      value = "select(a ~= b, 1, 0)" }
map { name = "lt", args = { "a", "b" }, doc = "1 where a < b, else 0.",
  value = "select(a < b, 1, 0)" }
map { name = "le", args = { "a", "b" }, doc = "1 where a <= b, else 0.",
  value = "select(a <= b, 1, 0)" }
map { name = "gt", args = { "a", "b" }, doc = "1 where a > b, else 0.",
  value = "select(a > b, 1, 0)" }
map { name = "ge", args = { "a", "b" }, doc = "1 where a >= b, else 0.",
  value = "select(a >= b, 1, 0)" }

-- what losses and layers are made of
map { name = "masked", args = { "l", "m" }, hidden = true,
      doc = "l * m, and 0 where m is 0 whatever l is: a weighted loss.",
      value = "select(m == 0, 0, l * m)", grad = { l = "select(m == 0, 0, gy * m)" },
      example = "fn.mse(p, t, { mask = m })" }
map { name = "kept", args = { "t" }, attrs = { ignore = -100 }, hidden = true,
      doc = "1 where the class id t is not the ignored one.",
      value = "select(t == ignore, 0, 1)",
      example = "fn.cross_entropy(x, t, { ignore_index = 0 })" }
map { name = "dropout", args = { "x", "u" }, attrs = { p = 0.5 }, noise = true, hidden = true,
      doc = "In training x / (1 - p), or 0 with probability p; else x. u is a draw from [0, 1) for "
        .. "each element.",
      value = "select(training, select(u < p, 0, x * (1 / (1 - p))), x)",
      grad = { x = "select(training, select(u < p, 0, gy * (1 / (1 - p))), gy)" },
      domain = { u = { 0, 1 } },
      example = "fn.dropout(x, 0.1)" }
