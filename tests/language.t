#!/usr/bin/env lua5.4
-- language.t -- the tables of docs/language.md are those of gagen help, every public name is told, and what it tells can be
-- written. BLESS=1 renews the tables.
local tests, failed = 0, false
local function ok(good, what)
  tests = tests + 1
  failed = failed or not good
  print((good and "ok " or "not ok ") .. tests .. " - " .. what)
end

local function run(command)
  local f = assert(io.popen(command .. " 2>&1"))
  local text = f:read "a"
  f:close()
  return text
end

local path = "docs/language.md"
local f = assert(io.open(path))
local text = f:read "a"
f:close()

local seen = 0
local renewed = text:gsub("(<!%-%- (%l+) %-%->\n|[^\n]*\n|[^\n]*\n)(.-)(<!%-%- end %-%->)", function(head, section, rows, tail)
  local now = run("./gagen help +" .. section)
  seen = seen + 1
  ok(now:find "^| `" and now == rows or os.getenv "BLESS", ("the table of %s"):format(section))
  return head .. now .. tail
end)
ok(seen == 11, ("%d tables"):format(seen))
if os.getenv "BLESS" then
  f = assert(io.open(path, "w"))
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
ok(missing == "copy power", "every map but those that fn.pow and views use is told  # " .. missing)

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
print("1.." .. tests)
os.exit(not failed)
