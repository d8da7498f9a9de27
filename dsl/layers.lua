-- layers.lua -- layers made of functions: activations, norms, pools, and what only moves numbers.
local core = ...
local util, op = core.use("dsl/util.lua"), core.use("dsl/op.lua")
local base, kit = core.use("dsl/fn.lua"), core.use("dsl/nn.lua")
local call, info, tensor, fail, options = op.call, core.info, op.tensor, util.fail, util.options
local say = core.use("dsl/doc.lua").section "layers"
local slide = core.use("dsl/conv.lua")
local fn, nn, layer, parameter, images = base.open, kit.open, kit.layer, kit.parameter, slide.images
local by_channel = kit.by_channel

-- ---- activations --------------------------------------------------------------------------------
-- The only option of an activation may stand alone, as in PyTorch: nn.LeakyReLU(0.2).
local function pointwise(kind, name, spec)
  local only = next(spec) and not next(spec, next(spec)) and next(spec)
  nn[kind] = function(o)
    if only and type(o) == type(spec[only]) then o = { [only] = o } end
    if o ~= nil and not next(spec) then fail("nn.%s: takes no options", kind) end
    o = options("nn." .. kind, o, spec)
    return layer(kind, function(_, x) return fn[name](x, next(spec) and o or nil) end)
  end
end
say("nn.ReLU()", "max(x, 0).")
pointwise("ReLU", "relu", {})
say("nn.ReLU6()", "x between 0 and 6.")
pointwise("ReLU6", "relu6", {})
say("nn.GELU { approximate = \"tanh\" }",
  "x times the share of a normal distribution below x; exact by default.")
pointwise("GELU", "gelu", { approximate = "none" })
say("nn.Tanh()", "The hyperbolic tangent.")
pointwise("Tanh", "tanh", {})
say("nn.Sigmoid()", "1 / (1 + exp(-x)).")
pointwise("Sigmoid", "sigmoid", {})
say("nn.LogSigmoid()", "log(sigmoid(x)).")
pointwise("LogSigmoid", "logsigmoid", {})
say("nn.SiLU()", "x sigmoid(x), also called swish.")
pointwise("SiLU", "silu", {})
say("nn.Mish()", "x tanh(softplus(x)).")
pointwise("Mish", "mish", {})
say("nn.Softplus { beta = 1, threshold = 20 }",
  "log(1 + exp(beta x)) / beta, and x where beta x is above the threshold.")
pointwise("Softplus", "softplus", { beta = 1, threshold = 20 })
say("nn.Softsign()", "x / (1 + abs(x)).")
pointwise("Softsign", "softsign", {})
say("nn.LeakyReLU(0.01)", "x where it is above 0, else 0.01 x; also { negative_slope = 0.01 }.")
pointwise("LeakyReLU", "leaky_relu", { negative_slope = 0.01 })
say("nn.ELU(1)", "x where it is above 0, else alpha (exp(x) - 1); also { alpha = 1 }.")
pointwise("ELU", "elu", { alpha = 1.0 })
say("nn.CELU(1)", "x where it is above 0, else alpha (exp(x / alpha) - 1); also { alpha = 1 }.")
pointwise("CELU", "celu", { alpha = 1.0 })
say("nn.SELU()", "ELU, scaled so that mean 0 and variance 1 are kept.")
pointwise("SELU", "selu", {})
say("nn.Hardtanh { min_val = -1, max_val = 1 }", "x between two bounds.")
pointwise("Hardtanh", "hardtanh", { min_val = -1, max_val = 1 })
say("nn.Hardsigmoid()", "x / 6 + 1/2 between 0 and 1.")
pointwise("Hardsigmoid", "hardsigmoid", {})
say("nn.Hardswish()", "x hardsigmoid(x).")
pointwise("Hardswish", "hardswish", {})
say("nn.Hardshrink(0.5)", "x, but 0 where it is within lambd of 0; also { lambd = 0.5 }.")
pointwise("Hardshrink", "hardshrink", { lambd = 0.5 })
say("nn.Softshrink(0.5)", "x moved towards 0 by lambd; also { lambd = 0.5 }.")
pointwise("Softshrink", "softshrink", { lambd = 0.5 })
say("nn.Tanhshrink()", "x - tanh(x).")
pointwise("Tanhshrink", "tanhshrink", {})
say("nn.GLU { axis = -1 }", "One half of x times the sigmoid of the other.")
pointwise("GLU", "glu", { axis = -1 })

