-- op_model.lua -- turns cases of tests/reference/ops.txt, everyday.txt, wider.txt, attention.txt and rotary.txt, or of those that CASES names, into a model whose parameters' gradients are y and every d.
--
--   lua5.4 tests/op_model.lua [--float] --list        a line "ROWS KIND NAME" for every case; KIND: tensor, loss or edges
--   lua5.4 tests/op_model.lua [--float] DIR NAME...   writes DIR/model.lua, rows.csv, weights.safetensors, expect.txt
--
-- Each input is a Linear without bias on one-hot rows: column n of its weight is row n of the input, and so is its
-- gradient. y is read the same way, as the gradient of the tensor that it is multiplied by. Cases of a model share their
-- number of rows; a loss is added as it is. In edge cases only what is finite is kept, with --float only what a float holds ten times.

local largest = math.huge
if arg[1] == "--float" then
  largest = 1e37
  table.remove(arg, 1)
end

local function hash(i, seed)
  local x = (i + seed * 0x9E3779B9) & 0xFFFFFFFF
  x = ((x ~ x >> 16) * 0x7feb352d) & 0xFFFFFFFF
  x = ((x ~ x >> 15) * 0x846ca68b) & 0xFFFFFFFF
  return x ~ x >> 16
end

local function real(seed, scale, shift)
  return function(i) return shift + scale * (2 * ((hash(i, seed) >> 8) / 16777216) - 1) end
end

local function filled(n, value)
  local t = {}
  for i = 1, n do t[i] = value(i - 1) end
  return t
end

local function count(shape)
  local n = 1
  for _, d in ipairs(shape) do n = n * d end
  return n
end

