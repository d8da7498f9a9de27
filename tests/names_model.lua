-- names_model.lua DIRECTORY < words: models part_1.lua ... of up to 60 words each. Every word names a parameter, a layer, a field
-- of two equal blocks, a column, a report, an output and, where Lua allows it, a local.
local lua = { ["and"] = 1, ["break"] = 1, ["do"] = 1, ["else"] = 1, ["elseif"] = 1, ["end"] = 1, ["false"] = 1, ["for"] = 1, ["function"] = 1,
  ["goto"] = 1, ["if"] = 1, ["in"] = 1, ["local"] = 1, ["nil"] = 1, ["not"] = 1, ["or"] = 1, ["repeat"] = 1, ["return"] = 1, ["then"] = 1,
  ["true"] = 1, ["until"] = 1, ["while"] = 1,
  nn = 1, fn = 1, data = 1, optim = 1, train = 1, step = 1, words = 1, plain = 1, block = 1, columns = 1, reports = 1, outputs = 1, table = 1, set = 1, total = 1, ipairs = 1 } -- the model's own
local log = { epoch = 1, lr = 1, ms = 1, samples = 1, split = 1, time = 1, update = 1, skipped = 1, dropped = 1, loss_scale = 1, nonfinite = 1,
  grad_norm = 1, noise_scale = 1, loss = 1 }                              -- the log's own

local function model(list)
  local out = { "local words = {" }
  local function add(...) out[#out + 1] = string.format(...) end
  for _, w in ipairs(list) do add("  %q,", w) end
  add("}\nlocal columns, reports, outputs = {}, {}, {}")
  add("local function plain(w) return w:find(\"^%%a\") and w or \"c\" .. w end")
  add("for i, w in ipairs(words) do columns[plain(w)] = { w .. \".npy\", 3, type = i %% 2 == 0 and \"int32\" or nil } end")
  add("local set = data.npy { \"data\", columns = columns, shuffle = false }\nlocal total, block")
  add("do")
  add("  local function blocks() local f = {}; for _, w in ipairs(words) do if w ~= \"forward\" then f[w] = nn.Parameter(3, { init = 1 }) end end")
  add("    f.forward = function(m, x) for _, w in ipairs(words) do if w ~= \"forward\" then x = fn.tanh(x * m[w]) end end return x end; return nn.Module(f) end")
  add("  block = nn.Sequential { blocks(), blocks() }")
  add("  for i, w in ipairs(words) do")
  add("    local x = set[plain(w)] * nn.Parameter(3, { name = w, init = 1 })")
  add("    if i == 1 and #w < 30 then x = nn.Linear(3, { name = \"linear_\" .. w })(x) end")
  add("    total = total and total + x or x")
  add("  end")
  add("end")
  for _, w in ipairs(list) do if not lua[w] then add("local %s = fn.relu(set[plain(%q)] - 1)", w, w) end end
  for _, w in ipairs(list) do if not lua[w] then add("total = total + %s * fn.sum(%s, { axis = 2 })", w, w) end end
  add("for i, w in ipairs(words) do")
  for w in pairs(log) do add("  if w == %q then goto next end", w) end
  add("  if i <= 20 then reports[plain(w)] = fn.mean(fn.sum(set[plain(w)], { axis = 2 })) end")
  add("  outputs[plain(w)] = fn.sum(total, { axis = 2 }) + i")
  add("  ::next::\nend")
  add("train { data = set, batch = 4, micro_batch = 2, epochs = 1, minimize = fn.mean(fn.sum(block(total), { axis = 2 })),")
  add("  optim = optim.Adam { lr = 1e-3 }, report = reports, predict = outputs }")
  return table.concat(out, "\n") .. "\n"
end

local words, seen = {}, {}
for w in io.lines() do
  if w:find("^[%a_][%w_]*$") and #w <= 40 and not seen[w] then seen[w], words[#words + 1] = true, w end
end
local part = 0
for from = 1, #words, 50 do
  part = part + 1
  local file = assert(io.open(("%s/part_%d.lua"):format(arg[1], part), "w"))
  file:write(model(table.move(words, from, math.min(from + 49, #words), 1, {})))
  file:close()
end
print(part)
