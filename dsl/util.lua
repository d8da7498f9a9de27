-- util.lua -- closed sets of names: options, namespaces, what was meant by a name that is not there.
local core = ...
local util = {}

-- the default of an option that may be anything, or nothing
util.any = setmetatable({}, { __name = "any" })

local format = string.format       -- strings' own method is the user's

function util.fail(message, ...) core.fail(format(message, ...)) end

local rank = { number = 1, string = 2, boolean = 3 }

-- keys of t: numbers, then strings, then booleans; other keys have no order and are an error
function util.sorted(t)
  local keys = {}
  for k in next, t do
    if not rank[type(k)] then util.fail("%s as a key of a table has no order", util.show(k)) end
    keys[#keys + 1] = k
  end
  table.sort(keys, function(a, b)
    local ra, rb = rank[type(a)], rank[type(b)]
    if ra ~= rb then return ra < rb end
    if ra == 3 then return not a and b end
    return a < b
  end)
  return keys
end

local function distance(a, b)
  local d = {}
  for j = 0, #b do d[j] = j end
  for i = 1, #a do
    local before = d[0]
    d[0] = i
    for j = 1, #b do
      local now = math.min(d[j] + 1, d[j - 1] + 1, before + (a:byte(i) == b:byte(j) and 0 or 1))
      before, d[j] = d[j], now
    end
  end
  return d[#b]
end

-- " (did you mean 'bias'?)", or "" when nothing in the set is like it
function util.near(word, set)
  if type(word) ~= "string" or #word > 40 then return "" end
  local best, least = nil, #word < 4 and 2 or 3
  for _, k in ipairs(util.sorted(set)) do
    if type(k) == "string" then
      local d = distance(word:lower(), k:lower())
      if d < least then best, least = k, d end
    end
  end
  return best and (" (did you mean '%s'?)"):format(best) or ""
end

-- a short, printable form of whatever the user gave
function util.show(v)
  if core.is_tensor(v) then return "a tensor " .. core.info(v).text end
  if type(v) == "string" then return ("'%s'"):format(v:sub(1, 40):gsub("[^\x20-\x7e]", "?")) end
  if type(v) == "number" or type(v) == "boolean" or v == nil then return tostring(v) end
  local meta = getmetatable(v)
  return meta and meta.__name and "a " .. meta.__name or "a " .. type(v)
end

-- what other systems call an option
local words = {
  dim = "axis", dims = "axis", axes = "axis", pad = "padding", optimizer = "optim", learning_rate = "lr",
  batch_size = "batch", micro_batch_size = "micro_batch", max_norm = "clip", loss = "minimize",
  wd = "weight_decay", metrics = "report", accumulation_steps = "accumulate",
  gradient_accumulation_steps = "accumulate" }

local function unknown(what, k, spec)
  local hint = words[k] and spec[words[k]] ~= nil and (" (did you mean '%s'?)"):format(words[k])
    or util.near(k, spec)
  util.fail("%s: unknown option %s%s", what, util.show(k), hint)
end

local function check_type(what, k, v, default)
  if default == util.any or type(v) == type(default) then return end
  util.fail("%s: option '%s' must be a %s, got %s", what, k, type(default), util.show(v))
end

-- given, completed from spec (name = default); whatever spec does not hold is an error, but for `places` positional values
function util.options(what, given, spec, places)
  if given ~= nil and (type(given) ~= "table" or getmetatable(given)) then
    util.fail("%s: options stand in a table, { name = value }; got %s", what, util.show(given))
  end
  local o = {}
  for _, k in ipairs(util.sorted(given or {})) do
    local v = given[k]
    if math.type(k) == "integer" and k >= 1 and k <= (places or 0) then o[k] = v
    elseif spec[k] == nil then unknown(what, k, spec)
    else
      check_type(what, k, v, spec[k])
      o[k] = v
    end
  end
  for k, default in pairs(spec) do
    if o[k] == nil and default ~= util.any then o[k] = default end
  end
  return o
end

function util.integer(what, v, least, name)
  if math.type(v) == "float" and v == math.floor(v) and math.abs(v) < 2^53 then v = math.tointeger(v) end
  if math.type(v) ~= "integer" or v < least then
    util.fail("%s: expected %s, a whole number of at least %d, got %s", what, name, least, util.show(v))
  end
  if v > 2^40 then util.fail("%s: %s is too large: %s", what, name, util.show(v)) end
  return v
end

function util.number(what, v, least, most, name)
  if type(v) ~= "number" or not (v >= least and v <= most) then
    util.fail("%s: expected %s from %g to %g, got %s", what, name, least, most, util.show(v))
  end
  return v
end

-- a namespace: its table, closed; `others` maps names of other systems to what they are called here
function util.namespace(name, t, others)
  return setmetatable({}, { __name = "namespace", __index = function(_, k)
    if t[k] ~= nil then return t[k] end
    if others and others[k] then
      util.fail("there is no %s.%s: write %s", name, util.show(k):gsub("'", ""), others[k])
    end
    util.fail("there is no %s.%s%s", name, util.show(k):gsub("'", ""), util.near(k, t))
  end, __newindex = function() util.fail("'%s' is closed: names cannot be added to it", name) end })
end

return util
