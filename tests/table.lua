-- table.lua -- which test holds each of the 55 cases: the table of docs/cases.md against the facts of tests/*.t, *.sh and long/*.t.
--   lua5.4 tests/table.lua FILE...            TAP; FILEs are the tests
--   lua5.4 tests/table.lua --bless FILE...    writes the table's last two columns
-- A fact of case N is a string that begins with "N. ", "N, M. " or "control: N. ". It holds for both targets where it says $target, as
-- in a loop over them, or stands in a *.sh, which both read; for CUDA where it says so or the file is named cuda_*; for C otherwise.
local suite = 53                        -- the mutations, which are controls themselves
local doc, bless = "docs/cases.md", arg[1] == "--bless"

local function text_of(path)
  local f = assert(io.open(path))
  local text = f:read "a"
  f:close()
  return text
end

local function targets(path, fact)
  if path:find "/cuda_" then return { "cuda" } end
  if fact:find "%$target" or path:find "%.sh$" then return { "c", "cuda" } end
  return { fact:find "CUDA" and "cuda" or "c" }
end

local holds, controls = { c = {}, cuda = {} }, {}      -- the files, by target and case; whether there is a control
for i = bless and 2 or 1, #arg do
  local path, text = arg[i], text_of(arg[i])
  local name = path:gsub("^tests/", "")
  for line in text:gmatch "[^\n]+" do
    for control, list, fact in line:gmatch '"([control: ]*)(%d[%d, ]*)%.%d? ([^"]+)' do
      control = control ~= "" or line:find '^%s*no "'
      for n in list:gmatch "%d+" do
        if control then controls[tonumber(n)] = true end
        for _, target in ipairs(targets(path, fact)) do
          local at = holds[target][tonumber(n)] or {}
          holds[target][tonumber(n)] = at
          if at[#at] ~= name then at[#at + 1] = name end
        end
      end
    end
  end
end

local function list(target, n)
  local at = holds[target][n]
  return at and table.concat(at, ", ") or ""
end

-- every file that the table names is there
local function within(names, all)
  for name in names:gmatch "[^, ]+" do
    if not (", " .. all .. ","):find(", " .. name .. ",", 1, true) then return false end
  end
  return true
end

local out, seen, count, failed = {}, {}, 0, false
local function tell(good, what, todo)
  count = count + 1
  failed = failed or not (good or todo)
  print(("%s %d - %s%s"):format(good and "ok" or "not ok", count, what, todo and " # TODO " .. todo or ""))
end

for line in (text_of(doc)):gmatch "([^\n]*)\n" do
  local n, what, c, cuda = line:match "^| (%d+) | ([^|]*) | ([^|]*) | ([^|]*) |$"
  if n then
    n = tonumber(n)
    seen[n] = true
    local todo = c:match "to do: (.*)"
    local want_c, want_cuda = list("c", n), list("cuda", n)
    if bless then
      if want_c .. want_cuda == "" then want_c = "to do: " .. (todo or "no test yet") end
      line = ("| %d | %s | %s | %s |"):format(n, what, want_c, want_cuda)
    else
      local held = want_c .. want_cuda ~= ""
      local as_told = todo or (within(c, want_c) and within(cuda, want_cuda))
      tell(held and as_told, ("case %d, %s: C %s, CUDA %s"):format(n, what, want_c, want_cuda), not held and todo)
      if held and (c ~= want_c or cuda ~= want_cuda) then print("# docs/cases.md says: " .. c .. " | " .. cuda .. "; BLESS=1 prove tests/table.t") end
      if held and n ~= suite then tell(controls[n], ("case %d has a control"):format(n)) end
    end
  end
  out[#out + 1] = line
end
if bless then
  local f = assert(io.open(doc, "w"))
  f:write(table.concat(out, "\n"), "\n")
  f:close()
  os.exit(true)
end
local missing = 0
for n = 1, 55 do missing = missing + (seen[n] and 0 or 1) end
tell(missing == 0, "docs/cases.md has all 55 cases")
print("1.." .. count)
os.exit(not failed)
