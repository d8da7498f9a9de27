-- math.lua -- functions of school and of libm, made of the few that formulas have. What rounds or
-- compares has no gradient.
local core = ...
local map = core.use("dsl/op.lua").map

-- powers and logarithms
map { name = "log1p", args = { "x" }, doc = "log(1 + x), exact near 0.", value = "log1p(x)",
      grad = { x = "gy / (1 + x)" }, domain = { x = { -0.8, 2 } } }
map { name = "expm1", args = { "x" }, doc = "exp(x) - 1, exact near 0.", value = "expm1(x)",
      grad = { x = "gy * (y + 1)" } }
map { name = "exp2", args = { "x" }, doc = "2 to the power x.", value = "pow(2, x)",
      grad = { x = "gy * y * 0.6931471805599453" } }
map { name = "log2", args = { "x" }, doc = "The logarithm to base 2.",
  value = "log(x) * 1.4426950408889634",
      grad = { x = "gy / (x * 0.6931471805599453)" }, domain = { x = { 0.1, 3 } } }
map { name = "log10", args = { "x" }, doc = "The logarithm to base 10.",
  value = "log(x) * 0.4342944819032518",
      grad = { x = "gy / (x * 2.302585092994046)" }, domain = { x = { 0.1, 3 } } }
map { name = "rsqrt", args = { "x" }, doc = "1 / sqrt(x)", value = "1 / sqrt(x)",
      grad = { x = "-0.5 * gy * y * y * y" }, domain = { x = { 0.1, 3 } } }
map { name = "reciprocal", args = { "x" }, doc = "1 / x", value = "1 / x",
  grad = { x = "-gy * y * y" },
      domain = { x = { 0.3, 3 } } }
map { name = "logit", args = { "x" }, doc = "log(x / (1 - x)), the inverse of sigmoid.",
  value = "log(x / (1 - x))",
      grad = { x = "select(y == y, gy / (x * (1 - x)), y)" }, domain = { x = { 0.1, 0.9 } } }
map { name = "logaddexp", args = { "a", "b" }, doc = "log(exp(a) + exp(b)), safe for any a and b.",
      value = "select(a == b, a + 0.6931471805599453, max(a, b) + log1p(exp(-abs(a - b))))",
      grad = { a = "select(a == b, 0.5 * gy, gy / (1 + exp(b - a)))",
      b = "select(a == b, 0.5 * gy, gy / (1 + exp(a - b)))" } }
map { name = "xlogy", args = { "a", "b" }, doc = "a * log(b), and 0 where a is 0 whatever b is.",
      value = "select(b ~= b, b, select(a == 0, 0, a * log(b)))",
      grad = { a = "select(a == 0, select(b <= 0, 0, gy * log(b)), gy * log(b))",
        b = "gy * a / b" },
      domain = { b = { 0.2, 3 } } }
map { name = "hypot", args = { "a", "b" }, doc = "sqrt(a * a + b * b), without overflow.",
      let = { "m = max(abs(a), abs(b))", "r = min(abs(a), abs(b)) / m" },
      value = "select(m == 0, 0, select(m - m == 0, m * sqrt(1 + r * r), m))",
      grad = { a = "gy * (a / y)", b = "gy * (b / y)" }, domain = { a = { 0.3, 2 } } }

-- angles
map { name = "tan", args = { "x" }, doc = "The tangent.", value = "sin(x) / cos(x)",
  grad = { x = "gy * (1 + y * y)" },
      domain = { x = { -1.2, 1.2 } } }
map { name = "asin", args = { "x" }, doc = "The inverse of sin, an angle from -pi / 2 to pi / 2.",
      value = "atan2(x, sqrt((1 - x) * (1 + x)))", grad = { x = "gy / sqrt((1 - x) * (1 + x))" },
      domain = { x = { -0.8, 0.8 } } }
map { name = "acos", args = { "x" }, doc = "The inverse of cos, an angle from 0 to pi.",
      value = "atan2(sqrt((1 - x) * (1 + x)), x)", grad = { x = "-gy / sqrt((1 - x) * (1 + x))" },
      domain = { x = { -0.8, 0.8 } } }
map { name = "atan", args = { "x" }, doc = "The inverse of tan, an angle from -pi / 2 to pi / 2.",
      value = "atan2(x, 1)", grad = { x = "gy / (x * x + 1)" } }
