-- optim_model.lua -- the cases of tests/reference/optim.txt as models, their gradients as rows, their weights as a file.
--
--   lua5.4 tests/optim_model.lua --list              the names of the cases
--   lua5.4 tests/optim_model.lua DIR                 writes DIR/rows.csv and DIR/weights.safetensors, the same for all
--   lua5.4 tests/optim_model.lua DIR NAME            writes DIR/model.lua
--   lua5.4 tests/optim_model.lua --check NAME UPDATE [SCALE]      reads what tests/probe.c printed after so many updates;
--                                                    SCALE multiplies the first weight: a control

local SIZE, UPDATES = 7, 12

local function hash(i, seed)
  local x = (i + seed * 0x9E3779B9) & 0xFFFFFFFF
  x = ((x ~ x >> 16) * 0x7feb352d) & 0xFFFFFFFF
  x = ((x ~ x >> 15) * 0x846ca68b) & 0xFFFFFFFF
  return x ~ x >> 16
end

local function real(seed)
  local t = {}
  for i = 1, SIZE do t[i] = 2 * ((hash(i - 1, seed) >> 8) / 16777216) - 1 end
  return t
end

local function read()
  local cases, case = {}, nil
  for line in io.lines((arg[0]:match "^(.*)/[^/]*$" or ".") .. "/reference/optim.txt") do
    local name = line:match "^case (%S+)"
    if name then
      case = { name = name, p = {} }
      cases[#cases + 1], cases[name] = case, case
    elseif line:find "^schedule " then case = nil
    elseif case and line:find "^model " then case.model = line:match "^model (.*)$"
    elseif case and line:find "^p " then
      local values, update = {}, nil
      for w in line:gmatch "%S+" do values[#values + 1] = tonumber(w) end
      update = table.remove(values, 1)
      case.p[update] = values
    end
  end
  return cases
end

local function write(path, text)
  local f = assert(io.open(path, "wb"))
  assert(f:write(text))
  assert(f:close())
end

local function shared(dir)
  local lines = { "a,b,c,d,e,f,g" }
  for t = 1, UPDATES do
    local row = real(1000 + t)
    for i = 1, SIZE do row[i] = ("%.17g"):format(row[i]) end
    lines[t + 1] = table.concat(row, ",")
  end
  write(dir .. "/rows.csv", table.concat(lines, "\n") .. "\n")
  local head = ('{"layer.weight":{"dtype":"F64","shape":[1,%d],"data_offsets":[0,%d]}}'):format(SIZE, 8 * SIZE)
  head = head .. (" "):rep(-#head % 8)
  write(dir .. "/weights.safetensors", string.pack("<I8", #head) .. head .. string.pack("<" .. ("d"):rep(SIZE), table.unpack(real(999))))
end

local function model(dir, case)
  write(dir .. "/model.lua", ([[
local rows  = data.csv { "rows.csv", shuffle = false, columns = { x = "1-%d" } }
local layer = nn.Linear(1, { bias = false })
train { data = rows, batch = 1, steps = %d, minimize = fn.sum(layer(rows.x)), optim = %s }
]]):format(SIZE, UPDATES, case.model))
end

local function check(case, update, scale)
  local worst = 0
  for line in io.lines() do
    local values = line:match "^weight %S+ %d+ (.*)$"
    local i = 0
    for w in (values or ""):gmatch "%S+" do
      i = i + 1
      local want = case.p[update][i]
      local d = math.abs(tonumber(w) * (i == 1 and scale or 1) - want) / math.abs(want)
      if not (d <= worst) then worst = d end
    end
    if values and i ~= SIZE then worst = math.huge end
    if values then case.found = true end
  end
  print(("%s after %d: %.3g"):format(case.name, update, worst))
  os.exit(case.found and worst <= 1e-12 and 0 or 1)
end

local cases = read()
if arg[1] == "--list" then
  for _, case in ipairs(cases) do print(case.name) end
elseif arg[1] == "--check" then
  check(assert(cases[arg[2]]), tonumber(arg[3]), tonumber(arg[4] or 1))
elseif arg[2] then
  model(arg[1], assert(cases[arg[2]]))
else
  shared(arg[1])
end
