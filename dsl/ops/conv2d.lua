-- conv2d.lua -- two-dimensional convolution (cross-correlation, as everywhere in deep learning) and
-- its two gradients. x is [N, c, h, w], w is [o, c / groups, kh, kw]; stride sh sw, padding ph pw,
-- dilation dh dw.
local core = ...
local op = core.use("dsl/op.lua")
local attrs = { "kh", "kw", "sh", "sw", "ph", "pw", "dh", "dw" }

-- the window of a node as options for another
local function window(y)
  local of, o = core.info(y), {}
  for _, k in ipairs(attrs) do o[k] = of[k] end
  return o
end

op.window { name = "conv2d", role = "forward", args = { "x", "w" }, attrs = attrs, hidden = true,
  doc = "Convolution of images [N, c, h, w] with kernels [o, c, kh, kw].",
  example = "nn.Conv2d(16, 3, { padding = 1 })",
  shape = function(x, w, o)
    local d = core.info(x).dims
    return { d[1], core.info(w).dims[1], (d[3] + 2 * o.ph - o.dh * (o.kh - 1) - 1) // o.sh + 1,
             (d[4] + 2 * o.pw - o.dw * (o.kw - 1) - 1) // o.sw + 1 }, core.info(x).batch
  end,
  grad = function(y, gy, x, w)
    local wide, data = gy, window(y)
    if data.sh > 1 or data.sw > 1 then
      wide = op.call.spread(gy, data)
      data.sh, data.sw = 1, 1
    end
    return op.call.conv2d_data(wide, w, x, data), op.call.conv2d_weight(x, gy, w, window(y))
  end }

op.window { name = "spread", role = "spread", args = { "x" }, attrs = attrs, hidden = true,
  doc = "Images with sh - 1 rows and sw - 1 columns of zeros between theirs; a strided "
    .. "convolution's gradient reads them.",
  example = "nn.Conv2d(16, 3, { stride = 2 })",
  shape = function(x, o)
    local d = core.info(x).dims
    return { d[1], d[2], (d[3] - 1) * o.sh + 1, (d[4] - 1) * o.sw + 1 }, core.info(x).batch
  end,
  grad = function(y, gy, x)
    local of, to = core.info(y), core.info(x)
    local rows = op.call.slice(gy, { axis = 2, from = 0, step = of.sh, batch = to.batch,
                                     dims = { to.dims[1], to.dims[2], to.dims[3], of.dims[4] } })
    return op.call.slice(rows, { axis = 3, from = 0, step = of.sw, dims = to.dims,
      batch = to.batch })
  end }

op.window { name = "conv_transpose2d", role = "data", args = { "x", "w" }, attrs = attrs,
  hidden = true,
  doc = "Transposed convolution of images [N, c, h, w], kernels [c, o, kh, kw]; x has the zeros "
    .. "that a stride puts between rows.",
  example = "nn.ConvTranspose2d(16, 2, { stride = 2 })",
  shape = function(x, w, o)
    local d = core.info(x).dims
    return { d[1], core.info(w).dims[2] * o.groups, d[3] + o.dh * (o.kh - 1) - 2 * o.ph + o.more_h,
             d[4] + o.dw * (o.kw - 1) - 2 * o.pw + o.more_w }, core.info(x).batch
  end,
  grad = function(y, gy, x, w)
    local back, to = op.call.conv2d(gy, w, window(y)), core.info(x)
    if core.info(back).dims[3] > to.dims[3] then
      back = op.call.slice(back, { axis = 2, from = 0, step = 1, batch = true,
                                   dims = { to.dims[1], to.dims[2], to.dims[3],
                                     core.info(back).dims[4] } })
    end
    if core.info(back).dims[4] > to.dims[4] then
      back = op.call.slice(back, { axis = 3, from = 0, step = 1, dims = to.dims, batch = true })
    end
    return back, op.call.conv2d_weight(gy, x, w, window(y))
  end }

op.window { name = "conv2d_data", role = "data", args = { "gy", "w", "x" }, attrs = attrs,
  hidden = true,
  doc = "The gradient of conv2d with respect to x, which is here for its shape alone.",
  example = "nn.Conv2d(16, 3)",
  shape = function(_, _, x) return core.info(x).dims, core.info(x).batch end }

op.window { name = "conv2d_weight", role = "weight", args = { "x", "gy", "w" }, attrs = attrs,
  hidden = true,
  doc = "The gradient of conv2d with respect to w, which is here for its shape alone.",
  example = "nn.Conv2d(16, 3)",
  shape = function(_, _, w) return core.info(w).dims, false end }
