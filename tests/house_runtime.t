#!/usr/bin/env lua5.4
-- house_runtime.t -- the order of the runtime's files, and the state that it keeps outside of a run.
-- A room is a header with the files whose functions it declares: X.c belongs to X.h, or else to the header that it includes first.
local tap = dofile "tests/tap.lua"
local ok, run, text_of = tap.ok, tap.run, tap.text_of

-- Mutable objects that outlive a run, and why.
local state = {
  gg_stop = "train.c: a signal handler reaches nothing else",
  gg_message = "base.c: the text that gg_error() returns, also where no run is open",
  gg_status = "base.c: what gg_fail leaves for the call of library.h that it ends",
  gg_trap = "base.c: where gg_fail goes instead of exiting",
  gg_opened = "library.c: the open runs; library.h knows a run by its program",
  gg_misses = "team.c: a thread's own waits, which only it reads",
  gg_shy = "team.c: the same",
}
-- gagen_cuda.h is part of one program, and its state is the program's.
local device = { gg_stream = true, gg_cuda = true, gg_products = true, gg_graphs = true, gg_spans = true, gg_spent = true, gg_span = true }

-- ---- graphs ---------------------------------------------------------------------------------------------
local function names(set)
  local list = {}
  for name in pairs(set) do list[#list + 1] = name end
  table.sort(list)
  return list
end

-- A cycle as text, or nil; graph[a][b]: a uses b.
local function cycle(graph)
  local done, path = {}, {}
  local function walk(a)
    for i, b in ipairs(path) do
      if a == b then return table.concat(path, " -> ", i) .. " -> " .. a end
    end
    if done[a] then return end
    path[#path + 1] = a
    for _, b in ipairs(names(graph[a] or {})) do
      local found = walk(b)
      if found then return found end
    end
    path[#path], done[a] = nil, true
  end
  for _, a in ipairs(names(graph)) do
    local found = walk(a)
    if found then return found end
  end
end

local function reaches(graph, from, to)
  local seen = {}
  local function walk(a)
    if a == to then return true end
    if seen[a] then return false end
    seen[a] = true
    for b in pairs(graph[a] or {}) do
      if walk(b) then return true end
    end
    return false
  end
  return walk(from)
end

local function join(graph, a, b)
  graph[a] = graph[a] or {}
  if a ~= b then graph[a][b] = true end
end

-- ---- what includes say ------------------------------------------------------------------------------------
-- The rooms by file, and which room includes which.
local function rooms(dir)
  local room, graph, includes = {}, {}, {}
  for path in run("ls " .. dir .. "/*.[ch]"):gmatch "%S+" do
    local file = path:match "[^/]+$"
    includes[file] = {}
    for name in text_of(path):gmatch "\n#include \"([%w_]+)%.h\"" do table.insert(includes[file], name) end
  end
  for file, list in pairs(includes) do
    local stem = file:match "^[%w_]+"
    room[file] = includes[stem .. ".h"] and stem or list[1]
  end
  for file, list in pairs(includes) do
    for _, name in ipairs(list) do
      if includes[name .. ".h"] then join(graph, room[file], name) end
    end
  end
  return room, graph
end

-- ---- what objects say ---------------------------------------------------------------------------------------
-- The object files of these sources: those in `planted`, or else the runtime's.
local function objects(planted)
  local list = {}
  for path in run "ls runtime/*.c":gmatch "%S+" do
    local stem = path:match "([%w_]+)%.c$"
    list[stem] = planted and planted[stem] or "build/float/" .. stem .. ".o"
  end
  return list
end

-- Which file uses which other file's functions and objects; and who defines a name.
local function calls(list)
  local graph, at, uses = {}, {}, {}
  for stem, path in pairs(list) do
    uses[stem] = {}
    for kind, name in run("nm " .. path):gmatch " (%a) ([%w_]+)" do
      if kind == "U" then table.insert(uses[stem], name)
      elseif kind:find "[TDBRC]" then at[name] = stem end
    end
  end
  for stem, used in pairs(uses) do
    graph[stem] = {}
    for _, name in ipairs(used) do
      if at[name] then join(graph, stem, at[name]) end
    end
  end
  return graph
end

-- A call to a function of a room that the caller does not include, as text, or nil.
local function unsaid(graph, room, includes)
  for _, a in ipairs(names(graph)) do
    for _, b in ipairs(names(graph[a])) do
      if not reaches(includes, room[a .. ".c"], room[b .. ".c"]) then return a .. ".c calls " .. b .. ".c" end
    end
  end
end

-- Names of the mutable objects, beside those in `known`; and those of `known` that are none.
local function strange(found, known)
  local list = {}
  for _, name in ipairs(names(found)) do
    if not known[name] then list[#list + 1] = name end
  end
  for _, name in ipairs(names(known)) do
    if not found[name] then list[#list + 1] = "no " .. name end
  end
  return table.concat(list, ", ")
end

local function mutable(list)
  local found = {}
  for _, path in pairs(list) do
    for section, name in run("objdump -t " .. path):gmatch "\n%x+ ....... (%S+)%s+%x+%s+([%a_][%w_]*)" do
      local kind = section:match "^%.%a+" or section
      local mutable = kind == ".data" or kind == ".bss" or kind == ".tdata" or kind == ".tbss" or section == "*COM*"
      if mutable and not section:find "^%.data%.rel%.ro" then found[name] = true end
    end
  end
  return found
end

-- Of a header: objects that are not constant, at file level or in functions.
local function mutable_in(text)
  local found = {}
  for line in text:gmatch "[^\n]+" do
    local declared = line:match "^%s*static ([^%(]*)[;=]" or line:match "^%s*static ([^%(]*%b<>[^%(]*)[;=]"
    if declared and not declared:find "const" then found[declared:gsub("%b[]", ""):match "([%w_]+)%s*[=;]?%s*$" or declared] = true end
  end
  for name in text:gmatch "\nstatic struct {.-\n} ([%w_]+);" do found[name] = true end
  return found
end

-- ---- facts ----------------------------------------------------------------------------------------------------
local work = os.tmpname()
os.remove(work)
assert(os.execute("mkdir " .. work .. " && cp runtime/*.[ch] " .. work))

local function plant(file, text)
  local f = assert(io.open(work .. "/" .. file, "a"))
  f:write(text)
  f:close()
end

local function compiled(stem, text)
  plant(stem .. ".c", text)
  local path = work .. "/" .. stem .. ".o"
  assert(os.execute(("${CC:-gcc} -std=gnu11 -O1 -c -o %s %s/%s.c"):format(path, work, stem)))
  return objects { [stem] = path }
end

local room, includes = rooms "runtime"
local graph = calls(objects())
local edges = 0
for _, uses in pairs(graph) do edges = edges + #names(uses) end
local found = cycle(includes)
ok(#names(includes) > 20 and not found, ("%d rooms include one another in one direction  # %s"):format(#names(includes), found or ""))
found = cycle(graph)
ok(edges > 100 and not found, ("%d files call one another in one direction  # %s"):format(#names(graph), found or ""))
found = unsaid(graph, room, includes)
ok(not found, "a file includes the header of what it calls  # " .. (found or ""))
found = strange(mutable(objects()), state)
ok(found == "", "the runtime's state outside of a run is what this file names  # " .. found)

found = ""
for path in run "ls runtime/*.h":gmatch "%S+" do
  found = found .. strange(mutable_in(text_of(path)), path:find "gagen_cuda.h" and device or {})
end
ok(found == "", "headers declare no state but gagen_cuda.h, which is a program's own  # " .. found)

local public = {}
local function close(name)
  if public[name] then return end
  public[name] = true
  for other in text_of("runtime/" .. name):gmatch "\n#include \"([%w_]+%.h)\"" do
    if io.open("runtime/" .. other) then close(other) end
  end
end
for _, name in ipairs { "gagen.h", "gagen_cuda.h", "library.h" } do close(name) end
local installed = {}
for name in text_of("Makefile"):match "\nHEADERS[^,]*,([^%)]*)%)":gmatch "%S+" do installed[name] = true end
found = strange(installed, public)
ok(found == "", "make install copies the headers that programs include, and no others  # " .. found)

-- ---- controls ---------------------------------------------------------------------------------------------------
plant("column.h", "\n#include \"window.h\"\n")
local _, planted = rooms(work)
ok(cycle(planted), "control: column.h includes window.h: " .. tostring(cycle(planted)))
local object = compiled("column", "\n#include \"table.h\"\nvoid gg_planted(Table *d);\nvoid gg_planted(Table *d) { gg_table_bind(d); gg_table_grow(d, 0, 1); }\n")
ok(cycle(calls(object)), "control: column.c calls table.c: " .. tostring(cycle(calls(object))))
object = compiled("json", "\nlong gg_cores(void);\nlong gg_planted(void);\nlong gg_planted(void) { return gg_cores(); }\n")
found = unsaid(calls(object), room, includes)
ok(found and found:find "json.c calls team.c", "control: a call without an include: " .. tostring(found))
object = compiled("base", "\nint gg_planted(void);\nint gg_planted(void) { static int planted; return planted++; }\n")
found = strange(mutable(object), state)
ok(found == "planted", "control: a static in a function: " .. found)
plant("gagen_cuda.h", "\nstatic long planted[2];\n")
ok(strange(mutable_in(text_of(work .. "/gagen_cuda.h")), device) == "planted", "control: a static in a header")
ok(strange({ ["team.h"] = true }, { ["team.h"] = true, ["real.h"] = true }) == "no real.h", "control: a header that is not installed")
os.execute("rm -rf " .. work)
tap.finish()
