-- nn.lua -- layers: functions that own parameters. Input sizes are inferred at the first call;
-- calling twice shares.
local core = ...
local util, op, fn = core.use("dsl/util.lua"), core.use("dsl/op.lua"), core.use("dsl/fn.lua").open
local call, info, tensor, fail, options = op.call, core.info, op.tensor, util.fail, util.options
local say = core.use("dsl/doc.lua").section "layers"
local elsewhere = core.use("dsl/elsewhere.lua")

local nn, inside = {}, {}           -- inside[layer]: what the user cannot reach
local outputs = {}                  -- { node, layer } of the leaf layers' results
local Layer = { __name = "layer" }
local made = 0
local world                         -- what a file that nn.File runs sees

local function is_layer(v) return inside[v] ~= nil end

local function field(l, k)
  local m = inside[l]
  if m.params[k] then return m.params[k] end
  if m.owns and m.owns[k] then
    local message = "nn.%s: '%s' does not exist before the layer is called: input sizes are "
      .. "inferred"
    core.fail(message:format(m.kind, k), core.place(), "the layer was made here", m.place)
  end
  if m.fields and m.fields[k] ~= nil and k ~= "forward" then return m.fields[k] end
  if m.kids and math.type(k) == "integer" then
    if k >= 1 and k <= #m.kids then return m.kids[k][2] end
    if k == #m.kids + 1 then return nil end
  end
  local known = {}
  for _, t in ipairs { m.params, m.owns or {}, m.fields or {} } do
    for name in pairs(t) do known[name] = true end
  end
  fail("nn.%s: no field %s%s", m.kind, util.show(k), util.cure(k, elsewhere.layer)
    or util.near(k, known))
end

Layer.__index = field
Layer.hint = function() return "call the layer: net(x)" end
function Layer.__newindex(l)
  fail("nn.%s: a layer's fields are set when it is made", inside[l].kind)
end
function Layer.__len(l) return inside[l].kids and #inside[l].kids or 0 end
function Layer.__tostring(l) return "nn." .. inside[l].kind end
for meta, sign in pairs { __add = "+", __sub = "-", __mul = "*", __div = "/" } do
  Layer[meta] = function() fail("%s: a layer is no tensor: call it first, net(x)", sign) end
end

-- Fails where forward does not take what it is given: PyTorch's layers would raise, Lua drops the
-- rest in silence.
local function check_taken(m, given)
  local f = debug.getinfo(m.forward, "u")
  if f.isvararg or given < f.nparams then return end
  if not m.kids or m.ours then
    fail("nn.%s: takes %s, got %d values", m.kind, f.nparams == 2 and "one tensor"
      or "fewer values", given)
  end
  local cure = f.nparams == 1
    and ": the module itself comes first, forward = function(m, x) ... end" or ""
  core.fail(
    ("nn.%s: forward takes %d argument%s, the module included, and the call gives it %d%s"):format(
    m.kind, f.nparams,
    f.nparams == 1 and "" or "s", given + 1, cure), core.place(), "forward stands here",
    core.defined(m.forward))
end

local function check_returned(m, results)
  if results[1] ~= nil then return end
  core.fail(("nn.%s: forward returned nothing: end it with return y"):format(m.kind), core.place(),
    "forward stands here", core.defined(m.forward))
end

-- what forward returns; a user's own forward speaks for itself, ours in the layer's name
local function run(l, m, ...)
  if m.kids and not m.ours then return m.forward(l, ...) end
  return util.calling("nn." .. m.kind, m.forward, m.kids and l or m, ...)
end

