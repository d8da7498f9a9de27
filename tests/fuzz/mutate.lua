-- mutate.lua -- inputs that are nearly right: changes of a text's tokens, or of a file's bytes, by a generator of numbers of its own.
--   mutate.text(random, pool)           a mutant of one of pool's texts; pieces of others are put into it
--   mutate.bytes(random, pool)          a mutant of one of pool's files, byte by byte; headers of text keep their lengths half of the times
--   mutate.random(seed)                 random(n) is 1 .. n
local mutate = {}

function mutate.random(seed)
  math.randomseed(seed, 77)
  return function(n) return math.random(n) end
end

local function pick(random, list) return list[random(#list)] end

-- ---- tokens -------------------------------------------------------------------------------------------
local numbers = { "0", "1", "-1", "2", "3", "7", "8", "15", "16", "17", "63", "64", "65", "127", "255", "256", "1000", "65535", "65536",
  "2147483647", "2147483648", "4294967296", "9007199254740993", "9223372036854775807", "-9223372036854775808", "1e308", "1e-320", "0.5",
  "-0.0", "1.5", "0x7fffffff", "1e18", "1/0", "0/0", "-1/0", "nil", "true", "{}", "\"\"", "99999999999999999999" }

local function tokens(text)
  local list, i = {}, 1
  while i <= #text do
    local _, e = text:find("^[ \t]+", i)
    if not e then _, e = text:find("^%-%-[^\n]*", i) end
    if not e then _, e = text:find("^[%a_][%w_]*", i) end
    if not e then _, e = text:find("^[-+]?%d[%w.]*", i) end
    if not e then _, e = text:find('^"[^"\n]*"', i) end
    if not e then _, e = text:find("^'[^'\n]*'", i) end
    e = e or i
    list[#list + 1] = text:sub(i, e)
    i = e + 1
  end
  return list
end

-- The place of a token that is no space, and those of one kind.
local function place(random, list, kind)
  for _ = 1, 40 do
    local i = random(#list)
    if list[i]:find(kind or "%S") then return i end
  end
  return random(#list)
end

-- A balanced piece that begins at i: { ... }, ( ... ), or the token.
local close = { ["{"] = "}", ["("] = ")", ["["] = "]" }
local function piece(list, i)
  local last = close[list[i]]
  if not last then return i end
  local depth = 0
  for k = i, #list do
    if list[k] == list[i] then depth = depth + 1 elseif list[k] == last then depth = depth - 1 end
    if depth == 0 then return k end
  end
  return i
end

local function cut(list, from, to)
  local out = {}
  for k = from, math.min(to, #list) do out[#out + 1] = list[k] end
  return out
end

local function replace(list, from, to, by)
  local out = cut(list, 1, from - 1)
  for _, t in ipairs(by) do out[#out + 1] = t end
  for k = to + 1, #list do out[#out + 1] = list[k] end
  return out
end

-- From one newline to the next.
local function line_at(list, i)
  local from, to = i, i
  while from > 1 and list[from - 1] ~= "\n" do from = from - 1 end
  while to < #list and list[to] ~= "\n" do to = to + 1 end
  return from, to
end

-- Those that leave a text well formed come more often: the rest seldom gets far.
local tame = {
  function(random, list) list[place(random, list, "^[-+]?%d")] = pick(random, numbers) return list end,
  function(random, list) list[place(random, list, "^[-+]?%d")] = tostring(random(40) - 3) return list end,
  function(random, list)                                  -- a number a little off
    local i = place(random, list, "^[-+]?%d")
    list[i] = tostring((math.tointeger(tonumber(list[i])) or 1) + pick(random, { -1, 1, 1, 2, 16 }))
    return list
  end,
  function(random, list)                                  -- a name, or what is in braces, becomes another of the same text
    local i, k = place(random, list, "^[%a{(]"), place(random, list, "^[%a{(]")
    if list[i] ~= list[k] and (close[list[i]] or close[list[k]]) then return list end
    return replace(list, i, piece(list, i), cut(list, k, piece(list, k)))
  end,
  function(random, list, other)                           -- the same of another text
    local i = place(random, list, "^[%a{(]")
    local k = place(random, other, "^[%a{(]")
    if list[i] ~= other[k] and (close[list[i]] or close[other[k]]) then return list end
    return replace(list, i, piece(list, i), cut(other, k, piece(other, k)))
  end,
  function(random, list)                                  -- one more option
    local i = place(random, list, "^{$")
    if list[i] ~= "{" then return list end
    return replace(list, i, i, { "{ ", pick(random, { "batch", "micro_batch", "accumulate", "axis", "bias", "name", "epochs", "ema", "clip", "groups",
      "padding", "stride", "tail", "seed", "precision", "weight", "reduction" }), " = ", pick(random, numbers), ", " })
  end,
  function(random, list)                                  -- one option less
    local i = place(random, list, "^,$")
    local e = i + 1
    while list[e] and not list[e]:find "^[,}]$" do e = piece(list, e) + 1 end
    return list[i] == "," and replace(list, i, e - 1, {}) or list
  end,
}
local wild = {
  function(random, list) local i = place(random, list) return replace(list, i, piece(list, i), {}) end,
  function(random, list) local i = place(random, list) local e = piece(list, i) return replace(list, i, i - 1, cut(list, i, e)) end,
  function(random, list)
    local i, k = place(random, list), place(random, list)
    list[i], list[k] = list[k], list[i]
    return list
  end,
  function(random, list)                                  -- a name becomes another of the same text
    list[place(random, list, "^%a")] = list[place(random, list, "^%a")]
    return list
  end,
  function(random, list, other)                           -- a name, or a piece, of another text
    local i, k = place(random, list, "^[%a{(]"), place(random, other, "^[%a{(]")
    return replace(list, i, piece(list, i), cut(other, k, piece(other, k)))
  end,
  function(random, list, other)                           -- lines of another text
    local from, to = line_at(other, place(random, other))
    local at = line_at(list, place(random, list))
    return replace(list, at, at - 1, cut(other, from, to))
  end,
  function(random, list) local from, to = line_at(list, place(random, list)) return replace(list, from, to, {}) end,
  function(random, list)                                  -- something nested in itself
    local i = place(random, list, "^[%a{(]")
    local e = piece(list, i)
    local by = {}
    for _ = 1, pick(random, { 2, 3, 50, 300 }) do by[#by + 1] = pick(random, { "(", "{", "-", "not ", "fn.relu(" }) end
    for _, t in ipairs(cut(list, i, e)) do by[#by + 1] = t end
    return replace(list, i, e, by)
  end,
  function(random, list)                                  -- a string of many, or of odd, letters
    list[place(random, list, "^[\"']")] = '"' .. pick(random, { "", ("a"):rep(5000), "\\0", "%s%n", "\xff\xfe", "\\\n", "*/", "a b", "../x", "é" }) .. '"'
    return list
  end,
}

function mutate.text(random, pool)
  local list = tokens(pick(random, pool))
  for _ = 1, pick(random, { 1, 1, 1, 2, 3, 6 }) do
    if #list > 0 then list = pick(random, random(5) == 1 and wild or tame)(random, list, tokens(pick(random, pool))) end
  end
  return table.concat(list):sub(1, 1 << 16)
end

-- ---- bytes --------------------------------------------------------------------------------------------------
local whole = { 0, 1, 2, 3, 4, 7, 8, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 0x7fffffff, 0x80000000, 0xffffffff }

local function put(s, i, bytes) return s:sub(1, i - 1) .. bytes .. s:sub(i + #bytes) end

local function somewhere(random, s)                       -- headers come first
  return random(2) == 1 and random(math.min(#s, 160)) or random(#s)
end

local damages = {
  function(random, s) return put(s, somewhere(random, s), string.char(random(256) - 1)) end,
  function(random, s) local i = somewhere(random, s) return put(s, i, string.char(s:byte(i) ~ (1 << random(8) - 1))) end,
  function(random, s)
    local order, size = pick(random, { "<", ">" }), pick(random, { 1, 2, 4, 8 })
    local n = pick(random, whole) & (size == 8 and -1 or (1 << 8 * size) - 1)
    return put(s, somewhere(random, s), string.pack(order .. "I" .. size, n))
  end,
  function(random, s) return s:sub(1, random(#s) - 1) end,
  function(random, s) return s .. s:sub(1, random(#s)) end,
  function(random, s) local i = somewhere(random, s) return s:sub(1, i - 1) .. s:sub(i + random(16)) end,
  function(random, s) local i = somewhere(random, s) return s:sub(1, i) .. s:sub(i - random(16) > 0 and i - random(16) or 1) end,
  function(random, s, other) return s:sub(1, somewhere(random, s)) .. other:sub(random(#other)) end,
}

-- The header of a safetensors or NPY file is text with its length before it.
local function headed(s)
  if s:sub(1, 6) == "\x93NUMPY" and #s > 10 then return 10, 10 + string.unpack("<I2", s, 9), "<I2", 9 end
  if s:find "^........{" then return 8, 8 + string.unpack("<I8", s), "<I8", 1 end
end

local function header(random, s, other)
  local from, to, as, at = headed(s)
  if not from or to > #s then return nil end
  local text = mutate.text(random, { s:sub(from + 1, to), other })
  if random(2) == 1 then text = (text .. (" "):rep(to - from)):sub(1, to - from) end
  local begin = put(s:sub(1, from), at, string.pack(as, #text & (as == "<I2" and 0xffff or -1)))
  return begin .. text .. s:sub(to + 1)
end

function mutate.bytes(random, pool)
  local s = pick(random, pool)
  local other = pick(random, pool)
  if random(2) == 1 then
    local made = header(random, s, (select(2, headed(other)) and other:sub(1, 200)) or other:sub(1, 40))
    if made then return made end
  end
  for _ = 1, pick(random, { 1, 1, 1, 2, 4 }) do
    if #s > 0 then s = pick(random, damages)(random, s, other) end
  end
  return s
end

return mutate
