-- shrink.lua -- makes a recipe smaller while a test of it fails: shrink(recipe, fails, tries) returns the smallest that was found and
-- how many it tried. Each candidate lacks one thing or has a smaller number in one place.
local recipe = dofile "tests/random/recipe.lua"

local function copied(t)
  if type(t) ~= "table" then return t end
  local r = {}
  for k, v in pairs(t) do r[k] = copied(v) end
  return r
end

-- Candidates, most promising first: functions that change a copy.
local plain = { updates = 1, accumulate = 1, optim = "SGD lr=0.1", tail = "step", micro = 4, rows = 4 }
local function settings(r, add)
  for _, key in ipairs(recipe.settings) do
    if r[key] and r[key] ~= plain[key] then add(function(c) c[key] = plain[key] end) end
  end
end

-- halves first, then quarters, down to one
local function pieces(from, to, add, change)
  local size = to - from + 1
  while size >= 1 do
    for i = from, to, size do
      add(function(c)
        for j = math.min(i + size - 1, to), i, -1 do change(c, j) end
      end)
    end
    size = size // 2
  end
end
local function without(list, add, name)
  pieces(1, #list, add, function(c, j) table.remove(c[name], j) end)
end

local function losses(r, add)
  for i, l in ipairs(r.losses) do
    if l.kind ~= "plain" then add(function(c) c.losses[i].kind = "plain" end) end
    if l.weight ~= 1 then add(function(c) c.losses[i].weight = 1 end) end
  end
end

-- places of words that may be 0; all others are 1 or more
local zeros = { linear = { 2 }, conv = { 4 }, conv1 = { 4 }, max_pool = { 3 }, avg_pool = { 3, 4 }, pad = { 2, 3, 4 }, fold = { 3 } }
local function least(s, a)
  for _, place in ipairs(zeros[s.op] or {}) do
    if place == a then return 0 end
  end
  return 1
end

local function numbers(r, add)
  for i, s in ipairs(r.steps) do
    for a, x in ipairs(s.args) do
      local takes = recipe.ops[s.op].takes and a == 1
      for _, less in ipairs(type(x) == "number" and not takes and { least(s, a), x // 2 } or {}) do
        if less < x and less >= least(s, a) then add(function(c) c.steps[i].args[a] = less end) end
      end
    end
    if s.op == "input" and #s.args > 1 then add(function(c) c.steps[i].args = { 24 } end) end
    if s.op == "map" and s.args[1] ~= "tanh" then add(function(c) c.steps[i].args = { "tanh" } end) end
  end
end

local function candidates(r)
  local list = {}
  local function add(change)
    local c = copied(r)
    change(c)
    list[#list + 1] = c
  end
  if #r.losses > 1 then pieces(1, #r.losses, add, function(c, j) if #c.losses > 1 then table.remove(c.losses, j) end end) end
  pieces(2, #r.steps, add, function(c, j) c.steps[j].op = "none" end)
  without(r.penalties, add, "penalties")
  without(r.frozen, add, "frozen")
  settings(r, add)
  losses(r, add)
  numbers(r, add)
  return list
end

return function(r, fails, most)
  local tries, seen, again = 0, { [recipe.text(r)] = true }, true
  while again do
    again = false
    for _, c in ipairs(candidates(r)) do
      c = recipe.settled(c)
      local text = recipe.whole(c) and recipe.text(c)
      if text and not seen[text] and tries < most then
        seen[text], tries = true, tries + 1
        if fails(c) then
          r, again = c, true
          break
        end
      end
    end
  end
  return r, tries
end