local function words(line, from)
  local t, i = {}, 0
  for w in line:gmatch "%S+" do
    i = i + 1
    if i >= from then t[#t + 1] = w end
  end
  return t
end

local function shape_of(text)
  local t = {}
  for d in text:gmatch "%d+" do t[#t + 1] = tonumber(d) end
  return t
end

local function numbers(list)
  local t = {}
  for i, s in ipairs(list) do
    t[i] = s == "inf" and math.huge or s == "-inf" and -math.huge or s:find "nan" and 0 / 0 or tonumber(s)
  end
  return t
end

-- ---- reading the cases

local function input(case, kind, w)
  local t = { kind = kind, name = w[1], shape = shape_of(w[2]) }
  local n, seed = count(t.shape), tonumber(w[3])
  if kind == "real" then
    t.values = filled(n, real(seed, tonumber(w[4]), tonumber(w[5])))
  elseif kind == "param" then
    t.values = filled(n, real(seed, 0.5, 0))
  elseif kind == "steps" then
    t.values = filled(n, function(i) return tonumber(w[5]) * (hash(i, seed) % tonumber(w[4]) - (tonumber(w[4]) - 1) / 2) end)
  elseif kind == "points" then
    t.values = numbers({ table.unpack(w, 3) })
  elseif kind == "bits" then
    t.values = filled(n, function(i) return hash(i, seed) & 1 end)
  elseif kind == "ids" then
    local classes, ignore = tonumber(w[4]), tonumber(w[5])
    t.classes = classes
    t.values = filled(n, function(i)
      local id = hash(i, seed) % (ignore and classes + 1 or classes)
      return id == classes and ignore or id
    end)
  end
  case.inputs[#case.inputs + 1] = t
end

local readers = {
  layer = function(case, line) case.layer = line:match "^layer (.*)$" end,
  model = function(case, line) case.model = line:match "^model (.*)$" end,
  gy    = function(case, line) case.gy = tonumber(words(line, 3)[1]) end,
  y     = function(case, line) case.y = { shape = shape_of(words(line, 2)[1]), values = numbers(words(line, 3)) } end,
  d     = function(case, line)
    local w = words(line, 2)
    case.d[w[1]] = numbers({ table.unpack(w, 3) })
  end,
}
for _, kind in ipairs { "real", "steps", "points", "ids", "bits", "param" } do
  readers[kind] = function(case, line) input(case, kind, words(line, 2)) end
end

local function finite(x) return x == x and math.abs(x) < largest end

-- Keeps the points whose value and gradient are finite.
local function trim(case)
  local x, keep = case.inputs[1], {}
  for i, v in ipairs(x.values) do
    if finite(v) and finite(case.y.values[i]) and finite(case.d.x[i]) then keep[#keep + 1] = i end
  end
  for _, list in ipairs { x, case.y, { values = case.d.x } } do
    for i, k in ipairs(keep) do list.values[i] = list.values[k] end
    for i = #list.values, #keep + 1, -1 do list.values[i] = nil end
  end
  x.shape, case.y.shape = { #keep }, { #keep }
end

local function finish(case)
  case.kind = #case.y.shape == 0 and "loss" or case.inputs[1].kind == "points" and "edges" or "tensor"
  if case.kind == "edges" then trim(case) end
  case.rows = case.inputs[1].shape[1]
end

local function read_cases(cases, path)
  local case
  for line in io.lines(path) do
    local name = line:match "^case (%S+)"
    if name then
      case = { name = name, inputs = {}, d = {} }
      cases[#cases + 1], cases[name] = case, case
    elseif case then
      readers[line:match "^%S+"](case, line)
    end
  end
end

-- ---- writing a model

local function transposed(values, rows)
  local width, t = #values // rows, {}
  for n = 0, rows - 1 do
    for p = 0, width - 1 do t[p * rows + n + 1] = values[n * width + p + 1] end
  end
  return t
end

local function held(out, name, shape, values, gradient, rows)
  local width = count(shape) // rows
  local sizes = table.concat({ table.unpack(shape, 2) }, ", ")
  out.tensors[#out.tensors + 1] = { name = name .. ".weight", shape = { width, rows }, values = transposed(values, rows) }
  if gradient then
    out.expect[#out.expect + 1] = { name .. ".weight", transposed(gradient, rows) }
  end
  return ("fn.reshape(nn.Linear(%d, { bias = false, name = %q })(rows.one)%s)")
    :format(width, name, sizes == "" and "" or ", " .. sizes)
end

local function column(out, case, t)
  local width = count(t.shape) // case.rows
  local from, key = out.width + 1, case.name .. "_" .. t.name
  for n = 1, case.rows do
    for p = 1, width do
      out.rows[n][out.width + p] = ("%d"):format(t.values[(n - 1) * width + p])
    end
  end
  out.width = out.width + width
  local range = from == out.width and tostring(from) or from .. "-" .. out.width
  out.columns[#out.columns + 1] = ("    %s = { %q%s },"):format(key, range, t.classes and ", classes = " .. t.classes or "")
  if #t.shape < 3 then return "rows." .. key end
  return ("fn.reshape(rows.%s, %s)"):format(key, table.concat({ table.unpack(t.shape, 2) }, ", "))
end

local function bind(out, case, t)
  if t.kind == "param" then
    out.tensors[#out.tensors + 1] = t
    out.expect[#out.expect + 1] = { t.name, case.d[t.name] }
  elseif t.kind == "ids" or t.kind == "bits" then
    out.text[#out.text + 1] = ("  local %s = %s"):format(t.name, column(out, case, t))
  else
    out.text[#out.text + 1] = ("  local %s = %s"):format(t.name,
      held(out, case.name .. "_" .. t.name, t.shape, t.values, case.d[t.name], case.rows))
  end
end

local function axes(shape)
  local t = {}
  for a = 2, #shape do t[#t + 1] = tostring(a) end
  return #t == 0 and "" or ", { axis = { " .. table.concat(t, ", ") .. " } }"
end

local function weighted(out, case)
  local y = case.y
  local gy = filled(#y.values, case.gy and real(case.gy, 1, 0) or function() return 1 end)
  out.text[#out.text + 1] = "  local gy = " .. held(out, case.name .. "_gy", y.shape, gy, y.values, case.rows)
  local product = #y.shape == 1 and "y * gy" or "fn.sum(y * gy" .. axes(y.shape) .. ")"
  out.text[#out.text + 1] = "  each[#each + 1] = " .. product
  for i, v in ipairs(y.values) do out.loss = out.loss + v * gy[i] end
end

local function add(out, case)
  out.text[#out.text + 1] = "do  -- " .. case.name
  for _, t in ipairs(case.inputs) do bind(out, case, t) end
  if case.layer then out.text[#out.text + 1] = "  local layer = " .. case.layer end
  out.text[#out.text + 1] = "  local y = " .. case.model
  if case.kind == "loss" then
    out.text[#out.text + 1] = "  losses[#losses + 1] = y"
    out.loss = out.loss + case.y.values[1]
  else
    weighted(out, case)
  end
  out.text[#out.text + 1] = "end"
end

local function start(rows)
  local out = { text = {}, rows = {}, width = rows, columns = {}, tensors = {}, expect = {}, loss = 0 }
  for n = 1, rows do
    out.rows[n] = filled(rows, function(i) return i + 1 == n and "1" or "0" end)
  end
  return out
end

local function model_text(out, n)
  return ([[
local rows = data.csv { "rows.csv", shuffle = false, columns = {
    one = { "1-%d" },
%s
} }
local each, losses = {}, {}
%s
local total
for _, y in ipairs(each) do total = total and total + y or y end
local loss = total and fn.sum(total)
for _, y in ipairs(losses) do loss = loss and loss + y or y end

train {
  data     = rows, batch = %d, micro_batch = option("micro_batch", %d), steps = 1,
  minimize = loss,
  optim    = optim.SGD { lr = 1 },
}
]]):format(n, table.concat(out.columns, "\n"), table.concat(out.text, "\n"), n, n)
end

local function csv_text(out)
  local lines = { {} }
  for c = 1, out.width do lines[1][c] = "c" .. c end
  for n, row in ipairs(out.rows) do lines[n + 1] = row end
  for i, line in ipairs(lines) do lines[i] = table.concat(line, ",") end
  return table.concat(lines, "\n") .. "\n"
end

local function safetensors_text(tensors)
  local heads, bodies, at = {}, {}, 0
  for i, t in ipairs(tensors) do
    heads[i] = ('"%s":{"dtype":"F64","shape":[%s],"data_offsets":[%d,%d]}')
      :format(t.name, table.concat(t.shape, ","), at, at + 8 * #t.values)
    at = at + 8 * #t.values
    for _, v in ipairs(t.values) do bodies[#bodies + 1] = string.pack("<d", v) end
  end
  local head = "{" .. table.concat(heads, ",") .. "}"
  head = head .. (" "):rep(-#head % 8)
  return string.pack("<I8", #head) .. head .. table.concat(bodies)
end

local function expect_text(out)
  local lines = { ("loss 1 %.17g"):format(out.loss) }
  for _, e in ipairs(out.expect) do
    local values = {}
    for i, v in ipairs(e[2]) do values[i] = ("%.17g"):format(v) end
    lines[#lines + 1] = ("gradient %s %d %s"):format(e[1], #e[2], table.concat(values, " "))
  end
  return table.concat(lines, "\n") .. "\n"
end

local function write(path, text)
  local f = assert(io.open(path, "wb"))
  assert(f:write(text))
  assert(f:close())
end

local cases, beside = {}, arg[0]:match "^(.*)/[^/]*$" or "."
for name in (os.getenv "CASES" or "ops everyday wider attention rotary"):gmatch "%S+" do read_cases(cases, beside .. "/reference/" .. name .. ".txt") end
for _, c in ipairs(cases) do finish(c) end
if arg[1] == "--list" then
  for _, case in ipairs(cases) do print(case.rows, case.kind, case.name) end
  os.exit(0)
end
local out
for i = 2, #arg do
  local case = assert(cases[arg[i]], "no case " .. arg[i])
  out = out or start(case.rows)
  assert(case.rows == #out.rows, case.name .. " has another number of rows")
  add(out, case)
end
assert(out, "usage: op_model.lua [--float] --list | DIR NAME...")
write(arg[1] .. "/model.lua", model_text(out, #out.rows))
write(arg[1] .. "/rows.csv", csv_text(out))
write(arg[1] .. "/weights.safetensors", safetensors_text(out.tensors))
write(arg[1] .. "/expect.txt", expect_text(out))
