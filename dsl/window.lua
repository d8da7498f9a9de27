-- window.lua -- train's options that say what happens in a window, and how often what is done between windows.
local core = ...
local util = core.use("dsl/util.lua")
local window = {}

-- option = default
window.spec = { nonfinite = util.any, precision = "fp32", loss_scale = util.any }

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
  fail_at(key, nil, "train: %s is %s or %s, got %s", key, table.concat(quoted, ", "), last, util.show(o[key]))
end

-- loss_scale = 1024; "dynamic"; or { "dynamic", start = 65536, interval = 2000 }: from `start` on it doubles behind so many
-- finite windows in a row and halves behind one that is not
local function loss_scale(o, fail_at)
  local v = core.define("loss_scale") or o.loss_scale
  v = tonumber(v) or v
  if v == nil and o.precision == "fp16" then v = "dynamic" end
  if v == nil then return end
  if v == "dynamic" then v = { "dynamic" } end
  if type(v) == "table" and not getmetatable(v) and v[1] == "dynamic" then
    local given = util.options("train: loss_scale", v, { start = 65536, interval = 2000 }, 1)
    o.scale_interval = util.integer("train: loss_scale", given.interval, 1, "'interval', in windows,")
    v = given.start
    if o.nonfinite == "abort" then
      fail_at("loss_scale", "nonfinite", "train: a dynamic loss_scale finds its size by windows that overflow, and nonfinite = \"abort\" ends at "
        .. "the first: say \"skip_window\", or a number for loss_scale")
    end
    if o.nonfinite == nil then o.nonfinite = "skip_window" end
    if o.nonfinite == "keep" then
      fail_at("loss_scale", "nonfinite", "train: a dynamic loss_scale leaves windows out that overflow, and nonfinite = \"keep\" does not: "
        .. "say \"skip_window\"")
    end
  end
  if type(v) ~= "number" or not (v > 0 and v <= 2^100) then
    fail_at("loss_scale", nil, "train: loss_scale is \"dynamic\", { \"dynamic\", start = 65536, interval = 2000 } or a number above 0, got %s",
      util.show(v))
  end
  o.scale_start = v
end

-- -D nonfinite=skip_window and the like stand before what the file says
function window.check(o, fail_at)
  for _, key in ipairs(util.sorted(choices)) do
    o[key] = core.define(key) or o[key]
    if o[key] ~= nil then check_word(o, key, fail_at) end
  end
  loss_scale(o, fail_at)
end

return window