map { name = "atan2", args = { "a", "b" },
  doc = "The angle of the point with abscissa b and ordinate a, from -pi to pi.",
      let = { "s = a * a + b * b" }, value = "atan2(a, b)",
      grad = { a = "select(s == 0, 0, gy * b / s)", b = "select(s == 0, 0, -gy * a / s)" },
      domain = { a = { 0.3, 2 } } }
map { name = "deg2rad", args = { "x" }, doc = "Degrees as radians.",
  value = "x * 0.017453292519943295",
      grad = { x = "gy * 0.017453292519943295" } }
map { name = "rad2deg", args = { "x" }, doc = "Radians as degrees.",
  value = "x * 57.29577951308232",
      grad = { x = "gy * 57.29577951308232" } }
map { name = "sinh", args = { "x" }, doc = "The hyperbolic sine.",
      let = { "e = expm1(abs(x))", "h = exp(0.5 * abs(x))" },
      value = "sign(x) * select(abs(x) < 1, 0.5 * (e + e / (e + 1)), 0.5 * h * h - 0.5 / h / h)",
      grad = { x = "gy * (0.5 * h * h + 0.5 / h / h)" } }
map { name = "cosh", args = { "x" }, doc = "The hyperbolic cosine.",
      let = { "e = expm1(abs(x))", "h = exp(0.5 * abs(x))" }, value = "0.5 * h * h + 0.5 / h / h",
      grad = { x = "gy * sign(x) * select(abs(x) < 1, 0.5 * (e + e / (e + 1)), 0.5 * h * h - 0.5 / "
        .. "h / h)" } }
map { name = "asinh", args = { "x" }, doc = "The inverse of sinh.", let = { "a = abs(x)" },
      value = "sign(x) * select(a > 1e8, log(a) + 0.6931471805599453, log1p(a + a / (1 / a + "
        .. "sqrt(1 + 1 / a / a))))",
      grad = { x = "gy / sqrt(x * x + 1)" } }
map { name = "acosh", args = { "x" }, doc = "The inverse of cosh.", let = { "t = x - 1" },
      value = "select(x > 1e8, log(x) + 0.6931471805599453, log1p(t + sqrt(t) * sqrt(t + 2)))",
      grad = { x = "gy / sqrt(x * x - 1)" }, domain = { x = { 1.2, 4 } } }
map { name = "atanh", args = { "x" }, doc = "The inverse of tanh.", let = { "a = abs(x)" },
      value = "sign(x) * 0.5 * log1p(2 * a / (1 - a))", grad = { x = "gy / (1 - x * x)" },
      domain = { x = { -0.8, 0.8 } } }
map { name = "erf", args = { "x" }, doc = "The error function.", value = "erf(x)",
      grad = { x = "gy * 1.1283791670955126 * exp(-(x * x))" } }
map { name = "erfc", args = { "x" }, doc = "1 - erf(x), exact where erf(x) is near 1.",
  value = "erfc(x)",
      grad = { x = "gy * -1.1283791670955126 * exp(-(x * x))" } }

-- steps
map { name = "sign", args = { "x" }, doc = "-1, 0 or 1.",
  value = "select(x > 0, 1, select(x < 0, -1, 0))" }
map { name = "floor", args = { "x" }, doc = "The largest whole number that is not above x.",
  value = "floor(x)" }
map { name = "ceil", args = { "x" }, doc = "The smallest whole number that is not below x.",
  value = "-floor(-x)" }
map { name = "trunc", args = { "x" }, doc = "x without the part after the decimal point.",
      value = "select(x < 0, -floor(-x), floor(x))" }
map { name = "round", args = { "x" }, doc = "The nearest whole number; a tie goes to the even one.",
      let = { "f = floor(x)", "d = x - f" },
      value = "select(d < 0.5, f, select(d > 0.5, f + 1, select(f - 2 * floor(f / 2) == 0, f, f + "
        .. "1)))" }
map { name = "frac", args = { "x" },
  doc = "The part of x after the decimal point, with the sign of x.",
      value = "select(x < 0, x + floor(-x), x - floor(x))", grad = { x = "gy" } }
