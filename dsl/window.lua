-- window.lua -- train's options that say what happens in a window, and how often what is done
-- between windows.
local core = ...
local util = core.use("dsl/util.lua")
local window = {}

-- option = default
window.spec = { nonfinite = util.any, precision = "fp32", loss_scale = util.any,
  validate = util.any, checkpoint = util.any, log = util.any }

local choices = {
  nonfinite = { "keep", "skip_window", "drop_micro", "abort" },
  precision = { "fp32", "tf32", "bf16", "fp16" },
}

-- fails unless option `key` is one of its words
local function check_word(o, key, fail_at)
  local quoted = {}
  for i, word in ipairs(choices[key]) do
    if o[key] == word then return end
    quoted[i] = ('"%s"'):format(word)
  end
  local last = table.remove(quoted)
  fail_at(key, nil, "train: %s is %s or %s, got %s", key, table.concat(quoted, ", "), last,
    util.show(o[key]))
end

local units = { update = "u", updates = "u", step = "u", steps = "u", sample = "s", samples = "s",
  token = "t", tokens = "t",
  epoch = "e", epochs = "e" }

-- tokens = 128, or a column of so many: what "4096 tokens" count. It is the same for every row, so
-- that places in a run follow from samples alone.
function window.tokens(o, fail_at)
  local v = tonumber(core.define "tokens") or o.tokens
  if v == nil then return end
  local s = core.is_tensor(v) and core.info(v)
  if s and s.kind == "input" and s.rank == 2 then v = s.dims[2]
  elseif s then
    fail_at("tokens", nil,
      "train: tokens is a number for every row, or a column of tokens, [N, T]; got %s; gagen "
      .. "computes windows before it reads data, so write a row's largest number of tokens, or "
      .. "count in samples", util.show(v))
  end
  o.tokens = util.integer("train", v, 1, "'tokens' in a row")
end

-- 500, "500 updates", "1000 samples", "4096 tokens" or "2 epochs" as a number and its unit's
-- letter; nil where v is none of them
local function amount(v, least)
  local n, unit = tostring(v):match("^(%d+) ?(%a*)$")
  local letter = unit == "" and math.type(v) == "integer" and "u" or units[unit]
  n = math.tointeger(tonumber(n))
  if not n or not letter or n < least or n > 2^40 then return nil end
  return n, letter
end

local function told_tokens(o, unit, key, fail_at)
  if unit ~= "t" or o.tokens then return end
  fail_at(key, nil,
    "train: %s counts in tokens: say how many a row has, tokens = 128, or which column holds them, "
    .. "tokens = set.text", key)
end

-- validate = "1000 samples" and the like become validate_every and validate_unit
local function interval(o, key, fail_at)
  local told = core.define(key)
  local v = told and (math.tointeger(tonumber(told)) or told) or o[key]
  if v == nil then return end
  local n, unit = amount(v, 1)
  if not n then
    fail_at(key, nil,
      "train: %s is a number of updates, \"500 updates\", \"1000 samples\", \"4096 tokens\" or \"2 "
      .. "epochs\"; got %s", key, util.show(v))
  end
  told_tokens(o, unit, key, fail_at)
  local field = key == "log" and "line" or key
  o[field .. "_every"], o[field .. "_unit"] = n, unit
end

