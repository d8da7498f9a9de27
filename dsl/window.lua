-- window.lua -- train's options that say what happens in a window, and how often what is done between windows.
local core = ...
local util = core.use("dsl/util.lua")
local window = {}

-- option = default
window.spec = { nonfinite = "keep" }

local choices = {
  nonfinite = { "keep", "skip_window", "drop_micro", "abort" },
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

-- -D nonfinite=skip_window and the like stand before what the file says
function window.check(o, fail_at)
  for _, key in ipairs(util.sorted(choices)) do
    o[key] = core.define(key) or o[key]
    check_word(o, key, fail_at)
  end
end

return window
