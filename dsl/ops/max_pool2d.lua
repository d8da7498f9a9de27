-- max_pool2d.lua -- the largest value of each window; the first in row order among equals takes the
-- gradient.
local core = ...
local op = core.use("dsl/op.lua")
local attrs = { "kh", "kw", "sh", "sw", "ph", "pw", "dh", "dw" }

op.window { name = "max_pool2d", role = "max", args = { "x" }, attrs = attrs, hidden = true,
  doc = "The largest value of each kh x kw window of [N, c, h, w]; a NaN stays.",
  example = "nn.MaxPool2d(2)",
  shape = function(x, o)
    local d = core.info(x).dims
    return { d[1], d[2], (d[3] + 2 * o.ph - o.dh * (o.kh - 1) - 1) // o.sh + 1,
             (d[4] + 2 * o.pw - o.dw * (o.kw - 1) - 1) // o.sw + 1 }, core.info(x).batch
  end,
  grad = function(y, gy, x)
    local of, o = core.info(y), {}
    for _, k in ipairs(attrs) do o[k] = of[k] end
    return op.call.max_pool2d_grad(x, gy, o)
  end }

op.window { name = "max_pool2d_grad", role = "max_grad", args = { "x", "gy" }, attrs = attrs,
  hidden = true,
  doc = "The gradient of max_pool2d.", example = "nn.MaxPool2d(2)",
  shape = function(x) return core.info(x).dims, core.info(x).batch end }
