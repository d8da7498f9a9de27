#!/usr/bin/env lua5.4
-- language.t -- the tables of docs/language.md are those of gagen help, every public name is told, and what it tells can be
-- written. BLESS=1 renews the tables.
local tap = dofile "tests/tap.lua"
local ok = tap.ok
local function run(command) return (tap.try(command)) end

local path = "docs/language.md"
local text = tap.text_of(path)

local seen = 0
local renewed = text:gsub("(<!%-%- (%l+) %-%->\n|[^\n]*\n|[^\n]*\n)(.-)(<!%-%- end %-%->)", function(head, section, rows, tail)
  local now = run("./gagen help +" .. section)
  seen = seen + 1
  ok(now:find "^| `" and now == rows or os.getenv "BLESS", ("the table of %s"):format(section))
  return head .. now .. tail
end)
ok(seen == 11, ("%d tables"):format(seen))
if os.getenv "BLESS" then
  local f = assert(io.open(path, "w"))
  f:write(renewed)
  f:close()
end

local untold = run "./gagen help -"
ok(untold == "", "every public name is told  # " .. untold:gsub("\n", " "))

-- an op of gagen ops that users call stands in gagen help
local listed, missing = run "./gagen help", {}
for name in run("./gagen ops"):gmatch "([%w_]+) +map " do
  if run("./gagen ops " .. name):find("example  fn." .. name, 1, true) and not listed:find("fn." .. name .. "(", 1, true) then missing[#missing + 1] = name end
end
missing = table.concat(missing, " ")
ok(missing == "copy next power", "every map but those that fn.pow and views use is told  # " .. missing)

-- the options that an example names are taken: an unknown one would be an error
local function answer(model)
  local name = os.tmpname()
  local out = assert(io.open(name, "w"))
  out:write(model)
  out:close()
  local said = run("./gagen -t c " .. name)
  os.remove(name)
  return said
end
local wrong, tried = {}, 0
for example in (listed .. "\n"):gmatch "\n  (%l+%.[^\n]-)\n" do
  if example:find "^[no]" and not example:find "%.lua" and not example:find("[,{(] *m *[,})]") then
    tried = tried + 1
    local said = answer("local function f() return " .. example .. " end f()")
    if not said:find "no train" then wrong[#wrong + 1] = example .. ": " .. said:match "[^\n]*" end
  end
end
ok(tried > 60 and #wrong == 0, ("%d examples of layers and optimizers can be written  # %s"):format(tried, table.concat(wrong, "; ")))

-- ---- what is written elsewhere: a message says what to write here, and that can be written -------------------------------
local head = [[
local rows = data.csv { "x.csv", columns = { x = "1-16", a = "17-20", b = "21-24", c = "25-28", t = { "29-30", classes = 10 }, two = "31-32" } }
local x, a, b, p, n, ids, value, d = fn.reshape(rows.x, 4, 4), rows.a, rows.b, rows.b, rows.c, rows.t, 2, 4
local q, k, v = x, 2 * x, 3 * x
]]
local cures = {
  { "fn.roll(x, 1)", "fn.concat(fn.slice(x, { axis = 2, from = -1 }), fn.slice(x, { axis = 2, to = -2 }), { axis = 2 })" },
  { "fn.outer(a, b)", "fn.reshape(a, -1, 1) * fn.reshape(b, 1, -1)" }, { "fn.dot(a, b)", "fn.sum(a * b, { axis = 2 })" },
  { "fn.einsum('ni,ni->n', a, b)", "fn.sum(a * b, { axis = 2 })" }, { "fn.cumprod(x)", "fn.exp(fn.cumsum(fn.log(x), { axis = 2 }))" },
  { "fn.tril(x)", "fn.where(fn.le(fn.reshape(fn.arange(4), 1, 4), fn.reshape(fn.arange(4), 4, 1)), x, 0)" },
  { "fn.triu(x)", "fn.where(fn.ge(fn.reshape(fn.arange(4), 1, 4), fn.reshape(fn.arange(4), 4, 1)), x, 0)" },
  { "fn.diag(x)", "x * fn.one_hot(fn.arange(4), 4)" }, { "fn.trace(x)", "fn.sum(x * fn.one_hot(fn.arange(4), 4), { axis = { 2, 3 } })" },
  { "fn.eye(4)", "fn.one_hot(fn.arange(4), 4)" }, { "fn.zeros(3, 4)", "fn.const(0, 3, 4)" }, { "fn.ones(3, 4)", "fn.const(1, 3, 4)" },
  { "fn.randint(10)", "fn.floor(10 * fn.rand(16))" }, { "fn.bernoulli(0.5)", "fn.lt(fn.rand(16), 0.5)" },
  { "fn.nanmean(x)", "fn.mean(x, { mask = fn.isfinite(x) })" }, { "fn.pairwise_distance(a, b)", "fn.norm(a - b, { axis = 2 })" },
  { "fn.triplet_margin_loss(a, p, n)", "fn.mean(fn.relu(fn.norm(a - p, { axis = 2 }) - fn.norm(a - n, { axis = 2 }) + 1))" },
  { "fn.scaled_dot_product_attention(q, k, v)", "fn.attention(q, k, v, { heads = 1 })" },
  { "fn.scatter_add(x)", "fn.sum(fn.one_hot(ids, 10) * fn.reshape(x, -1, 1), { axis = 2 })", "local x = rows.two" },
  { "fn.tile(a, 3)", "fn.expand(fn.reshape(x, 1, 4), 3, 4)", "local x = a" }, { "fn.expand(a, 3, 4)", "fn.expand(fn.reshape(x, 1, 4), 3, 4)", "local x = a" },
  { "x.mT", "fn.transpose(x, -2, -1)" }, { "fn.embedding(fn.arange(4), nn.Parameter(4, 2))", "nn.Parameter(4, 2)" },
  { "nn.MaxPool1d(2)", "nn.MaxPool2d({ 1, 2 })" } }
local model, silent = head, {}
for _, c in ipairs(cures) do
  model = model .. "do " .. (c[3] or "") .. " local y = " .. c[2] .. " end\n"
  local said = answer(head .. "local y = " .. c[1]):match "error: ([^\n]*)"
  if not said:find(c[2], 1, true) then silent[#silent + 1] = c[1] .. ": " .. said end
end
ok(#silent == 0, ("%d names of other libraries are answered by what to write  # %s"):format(#cures, table.concat(silent, "; ")))
ok(answer(model):find "no train", "and all of it can be written  # " .. (answer(model):match "error: [^\n]*" or ""))
ok(answer(model .. "local y = fn.const(0, 3, 4)[2]"):find "no field", "control: a line that cannot")
local elsewhere, strange = assert(io.open "dsl/elsewhere.lua"):read "a", {}
for name in elsewhere:gmatch "[fn]n%.[%a_][%w_]*" do
  if name ~= "nn.functional" and not listed:find(name .. "[ ({\n]") then strange[#strange + 1] = name end
end
ok(#strange == 0, "whatever dsl/elsewhere.lua names is there  # " .. table.concat(strange, " "))
for word, not_near in pairs { outer2 = "huber", rool = "nll", tyle = "le", wxyz = "sqrt" } do
  ok(not answer("local y = fn." .. word):find("'" .. not_near .. "'", 1, true), ("fn.%s is not near %s"):format(word, not_near))
end

ok(answer("local c = nn.Conv2d(16, 5, { strides = 1 })"):find "unknown option", "control: an option that is not there")
ok(run("./gagen help nn.Conv2e"):find "did you mean 'nn.Conv2d'", "gagen help knows what was meant")
for _, name in ipairs { "train", "step", "rules", "map", "option" } do
  ok(run("./gagen help " .. name):find("[= ]" .. name .. "[ (]") or run("./gagen help " .. name):find("^" .. name), "gagen help " .. name)
end
-- options that a statement takes, by its own table of them
local function options_of(path, words)
  local file = assert(io.open(path))
  local spec = file:read("a"):match(words .. " = (%b{})")
  file:close()
  local missing, n = {}, 0
  for k in spec:gmatch "([%a_]+) = " do
    n = n + 1
    if run("./gagen help " .. k):find "there is no" then missing[#missing + 1] = k end
  end
  ok(n > 3 and #missing == 0, ("gagen help knows the %d options of %s, %s  # %s"):format(n, path, words, table.concat(missing, " ")))
end
options_of("dsl/train.lua", "local spec")
options_of("dsl/window.lua", "window.spec")
options_of("dsl/step.lua", "local spec")
options_of("dsl/rules.lua", "local own")
ok(run("./gagen help micro_batches"):find "did you mean 'micro_batch'", "control: an option that is not there")
ok(run("./gagen help silu"):find("fn.silu(x)", 1, true) and run("./gagen help Linear"):find "nn.Linear", "names without their space")
tap.finish()
