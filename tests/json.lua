-- json.lua FILE: whether every line is one value of JSON as RFC 8259 has it, without a key that comes twice in an object.
-- The first line that is not ends the program with status 1.
local text, at

local function wrong(why) error(("%s at byte %d of %s"):format(why, at, text), 0) end
local function space() at = text:find("[^ \t\r\n]", at) or #text + 1 end
local function eat(c) space() if text:sub(at, at) == c then at = at + 1 return true end end
local function need(c) if not eat(c) then wrong("'" .. c .. "' is missing") end end

local function quoted()
  need('"')
  local from = at
  while text:sub(at, at) ~= '"' do
    local next_at = text:match('^[^%c"\\]()', at) or text:match('^\\["\\/bfnrt]()', at) or text:match("^\\u%x%x%x%x()", at)
    if not next_at then wrong("a string that is none") end
    at = next_at
  end
  at = at + 1
  return text:sub(from, at - 2)
end

local value
local function object()
  local seen = {}
  if eat("}") then return end
  repeat
    space()
    local key = quoted()
    if seen[key] then wrong("the key " .. key .. " comes twice") end
    seen[key] = true
    need(":")
    value()
  until not eat(",")
  need("}")
end

local function list()
  if eat("]") then return end
  repeat value() until not eat(",")
  need("]")
end

local function number()
  local whole = text:match("^-?0()", at) or text:match("^-?[1-9]%d*()", at)
  if not whole then wrong("no value") end
  at = text:match("^%.%d+()", whole) or whole
  at = text:match("^[eE][-+]?%d+()", at) or at
end

function value()
  if eat("{") then return object() end
  if eat("[") then return list() end
  if text:sub(at, at) == '"' then return quoted() end
  for _, word in ipairs { "true", "false", "null" } do
    if text:sub(at, at + #word - 1) == word then at = at + #word return end
  end
  number()
end

local lines = 0
for line in io.lines(arg[1]) do
  text, at, lines = line, 1, lines + 1
  local good, why = pcall(function()
    value()
    space()
    if at <= #text then wrong("something follows") end
  end)
  if not good then print(("%s:%d: %s"):format(arg[1], lines, why)) os.exit(1) end
end
os.exit(lines > 0 and 0 or 1)
