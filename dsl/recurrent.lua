-- recurrent.lua -- recurrent layers, with PyTorch's names of parameters, order of gates and
-- defaults.
local core = ...
local util, op = core.use("dsl/util.lua"), core.use("dsl/op.lua")
local base, kit = core.use("dsl/fn.lua"), core.use("dsl/nn.lua")
local say = core.use("dsl/doc.lua").section "layers"
local fn, nn = base.open, kit.open
local call, info, tensor, fail, options = op.call, core.info, op.tensor, util.fail, util.options

-- ---- cells: what a step makes of its gates, h W^T, and of what it carries -----------------------
-- each returns the next carry; x: the input's part of the gates, with the biases that may be added
-- to it; w: the parameters
local function parts(g, n) return fn.chunk(g, n, { axis = 2 }) end

local function plain(f)
  return function(x, c, w) return { f(x + fn.linear(c[1], w.hh)) } end
end

local function lstm(x, c, w)
  local i, f, g, o = parts(x + fn.linear(c[1], w.hh), 4)
  local cell = fn.sigmoid(f) * c[2] + fn.sigmoid(i) * fn.tanh(g)
  local h = fn.sigmoid(o) * fn.tanh(cell)
  return { w.hr and fn.linear(h, w.hr) or h, cell }
end

-- the new value's own product has a factor, so its bias stays with it
local function gru(x, c, w)
  local rx, zx, nx = parts(x, 3)
  local rh, zh, nh = parts(fn.linear(c[1], w.hh, w.bias_hh), 3)
  local r, z = fn.sigmoid(rx + rh), fn.sigmoid(zx + zh)
  local n = fn.tanh(nx + r * nh)
  return { n + z * (c[1] - n) }
end

-- ---- a layer in one direction -------------------------------------------------------------------
-- its parameters, of inputs of that width
local function weights(m, o, name, width, x)
  local bound, rows, w = 1 / math.sqrt(o.hidden), o.gates * o.hidden, {}
  local function make(key, ...)
    return kit.parameter(m, key .. name, { ... }, { "uniform", -bound, bound }, x)
  end
  w.ih, w.hh = make("weight_ih", rows, width), make("weight_hh", rows, o.out)
  if o.bias then w.bias_ih, w.bias_hh = make("bias_ih", rows), make("bias_hh", rows) end
  if o.proj_size > 0 then w.hr = make("weight_hr", o.out, o.hidden) end
  return w
end

-- the input's part of the gates in all steps: one product
local function entered(o, x, w)
  local bias = w.bias_ih
  if bias and not o.apart then bias = bias + w.bias_hh end
  return fn.linear(core.line(x), w.ih, bias)
end

-- new where the step is before the sample's end, else old
local function before_end(inside, new, old)
  if not inside then return new end
  local list = {}
  for i, v in ipairs(new) do list[i] = call.where(inside, v, old[i]) end
  return list
end

-- the results of all steps, and the last carry, from these first values
local function direction(o, x, w, init, inside, reverse)
  local gates = entered(o, x, w)
  local last, y = fn.scan(function(c, s)
    local new = before_end(s[2], o.cell(s[1], c, w), c)
    return new, new[1]
  end, init, { gates, inside }, { reverse = reverse })
  return inside and call.where(inside, y, core.const(0)) or y, last
end

-- ---- calls --------------------------------------------------------------------------------------
local function sequence(what, x) return op.sequence(what, x, "[N, steps, features]") end

-- 1 in the steps of each sample, [N, steps, 1]; nil: all are
local function steps_of(what, lengths, steps)
  if lengths == nil then return nil end
  lengths = tensor(what .. ": lengths", lengths)
  local s = info(lengths)
  if s.rank ~= 1 or not s.batch then
    fail("%s: lengths is a number of each sample, [N], got %s", what, s.text)
  end
  if s.classes > steps + 1 then
    fail("%s: lengths go up to %d, and x has %d steps: state classes = %d", what, s.classes - 1,
      steps, steps + 1)
  end
  lengths = call.reshape(lengths, { dims = { s.dims[1], 1, 1 }, batch = true })
  return call.lt(call.reshape(fn.arange(steps), { dims = { steps, 1 } }), lengths)
end

-- one of the first values that a call gives, [N, layers * directions, width] or without N; zeros
-- where it gives none
local function first(what, name, given, at, all, width, n)
  if given == nil then
    return call.expand(call.reshape(core.const(0), { dims = { 1, 1 } }),
      { dims = { n, width }, batch = true })
  end
  given = tensor(what .. ": " .. name, given)
  local s = info(given)
  local axis = s.batch and 2 or 1
  if s.rank ~= axis + 1 or s.dims[axis] ~= all or s.dims[axis + 1] ~= width then
    fail("%s: %s is [N, layers * directions, width], here [N, %d, %d], got %s", what, name, all,
      width, s.text)
  end
  local x = fn.slice(given, { axis = axis, from = at, to = at })
  return call.reshape(x, { dims = s.batch and { s.dims[1], width } or { width }, batch = s.batch })
end

