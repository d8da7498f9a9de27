-- differ.lua -- the first difference between what two programs printed and saved: lua5.4 differ.lua OLD.out NEW.out OLD.st NEW.st
--   .out    what tests/probe.c prints with "raw"        .st    the checkpoint that it saves
-- Prints the first loss and the first tensor that differ, in one line, and exits with 1; with 0 where nothing differs. A NaN is a NaN,
-- whatever its sign and payload.

local function text_of(path)
  local f = assert(io.open(path, "rb"))
  local text = f:read "a"
  f:close()
  return text
end

-- Each reader gives a list of { name, kind, text or numbers' bytes, elements' format or nil }.
local function printed(path)
  local text, list, at = text_of(path), {}, 1
  while at <= #text do
    local line, n = text:match("^([^\n]*)\n", at)
    assert(line, path .. " ends within a line")
    at = at + #line + 1
    line, n = line:match "^(.-) (%S+)$"
    if n == "raw" then
      local name, count = line:match "^(.*) (%d+)$"
      list[#list + 1] = { name = name, bytes = text:sub(at, at + 8 * count - 1), format = "d", size = 8 }
      at = at + 8 * count + 1
    else
      list[#list + 1] = { name = line, bytes = (n:gsub("^%-nan", "nan")) }
    end
  end
  assert(#list > 0, path .. " is empty")
  return list
end

local function saved(path)
  local text, list = text_of(path), {}
  local length = string.unpack("<I8", text)
  local head, body = text:sub(9, 8 + length), text:sub(9 + length)
  for key, value in head:match '"__metadata__":(%b{})':gmatch '"([^"]*)":"([^"]*)"' do
    list[#list + 1] = { name = "checkpoint's " .. key, bytes = (value:gsub("%-nan", "nan")) }
  end
  for name, type, shape, from, to in head:gmatch '"([^"]*)":{"dtype":"(%w+)","shape":%[([%d,]*)%],"data_offsets":%[(%d+),(%d+)%]}' do
    local size = type == "F64" and 8 or 4
    list[#list + 1] = { name = ("checkpoint's %s %s[%s]"):format(name, type, shape), bytes = body:sub(from + 1, to), size = size,
      format = size == 8 and "d" or "f" }
  end
  return list
end

-- The first element that differs and how many do; nil where all do not, or only as NaNs differ.
local function elements(a, b)
  local first, count = nil, 0
  for at = 1, #a.bytes, a.size do
    if a.bytes:sub(at, at + a.size - 1) ~= b.bytes:sub(at, at + a.size - 1) then
      local x, y = string.unpack("<" .. a.format, a.bytes, at), string.unpack("<" .. a.format, b.bytes, at)
      if x == x or y == y then
        count = count + 1
        first = first or ("element %d: %.17g and %.17g"):format((at - 1) // a.size, x, y)
      end
    end
  end
  return first and ("%s (%d of %d differ)"):format(first, count, #a.bytes // a.size)
end

local function difference(a, b)
  if a.bytes == b.bytes then return end
  if not a.format then return a.bytes .. " and " .. b.bytes end
  if #a.bytes ~= #b.bytes then return ("%d and %d elements"):format(#a.bytes // a.size, #b.bytes // b.size) end
  return elements(a, b)
end

local function index(list)
  local of = {}
  for _, r in ipairs(list) do of[r.name] = r end
  return of
end

-- Adds to `found` what differs between two lists, in the order of the first; then what the second alone has.
local function compare(old, new, found)
  local of_old, of_new = index(old), index(new)
  for _, r in ipairs(old) do
    local other = of_new[r.name]
    local what = not other and "only OLD has it" or difference(r, other)
    if what then found[#found + 1] = { tensor = r.format ~= nil, text = r.name .. ": " .. what } end
  end
  for _, r in ipairs(new) do
    if not of_old[r.name] then found[#found + 1] = { tensor = r.format ~= nil, text = r.name .. ": only NEW has it" } end
  end
end

local found = {}
compare(printed(arg[1]), printed(arg[2]), found)
compare(saved(arg[3]), saved(arg[4]), found)
if #found == 0 then os.exit(0) end
local told, seen = {}, {}
for _, f in ipairs(found) do
  if not seen[f.tensor] then told[#told + 1] = f.text end
  seen[f.tensor] = true
end
print(table.concat(told, "; "))
os.exit(1)