-- accumulate = { [0] = 2, [1000] = 8 } or { [0] = 2, ["1 epoch"] = 8 }: windows that begin there or
-- later are of so many micro-batches. Leaves the largest number in its place.
function window.accumulate(o, fail_at)
  local t, unit = o.accumulate, nil
  if core.define("accumulate") or type(t) ~= "table" or getmetatable(t) then return end
  local function wrong(message, ...)
    fail_at("accumulate", nil, "train: accumulate: " .. message, ...)
  end
  for _, k in ipairs { "batch", "memory" } do
    if o[k] ~= nil or core.define(k) then
      wrong("a schedule of windows makes the batch vary: leave out %s, say micro_batch", k)
    end
  end
  o.milestones = {}
  for _, key in ipairs(util.sorted(t)) do
    local from, letter = amount(key, 0)
    if not from then
      wrong("a window's size begins at an update, \"1000 samples\", \"4096 tokens\" or \"1 "
        .. "epoch\"; got %s", util.show(key))
    end
    told_tokens(o, letter, "accumulate", fail_at)
    if from > 0 and unit and letter ~= unit then
      wrong("all thresholds have one unit, so that their order is known")
    end
    if from > 0 then unit = letter end
    local k = util.integer("train: accumulate", t[key], 1, "micro-batches in a window")
    o.milestones[#o.milestones + 1] = { from = from, unit = letter, accumulate = k }
  end
  table.sort(o.milestones, function(a, b) return a.from < b.from end)
  if #o.milestones == 0 or o.milestones[1].from ~= 0 then
    wrong("the first size is missing: write { [0] = 1, [1000] = 8 }")
  end
  if #o.milestones > 16 then wrong("at most 16 sizes, got %d", #o.milestones) end
  o.accumulate = 1
  for i, p in ipairs(o.milestones) do
    if i > 1 and p.from == o.milestones[i - 1].from then wrong("two sizes from %d on", p.from) end
    o.accumulate = math.max(o.accumulate, p.accumulate)
  end
end

-- loss_scale = 1024; "dynamic"; or { "dynamic", start = 65536, interval = 2000 }: from `start` on
-- it doubles after so many finite windows in a row and halves after one that is not
local function loss_scale(o, fail_at)
  local v = core.define("loss_scale") or o.loss_scale
  v = tonumber(v) or v
  if v == nil and o.precision == "fp16" then v = "dynamic" end
  if v == nil then return end
  if v == "dynamic" then v = { "dynamic" } end
  if type(v) == "table" and not getmetatable(v) and v[1] == "dynamic" then
    local given = util.options("train: loss_scale", v, { start = 65536, interval = 2000 }, 1)
    o.scale_interval = util.integer("train: loss_scale", given.interval, 1,
      "'interval', in windows,")
    v = given.start
    if o.nonfinite == "abort" then
      fail_at("loss_scale", "nonfinite",
        "train: a dynamic loss_scale adapts at windows that overflow, and nonfinite = \"abort\" "
        .. "ends the run at the first; write \"skip_window\", or a number for loss_scale")
    end
    if o.nonfinite == nil then o.nonfinite = "skip_window" end
    if o.nonfinite == "keep" then
      fail_at("loss_scale", "nonfinite",
        "train: a dynamic loss_scale skips windows that overflow, and nonfinite = \"keep\" does "
        .. "not; write \"skip_window\"")
    end
  end
  if type(v) ~= "number" or not (v > 0 and v <= 2^100) then
    fail_at("loss_scale", nil,
      "train: loss_scale is \"dynamic\", { \"dynamic\", start = 65536, interval = 2000 } or a "
      .. "number above 0, got %s",
      util.show(v))
  end
  o.scale_start = v
end

-- report = { grad_norm = true, noise_scale = true }: what belongs to a window and has no value in
-- evaluation; the table that is left
function window.measures(o)
  local left = {}
  for _, name in ipairs(util.sorted(o.report)) do
    if (name == "grad_norm" or name == "noise_scale") and o.report[name] == true then o.grad_norm,
      o[name] = true, true
    else left[name] = o.report[name] end
  end
  return left
end

-- -D nonfinite=skip_window and the like stand before what the file says
function window.check(o, fail_at)
  for _, key in ipairs(util.sorted(choices)) do
    o[key] = core.define(key) or o[key]
    if o[key] ~= nil then check_word(o, key, fail_at) end
  end
  loss_scale(o, fail_at)
  for _, key in ipairs { "validate", "checkpoint", "log" } do interval(o, key, fail_at) end
end

return window
