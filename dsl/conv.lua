-- conv.lua -- layers that slide a window over images: convolutions and the largest of each window.
local core = ...
local util, op = core.use("dsl/util.lua"), core.use("dsl/op.lua")
local kit = core.use("dsl/nn.lua")
local call, info, tensor, fail, options = op.call, core.info, op.tensor, util.fail, util.options
local say = core.use("dsl/doc.lua").section "layers"
local nn, layer, parameter = kit.open, kit.layer, kit.parameter

-- a size for both directions, or two: 3 or { 3, 5 }
local function two(what, v, least, name)
  if type(v) ~= "table" then v = { v, v } end
  if #v ~= 2 then fail("%s: %s takes a number or { height, width }", what, name) end
  return util.integer(what, v[1], least, name), util.integer(what, v[2], least, name)
end

local function window(what, k, o)
  local w = {}
  w.kh, w.kw = two(what, k, 1, "the kernel's size")
  w.sh, w.sw = two(what, o.stride == util.any and { w.kh, w.kw } or o.stride, 1, "stride")
  w.dh, w.dw = two(what, o.dilation, 1, "dilation")
  if o.padding == "same" then
    w.ph, w.pw = w.dh * (w.kh - 1) // 2, w.dw * (w.kw - 1) // 2
    if w.sh > 1 or w.sw > 1 or w.dh * (w.kh - 1) % 2 + w.dw * (w.kw - 1) % 2 > 0 then
      fail("%s: padding = \"same\" needs stride 1 and an odd kernel", what)
    end
  else
    w.ph, w.pw = two(what, o.padding, 0, "padding")
  end
  return w
end

local function check_window(what, x, w)
  local d = info(x).dims
  if d[3] + 2 * w.ph < w.dh * (w.kh - 1) + 1 or d[4] + 2 * w.pw < w.dw * (w.kw - 1) + 1 then
    fail("%s: a %d x %d kernel does not fit into %s", what, w.kh, w.kw, info(x).text)
  end
end

local function images(what, x)
  x = tensor(what, x)
  if info(x).rank ~= 4 or not info(x).batch then
    fail("%s: expected [N, channels, height, width], got %s", what, info(x).text)
  end
  return x
end

-- groups of channels, of which each has kernels of its own
local function check_groups(what, groups, c, out, x)
  if c % groups > 0 or out % groups > 0 then
    fail("%s: %d groups share %d channels of %s and %d of the output: groups divides both", what,
      groups, c, info(x).text, out)
  end
end

local function conv_options(what, out, k, o)
  if type(o) == "number" then
    fail("%s: input sizes are inferred, write %s(%s, %s)", what, what, tostring(k), tostring(o))
  end
  out = util.integer(what, out, 1, "the number of output channels")
  if k == nil then fail("%s: the kernel's size is missing, write %s(%d, 3)", what, what, out) end
  o = options(what, o, { stride = util.any, padding = util.any, dilation = util.any, groups = 1,
    bias = true, name = util.any })
  o.groups = util.integer(what, o.groups, 1, "groups")
  return out, o
end

-- what a convolution of x, images, gives; `sizes` are those of the kernel in the parameter
local function convolved(what, m, x, out, w, o, sizes)
  local c = info(x).dims[2]
  check_groups(what, o.groups, c, out, x)
  check_window(what, x, w)
  local each = c // o.groups
  local bound = 1 / math.sqrt(each * w.kh * w.kw)
  local weight = parameter(m, "weight", { out, each, table.unpack(sizes) },
    { "uniform", -bound, bound }, x)
  if #sizes == 1 then weight = call.reshape(weight, { dims = { out, each, w.kh, w.kw } }) end
  local y = call.conv2d(x, weight, w)
  if not o.bias then return y end
  local b = parameter(m, "bias", { out }, { "uniform", -bound, bound }, x)
  return call.add(y, call.reshape(b, { dims = { out, 1, 1 }, batch = false }))
end

say("nn.Conv2d(16, 5, { stride = 1, padding = 2, dilation = 1, groups = 1, bias = true })",
  "16 channels from a kernel of 5 x 5, { 3, 5 } for another shape; padding = \"same\" keeps the "
  .. "size.")
function nn.Conv2d(out, k, o)
  local what = "nn.Conv2d"
  out, o = conv_options(what, out, k, o)
  local w = window(what, k, { stride = o.stride or 1, padding = o.padding or 0,
    dilation = o.dilation or 1 })
  return layer("Conv2d", function(m, x)
    return convolved(what, m, images(what, x), out, w, o, { w.kh, w.kw })
  end, { weight = true, bias = o.bias or nil }, o.name)
end

say("nn.Conv1d(16, 5, { stride = 1, padding = 2, dilation = 1, groups = 1, bias = true })",
  "A convolution of sequences, [N, channels, length].")
