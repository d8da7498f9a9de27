-- step.lua -- step { ... }: a loss, the parameters it trains and their optimizer; train runs
-- several of them in turn.
local core = ...
local util, nn = core.use("dsl/util.lua"), core.use("dsl/nn.lua")
local fail, info = util.fail, core.info
local given = {}                    -- what each step was told

local spec = { name = util.any, minimize = util.any, params = util.any, optim = util.any, times = 1,
  accumulate = util.any }

local function step(t)
  for _, k in ipairs { "batch", "micro_batch" } do
    if type(t) == "table" and not getmetatable(t) and t[k] ~= nil then
      fail("step: all steps have micro-batches of one size: write '%s' in train, and accumulate = "
        .. "2 here for a window of two in this step", k)
    end
  end
  local o = util.options("step", t, spec)
  if o.minimize == nil then fail("step: nothing to minimize: minimize = loss") end
  if o.optim == nil then fail("step: 'optim' is missing: optim = optim.Adam { lr = 1e-3 }") end
  if o.params == nil then
    fail("step: 'params' is missing: params = net, a layer or a list of layers")
  end
  if o.name ~= nil and (type(o.name) ~= "string" or not o.name:find("^%a[%w_]*$")
    or #o.name > 40) then
    fail("step: name is a word, name = \"generator\"; got %s", util.show(o.name))
  end
  o.times = util.integer("step", o.times, 1, "'times', windows of a round")
  if o.times > 1024 then fail("step: times = %d: a round has at most 1024 windows", o.times) end
  if o.accumulate ~= nil then
    o.accumulate = util.integer("step", o.accumulate, 1,
      "'accumulate', micro-batches in its window")
  end
  o.place = core.place()
  local s = setmetatable({}, { __name = "step" })
  given[s] = o
  return s
end

-- ---- the turns of a train -----------------------------------------------------------------------
-- the steps in train's table, in order; those without a name are step1, step2, ...
local function listed(t)
  local list, names = {}, {}
  for i, s in ipairs(t) do
    local o = given[s]
    if not o then fail("train: expected step { ... }, got %s", util.show(s)) end
    o.name, o.prefix = o.name or "step" .. i, (o.name and "step_" .. o.name or "step" .. i) .. "_"
    if names[o.name] then
      core.fail(("train: two steps are called '%s'"):format(o.name), o.place,
        "the other one is here", names[o.name])
    end
    names[o.name], list[i] = o.place, o
  end
  return list
end

-- Windows of their own: a window that train states is that of the steps which state none. What is
-- the largest stays in `o`.
local function windows(turns, o, stated)
  local own, most = 0, 1
  for _, s in ipairs(turns) do
    if s.accumulate and o.memory_free then
      core.fail(
        ("step '%s': accumulate counts micro-batches, and memory picks their size: leave out one "
        .. "of them"):format(s.name), s.place,
        "memory stands here", o.memory_place)
    end
    own, most = own + (s.accumulate and 1 or 0), math.max(most, s.accumulate or 1)
  end
  if own < #turns then return end
  for _, key in ipairs(stated) do
    core.fail(
      ("train: every step states its own accumulate, so no step uses this %s; leave it out, and "
      .. "write micro_batch"):format(key),
      core.key_place(core.place(), key), "one of the steps stands here", turns[1].place)
  end
  o.accumulate, o.batch = most, most * o.micro_batch
end

local function is_who(v) return nn.is_layer(v) or core.is_tensor(v) or type(v) == "function" end

local function whose(o)
  local list = is_who(o.params) and { o.params } or o.params
  local good = type(list) == "table" and not getmetatable(list) and #list > 0
  for _, who in ipairs(good and list or {}) do good = good and is_who(who) end
  if not good then
    core.fail("step: params is a layer, a parameter, function(p) or a list of these; got "
      .. util.show(o.params), o.place)
  end
  return list
end

-- Gives each step its parameters: each has one step, or none. Gives their steps by parameter.
local function deal(turns, parameters, found)
  local owner = {}
  if #parameters == 0 then
    fail("train: the model has no parameters, so there is nothing to train; make the loss from a "
      .. "layer, nn.Linear(1), or from nn.Parameter(4)")
  end
  for i, o in ipairs(turns) do
    for _, who in ipairs(o.params and whose(o) or { function() return true end }) do
      local paths = found("step", who, parameters)
      for _, p in ipairs(parameters) do
        local other = owner[p]
        if paths[p] and other and other ~= i then
          core.fail(
            ("parameter '%s' is in steps '%s' and '%s', but it has one optimizer; leave it out of "
            .. "one step"):format(
            info(p).path, turns[other].name, o.name), o.place, "the first of them is here",
            turns[other].place)
        end
        if paths[p] then owner[p] = i end
      end
    end
  end
  return owner
end

return { step = step, listed = listed, windows = windows, deal = deal }