-- the last values of all layers and directions, [N, layers * directions, width]
local function stacked(list)
  local rows = {}
  for i, x in ipairs(list) do
    local s = info(x)
    rows[i] = call.reshape(x, { dims = { s.dims[1], 1, s.dims[2] }, batch = true })
  end
  if #rows == 1 then return rows[1] end
  rows[#rows + 1] = { axis = 2 }
  return fn.concat(table.unpack(rows))
end

local call_spec = { h = util.any, c = util.any, lengths = util.any }

local function run(what, m, o, x, given)
  x, given = sequence(what, x), options(what, given, call_spec)
  if given.c ~= nil and not o.cells then fail("%s: it carries h alone, and no c", what) end
  local s = info(x)
  local inside, last = steps_of(what, given.lengths, s.dims[2]), { {}, {} }
  local ways = o.bidirectional and 2 or 1
  local all, n = o.num_layers * ways, s.dims[1]
  for l = 1, o.num_layers do
    local ys = {}
    for way = 1, ways do
      local name = "_l" .. l - 1 .. (way == 2 and "_reverse" or "")
      local at, w = (l - 1) * ways + way, weights(m, o, name, info(x).dims[3], x)
      local init = { first(what, "h", given.h, at, all, o.out, n) }
      if o.cells then init[2] = first(what, "c", given.c, at, all, o.hidden, n) end
      local y, carry = direction(o, x, w, init, inside, way == 2)
      ys[way], last[1][at], last[2][at] = y, carry[1], carry[2]
    end
    x = ways == 2 and fn.concat(ys[1], ys[2], { axis = 3 }) or ys[1]
    if l < o.num_layers then x = fn.dropout(x, o.dropout) end
  end
  return x, stacked(last[1]), o.cells and stacked(last[2]) or nil
end

-- ---- layers -------------------------------------------------------------------------------------
local spec = { num_layers = 1, bias = true, dropout = 0, bidirectional = false, batch_first = true,
  name = util.any }

local function asked(what, hidden, o, more)
  if type(o) == "number" then
    fail("%s: input sizes are inferred, write %s(%s)", what, what, util.show(o))
  end
  if type(hidden) == "table" then
    fail("%s: the size of the state comes first, %s(64, { ... })", what, what)
  end
  local known = {}
  for _, t in ipairs { spec, more } do
    for _, k in ipairs(util.sorted(t)) do known[k] = t[k] end
  end
  o = options(what, o, known)
  o.hidden = util.integer(what, hidden, 1, "the size of the state")
  o.num_layers = util.integer(what, o.num_layers, 1, "num_layers")
  if not o.batch_first then
    fail("%s: the first axis is always the batch: x is [N, steps, features]", what)
  end
  kit.share(what, o.dropout)
  if o.dropout > 0 and o.num_layers == 1 then
    fail("%s: dropout acts between layers, and there is one: nn.Dropout after it drops its result",
      what)
  end
  return o
end

local function made(kind, o)
  local what, owns = "nn." .. kind, {}
  for l = 0, o.num_layers - 1 do
    for _, way in ipairs { "", "_reverse" } do
      for _, key in ipairs { "weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr" } do
        local is = (o.bias or key:sub(1, 4) ~= "bias") and (o.proj_size > 0 or key ~= "weight_hr")
        if is and (way == "" or o.bidirectional) then owns[key .. "_l" .. l .. way] = true end
      end
    end
  end
  return kit.layer(kind, function(m, x, given) return run(what, m, o, x, given) end, owns, o.name)
end

say("nn.RNN(64, { num_layers = 1, nonlinearity = \"tanh\", bidirectional = false, dropout = 0 })",
  "h' = tanh(W_ih x + b_ih + W_hh h + b_hh) for each step of [N, steps, features]; also "
  .. "nonlinearity = \"relu\", bias = true. y, h = rnn(x) gives all h [N, steps, 64] and the last "
  .. "ones [N, layers * directions, 64]; rnn(x, { h = h0, lengths = d.n }) begins with h0, and "
  .. "samples end earlier. dropout acts between layers.")
function nn.RNN(hidden, o)
  o = asked("nn.RNN", hidden, o, { nonlinearity = "tanh" })
  local f = ({ tanh = fn.tanh, relu = fn.relu })[o.nonlinearity]
  if not f then
    fail("nn.RNN: nonlinearity is \"tanh\" or \"relu\", got %s", util.show(o.nonlinearity))
  end
  o.gates, o.cell, o.out, o.proj_size = 1, plain(f), o.hidden, 0
  return made("RNN", o)
end

say("nn.LSTM(64, { num_layers = 1, bidirectional = false, dropout = 0, proj_size = 0 })",
  "Long short-term memory, as nn.RNN: y, h, c = lstm(x, { h = h0, c = c0, lengths = d.n }). Gates "
  .. "stand in PyTorch's order i, f, g, o. proj_size = 16 projects h to 16 channels.")
function nn.LSTM(hidden, o)
  o = asked("nn.LSTM", hidden, o, { proj_size = 0 })
  o.proj_size = util.integer("nn.LSTM", o.proj_size, 0, "proj_size")
  if o.proj_size >= o.hidden then
    fail("nn.LSTM: proj_size = %d must be below the size of the state, %d", o.proj_size, o.hidden)
  end
  o.gates, o.cell, o.out, o.cells = 4, lstm, o.proj_size > 0 and o.proj_size or o.hidden, true
  return made("LSTM", o)
end

say("nn.GRU(64, { num_layers = 1, bidirectional = false, dropout = 0 })",
  "Gated recurrent units, as nn.RNN: y, h = gru(x). Gates stand in PyTorch's order r, z, n.")
function nn.GRU(hidden, o)
  o = asked("nn.GRU", hidden, o, {})
  o.gates, o.cell, o.out, o.proj_size, o.apart = 3, gru, o.hidden, 0, true
  return made("GRU", o)
end
