-- util.lua -- closed sets of names: options, namespaces, what was meant by a name that is not
-- there.
local core = ...
local util = {}

-- the default of an option that may be anything, or nothing
util.any = setmetatable({}, { __name = "any" })

local format = string.format       -- strings' own method is the user's

-- ---- whose message it is ------------------------------------------------------------------------
-- the function or layer that the user called; it may be made of others
local called
local fail = core.fail

-- Calls f, whose messages bear that name: "fn.norm: axis 3 ..." of fn.cosine_similarity is told as
-- the latter's.
function util.calling(name, f, ...)
  local before = called
  called = name
  core.called(name)
  local results = table.pack(f(...))
  called = before
  core.called(before)
  return table.unpack(results, 1, results.n)
end

-- what the user called, where it is known; else the name given
function util.called(what) return called or what end

function core.fail(message, ...)
  local rest = called and message:match("^[fn]n%.[%a_][%w_]*(:.*)$")
  fail(rest and called .. rest or message, ...)
end

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

-- how many letters to change, add, leave out or exchange with the next one
local function distance(a, b)
  local d = { [-1] = {}, [0] = {} }
  for j = 0, #b do d[0][j] = j end
  for i = 1, #a do
    d[i] = { [0] = i }
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j)
      d[i][j] = math.min(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (same and 0 or 1))
      local turned = i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j)
      if turned then d[i][j] = math.min(d[i][j], d[i - 2][j - 2] + 1) end
    end
  end
  return d[#a][#b]
end

-- " (did you mean 'bias'?)", or "" when nothing in the set is like it: one letter of three to six,
-- two of seven and more
function util.near(word, set)
  if type(word) ~= "string" or #word > 40 then return "" end
  local best, least = nil, #word < 3 and 1 or #word < 7 and 2 or 3
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
  dim = "axis", dims = "axis", axes = "axis", pad = "padding", optimizer = "optim",
  learning_rate = "lr",
  batch_size = "batch", micro_batch_size = "micro_batch", max_norm = "clip", grad_clip = "clip",
  max_grad_norm = "clip", gradient_clip_val = "clip", loss = "minimize",
  is_causal = "causal", num_heads = "heads", nhead = "heads", num_kv_heads = "kv_heads",
  attn_mask = "mask", dropout_p = "dropout", sliding_window = "window", window_size = "window",
  score_mod = "score",
  wd = "weight_decay", metrics = "report", accumulation_steps = "accumulate",
  gradient_accumulation_steps = "accumulate", sep = "separator", delimiter = "separator",
  delim = "separator", na = "missing",
  na_values = "missing", fillna = "missing", dropna = "missing", dec = "decimal",
  has_header = "header", col_names = "header" }

-- where an option stands that is given elsewhere
local places = {
  shuffle = "it stands in the data set, data.csv { ..., shuffle = false }",
  valid = "it stands in the data set, data.csv { ..., valid = 0.1 }",
  test = "it stands in the data set, data.csv { ..., test = 0.1 }",
  augment = "it stands in the data set, data.idx { ..., augment = { ... } }",
  classes = "it stands in the data set, data.idx { ..., classes = 10 }",
  freeze = "it stands in a rule of train, rules = { { net, freeze = true } }",
  load = "it stands in a rule of train, rules = { { net, load = \"net.safetensors\" } }",
  init = "it stands in a rule of train, rules = { { net, init = 0 } }",
  batch = "it stands in train { ... }", micro_batch = "it stands in train { ... }",
  accumulate = "it stands in train { ... }", epochs = "it stands in train { ... }",
  steps = "it stands in train { ... }", seed = "it stands in train { ... }",
  key_padding_mask = "a mask has 1 where it has False: write mask = 1 - key_padding_mask",
  src_key_padding_mask = "a mask has 1 where it has False: write mask = 1 - src_key_padding_mask",
  ema = "it stands in train { ... }",
  warmup = "it stands in a schedule, lr = optim.cosine { 1e-3, warmup = \"1 epoch\" }",
  clip = "it stands in the optimizer, optim = optim.AdamW { lr = 1e-3, clip = 1 }",
  lr = "it stands in the optimizer, optim = optim.AdamW { lr = 1e-3 }",
  weight_decay = "it stands in the optimizer, optim = optim.AdamW { lr = 1e-3, weight_decay = 0.01 "
    .. "}",
  betas = "it stands in the optimizer, optim = optim.Adam { lr = 1e-3, betas = { 0.9, 0.999 } }",
  eps = "it stands in the optimizer, optim = optim.Adam { lr = 1e-3, eps = 1e-8 }",
  momentum = "it stands in the optimizer, optim = optim.SGD { lr = 0.1, momentum = 0.9 }",
  nesterov = "it stands in the optimizer, optim = optim.SGD { lr = 0.1, momentum = 0.9, nesterov = "
    .. "true }",
  reduction = "it stands in a loss, fn.mse(p, t, { reduction = \"none\" })",
  batch_first = "the batch is always the first axis", d_model = "input sizes are inferred",
  embed_dim = "input sizes are inferred", embed_size = "input sizes are inferred",
  name = "a local names it" }

