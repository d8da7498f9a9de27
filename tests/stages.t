#!/usr/bin/env lua5.4
-- stages.t -- the table of stages: docs/architecture.md has the one of gen/main.c, every stage says what it gave, and what
-- verifies a stage changes nothing. BLESS=1 copies what main.c says of each stage into the document.
local tap = dofile "tests/tap.lua"
local ok, run, text_of = tap.ok, tap.try, tap.text_of

-- ---- the two tables ----------------------------------------------------------------------------------
local function of_source(text)
  local list = {}
  for name, gives, times in text:match("Stage table%[%] = (%b{})"):gmatch '{ "([%w_]+)", "([^"]+)", (%u+_?%u*),' do
    list[#list + 1] = { name = name, gives = gives, times = times == "ONCE" and "once" or "each step" }
  end
  return list
end

local function of_document(text)
  local list = {}
  for name, times, files, gives in text:gmatch "\n| ([%w_]+) | (%l+ ?%l*) | ([^|]+) | ([^|\n]+) |%f[\n]" do
    if name ~= "stage" then list[#list + 1] = { name = name, times = times, files = files, gives = gives } end
  end
  return list
end

-- What differs first, or nil.
local function difference(source, document)
  for i = 1, math.max(#source, #document) do
    local a, b = source[i], document[i]
    if not a or not b then return ("row %d is %s"):format(i, (a or b).name) end
    for _, key in ipairs { "name", "gives", "times" } do
      if a[key] ~= b[key] then return ("row %d: '%s' here, '%s' there"):format(i, a[key], b[key]) end
    end
  end
end

local path = "docs/architecture.md"
local main, document = text_of "gen/main.c", text_of(path)
local source = of_source(main)
if os.getenv "BLESS" then
  for _, s in ipairs(source) do
    document = document:gsub("\n| " .. s.name .. " | [^|]+ | ([^|]+) | [^|\n]+ |", function(files)
      return ("\n| %s | %s | %s | %s |"):format(s.name, s.times, files, s.gives)
    end)
  end
  local f = assert(io.open(path, "w"))
  f:write(document)
  f:close()
end
local told = of_document(document)
ok(#source >= 10, #source .. " stages")
local wrong = difference(source, told)
ok(not wrong, path .. " has main.c's table" .. (wrong and "  # " .. wrong or ""))

local names = {}
for i, s in ipairs(source) do names[i] = s.name end
local said = run "./gagen --dump=nothing examples/mnist_mlp.lua"
ok(said:find("the stages are " .. table.concat(names, ", "), 1, true), "gagen names them, in order")

local function changed(list, i, key, value)
  local copy = {}
  for k, s in ipairs(list) do copy[k] = { name = s.name, gives = s.gives, times = s.times } end
  copy[i][key] = value
  return copy
end
ok(difference(source, changed(told, 2, "name", "chekc")), "control: a stage of another name")
ok(difference(source, changed(told, 3, "gives", "a Graph")), "control: one that gives something else")
ok(difference(source, changed(told, 1, "times", "each step")), "control: one that runs for each step")
ok(difference(source, { table.unpack(told, 1, #told - 1) }), "control: one that is missing")
local one_more = main:gsub('{ "check", ', '{ "check_more", "more", ONCE, NULL, NULL, NULL },\n    { "check", ', 1)
ok(difference(of_source(one_more), told), "control: one more in main.c")

-- ---- the files that the table names ----------------------------------------------------------------------
local there = {}
for file in run "git ls-files -co --exclude-standard 'gen/*.c'":gmatch "%S+" do there[file] = true end
local function missing(rows)
  local list = {}
  for _, row in ipairs(rows) do
    local folder = row.files:match "^(%l+)/"
    for file in row.files:gmatch "[%w_]+%.c" do
      if not there[("gen/%s/%s"):format(folder, file)] then list[#list + 1] = file end
    end
  end
  return table.concat(list, " ")
end
ok(missing(told) == "", "the files that it names are there  # " .. missing(told))
ok(missing { { files = "middle/: differentiate.c grad.c" } } == "grad.c", "control: a file that is not there")

-- ---- what each gives ---------------------------------------------------------------------------------------
local model = "tests/golden/one.lua"
for _, target in ipairs { "c", "cuda" } do
  local kinds, all = {}, 0
  for _, name in ipairs(names) do
    local text, good = run(("./gagen -t %s --verify --dump=%s %s"):format(target, name, model))
    ok(good and #text > 100 and not text:find "#include", ("-t %s --dump=%s: %d characters"):format(target, name, #text))
    if not kinds[text] then kinds[text], all = true, all + 1 end
  end
  ok(all >= 6, ("-t %s: %d dumps differ"):format(target, all))
  local text, good = run(("./gagen -t %s --dump=emit %s"):format(target, model))
  ok(not good and text:find "%-%-dump=emit", ("control: -t %s: what is no stage gives nothing"):format(target))
end

-- ---- verified, the programs are the same -------------------------------------------------------------------
for golden in run "ls tests/golden/*.lua":gmatch "%S+" do
  for _, target in ipairs { "c", "cuda" } do
    local text, good = run(("./gagen -t %s --verify %s"):format(target, golden))
    ok(good and text == run(("./gagen -t %s %s"):format(target, golden)), ("-t %s --verify %s"):format(target, golden))
  end
end
tap.finish()
