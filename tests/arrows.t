#!/usr/bin/env lua5.4
-- arrows.t -- the order of gen/: which folder may use which, no circle of files, no state that outlives a call, files of one
-- idea, targets named in one place. Each rule is a function over a list of files, and each is tried on a list that breaks it.
local tap = dofile "tests/tap.lua"
local ok, run = tap.ok, tap.run

-- ---- what is known of a file: { path =, lines =, includes = { path }, code = text without comments,
--      defines = { symbol = true }, uses = { symbol = true }, state = { name } } ----------------------
local function read_source(path)
  local text = tap.text_of(path)
  local file = { path = path, includes = {}, defines = {}, uses = {}, state = {} }
  for name in ("\n" .. text):gmatch '\n#include "([^"]+)"' do file.includes[#file.includes + 1] = "gen/" .. name end
  file.lines = select(2, text:gsub("\n", ""))
  file.code = text:gsub("/%*.-%*/", "")
  return file
end

-- What the compiler made of it. A constant with addresses in it stands in .data.rel.ro, so .data and .bss hold what changes.
local function read_object(file, object)
  for line in run("objdump -t " .. object):gmatch "[^\n]+" do
    local flags, section, name = line:match "^%x+ (.......) (%S+)%s+%x+%s+([%w_.]+)$"
    if section == "*UND*" then
      file.uses[name] = true
    elseif name and flags:find "g" then
      file.defines[name] = true
    end
    local changes = section and (section:find "^%.bss" or section:find "^%.data") and not section:find "^%.data%.rel%.ro"
    if changes and flags:find "O" then file.state[#file.state + 1] = name:gsub("%.%d+$", "") end
  end
end

local function read_all()
  local files = {}
  for path in run "git ls-files -co --exclude-standard 'gen/*.[ch]'":gmatch "%S+" do
    local file = read_source(path)
    local object = "build/" .. path:gsub("c$", "o")
    if path:find "%.c$" and path ~= "gen/base/embed.c" then read_object(file, object) end
    files[#files + 1] = file
  end
  return files
end

-- ---- folders -----------------------------------------------------------------------------------------
local may_use = {
  ["gen/base"] = {},
  ["gen/ir"] = { "gen/base" },
  ["gen/front"] = { "gen/ir", "gen/base" },
  ["gen/middle"] = { "gen/ir", "gen/base" },
  ["gen/lower"] = { "gen/ir", "gen/base" },
  ["gen/back"] = { "gen/ir", "gen/base" },
  ["gen/back/c"] = { "gen/back", "gen/ir", "gen/base" },
  ["gen/back/cuda"] = { "gen/back", "gen/ir", "gen/base" },
  ["gen/tools"] = { "gen/ir", "gen/base" },
}

local function folder(path) return (path:match "^(.*)/") end

local function is_in(list, x)
  for _, y in ipairs(list) do
    if x == y then return true end
  end
  return false
end

local function wrong_arrows(files)
  local wrong = {}
  for _, file in ipairs(files) do
    local from = folder(file.path)
    for _, other in ipairs(file.includes) do
      local to = folder(other)
      local good = from == "gen" or from == to or (may_use[from] and is_in(may_use[from], to))
      if not good then wrong[#wrong + 1] = file.path .. " includes " .. other end
    end
  end
  return wrong
end

-- ---- circles: A depends on B where A includes B, or uses a function or a variable that B defines -----------
local function arrows_of(files)
  local definer, arrows = {}, {}
  for _, file in ipairs(files) do
    for name in pairs(file.defines) do definer[name] = file.path end
  end
  for _, file in ipairs(files) do
    local to = {}
    for _, path in ipairs(file.includes) do to[path] = path end
    for name in pairs(file.uses) do
      if definer[name] then to[definer[name]] = name end
    end
    arrows[file.path] = to
  end
  return arrows
end

-- The paths that `from` leads to.
local function reached(arrows, from)
  local seen, list = {}, { from }
  while #list > 0 do
    for path in pairs(arrows[table.remove(list)] or {}) do
      if not seen[path] then seen[path], list[#list + 1] = true, path end
    end
  end
  return seen
end

-- "a.c -> b.c (function)" for each arrow that a circle has.
local function circles(files)
  local arrows, leads, found = arrows_of(files), {}, {}
  for path in pairs(arrows) do leads[path] = reached(arrows, path) end
  for from, to in pairs(arrows) do
    for path, name in pairs(to) do
      local circle = path ~= from and leads[path] and leads[path][from]
      if circle then found[#found + 1] = ("%s -> %s (%s)"):format(from, path, name) end
    end
  end
  table.sort(found)
  return found
end

-- ---- state, lengths, names ------------------------------------------------------------------------------------
local function states(files, allowed)
  local found = {}
  for _, file in ipairs(files) do
    for _, name in ipairs(file.state) do
      if not is_in(allowed[file.path] or {}, name) then found[#found + 1] = file.path .. ": " .. name end
    end
  end
  return found
end

local function long_files(files)
  local found = {}
  for _, file in ipairs(files) do
    if file.lines > 500 then found[#found + 1] = ("%s: %d"):format(file.path, file.lines) end
  end
  return found
end

-- ident.c knows how names begin that CUDA's headers take.
local function names_a_target(file)
  return file.code:find "%f[%w_]target_cu?d?a?%f[^%w_]" or (file.path ~= "gen/ir/ident.c" and file.code:find '"cuda"')
end

-- The pipeline chooses a target, options name it, and it is described in its own folder of back/.
local function target_names(files)
  local found, may = {}, { "gen/main.c", "gen/front/options.c", "gen/ir/target.h" }
  for _, file in ipairs(files) do
    if not is_in(may, file.path) and not file.path:find "^gen/back/%l+/" and names_a_target(file) then found[#found + 1] = file.path end
  end
  return found
end

-- ---- variables that outlive a call, each with its reason --------------------------------------------------------
local state = {
  ["gen/base/memory.c"] = { "next", "left" },                    -- the allocator: memory lives until exit
  ["gen/base/diag.c"] = { "trying", "sources", "errors" },       -- errors are counted, whoever finds them
  ["gen/front/host.c"] = { "signal_file", "signal_line" },       -- a signal's handler finds them
}

-- ---- the rules hold ----------------------------------------------------------------------------------------------
local function none(found, what) ok(#found == 0, what .. (#found > 0 and "  # " .. table.concat(found, "; ") or "")) end

local files, symbols, empty = read_all(), 0, {}
for _, file in ipairs(files) do
  if file.path:find "%.c$" and file.path ~= "gen/base/embed.c" and not next(file.defines) then empty[#empty + 1] = file.path end
  for _ in pairs(file.uses) do symbols = symbols + 1 end
end
-- What that list holds without need.
for path, names in pairs(state) do
  for _, name in ipairs(names) do
    local needed = false
    for _, file in ipairs(files) do needed = needed or (file.path == path and is_in(file.state, name)) end
    if not needed then print(("# %s: %s need not be excepted any more"):format(path, name)) end
  end
end
ok(#files > 80 and symbols > 1000, ("%d files of gen/, which use %d symbols"):format(#files, symbols))
none(empty, "the compiler made something of each")
none(wrong_arrows(files), "base <- ir <- front, middle, lower, back, tools; back <- back/c, back/cuda; no other folder is included")
none(circles(files), "no file depends on one that depends on it")
none(states(files, state), "no variable outlives a call, but those that are named here")
local texts = { table.unpack(files) }
for path in run "git ls-files -co --exclude-standard 'dsl/*.lua'":gmatch "%S+" do texts[#texts + 1] = read_source(path) end
ok(#texts > #files + 20, ("%d files of dsl/"):format(#texts - #files))
none(long_files(texts), "no file of gen/ or dsl/ has more than 500 lines")
none(target_names(files), "targets are named by the pipeline, the options and themselves")

-- ---- and each is broken by a list that breaks it -------------------------------------------------------------------
local function file_of(path, with)
  local file = { path = path, lines = 10, includes = {}, code = "", defines = {}, uses = {}, state = {} }
  for key, value in pairs(with or {}) do file[key] = value end
  return file
end

local function one(found, path, what) ok(#found == 1 and found[1]:find(path, 1, true), "control: " .. what) end

local planted = {
  { "gen/ir/a.h", "gen/lower/b.h", "ir does not include a stage" },
  { "gen/middle/a.c", "gen/lower/b.h", "a stage does not include another one's headers" },
  { "gen/back/a.c", "gen/back/c/b.h", "back does not include a target's headers" },
  { "gen/back/cuda/a.c", "gen/back/c/b.h", "nor a target another one's" },
}
for _, p in ipairs(planted) do
  one(wrong_arrows { file_of("gen/main.c", { includes = { p[2] } }), file_of(p[1], { includes = { p[2] } }) }, p[1], p[3])
end
local by_calls = {
  file_of("gen/a.c", { defines = { f = true }, uses = { g = true } }),
  file_of("gen/b.c", { defines = { g = true }, uses = { h = true } }),
  file_of("gen/c.c", { defines = { h = true }, uses = { f = true } }),
  file_of("gen/d.c", { uses = { f = true, printf = true } }),
}
ok(#circles(by_calls) == 3, "control: a circle of three files, each calls the next")
by_calls[3].uses = {}
ok(#circles(by_calls) == 0, "control: and is none where one calls no more")
local by_includes = { file_of("gen/a.h", { includes = { "gen/b.h" } }), file_of("gen/b.h", { includes = { "gen/a.h" } }) }
ok(#circles(by_includes) == 2, "control: headers that include each other")
one(states({ file_of("gen/a.c", { state = { "known", "count" } }) }, { ["gen/a.c"] = { "known" } }), "gen/a.c: count", "a variable that is not named here")
one(long_files { file_of("gen/a.c", { lines = 500 }), file_of("gen/b.c", { lines = 501 }) }, "gen/b.c: 501", "a file of 501 lines")
for _, code in ipairs { "if (o->target == &target_cuda) f();", "return &target_c;", 'strcmp(name, "cuda")' } do
  one(target_names { file_of("gen/main.c", { code = code }), file_of("gen/back/c/a.c", { code = code }), file_of("gen/back/a.c", { code = code }) },
    "gen/back/a.c", code)
end

-- What is read of a file is what stands in it.
local place = os.tmpname()
local function written(text)
  local f = assert(io.open(place .. ".c", "w"))
  f:write(text)
  f:close()
  local file = read_source(place .. ".c")
  assert(os.execute(("cc -std=gnu11 -O2 -c -o %s.o %s.c"):format(place, place)))
  read_object(file, place .. ".o")
  return file
end
local probe = written [[
extern int other(const char *s);
/* target_cuda */
static const char *const words[] = { "a", "b" };
static int count;
static int *where = &count;
const char *const shared[] = { "c" };
int probe(int i) { static int calls = 3; calls += other(words[i & 1]); count += calls; return *where; }
void move(int *to) { where = to; }
]]
table.sort(probe.state)
ok(table.concat(probe.state, " ") == "calls count where", "control: variables of a compiled file are found, constants are none: " .. table.concat(probe.state, " "))
ok(probe.uses.other and probe.defines.probe and probe.defines.shared and not probe.defines.words, "control: what it defines and uses")
ok(not names_a_target(probe), "control: a comment names no target")
for _, name in ipairs { "", ".c", ".o" } do os.remove(place .. name) end
tap.finish()