say("nn.RReLU { lower = 1 / 8, upper = 1 / 3 }",
  "LeakyReLU with a random slope for each element in training; evaluation takes the mean of the "
  .. "bounds.")
pointwise("RReLU", "rrelu", { lower = 1 / 8, upper = 1 / 3 })

say("nn.Threshold { threshold = 0.1, value = 20 }", "x above the threshold, else the value.")
function nn.Threshold(o)
  o = options("nn.Threshold", o, { threshold = util.any, value = util.any })
  for _, k in ipairs { "threshold", "value" } do
    if type(o[k]) ~= "number" then
      fail("nn.Threshold: '%s' is missing: nn.Threshold { threshold = 0.1, value = 20 }", k)
    end
  end
  return layer("Threshold", function(_, x) return fn.threshold(x, o) end)
end

local function along(kind, name)
  nn[kind] = function(o)
    local what = "nn." .. kind
    o = options(what, o, { axis = util.any })
    if o.axis == nil then fail("%s: say which axis: %s { axis = -1 } is the last", what, what) end
    return layer(kind, function(_, x) return fn[name](x, o) end)
  end
end
say("nn.Softmax { axis = 2 }", "exp(x) over its sum along an axis.")
along("Softmax", "softmax")
say("nn.LogSoftmax { axis = 2 }", "The logarithm of softmax.")
along("LogSoftmax", "log_softmax")
say("nn.Softmin { axis = 2 }", "The softmax of -x.")
along("Softmin", "softmin")

say("nn.PReLU { per_channel = false, init = 0.25 }",
  "LeakyReLU with a learned slope: one for all, or one for each channel (axis 2).")
function nn.PReLU(o)
  if type(o) == "number" then
    fail("nn.PReLU: input sizes are inferred, write nn.PReLU { per_channel = true } for a slope "
      .. "each")
  end
  o = options("nn.PReLU", o, { per_channel = false, init = 0.25, name = util.any })
  return layer("PReLU", function(m, x)
    x = kit.features("nn.PReLU", m, x, 2, "[N, channels, ...]")
    local n = o.per_channel and info(x).dims[2] or 1
    local w = parameter(m, "weight", { n }, { "constant", o.init }, x)
    return call.prelu(x, call.reshape(w, { dims = by_channel(x, n), batch = false }))
  end, { weight = true }, o.name)
end

-- ---- norms --------------------------------------------------------------------------------------
-- y times a weight and plus a bias for each of n channels
local function affine(m, y, n)
  for _, p in ipairs { { "weight", 1, call.mul }, { "bias", 0, call.add } } do
    local w = parameter(m, p[1], { n }, { "constant", p[2] }, y)
    y = p[3](y, call.reshape(w, { dims = by_channel(y, n), batch = false }))
  end
  return y
end

local function no_size(what, o)
  if type(o) == "number" then fail("%s: input sizes are inferred, write %s()", what, what) end
end

say("nn.RMSNorm { eps = 2^-23, elementwise_affine = true }",
  "x over the root of its mean square along the last axis, times a weight.")
function nn.RMSNorm(o)
  no_size("nn.RMSNorm", o)
  o = options("nn.RMSNorm", o, { eps = 2^-23, elementwise_affine = true, name = util.any })
  return layer("RMSNorm", function(m, x)
    x = kit.rows_of("nn.RMSNorm", m, x)
    local y, s = fn.rms_norm(x, { eps = o.eps }), info(x)
    if not o.elementwise_affine then return y end
    return call.mul(y, parameter(m, "weight", { s.dims[s.rank] }, { "constant", 1 }, x))
  end, { weight = o.elementwise_affine or nil }, o.name)
