#!/usr/bin/env lua5.4
-- house.t -- the house rules that a program can check: how long functions and lines are, what README says of the runtime,
-- and that the documentation knows every layer, function, option and op that there is.
local tap = dofile "tests/tap.lua"
local ok, run, text_of = tap.ok, tap.run, tap.text_of

-- ---- functions --------------------------------------------------------------------------------------
-- C without comments, and without what stands in quotes.
local function bare(text)
  text = text:gsub("/%*.-%*/", " "):gsub("\\.", "")
  return (text:gsub("\"[^\"\n]*\"", "Q"):gsub("'[^'\n]*'", "Q"))
end

-- How many statements a body has, however they share lines: semicolons outside of parentheses, and heads of control.
local function statements(body)
  local n, depth = 0, 0
  for c in body:gmatch "[%(%);]" do
    if c == ";" and depth == 0 then n = n + 1 end
    depth = depth + (c == "(" and 1 or c == ")" and -1 or 0)
  end
  for _, word in ipairs { "if", "for", "while", "switch" } do
    for _ in body:gmatch("%f[%w_]" .. word .. " ?%(") do n = n + 1 end
  end
  return n
end

-- { statements, "path: name" } of a text's functions. A name stands in a line that begins at its left edge; the body
-- ends there, too, or with the line.
local function functions(path, text, into)
  local name, body
  for line in bare(text):gmatch "[^\n]*" do
    local head = line:match "^[%a_][%w_ *]-([%a_][%w_]*)%("
    if head and line:find "{.*}$" then
      into[#into + 1] = { statements(line:match "{(.*)}$"), path .. ": " .. head }
    elseif head and not line:find ";$" then
      name, body = head, nil
    elseif line:find "^{" then
      body = body or {}
    elseif line:find "^}" and name and body then
      into[#into + 1] = { statements(table.concat(body, "\n")), path .. ": " .. name }
      name, body = nil, nil
    elseif line:find "^[%a#]" then
      name, body = nil, nil
    elseif body then
      body[#body + 1] = line
    end
  end
end

local files, list = run "git ls-files -co --exclude-standard 'gen/*.[ch]' 'runtime/*.[ch]'", {}
for path in files:gmatch "%S+" do functions(path, text_of(path), list) end
table.sort(list, function(a, b) return a[1] < b[1] end)
local median, short = list[(#list + 1) // 2][1], 0
for _, f in ipairs(list) do
  if f[1] <= 15 then short = short + 1 end
end
ok(#list > 400, ("functions: %d"):format(#list))
ok(median <= 6, ("the median function has %d statements"):format(median))
ok(short >= 0.9 * #list, ("%.0f %% have 15 statements or less"):format(100 * short / #list))
ok(list[#list][1] <= 40, ("the longest has %d: %s"):format(list[#list][1], list[#list][2]))
local counted = {}
functions("x", "int f(int a)\n{\n    if (a) g(); h(\";\");\n    for (;;) k();\n}\nint g(void) { return 1; }\n", counted)
ok(#counted == 2 and counted[1][1] == 5 and counted[2][1] == 1, "control: statements are counted, not lines")

-- ---- layout -----------------------------------------------------------------------------------------
-- Versions set some lines otherwise; this is Debian 12's.
if not run("clang-format --version 2>&1"):find "version 14%." then
  ok(true, "C in gen and runtime is as clang-format sets it # skip there is no clang-format 14")
else
  local place = os.tmpname()
  local function violations(of)
    return tonumber(run(("clang-format --dry-run %s 2>&1 | grep -c clang-format-violations"):format(of)))
  end
  ok(violations(files:gsub("%s+", " ")) == 0, "C in gen and runtime is as clang-format sets it")
  local f = assert(io.open(place, "w"))
  f:write("int  f( void );\n")
  f:close()
  ok(violations("--assume-filename=gen/x.c < " .. place) > 0, "control: other text is not")
  os.remove(place)
end

-- ---- lines --------------------------------------------------------------------------------------------
local marks = {}
for path in run "git ls-files -co --exclude-standard 'gen/*' 'runtime/*' 'dsl/*' 'templates/*' 'examples/*' '*.md'":gmatch "%S+" do
  local n = 0
  for line in io.lines(path) do
    n = n + 1
    if line:find("TO" .. "DO") or line:find("FIX" .. "ME") or line:find "[ \t]$" or line:find "\t" then marks[#marks + 1] = path .. ":" .. n end
  end
end
ok(#marks == 0, "no tabs, no space at the end of a line, nothing left for later  # " .. table.concat(marks, ", "))

-- ---- width and words -------------------------------------------------------------------------------
-- Lines of `text` with more than 100 characters, as "path:line".
local function wide(path, text, into)
  local n = 0
  for line in text:gmatch "([^\n]*)\n" do
    n = n + 1
    if utf8.len(line) > 100 then into[#into + 1] = path .. ":" .. n end
  end
end

-- Words for which docs/glossary.md has a better one.
local replaced = { "strips?", "seams?", "behind", "in front of", "made again" }
local function stale(path, text, into)
  text = " " .. text:lower():gsub("%s+", " ") .. " "
  for _, word in ipairs(replaced) do
    local found = text:match("[^%w_`]" .. word:gsub("s%?", "") .. (word:find "%?" and "s?" or "") .. "[^%w_`]")
    if found then into[#into + 1] = path .. ": " .. found:sub(2, -2) end
  end
end

local function read_all(globs, check)
  local found = {}
  for path in run("git ls-files -co --exclude-standard " .. globs):gmatch "%S+" do check(path, text_of(path), found) end
  return found
end
local too_wide = read_all("'gen/*.[ch]' 'runtime/*.[ch]' 'dsl/*.lua' 'templates/*.c' 'templates/*.cu'", wide)
ok(#too_wide == 0, "lines of C, Lua and templates have at most 100 characters  # " .. table.concat(too_wide, ", "))
local seen = {}
local planted = read_all("'dsl/*.lua' 'templates/*.c' 'templates/*.cu'", function(path, text, into)
  seen[path:match "^%l+/"] = true
  wide(path, text .. ("x"):rep(101) .. "\n", into)
end)
ok(#planted > 30 and seen["templates/"] and seen["dsl/"], "control: a long line in each file of templates and dsl")
local old_words = read_all("'gen/*.[ch]' 'runtime/*.[ch]' 'dsl/*.lua' 'templates/*' README.md HACKING.md CONVENTIONS.md 'docs/[a-fh-z]*.md' docs/gpu.md", stale)
ok(#old_words == 0, "no word that the glossary replaces  # " .. table.concat(old_words, ", "))
local caught = {}
wide("x", ("y"):rep(101) .. "\n" .. ("y"):rep(100) .. "\n", caught)
stale("x", "the halo in front\nof a row", caught)
stale("x", "its halo comes before a row", caught)
ok(#caught == 2, "control: a line of 101 and two words over the end of a line")

-- ---- documentation ------------------------------------------------------------------------------------
local lines = tonumber(run "cat runtime/*.[ch] | wc -l")
local told = text_of("README.md"):match "([%d,]+) lines"
local said = told and tonumber((told:gsub(",", ""))) or 0
ok(math.abs(said - lines) <= 0.05 * lines, ("README says how large the runtime is: %d, it has %d"):format(said, lines))

local language = text_of "docs/language.md"
local function documented(what, names)
  local missing = {}
  for _, name in ipairs(names) do
    if not language:find(name, 1, true) then missing[#missing + 1] = name end
  end
  ok(#names > 0 and #missing == 0, ("docs/language.md has all %d %s  # %s"):format(#names, what, table.concat(missing, ", ")))
end

local function names_in(paths, pattern, prefix)
  local names = {}
  for path in paths:gmatch "%S+" do
    for name in text_of(path):gmatch(pattern) do names[#names + 1] = prefix .. name end
  end
  return names
end
documented("layers", names_in("dsl/nn.lua dsl/layers.lua dsl/transformer.lua", "\nfunction nn%.(%a%w*)", "nn."))
documented("layers made of functions", names_in("dsl/layers.lua", "\n%l+%(\"(%w+)\"", "nn."))
documented("functions", names_in("dsl/fn.lua dsl/loss.lua", "\nfunction fn%.([%a_][%w_]*)", "fn."))
documented("losses of pairs", names_in("dsl/loss.lua", "\n%l+wise%(\"([%l_%d]+)\"", "fn."))
documented("optimizers", names_in("dsl/optim.lua", "\nrecipe%(\"(%w+)\"", "optim."))
documented("schedules", names_in("dsl/schedule.lua", "\nschedule%(\"([%l_]+)\"", "optim."))
documented("schedules made of others", names_in("dsl/schedule.lua", "\nfunction optim%.(%l+)", "optim."))
documented("readers", names_in("dsl/data.lua", "\nfunction data%.(%w+)", "data."))
local options = {}
for k in text_of("dsl/train.lua"):match("local spec = (%b{})"):gmatch "([%a_]+) = " do options[#options + 1] = "`" .. k .. "`" end
documented("options of train", options)
local flags = {}
for name in text_of("gen/front/options.c"):gmatch "\n *{ \"(%-%-[%w-]+)\"" do flags[#flags + 1] = name end
documented("options of gagen", flags)
flags = {}
for name in text_of("runtime/options.c"):gmatch "\n *{ \"([%w-]+)\"" do flags[#flags + 1] = "--" .. name end
documented("options of a program", flags)

-- ---- models in documents are models ---------------------------------------------------------------------
for _, path in ipairs { "README.md", "docs/language.md", "docs/tutorial.md" } do
  local n = 0
  for block in text_of(path):gmatch "```lua\n(.-)```" do
    if block:find "train {" then
      n = n + 1
      local model = os.tmpname()
      local f = assert(io.open(model, "w"))
      f:write(block)
      f:close()
      ok(run("./gagen -t c " .. model .. " 2>&1"):find "int main", ("model %d of %s"):format(n, path))
      os.remove(model)
    end
  end
  ok(n > 0, path .. " shows a model")
end

-- ---- what documents show of the program is in it -----------------------------------------------------------
local program = run "./gagen -t c examples/mnist_mlp.lua"
local function quoted(text)
  local missing = {}
  for block in text:gmatch "```c\n(.-)```" do
    for piece in (block .. "\n"):gmatch "(.-\n)\n" do
      if not program:find(piece, 1, true) then missing[#missing + 1] = piece:match "[^\n]*" end
    end
  end
  return missing
end
for _, path in ipairs { "README.md", "docs/architecture.md" } do
  local text = text_of(path)
  local missing = quoted(text)
  ok(text:find "```c\n" and #missing == 0, ("%s: what it shows of mnist_mlp.c is there  # %s"):format(path, table.concat(missing, ", ")))
end
ok(#quoted "```c\nstatic void nothing(void)\n```" == 1, "control: what is not there is missed")

-- ---- the op that HACKING.md adds --------------------------------------------------------------------------
local place = os.tmpname()
os.remove(place)
run(("mkdir -p %s && cp -r dsl %s"):format(place, place))
local activations = text_of "dsl/ops/activation.lua"
local op = text_of("HACKING.md"):match "```lua\n(map .-)```"
local function shown(more)
  local f = assert(io.open(place .. "/dsl/ops/activation.lua", "w"))
  f:write(activations, more)
  f:close()
  return run(("GAGEN_PATH=%s ./gagen ops %s 2>&1"):format(place, op:match 'name = "(%w+)"'))
end
ok(shown(op):find "\n  dx ", "HACKING.md adds an op: " .. op:match 'name = "(%w+)"')
ok(not shown(""):find "\n  dx " and not shown((op:gsub("gy", "gz"))):find "\n  dx ", "control: which is not there without, nor with a name that means nothing")
run("rm -r " .. place)
tap.finish()
