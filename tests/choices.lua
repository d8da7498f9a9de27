-- choices.lua -- finds loads that stand in an arm of a choice: lua5.4 tests/choices.lua FILE... lists them and exits 1 where there are any.
-- A load is an index, a member of an object in memory or a dereference. A `continue` of a loop makes a choice of all that follows.
local word, number = "^[%a_][%w_]*", "^%.?%d[%w_.]*"
local types = { real = 1, double = 1, float = 1, int = 1, long = 1, unsigned = 1, char = 1, bool = 1, size_t = 1, vec = 1, vec8 = 1 }
local opens, closes = { ["("] = 1, ["["] = 1, ["{"] = 1 }, { [")"] = 1, ["]"] = 1, ["}"] = 1 }

-- without comments, strings, characters and includes; lines stay where they are
local function bare(s)
  local function lines(t) return (t:gsub("[^\n]", " ")) end
  s = s:gsub("/%*.-%*/", lines):gsub("//[^\n]*", lines):gsub("\\.", "  "):gsub('"[^"\n]*"', lines):gsub("'[^'\n]*'", lines)
  return s
end

local function tokens(s)
  local list, at, line = {}, 1, 1
  while at <= #s do
    local t = s:match(word, at) or s:match(number, at) or s:match("^%->", at) or s:match("^%s+", at) or s:sub(at, at)
    if not t:find("^%s") then list[#list + 1] = { t, line } end
    line = line + select(2, t:gsub("\n", ""))
    at = at + #t
  end
  return list
end

-- where the arm that begins at i ends: the first at the `:` that is its own, the second before what closes around it
local function arm_end(list, i, second)
  local depth, choices = 0, 0
  while list[i] do
    local t = list[i][1]
    if opens[t] then depth = depth + 1
    elseif closes[t] then
      if depth == 0 then return i end
      depth = depth - 1
    elseif depth == 0 and t == "?" then choices = choices + 1
    elseif depth == 0 and t == ":" then
      if choices == 0 then return i end
      choices = choices - 1
    elseif depth == 0 and (t == ";" or (second and t == ",")) then return i
    end
    i = i + 1
  end
  return i
end

local function is_operand(list, i)       -- what ends at i is a value, so that a `*` after it multiplies
  local t = list[i][1]
  if t == ")" then return not types[list[i - 1][1]] end
  return t == "]" or (t:find("^[%w_.]") ~= nil and t ~= "return")
end

local function load_in(list, from, to)
  for i = from, to - 1 do
    local t = list[i][1]
    if t == "[" or t == "->" or t == "." then return true end
    if t == "*" and (i == from or not is_operand(list, i - 1)) then return true end
  end
  return false
end

local bad = 0
for _, name in ipairs(arg) do
  local f = assert(io.open(name))
  local list = tokens(bare(f:read("a")))
  f:close()
  local function tell(line, what) bad = bad + 1; print(("%s:%d: %s"):format(name, line, what)) end
  for i, t in ipairs(list) do
    if t[1] == "?" then
      local colon = arm_end(list, i + 1, false)
      local stop = arm_end(list, colon + 1, true)
      if load_in(list, i + 1, colon) or load_in(list, colon + 1, stop) then tell(t[2], "a load in an arm of a choice") end
    elseif t[1] == "continue" then tell(t[2], "a loop that goes on early") end
  end
end
os.exit(bad == 0 and 0 or 1)