end

-- zero mean and unit variance over each of so many groups of channels
-- values of a sample
local function elements(x)
  local n = 1
  for a = 2, info(x).rank do n = n * info(x).dims[a] end
  return n
end

local function grouped(what, x, groups, eps)
  local s = info(x)
  local y = call.normalize(base.reshape(what, x, { groups, -1 }),
    { axes = 4, eps = util.number(what, eps, 0, 1e30, "eps") })
  return call.reshape(y, { dims = s.dims, batch = s.batch })
end

say("nn.GroupNorm(4, { eps = 1e-5, affine = true })",
  "Zero mean and unit variance over each of 4 groups of channels.")
function nn.GroupNorm(groups, o)
  if type(o) == "number" then
    fail("nn.GroupNorm: input sizes are inferred, write nn.GroupNorm(%s)", tostring(groups))
  end
  groups = util.integer("nn.GroupNorm", groups, 1, "the number of groups")
  o = options("nn.GroupNorm", o, { eps = 1e-5, affine = true, name = util.any })
  return layer("GroupNorm", function(m, x)
    x = kit.features("nn.GroupNorm", m, x, 2, "[N, channels, ...]")
    local c = info(x).dims[2]
    if c % groups > 0 then
      fail("nn.GroupNorm: %d channels of %s are not %d groups", c, info(x).text, groups)
    end
    if elements(x) == groups then
      core.warn(
        ("nn.GroupNorm: a group of %s is one value, which has no variance; the result is the "
        .. "bias"):format(info(x).text), core.place())
    end
    local y = grouped("nn.GroupNorm", x, groups, o.eps)
    return o.affine and affine(m, y, c) or y
  end, { weight = o.affine or nil, bias = o.affine or nil }, o.name)
end

say("nn.InstanceNorm { eps = 1e-5, affine = false }",
  "Zero mean and unit variance over each channel of a sample, of any rank.")
function nn.InstanceNorm(o)
  no_size("nn.InstanceNorm", o)
  o = options("nn.InstanceNorm", o, { eps = 1e-5, affine = false, name = util.any })
  return layer("InstanceNorm", function(m, x)
    x = kit.features("nn.InstanceNorm", m, x, 3, "[N, channels, ...]")
    if info(x).batch and elements(x) == info(x).dims[2] then
      fail("nn.InstanceNorm: a channel of %s is one value, which has no variance; the result is "
        .. "the bias", info(x).text)
    end
    local y = grouped("nn.InstanceNorm", x, info(x).dims[2], o.eps)
    return o.affine and affine(m, y, info(x).dims[2]) or y
  end, { weight = o.affine or nil, bias = o.affine or nil }, o.name)
end