function nn.Conv1d(out, k, o)
  local what = "nn.Conv1d"
  out, o = conv_options(what, out, k, o)
  for _, name in ipairs { "stride", "padding", "dilation" } do
    if type(o[name]) == "table" then
      fail("%s: %s is a number: a sequence has one direction", what, name)
    end
  end
  k = util.integer(what, k, 1, "the kernel's size")
  local pad = o.padding or 0
  local w = window(what, { 1, k }, { stride = { 1, o.stride or 1 }, padding = pad == "same" and pad
    or { 0, pad },
    dilation = { 1, o.dilation or 1 } })
  return layer("Conv1d", function(m, x)
    x = tensor(what, x)
    local s = info(x)
    if s.rank ~= 3 or not s.batch then
      fail("%s: expected [N, channels, length], got %s", what, s.text)
    end
    local image = call.reshape(x, { dims = { s.dims[1], s.dims[2], 1, s.dims[3] }, batch = true })
    local y = convolved(what, m, image, out, w, o, { k })
    return call.reshape(y, { dims = { s.dims[1], out, info(y).dims[4] }, batch = true })
  end, { weight = true, bias = o.bias or nil }, o.name)
end

say("nn.ConvTranspose2d(16, 2, { stride = 2, padding = 0, output_padding = 0 })",
  "A transposed convolution: images grow by the stride.")
function nn.ConvTranspose2d(out, k, o)
  if type(o) == "number" then
    fail("nn.ConvTranspose2d: input sizes are inferred, write nn.ConvTranspose2d(%s, %s)",
      tostring(k), tostring(o))
  end
  out = util.integer("nn.ConvTranspose2d", out, 1, "the number of output channels")
  if k == nil then
    fail("nn.ConvTranspose2d: the kernel's size is missing, write nn.ConvTranspose2d(%d, 2, { "
      .. "stride = 2 })", out)
  end
  o = options("nn.ConvTranspose2d", o, { stride = util.any, padding = util.any,
    output_padding = util.any, dilation = util.any,
    groups = 1, bias = true, name = util.any })
  local w = window("nn.ConvTranspose2d", k, { stride = o.stride or 1, padding = o.padding or 0,
    dilation = o.dilation or 1 })
  local groups = util.integer("nn.ConvTranspose2d", o.groups, 1, "groups")
  local more_h, more_w = two("nn.ConvTranspose2d", o.output_padding or 0, 0, "output_padding")
  if o.padding == "same" then
    fail("nn.ConvTranspose2d: padding is a number or { height, width }")
  end
  if (more_h > 0 and more_h >= math.max(w.sh, w.dh))
    or (more_w > 0 and more_w >= math.max(w.sw, w.dw)) then
    fail("nn.ConvTranspose2d: output_padding is smaller than stride or dilation")
  end
  return layer("ConvTranspose2d", function(m, x)
    x = images("nn.ConvTranspose2d", x)
    check_groups("nn.ConvTranspose2d", groups, info(x).dims[2], out, x)
    local bound = 1 / math.sqrt(out // groups * w.kh * w.kw)
    local weight = parameter(m, "weight", { info(x).dims[2], out // groups, w.kh, w.kw },
      { "uniform", -bound, bound }, x)
    if w.sh > 1 or w.sw > 1 then x = call.spread(x, w) end
    local d = info(x).dims
    if d[3] + w.dh * (w.kh - 1) - 2 * w.ph + more_h < 1
      or d[4] + w.dw * (w.kw - 1) - 2 * w.pw + more_w < 1 then
      fail("nn.ConvTranspose2d: padding leaves nothing of %s", info(x).text)
    end
    local y = call.conv_transpose2d(x, weight, { kh = w.kh, kw = w.kw, sh = 1, sw = 1, ph = w.ph,
      pw = w.pw,
                                                 dh = w.dh, dw = w.dw, more_h = more_h,
                                                 more_w = more_w,
                                                 groups = groups })
    if not o.bias then return y end
    local b = parameter(m, "bias", { out }, { "uniform", -bound, bound }, x)
    return call.add(y, call.reshape(b, { dims = { out, 1, 1 } }))
  end, { weight = true, bias = o.bias or nil }, o.name)
end

say("nn.MaxPool2d(2, { stride = 2, padding = 0, dilation = 1 })",
  "The largest of each window; stride is the window's size by default.")
function nn.MaxPool2d(k, o)
  if k == nil then fail("nn.MaxPool2d: the window's size is missing, write nn.MaxPool2d(2)") end
  o = options("nn.MaxPool2d", o, { stride = util.any, padding = util.any, dilation = util.any })
  local w = window("nn.MaxPool2d", k, { stride = o.stride or util.any, padding = o.padding or 0,
    dilation = o.dilation or 1 })
  if w.ph * 2 > w.kh or w.pw * 2 > w.kw then
    fail("nn.MaxPool2d: padding is at most half of the window")
  end
  return layer("MaxPool2d", function(_, x)
    x = images("nn.MaxPool2d", x)
    check_window("nn.MaxPool2d", x, w)
    return call.max_pool2d(x, w)
  end)
end

return { window = window, check_window = check_window, images = images }
