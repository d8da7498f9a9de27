-- xml.lua -- is a file well-formed XML, as a browser asks for it?   lua5.4 tests/xml.lua FILE
-- Elements nest and close, attributes are quoted and said once, & stands for an entity, text is UTF-8 without controls.
local path = arg[1]
local f = assert(io.open(path, "rb"))
local s = f:read("a")
f:close()

local function fail(at, message)
  local _, line = s:sub(1, at):gsub("\n", "")
  print(("%s:%d: %s"):format(path, line + 1, message))
  os.exit(1)
end

local entities = { amp = true, lt = true, gt = true, quot = true, apos = true }
local function check_text(text, at)
  if text:find("<", 1, true) then fail(at, "a bare <") end
  for name in text:gmatch("&([^;]*;?)") do
    if not entities[name:match("^(%a+);$") or ""] then fail(at, "a bare &") end
  end
end

local function check_attributes(text, at)
  local seen = {}
  local rest = text:gsub("%s+([%a][%w:-]*)%s*=%s*\"([^\"]*)\"", function(name, value)
    if seen[name] then fail(at, "attribute " .. name .. " twice") end
    seen[name] = true
    check_text(value, at)
    return ""
  end)
  if rest:find("%S") then fail(at, "attributes: " .. rest) end
end

if not utf8.len(s) then fail(1, "not UTF-8") end
if s:find("[%z\1-\8\11\12\14-\31\127]") then fail(1, "a control character") end
local open, at, elements = {}, 1, 0
while true do
  local from, to, close, name, attributes, empty = s:find("<(/?)([%a][%w:-]*)([^<>]-)(/?)>", at)
  check_text(s:sub(at, (from or #s + 1) - 1), at)
  if not from then break end
  if close == "/" then
    if table.remove(open) ~= name then fail(from, "</" .. name .. "> closes nothing") end
  else
    if #open == 0 and elements > 0 then fail(from, "a second root") end
    elements = elements + 1
    check_attributes(attributes, from)
    if empty == "" then open[#open + 1] = name end
  end
  at = to + 1
end
if #open > 0 then fail(#s, "<" .. open[#open] .. "> stays open") end
if elements == 0 then fail(1, "no element") end