-- ---- data --------------------------------------------------------------------------------------
-- mean and deviation over the training rows, which the program finds at start; no step trains them
local function statistic(m, name, kind, x)
  local p, dims = m.params[name], {}
  if p then return p end
  for a = 2, info(x).rank do dims[a - 1] = info(x).dims[a] end
  p = core.param { dims = dims, layer = m.kind, place = m.place, of = x }
  core.set_init(p, kind, 0)
  m.params[name] = p
  m.order[#m.order + 1] = name
  return p
end

say("nn.Standardize()",
  "Subtracts a column's mean over the training rows and divides by its standard deviation, element "
  .. "by element; norm.inverse(y) undoes it.")
function nn.Standardize(o)
  no_size("nn.Standardize", o)
  o = options("nn.Standardize", o, { name = util.any })
  local of, mean, std
  local l = layer("Standardize", function(m, x)
    if not core.is_tensor(x) or info(x).kind ~= "input" then
      fail("nn.Standardize: expected a data column, whose rows it knows at start, got %s",
        util.show(x))
    end
    if core.use("dsl/data.lua").streamed(x) then
      fail("nn.Standardize: tokens are names, not measures: nn.Embedding(65, 24) reads them")
    end
    if of and not rawequal(of, x) then
      core.fail("nn.Standardize: this layer has the statistics of another column; make one layer "
        .. "for each column", core.place(), "it was made here", m.place)
    end
    of, mean, std = x, statistic(m, "mean", "mean", x), statistic(m, "std", "deviation", x)
    return call.div(call.sub(x, mean), std)
  end, { mean = true, std = true }, o.name)
  kit.inside[l].fields = { inverse = function(y)
    if not of then
      core.fail("nn.Standardize: call the layer before its inverse, so that it has a column's "
        .. "statistics", core.place())
    end
    return call.add(call.mul(tensor("norm.inverse", y), std), mean)
  end }
  return l
end

-- ---- pools --------------------------------------------------------------------------------------
-- means of kh x kw patches that lie side by side
local function patches(x, kh, kw)
  local s = info(x)
  local dims = { s.dims[1], s.dims[2], s.dims[3] // kh, kh, s.dims[4] // kw, kw }
  local y = call.sum(call.reshape(x, { dims = dims, batch = true }), { axes = 8 + 32 })
  return call.mul(y, core.const(1 / (kh * kw)))
end

-- places 0, 1 ... of an axis, down a column or along a row
local function places(n, column)
  return call.reshape(fn.arange(n), { dims = column and { n, 1 } or { n } })
end

-- how many of the elements that each of `out` windows covers lie in the image, down a column or
-- along a row
local function covered(n, out, k, stride, pad, column)
  local from = call.sub(call.mul(places(out, column), core.const(stride)), core.const(pad))
  return call.sub(call.clamp_max(call.add(from, core.const(k)), { hi = n }),
    call.clamp_min(from, { lo = 0 }))
end

-- means of windows that overlap: a convolution of each channel with one weight
local function sliding(what, x, w, padded)
  local one = call.reshape(core.const(1 / (w.kh * w.kw)), { dims = { 1, 1, 1, 1 } })
  local weight = call.copy(call.expand(one, { dims = { info(x).dims[2], 1, w.kh, w.kw } }))
  slide.check_window(what, x, w)
  local y = call.conv2d(x, weight, w)
  if padded or w.ph + w.pw == 0 then return y end
  local from, to = info(x).dims, info(y).dims
  local real = call.mul(covered(from[3], to[3], w.kh, w.sh, w.ph, true),
    covered(from[4], to[4], w.kw, w.sw, w.pw, false))
  return call.mul(y, call.div(core.const(w.kh * w.kw), real))
end

say("nn.AvgPool2d(3, { stride = 2, padding = 1, count_include_pad = true })",
  "The mean of each window; stride is the window's size by default. By default the zeros around "
  .. "the image count, too.")
function nn.AvgPool2d(k, o)
  local what = "nn.AvgPool2d"
  if k == nil then fail("%s: the window's size is missing, write %s(2)", what, what) end
  o = options(what, o, { stride = util.any, padding = util.any, count_include_pad = true })
  if o.padding == "same" then fail("%s: padding is a number or { height, width }", what) end
  local w = slide.window(what, k, { stride = o.stride or util.any, padding = o.padding or 0,
    dilation = 1 })
  if w.ph * 2 > w.kh or w.pw * 2 > w.kw then
    fail("%s: padding is at most half of the window", what)
  end
  return layer("AvgPool2d", function(_, x)
    x = images(what, x)
    local d = info(x).dims
    local tiles = w.sh == w.kh and w.sw == w.kw and w.ph + w.pw == 0
      and d[3] % w.kh + d[4] % w.kw == 0
    return tiles and patches(x, w.kh, w.kw) or sliding(what, x, w, o.count_include_pad)
  end)
end

-- images whose rows and columns are sums of x's: rows is out x height, columns out x width
local function resampled(x, rows, columns)
  return call.matmul(rows, call.matmul(x, columns, { labels = "ncyx,px->ncyp" }),
    { labels = "oy,ncyp->ncop" })
end

-- PyTorch's windows: place o begins at o * n / out, rounded down, and ends at (o + 1) * n / out,
-- rounded up
local function shares(out, n)
  local o, i = places(out, true), places(n, false)
  local from = call.floor(call.div(call.mul(o, core.const(n)), core.const(out)))
  local to = call.ceil(call.div(call.mul(call.add(o, core.const(1)), core.const(n)),
    core.const(out)))
  return call.div(call.mul(call.ge(i, from), call.lt(i, to)), call.sub(to, from))
end

local function two_sizes(what, size)
  local two = type(size) == "table" and size or { size, size }
  return util.integer(what, two[1], 1, "the output's height"),
    util.integer(what, two[2], 1, "the output's width")
end

say("nn.AdaptiveAvgPool2d(1)",
  "Means of as many windows as the output has elements, in PyTorch's positions.")
function nn.AdaptiveAvgPool2d(size)
  local what = "nn.AdaptiveAvgPool2d"
  if size == nil then fail("%s: the output's size is missing, write %s(1)", what, what) end
  local h, w = two_sizes(what, size)
  return layer("AdaptiveAvgPool2d", function(_, x)
    x = images(what, x)
    local d = info(x).dims
    if d[3] % h + d[4] % w == 0 then return patches(x, d[3] // h, d[4] // w) end
    return resampled(x, shares(h, d[3]), shares(w, d[4]))
  end)
end

say("nn.GlobalAvgPool()", "The mean of each channel of an image or a sequence, [N, channels].")
function nn.GlobalAvgPool(...)
  if select("#", ...) > 0 then
    fail("nn.GlobalAvgPool: takes nothing: it gives the mean of each channel")
  end
  return layer("GlobalAvgPool", function(m, x)
    x = kit.features("nn.GlobalAvgPool", m, x, 3, "[N, channels, ...]")
    local axes = {}
    for i = 3, info(x).rank do axes[i - 2] = i end
    return fn.mean(x, { axis = axes })
  end)
end

-- ---- what only moves numbers --------------------------------------------------------------------
say("nn.Reshape(8, 4, -1)", "Other sizes of one sample; -1 is inferred.")
function nn.Reshape(...)
  local sizes = { ... }
  if #sizes == 0 then fail("nn.Reshape: give the sizes of one sample: nn.Reshape(8, 4, -1)") end
  return layer("Reshape", function(_, x)
    return base.reshape("nn.Reshape", tensor("nn.Reshape", x), table.move(sizes, 1, #sizes, 1, {}))
  end)
end

-- x as dims, its axes in another order, as dims again
local function moved(x, dims, perm, result)
  local y = call.permute(call.reshape(x, { dims = dims, batch = true }), { perm = perm })
  return call.reshape(y, { dims = result, batch = true })
end

say("nn.PixelShuffle(2)",
  "Channels become pixels: a quarter of the channels, twice the height and width.")
function nn.PixelShuffle(r)
  r = util.integer("nn.PixelShuffle", r, 1, "the factor")
  return layer("PixelShuffle", function(_, x)
    x = images("nn.PixelShuffle", x)
    local n, c, h, w = table.unpack(info(x).dims)
    if c % (r * r) > 0 then
      fail("nn.PixelShuffle: the channels of %s are no multiple of %d", info(x).text, r * r)
    end
    return moved(x, { n, c // (r * r), r, r, h, w }, { 0, 1, 4, 2, 5, 3 },
      { n, c // (r * r), h * r, w * r })
  end)
end

say("nn.PixelUnshuffle(2)", "Pixels become channels.")
function nn.PixelUnshuffle(r)
  r = util.integer("nn.PixelUnshuffle", r, 1, "the factor")
  return layer("PixelUnshuffle", function(_, x)
    x = images("nn.PixelUnshuffle", x)
    local n, c, h, w = table.unpack(info(x).dims)
    if h % r + w % r > 0 then
      fail("nn.PixelUnshuffle: the sizes of %s are no multiples of %d", info(x).text, r)
    end
    return moved(x, { n, c, h // r, r, w // r, r }, { 0, 1, 3, 5, 2, 4 },
      { n, c * r * r, h // r, w // r })
  end)
end

say("nn.ChannelShuffle(2)", "Channels of the groups in turn, as in PyTorch.")
function nn.ChannelShuffle(groups)
  groups = util.integer("nn.ChannelShuffle", groups, 1, "the number of groups")
  return layer("ChannelShuffle", function(_, x)
    x = images("nn.ChannelShuffle", x)
    local n, c, h, w = table.unpack(info(x).dims)
    if c % groups > 0 then fail("nn.ChannelShuffle: %d channels are not %d groups", c, groups) end
    return moved(x, { n, groups, c // groups, h, w }, { 0, 2, 1, 3, 4 }, { n, c, h, w })
  end)
end

-- ---- larger images ------------------------------------------------------------------------------
-- each pixel becomes k x k of them
local function repeated(x, k)
  local n, c, h, w = table.unpack(info(x).dims)
  local one = call.reshape(x, { dims = { n, c, h, 1, w, 1 }, batch = true })
  local many = call.expand(one, { dims = { n, c, h, k, w, k }, batch = true })
  return call.reshape(many, { dims = { n, c, h * k, w * k }, batch = true })
end

-- what place o of `out` takes of n elements: the nearest, or the two beside it by their distances
local function weights(out, n, step, o)
  local at, i = places(out, true), places(n, false)
  local last = { hi = n - 1 }
  if o.mode == "nearest" then
    return call.eq(i, call.clamp_max(call.floor(call.mul(at, core.const(step))), last))
  end
  local from = call.mul(at, core.const(out > 1 and (n - 1) / (out - 1) or 0))
  if not o.align_corners then
    from = call.clamp_min(call.sub(call.mul(call.add(at, core.const(0.5)), core.const(step)),
      core.const(0.5)), { lo = 0 })
  end
  local low = call.clamp_max(call.floor(from), last)
  local share = call.sub(from, low)
  local high = call.clamp_max(call.add(low, core.const(1)), last)
  return call.add(call.mul(call.eq(i, low), call.sub(core.const(1), share)),
    call.mul(call.eq(i, high), share))
end

local function check_upsample(what, o)
  if o.mode ~= "nearest" and o.mode ~= "bilinear" then
    fail("%s: mode is \"nearest\" or \"bilinear\", got %s", what, util.show(o.mode))
  end
  if (o.scale_factor == nil) == (o.size == nil) then
    fail("%s: 'scale_factor' or 'size', one of them: %s { scale_factor = 2 }", what, what)
  end
  if o.align_corners and o.mode == "nearest" then
    fail("%s: align_corners goes with mode = \"bilinear\"", what)
  end
  if o.scale_factor then util.number(what, o.scale_factor, 1e-3, 1e3, "scale_factor") end
end

say("nn.Upsample { scale_factor = 2, mode = \"nearest\" }",
  "Each pixel becomes 2 x 2; size = { 32, 48 } for other sizes.")
say("nn.Upsample { scale_factor = 2, mode = \"bilinear\", align_corners = false }",
  "Bilinear interpolation between pixels.")
function nn.Upsample(o)
  local what = "nn.Upsample"
  o = options(what, o, { scale_factor = util.any, size = util.any, mode = "nearest",
    align_corners = false })
  check_upsample(what, o)
  local k, h, w = o.scale_factor, nil, nil
  if not k then h, w = two_sizes(what, o.size) end
  return layer("Upsample", function(_, x)
    x = images(what, x)
    local d = info(x).dims
    if k and k == math.floor(k) and o.mode == "nearest" then
      return repeated(x, math.tointeger(k))
    end
    local high, wide = h or math.floor(d[3] * k), w or math.floor(d[4] * k)
    if high < 1 or wide < 1 then
      fail("%s: scale_factor = %g leaves nothing of %s", what, k, info(x).text)
    end
    return resampled(x, weights(high, d[3], k and 1 / k or d[3] / high, o),
      weights(wide, d[4], k and 1 / k or d[4] / wide, o))
  end)
end
