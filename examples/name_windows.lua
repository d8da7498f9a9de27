-- name_windows.lua -- turns a list of names into what examples/char_mlp.lua reads: five letters, and the one after them.
--   lua5.4 examples/name_windows.lua [NAMES.txt [DIRECTORY]]            without a list it makes names up; data/names unless told
-- Letters are 1 to 26, 0 is the end of a name and what stands before its first letter.
local source, directory = arg[1] ~= "" and arg[1], arg[2] or "data/names"
local context = 5
math.randomseed(7)

local function made_up()
  local onsets = { "b", "br", "c", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "st", "t", "v", "z", "" }
  local vowels = { "a", "a", "e", "e", "i", "o", "u", "ia", "ei" }
  local codas = { "", "", "", "n", "l", "r", "s", "nd" }
  local function one(t) return t[math.random(#t)] end
  local names = {}
  for i = 1, 8000 do
    local name = ""
    for _ = 1, math.random(2, 3) do name = name .. one(onsets) .. one(vowels) end
    names[i] = name .. one(codas)
  end
  return names
end

local function listed(path)
  local names = {}
  for line in assert(io.open(path)):lines() do
    local name = line:lower():match "^%l+"
    if name then names[#names + 1] = name end
  end
  for i = #names, 2, -1 do      -- lists are often sorted by how many bear a name
    local j = math.random(i)
    names[i], names[j] = names[j], names[i]
  end
  return names
end

os.execute("mkdir -p '" .. directory .. "'")
local before = assert(io.open(directory .. "/before.bin", "wb"))
local next_ = assert(io.open(directory .. "/next.bin", "wb"))
for _, name in ipairs(source and listed(source) or made_up()) do
  local line = ("\0"):rep(context) .. name:gsub("%l", function(c) return string.char(c:byte() - 96) end) .. "\0"
  for i = 1, #line - context do
    before:write(line:sub(i, i + context - 1))
    next_:write(line:sub(i + context, i + context))
  end
end
assert(before:close() and next_:close())