map { name = "fmod", args = { "a", "b" }, doc = "The remainder of a / b, with the sign of a.",
      let = { "q = a / b", "t = select(q < 0, -floor(-q), floor(q))" }, value = "a - t * b",
      grad = { a = "gy", b = "-gy * t" }, domain = { a = { 1.1, 1.9 }, b = { 0.95, 1.05 } } }
map { name = "remainder", args = { "a", "b" }, doc = "The remainder of a / b, with the sign of b.",
      let = { "q = floor(a / b)" }, value = "a - q * b",
      grad = { a = "gy", b = "-gy * q" }, domain = { a = { 1.1, 1.9 }, b = { 0.95, 1.05 } } }
map { name = "floor_divide", args = { "a", "b" },
  doc = "The largest whole number that is not above a / b.",
      let = { "q = floor(a / b)" }, value = "q" }
map { name = "heaviside", args = { "x", "v" },
  doc = "0 where x is below 0, 1 where it is above, v where it is 0.",
      value = "select(x == 0, v, select(x > 0, 1, 0))" }
map { name = "addcmul", args = { "a", "b", "c" }, attrs = { value = 1 }, doc = "a + value * b * c",
      value = "a + value * b * c", grad = { a = "gy", b = "gy * value * c", c = "gy * value * b" },
      example = "fn.addcmul(a, b, c, { value = 0.5 })" }
map { name = "addcdiv", args = { "a", "b", "c" }, attrs = { value = 1 }, doc = "a + value * b / c",
      value = "a + value * (b / c)",
      grad = { a = "gy", b = "gy * value / c", c = "-gy * value * b / (c * c)" },
      domain = { c = { 0.5, 2 } }, example = "fn.addcdiv(a, b, c, { value = 0.5 })" }
map { name = "lerp", args = { "a", "b", "w" }, doc = "a + w * (b - a)",
      value = "select(w < 0.5, a + w * (b - a), b - (b - a) * (1 - w))",
      grad = { a = "gy * (1 - w)", b = "gy * w", w = "gy * (b - a)" } }

-- truth: 1 or 0
map { name = "logical_and", args = { "a", "b" }, doc = "1 where neither is 0.",
      value = "select(a == 0, 0, select(b == 0, 0, 1))" }
map { name = "logical_or", args = { "a", "b" }, doc = "0 where both are 0.",
      value = "select(a == 0, select(b == 0, 0, 1), 1)" }
map { name = "logical_xor", args = { "a", "b" }, doc = "1 where one of the two is 0.",
      value = "select(a == 0, select(b == 0, 0, 1), select(b == 0, 1, 0))" }
map { name = "logical_not", args = { "x" }, doc = "1 where x is 0.",
  value = "select(x == 0, 1, 0)" }
map { name = "isnan", args = { "x" }, doc = "1 where x is not a number.",
  value = "select(x ~= x, 1, 0)" }
map { name = "isinf", args = { "x" }, doc = "1 where x is infinite.",
      value = "select(x == x, select(x - x == 0, 0, 1), 0)" }
map { name = "isposinf", args = { "x" }, doc = "1 where x is inf.",
      value = "select(x > 0, select(x - x == 0, 0, 1), 0)" }
map { name = "isneginf", args = { "x" }, doc = "1 where x is -inf.",
      value = "select(x < 0, select(x - x == 0, 0, 1), 0)" }
map { name = "isfinite", args = { "x" }, doc = "1 where x is neither infinite nor NaN.",
      value = "select(x - x == 0, 1, 0)" }
map { name = "isclose", args = { "a", "b" }, attrs = { rtol = 1e-5, atol = 1e-8 },
      doc = "1 where a and b differ by at most atol + rtol * abs(b), or are equal.",
      let = { "d = a - b" },
      value = "select(a == b, 1, select(d - d == 0, select(abs(d) <= atol + rtol * abs(b), 1, 0), "
        .. "0))",
      example = "fn.isclose(a, b, { rtol = 1e-3 })" }
map { name = "nan_to_num", args = { "x" }, attrs = { nan = 0, posinf = 3.4028234663852886e38,
  neginf = -3.4028234663852886e38 },
      doc = "x, and other numbers where it is NaN, inf or -inf: by default 0 and the largest "
        .. "floats.",
      value = "select(x ~= x, nan, select(x - x == 0, x, select(x > 0, posinf, neginf)))",
      grad = { x = "select(x - x == 0, gy, 0)" }, example = "fn.nan_to_num(x, { nan = -1 })" }