-- what an option may be where nothing is like it
local function listed(spec)
  local names = {}
  for _, k in ipairs(util.sorted(spec)) do names[#names + 1] = tostring(k) end
  if #names == 0 or #names > 12 then return "" end
  return (": there %s %s"):format(#names == 1 and "is" or "are", table.concat(names, ", "))
end

local function unknown(what, k, spec)
  local other = words[k] or k
  local hint = spec[other] ~= nil and (" (did you mean '%s'?%s)"):format(other, other == "axis"
    and " it counts from 1, the batch" or "")
    or util.near(k, spec)
  if hint == "" then hint = places[other] and ": " .. places[other] or listed(spec) end
  util.fail("%s: unknown option %s%s", what, util.show(k), hint)
end

local function check_type(what, k, v, default)
  if default == util.any or type(v) == type(default) then return end
  util.fail("%s: option '%s' must be a %s, got %s", what, k, type(default), util.show(v))
end

-- given, completed from spec (name = default); whatever spec does not hold is an error, but for
-- `places` positional values
function util.options(what, given, spec, places)
  if given ~= nil and (type(given) ~= "table" or getmetatable(given)) then
    local axis = math.type(given) == "integer" and spec.axis ~= nil
    local cure = axis and (given < 0 and ": write { axis = %d }"
      or ": write { axis = %d }, which counts from 1, the batch"):format(given < 0 and given
      or given + 1)
      or ""
    util.fail("%s: options stand in a table, { name = value }; got %s%s", what, util.show(given),
      cure)
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
  if math.type(v) == "float" and v == math.floor(v) and math.abs(v) < 2^53 then
    v = math.tointeger(v)
  end
  if math.type(v) ~= "integer" or v < least then
    util.fail("%s: expected %s, a whole number of at least %d, got %s", what, name, least,
      util.show(v))
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

-- ": write fn.concat": `others` maps a name of other systems to a name of ours or to a sentence;
-- nil where it is in neither
function util.cure(k, others)
  local v = others[k]
  return v and (v:find("^%l+%.") and ": write " or ": ") .. v
end

-- the metatable of a thing of that name, without fields
function util.sealed(name, cure)
  local function refuse(_, k)
    util.fail("%s %s has no field %s: %s", name:find("^[aeiou]") and "an" or "a", name,
      util.show(k), cure)
  end
  return { __name = name, __index = refuse, __newindex = refuse }
end

-- f, whose messages bear that name, and which refuses values that it does not take: Lua drops them
-- in silence
local function public(what, f)
  local takes = debug.getinfo(f, "u")
  return function(...)
    local results = table.pack(util.calling(what, f, ...))
    local given = select("#", ...)
    while given > takes.nparams and select(given, ...) == nil do given = given - 1 end
    if not takes.isvararg and given > takes.nparams then
      util.fail("%s: takes %d value%s, got %d", what, takes.nparams, takes.nparams == 1 and ""
        or "s", given)
    end
    return table.unpack(results, 1, results.n)
  end
end

-- a namespace: its table, closed; `others` as in util.cure
function util.namespace(name, t, others)
  local made = {}                   -- by name: the function that bears it in messages
  return setmetatable({}, { __name = "namespace", __index = function(_, k)
    local v = t[k]
    if type(v) == "function" and not made[k] then made[k] = public(name .. "." .. k, v) end
    if v ~= nil then return made[k] or v end
    util.fail("there is no %s.%s%s", name, util.show(k):gsub("'", ""), util.cure(k, others)
      or util.near(k, t))
  end, __newindex = function() util.fail("'%s' is closed: names cannot be added to it", name) end })
end

return util
