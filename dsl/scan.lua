-- scan.lua -- steps in turn: a function of a step that the program runs in a loop.
local core = ...
local util, op, base = core.use("dsl/util.lua"), core.use("dsl/op.lua"), core.use("dsl/fn.lua")
local say = core.use("dsl/doc.lua").section "functions"
local fn = base.open
local call, info, tensor, fail, options = op.call, core.info, op.tensor, util.fail, util.options
local what = "fn.scan"
local under_way

local function is_list(x) return type(x) == "table" and not getmetatable(x) end

local function listed(x) return is_list(x) and x or { x } end

-- xs, a tensor or a list of them, and their number of steps
local function sequences(xs)
  local list, steps = {}, nil
  for i, x in ipairs(listed(xs)) do
    x = tensor(what .. ": xs", x)
    local s = info(x)
    if not s.batch or s.rank < 2 then
      fail("%s: xs is [N, steps, ...], got %s", what, s.text)
    end
    if steps and s.dims[2] ~= steps then
      fail("%s: xs have %d and %d steps: they must be equal", what, steps, s.dims[2])
    end
    list[i], steps = x, s.dims[2]
  end
  if not steps then fail("%s: xs is a tensor [N, steps, ...] or a list of them", what) end
  return list, steps
end

-- x for each sample: without a batch it is repeated
local function for_samples(x, n)
  local s = info(x)
  if s.batch then return x end
  local ones, dims = { 1 }, { n }
  for a = 1, s.rank do ones[a + 1], dims[a + 1] = s.dims[a], s.dims[a] end
  if s.rank == 0 then
    fail("%s: init is a number: a tensor says its sizes, fn.const(0, 64)", what)
  end
  return call.expand(call.reshape(x, { dims = ones }), { dims = dims, batch = true })
end

local function check_kept(i, new, old)
  if not core.is_tensor(new) then
    fail("%s: the step returns what it carries on first, like init; value %d is %s", what, i,
      util.show(new))
  end
  if info(new).text ~= info(old).text then
    fail("%s: the step carries on %s, and init is %s: they must be equal", what, info(new).text,
      info(old).text)
  end
end

say("fn.scan(step, init, xs, { reverse = false })",
  "A loop of the program over the steps of a sequence. step(carry, x) returns the next carry, "
  .. "and y if wanted. Its carry is what the step before returned, init in the first one; x is its "
  .. "step of xs [N, steps, ...]. Gives the last carry and all y, [N, steps, ...]. Each may be a "
  .. "list of tensors. reverse begins with the last step.")
function fn.scan(step, init, xs, o)
  if type(step) ~= "function" then
    fail("%s: expected a function of a step, function(carry, x) return carry, y end; got %s", what,
      util.show(step))
  end
  o = options(what, o, { reverse = false })
  if under_way then
    fail("%s: a scan in the step of another has no gradient: scan one after the other", what)
  end
  local list, steps = sequences(xs)
  local n, loop = info(list[1]).dims[1], core.loop(steps, o.reverse)
  under_way = true
  local carried, now, taken = {}, {}, {}
  for i, c in ipairs(listed(init)) do
    carried[i], now[i] = core.carry(for_samples(tensor(what .. ": init", c), n), loop)
  end
  if #carried == 0 then
    fail("%s: init is a tensor or a list of tensors, got %s", what, util.show(init))
  end
  for i, x in ipairs(list) do taken[i] = core.turn_of(core.line(x), loop) end
  local new, y = step(is_list(init) and now or now[1], is_list(xs) and taken or taken[1])
  under_way = nil
  local list_new, last, ys, known = listed(new), {}, {}, {}
  for i, c in ipairs(carried) do
    check_kept(i, list_new[i], c)
    local all
    all, last[i] = core.next(list_new[i], c, loop)
    known[i] = { list_new[i], all }
  end
  for i, v in ipairs(y ~= nil and listed(y) or {}) do
    v = for_samples(tensor(what .. ": y", v), n)
    for _, k in ipairs(known) do
      if rawequal(k[1], v) then ys[i] = k[2] end
    end
    ys[i] = ys[i] or core.keep(v, loop)
  end
  core.close_loop(loop)
  if y == nil then ys = { nil } end
  return is_list(init) and last or last[1], is_list(y) and ys or ys[1]
end
