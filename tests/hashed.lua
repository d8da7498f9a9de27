-- hashed.lua -- the numbers of tests/reference/hashed.py, and files of them.
local hashed = {}

local function hash(i, seed)
  local x = (i + seed * 0x9E3779B9) & 0xFFFFFFFF
  x = ((x ~ x >> 16) * 0x7feb352d) & 0xFFFFFFFF
  x = ((x ~ x >> 15) * 0x846ca68b) & 0xFFFFFFFF
  return x ~ x >> 16
end

function hashed.real(n, seed)
  local t = {}
  for i = 1, n do t[i] = 2 * ((hash(i - 1, seed) >> 8) / 16777216) - 1 end
  return t
end

function hashed.write(path, text)
  local f = assert(io.open(path, "wb"))
  assert(f:write(text))
  assert(f:close())
end

-- rows of the columns { { "x", elements, seed, function of a number or nil }, ... }
function hashed.csv(path, rows, columns)
  local names, lines, values = {}, {}, {}
  for c, column in ipairs(columns) do
    for i = 1, column[2] do names[#names + 1] = column[1] .. i end
    values[c] = hashed.real(rows * column[2], column[3])
    for i, x in ipairs(column[4] and values[c] or {}) do values[c][i] = column[4](x) end
  end
  lines[1] = table.concat(names, ",")
  for r = 1, rows do
    local row = {}
    for c, column in ipairs(columns) do
      for i = 1, column[2] do row[#row + 1] = ("%.17g"):format(values[c][(r - 1) * column[2] + i]) end
    end
    lines[r + 1] = table.concat(row, ",")
  end
  hashed.write(path, table.concat(lines, "\n") .. "\n")
end

-- tensors { "net.0.weight", 9, 6 }: the first of seed `seed`, the others of those that follow
function hashed.safetensors(path, shapes, seed)
  local head, body, at = {}, {}, 0
  for i, s in ipairs(shapes) do
    local n = s[2] * (s[3] or 1)
    head[i] = ('"%s":{"dtype":"F64","shape":[%s],"data_offsets":[%d,%d]}'):format(s[1], table.concat(s, ",", 2), at, at + 8 * n)
    body[i] = string.pack("<" .. ("d"):rep(n), table.unpack(hashed.real(n, seed + i - 1)))
    at = at + 8 * n
  end
  local text = "{" .. table.concat(head, ",") .. "}"
  text = text .. (" "):rep(-#text % 8)
  hashed.write(path, string.pack("<I8", #text) .. text .. table.concat(body))
end

return hashed