function Layer.__call(l, ...)
  local m = inside[l]
  check_taken(m, select("#", ...))
  op.layers[#op.layers + 1] = l
  core.within(m.kids and 0 or m.place)
  local results = table.pack(run(l, m, ...))
  core.within(0)
  check_returned(m, results)
  op.layers[#op.layers] = nil
  if not m.kids and core.is_tensor(results[1]) and not rawequal(results[1], (...)) then
    outputs[#outputs + 1] = { node = results[1], layer = l }
  end
  return table.unpack(results, 1, results.n)
end

-- a new layer; `owns` names the parameters that its first call makes
local function layer(kind, forward, owns, name)
  local l = setmetatable({}, Layer)
  made = made + 1
  inside[l] = { id = made, kind = kind, forward = forward, place = core.place(), params = {},
    order = {},
    owns = owns, name = name }
  return l
end

-- Running statistics and the like: in files, not trained; micro-steps write what train was told,
-- op.states. `scratch`: in no file.
local function state(m, name, dims, value, scratch)
  local p = m.params[name]
  if p then return p end
  p = core.param { dims = dims, layer = m.kind, place = m.place, state = true, scratch = scratch }
  core.set_init(p, "constant", value)
  m.params[name], m.order[#m.order + 1] = p, name
  return p
end

-- the layer's parameter of that name, made at the first call; `init` is { kind, a, b }
local function parameter(m, name, dims, init, x)
  local p = m.params[name]
  if not p then
    p = core.param { dims = dims, layer = m.kind, place = m.place }
    core.set_init(p, table.unpack(init))
    m.params[name] = p
    m.order[#m.order + 1] = name
    return p
  end
  for i, d in ipairs(info(p).dims) do
    if d ~= dims[i] then
      core.fail(("nn.%s: the input %s does not fit the %s %s that the first call made"):format(
        m.kind,
        info(x).text, name, info(p).text),
        core.place(), "the layer was made here", m.place)
    end
  end
  return p
end

-- `given` holds more sizes than the layer takes: PyTorch's habit of stating the input's
local function no_input_size(what, extra, example)
  if type(extra) == "number" then fail("%s: input sizes are inferred, write %s", what, example) end
end

local function features(what, m, x, least, form)
  x = tensor(what, x)
  if info(x).rank < least then fail("%s: expected %s, got %s", what, form, info(x).text) end
  return x
end

-- x, whose last axis holds features; without a batch it is one row, made once per window
local function rows_of(what, m, x)
  x = tensor(what, x)
  return features(what, m, x, info(x).batch and 2 or 1, "[N, ..., features]")
end

-- sizes of what each channel has one of, axis 2, so that it meets x
local function by_channel(x, n)
  local dims = { n }
  for a = 3, info(x).rank do dims[a - 1] = 1 end
  return dims
end

-- a name that may stand in files' keys and in C
local function check_name(place, name)
  if type(name) ~= "string" or not name:find("^[%a_][%w_]*$") or #name > 40 then
    core.fail(("%s cannot name a layer: write a letter, then letters, digits and _"):format(
      util.show(name)), place)
  end
  return name
end

-- ---- layers with parameters ---------------------------------------------------------------------
-- x W^T + b. `out` is a number, or a function that gives it at the first call; o.zero: the bias
-- begins with zeros
local function dense(out, o)
  return layer("Linear", function(m, x)
    x = rows_of("nn.Linear", m, x)
    local s, rows = info(x), type(out) == "function" and out() or out
    local k = s.dims[s.rank]
    local bound = 1 / math.sqrt(k)
    local w = parameter(m, "weight", { rows, k }, { "uniform", -bound, bound }, x)
    local first = o.zero and { "constant", 0 } or { "uniform", -bound, bound }
    return fn.linear(x, w, o.bias and parameter(m, "bias", { rows }, first, x) or nil)
  end, { weight = true, bias = o.bias or nil }, o.name)
end

say("nn.Linear(128, { bias = true })", "x W^T + b on the last axis, of any rank; W is out x in.")
function nn.Linear(out, o, more)
  if type(o) == "number" then
    fail("nn.Linear: input sizes are inferred, write nn.Linear(%s)", tostring(o))
  end
  no_input_size("nn.Linear", more, "nn.Linear(n)")
  out = util.integer("nn.Linear", out, 1, "the number of outputs")
  return dense(out, options("nn.Linear", o, { bias = true, name = util.any }))
end

-- rows of a table by class ids
say("nn.Embedding(65, 24, { padding_idx = 0 })",
  "Rows of a table of 65 x 24 by class ids, initialised from N(0, 1). The row padding_idx begins "
  .. "with zeros and gets no gradient. A negative padding_idx is an id of the data, such as one "
  .. "that a loss ignores: it reads zeros and has no row.")
function nn.Embedding(count, size, o)
  count = util.integer("nn.Embedding", count, 1, "the number of rows")
  size = util.integer("nn.Embedding", size, 1, "the size of a row")
  o = options("nn.Embedding", o, { padding_idx = util.any, name = util.any })
  return layer("Embedding", function(m, t)
    local w = parameter(m, "weight", { count, size }, { "normal", 0, 1 }, t)
    local y = fn.embedding(t, w, { padding_idx = o.padding_idx })
    if o.padding_idx and o.padding_idx >= 0 then core.set_zero_row(w, o.padding_idx) end
    return y
  end, { weight = true }, o.name)
end

say("nn.LayerNorm { eps = 1e-5, bias = true, elementwise_affine = true }",
  "Zero mean and unit variance over the last axis, times a weight, plus a bias.")
function nn.LayerNorm(o)
  if type(o) == "number" then
    fail("nn.LayerNorm: input sizes are inferred, write nn.LayerNorm()")
  end
  o = options("nn.LayerNorm", o, { eps = 1e-5, bias = true, elementwise_affine = true,
    name = util.any })
  local affine = o.elementwise_affine
  return layer("LayerNorm", function(m, x)
    x = rows_of("nn.LayerNorm", m, x)
    local s = info(x)
    local y = fn.layer_norm(x, { eps = o.eps })
    if not affine then return y end
    y = call.mul(y, parameter(m, "weight", { s.dims[s.rank] }, { "constant", 1 }, x))
    return o.bias and call.add(y, parameter(m, "bias", { s.dims[s.rank] }, { "constant", 0 }, x))
      or y
  end, { weight = affine or nil, bias = affine and o.bias or nil }, o.name)
end

-- ---- initial values -----------------------------------------------------------------------------
-- inputs and outputs of a weight as PyTorch counts them
local function fans(what, dims)
  if #dims < 2 then fail("%s: fan-in and fan-out need two axes or more", what) end
  local area = 1
  for i = 3, #dims do area = area * dims[i] end
  return dims[2] * area, dims[1] * area
end

local named = {
  zeros = function() return { "constant", 0 } end,
  ones = function() return { "constant", 1 } end,
  kaiming_uniform = function(i) return { "uniform", -math.sqrt(6 / i), math.sqrt(6 / i) } end,
  kaiming_normal = function(i) return { "normal", 0, math.sqrt(2 / i) } end,
  xavier_uniform = function(i, o) return { "uniform", -math.sqrt(6 / (i + o)),
    math.sqrt(6 / (i + o)) } end,
  xavier_normal = function(i, o) return { "normal", 0, math.sqrt(2 / (i + o)) } end }

local function two_numbers(what, v, name)
  if type(v) ~= "table" then return nil end
  for i = 1, 2 do util.number(what, v[i], -1e30, 1e30, name) end
  return v[1], v[2]
end

-- what `init = v` means for a tensor of these sizes: { kind, a, b }
local function init_of(what, v, dims)
  if type(v) == "number" then return { "constant", util.number(what, v, -1e30, 1e30, "init") } end
  if type(v) == "string" then
    if not named[v] then fail("%s: unknown init %s%s", what, util.show(v), util.near(v, named)) end
    if v == "zeros" or v == "ones" then return named[v]() end
    return named[v](fans(what, dims))
  end
  local o = options(what .. ": init", v, { normal = util.any, uniform = util.any,
    constant = util.any })
  if o.constant then
    return { "constant", util.number(what, o.constant, -1e30, 1e30, "constant") }
  end
  local a, b = two_numbers(what, o.normal or o.uniform, "init")
  if o.normal then
    return { "normal", a or 0, b or util.number(what, o.normal, 0, 1e30, "normal") }
  end
  if o.uniform then
    if not a then b = util.number(what, o.uniform, 0, 1e30, "uniform") end
    return { "uniform", a or -b, b }
  end
  fail("%s: init is a number, { normal = std }, { uniform = bound }, { constant = value } or "
    .. "\"kaiming_uniform\"", what)
end

-- nn.Parameter(784, { init = 0 }): a tensor, not called
say("nn.Parameter(784, { init = 0 })",
  "A parameter of these sizes. You use it like a tensor and do not call it.")
function nn.Parameter(...)
  local sizes, o = { ... }, nil
  if type(sizes[#sizes]) == "table" then o = table.remove(sizes) end
  if #sizes == 0 then fail("nn.Parameter: give its sizes: nn.Parameter(784)") end
  for _, d in ipairs(sizes) do util.integer("nn.Parameter", d, 1, "a size") end
  o = options("nn.Parameter", o, { init = util.any, name = util.any })
  local p = core.param { dims = sizes, layer = "Parameter", place = core.place() }
  core.set_init(p, table.unpack(init_of("nn.Parameter", o.init == nil and 0 or o.init, sizes)))
  if o.name then core.set_name(p, check_name(core.place(), o.name)) end
  return p
end

-- ---- layers without parameters ------------------------------------------------------------------
say("nn.Dropout(0.1)",
  "Drops with this probability, by default 0.5. The noise belongs to the sample, so it does not "
  .. "depend on the micro-batch.")
local function share(what, p)
  if type(p) == "table" then p = options(what, p, { p = 0.5 }).p end
  p = util.number(what, p == nil and 0.5 or p, 0, 1, "a probability")
  if p == 1 then fail("%s: p = 1 would drop everything; p is below 1", what) end
  return p
end

function nn.Dropout(p)
  p = share("nn.Dropout", p)
  return layer("Dropout", function(_, x) return fn.dropout(x, p) end)
end

-- one draw for all that a channel of a sample holds
local function channel_dropout(kind, rank, form)
  local what = "nn." .. kind
  nn[kind] = function(p)
    p = share(what, p)
    return layer(kind, function(_, x)
      x = tensor(what, x)
      if info(x).rank ~= rank or not info(x).batch then
        fail("%s: expected %s, got %s", what, form, info(x).text)
      end
      return p == 0 and x or call.dropout(x, op.draw(by_channel(x, info(x).dims[2])), { p = p })
    end)
  end
end
say("nn.Dropout1d(0.1)", "Drops whole channels of sequences, [N, channels, length].")
channel_dropout("Dropout1d", 3, "[N, channels, length]")
say("nn.Dropout2d(0.1)", "Drops whole channels of images, [N, channels, height, width].")
channel_dropout("Dropout2d", 4, "[N, channels, height, width]")

say("nn.Flatten()", "All axes of a sample in one.")
function nn.Flatten(...)
  if select("#", ...) > 0 then fail("nn.Flatten: takes nothing: it flattens a sample") end
  return layer("Flatten", function(_, x) return fn.flatten(x) end)
end

say("nn.Identity()", "Nothing.")
function nn.Identity() return layer("Identity", function(_, x) return x end) end

-- ---- containers ---------------------------------------------------------------------------------
local function container(kind, forward, kids, fields, name)
  local l = layer(kind, forward, nil, name)
  inside[l].kids, inside[l].fields = kids, fields
  return l
end

local function run_list(l, x, ...)
  for _, kid in ipairs(inside[l].kids) do x = kid[2](x, ...) end
  return x
end

local function numbered(what, list)
  local kids = {}
  for i, l in ipairs(list) do
    if not is_layer(l) then
      local hint = type(l) == "function" and ": layers are made by a call, nn.ReLU()" or ""
      fail("%s: item %d is %s, not a layer%s", what, i, util.show(l), hint)
    end
    kids[i] = { tostring(i - 1), l }
  end
  return kids
end

say("nn.Sequential { nn.Linear(64), nn.Tanh(), nn.Linear(10) }",
  "Layers in sequence; net[1] is the first.")
function nn.Sequential(list)
  if type(list) ~= "table" or is_layer(list) then
    fail("nn.Sequential: the layers stand in a table: nn.Sequential { nn.Linear(10), nn.ReLU() }")
  end
  local o, layers, n = {}, {}, 0
  for _, k in ipairs(util.sorted(list)) do
    if math.type(k) == "integer" then layers[k], n = list[k], n + 1 else o[k] = list[k] end
  end
  o = options("nn.Sequential", o, { name = util.any })
  if n ~= #layers then fail("nn.Sequential: one of the layers is nil") end
  return container("Sequential", run_list, numbered("nn.Sequential", layers), nil, o.name)
end

say("nn.Repeat(4, function(i) return nn.Linear(64) end)",
  "Calls the function 4 times to make the blocks; further arguments of a call go to every block.")
function nn.Repeat(n, make)
  n = util.integer("nn.Repeat", n, 1, "how many")
  if type(make) ~= "function" then
    fail("nn.Repeat: expected a function that makes a layer, got %s", util.show(make))
  end
  local list = {}
  for i = 1, n do list[i] = make(i) end
  return container("Repeat", run_list, numbered("nn.Repeat", list))
end

local function key_of(k, v)
  if math.type(k) == "integer" then return tostring(k - 1) end
  if (is_layer(v) or core.is_tensor(v) or type(v) == "table") then check_name(core.place(), k) end
  return tostring(k)
end

-- layers and parameters in a plain table, in the order of its sorted keys; lists count from 0 as
-- PyTorch's do
local function gather(t, prefix, kids, params, depth)
  if depth > 8 then fail("nn.Module: tables are nested too deep, or contain themselves") end
  for _, k in ipairs(util.sorted(t)) do
    local v = t[k]
    local key = prefix .. key_of(k, v)
    if is_layer(v) then kids[#kids + 1] = { key, v }
    elseif core.is_tensor(v) and info(v).kind == "parameter" then params[#params + 1] = { key, v }
    elseif type(v) == "table" and not getmetatable(v) then
      gather(v, key .. ".", kids, params, depth + 1)
    end
  end
end

say("nn.Module { up = nn.Linear(64), forward = function(m, x) return x + m.up(x) end }",
  "A layer of your own: layers and parameters in fields or plain tables, and a forward.")
function nn.Module(t)
  if type(t) ~= "table" or getmetatable(t) then
    fail("nn.Module: expected a table with its layers and forward")
  end
  if type(t.forward) ~= "function" then
    fail("nn.Module: no forward: forward = function(m, x) return ... end")
  end
  local fields, kids, params = {}, {}, {}
  for k, v in pairs(t) do fields[k] = v end
  local name = type(t.name) == "string" and t.name or nil
  gather(fields, "", kids, params, 0)
  local l = container("Module", t.forward, kids, fields, name)
  inside[l].tensors = params
  return l
end

say("nn.File \"resnet18.lua\"",
  "Runs another file and returns its value. The path is relative to this file, and that file has "
  .. "no train.")
-- nn.File "resnet18.lua": what that file returns; its path is relative to this one's, its world the
-- same
function nn.File(path)
  if type(path) ~= "string" or not path:find("^[^%c]+%.lua$") or #path > 400 or path:find("^/") then
    fail("nn.File: expected the path of a .lua file, relative to this one: nn.File "
      .. "\"resnet18.lua\"; got %s", util.show(path))
  end
  return core.file(world, path)
end

return { open = nn, public = util.namespace("nn", nn, elsewhere.nn), inside = inside,
  outputs = outputs,
         is_layer = is_layer, init_of = init_of, gather = gather, check_name = check_name,
         layer = layer, container = container, dense = dense, share = share, state = state,
         set_world = function(w) world = w end, parameter = parameter, features = features,
         rows_of = rows_of, by_channel = by_channel }
