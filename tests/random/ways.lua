-- ways.lua -- ways to run a random net (recipe.lua), and what is wrong with what it computes.
--   local ways = dofile "tests/random/ways.lua"
--   ways.exact(r)           nil, or what is wrong: the net in C, double, not optimized, whose output all others are held to
--   ways.run[NAME](r)       nil, or what is wrong; "gcc-float" ... "cuda", "torch", "split", "pieces", "trees"
-- PLANT is a script for sed that damages the program of a way, as controls do; OPTIMIZE stands for -O3.
local recipe = dofile "tests/random/recipe.lua"
local ways = { run = {}, doubtful = 0 }
local dir = os.getenv "WORK" or "build/tests/random"
local plant, optimize = os.getenv "PLANT", os.getenv "OPTIMIZE" or "-O3"
local gcc = os.getenv "CC" or "gcc"

local function sh(command, ...) return (os.execute(command:format(...))) end
local function said(command, ...)
  local f = assert(io.popen(command:format(...)))
  local s = f:read "a"
  f:close()
  return s
end
local function exists(path)
  local f = io.open(path)
  return f and f:close()
end

sh("mkdir -p %s", dir)
local zlib = said("echo '#include <zlib.h>' | %s -E - > /dev/null 2>&1 && echo -lz", gcc):gsub("\n", "")
local v3 = sh "grep -qsw avx2 /proc/cpuinfo" and "x86-64-v3" or "native"

-- The first line of what a command that failed has said.
local function first_line(path)
  for line in io.lines(path) do
    if line:find "error" or line:find "BUG" or line:find "probe" or line:find "Sanitizer" then return line end
  end
  return "no word"
end

-- net.c or net.cu; nil, or what gagen says
local function generated(r, extension, options)
  if sh("./gagen --verify --library %s -D recipe='%s' -o %s/net.%s tests/random/net.lua 2> %s/said", options or "", recipe.text(r), dir, extension, dir) then return end
  return "gagen: " .. first_line(dir .. "/said")
end

-- The program that `generated` has left, with what is planted there.
local function planted(extension)
  sh("sed '%s' %s/net.%s > %s/other.%s", plant or "", dir, extension, dir, extension)
  return ("%s/other.%s"):format(dir, extension)
end

local function library(double) return double and "gagen_double" or "gagen" end
local function linked(double) return ("-L. -l%s %s -lm -lpthread"):format(library(double), zlib) end
local function probe(double) return ("build/tests/probe_%s.o -Wl,--defsym=gagen_PROGRAM=gagen_net"):format(library(double)) end

local function compiled(path, name, compiler, flags, double)
  return sh("%s -std=gnu11 %s %s -Iruntime -o %s/%s %s %s %s 2> %s/said", compiler, flags, double and "-DGAGEN_DOUBLE" or "", dir, name, probe(double), path, linked(double), dir)
end

-- The program and its driver, of net.c, as NAME: exact or oracle.
local function plain(name, ...)
  return sh("%s -o %s/%s %s/net.o %s -Wl,--defsym=gagen_PROGRAM=gagen_net %s 2> %s/said", gcc, dir, name, dir, table.concat({ ... }, " "), linked(true), dir)
end

-- What NAME says of the recipe, in NAME.out. Of two steps the weights tell enough.
local function ran(r, name, weights, to)
  local at = (r.two or r.optim:find "accumulate_in") and "" or "1 " .. r.updates
  local windows = r.two and 2 * r.updates or r.updates
  return sh("%s/%s hashed=%d %s 1 %d %s > %s/%s.out 2> %s/said", dir, name, r.rows, weights or "hashed", windows, at, dir, to or name, dir)
end

local bounds = { double = "--floor 1e-3 --loss 1e-9 --gradient 1e-9 --tensor 1e-8 --weight 1e-9", float = "--floor 1e-3 --loss 2e-5 --gradient 2e-5 --tensor 1e-3 --weight 2e-5" }

-- nil where two outputs agree, else the first line of how far they are apart
local function apart(r, got, want, bound)
  local losses = r.two and "--updates 0" or ""
  if sh("lua5.4 tests/compare.lua %s/%s.out %s/%s.out %s %s > %s/compared", dir, got, dir, want, bound, losses, dir) then return end
  for line in io.lines(dir .. "/compared") do
    if line:find "^over" then return line:sub(6) end
  end
  return "no numbers"
end

-- Whether weights that differ by 2^-22 make as large a difference: then float cannot tell.
local function sensitive(r)
  for nudge = 1, 4 do
    if not ran(r, "exact", "nudged=" .. nudge, "nudged") or apart(r, "nudged", "exact", bounds.float) then return true end
  end
end

local function compared(r, name, double)
  local wrong = apart(r, name, "exact", double and bounds.double or bounds.float)
  if wrong and not double and sensitive(r) then
    ways.doubtful = ways.doubtful + 1
    return
  end
  return wrong and "differs: " .. wrong
end

local function whole(r, name, built, double)
  if not built then return "does not compile: " .. first_line(dir .. "/said") end
  if not ran(r, name) then return "does not run: " .. first_line(dir .. "/said") end
  return double == nil and nil or compared(r, name, double)
end

function ways.exact(r)
  local wrong = generated(r, "c")
  if wrong then return wrong end
  local built = sh("%s -std=gnu11 -O0 -DGAGEN_DOUBLE -Iruntime -c -o %s/net.o %s/net.c 2> %s/said", gcc, dir, dir, dir)
  return whole(r, "exact", built and plain("exact", "build/tests/probe_gagen_double.o"))
end

local function in_c(compiler, machine, double)
  return function(r)
    if not sh("command -v %s > /dev/null", compiler) then return end
    return whole(r, "other", compiled(planted "c", "other", compiler, optimize .. " -march=" .. machine, double), double)
  end
end
ways.run["gcc-float"], ways.run["clang-float"] = in_c("gcc", "native", false), in_c("clang", "native", false)
ways.run["gcc-v3-float"], ways.run["clang-v3-float"] = in_c("gcc", v3, false), in_c("clang", v3, false)
ways.run["gcc-double"], ways.run["clang-double"] = in_c("gcc", v3, true), in_c("clang", "native", true)

-- ---- the trees of its kernels, in the interpreter ------------------------------------------------------------------
local oracle
local function oracle_objects()
  local list = {}
  for name, flags in pairs { interpret = "-Igen", oracle = "-Igen", oracle_program = "-DGAGEN_DOUBLE -Iruntime" } do
    list[#list + 1] = ("%s/%s.o"):format(dir, name)
    assert(sh("%s -std=gnu11 -O1 %s -Itests -c -o %s/%s.o tests/%s.c", gcc, flags, dir, name, name))
  end
  local lua, gen = said "make -s print-lua", said "find build/gen -name '*.o' ! -path build/gen/main.o"
  return table.concat(list, " ") .. " " .. (gen .. lua):gsub("\n", " ") .. " -ldl"
end

-- One window, its units in three orders. BREAK is a way to break the trees that tests/oracle.c knows.
function ways.run.trees(r)
  oracle = oracle or oracle_objects()
  if not plain("oracle", oracle) then return "does not compile: " .. first_line(dir .. "/said") end
  local good = sh("%s/oracle hashed=%d hashed %s --library -t c -D recipe='%s' tests/random/net.lua > %s/trees.out 2> %s/said",
    dir, r.rows, os.getenv "BREAK" or "nothing", recipe.text(r), dir, dir)
  return not good and "differs: " .. (said("grep ^broken %s/trees.out", dir):match "[^\n]+" or first_line(dir .. "/said")) or nil
end

-- In CUDA under the emulator, in double.
function ways.run.cuda(r)
  if r.deterministic then return end
  local wrong = generated(r, "cu")
  if wrong then return wrong end
  local built = sh(". tests/cuda/emu.sh; EMU_CFLAGS=-DGAGEN_DOUBLE emu_build %s/other %s %s %s 2> %s/said", dir, planted "cu", probe(true), linked(true), dir)
  return whole(r, "other", built, true)
end

-- deterministic = "split": the same bits of gradients and weights where the window is one micro-batch
function ways.run.split(r)
  if r.deterministic ~= "split" then return end
  local wrong = generated(r, "c", ("-D micro_batch=%d -D batch=%d -D accumulate=%d"):format(r.micro * r.accumulate, r.micro * r.accumulate, 1))
    or whole(r, "other", compiled(planted "c", "other", gcc, "-O0", true))
  if wrong then return wrong end
  for _, name in ipairs { "exact", "other" } do sh("grep -v ^loss %s/%s.out > %s/%s.bits", dir, name, dir, name) end
  return not sh("cmp -s %s/exact.bits %s/other.bits", dir, dir) and "differs in bits" or nil
end

-- Large products in pieces, where the net has a head.
function ways.run.pieces(r)
  if r.deterministic then return end
  local wrong = generated(r, "c", "-D head_pieces=3")
  if wrong or not sh("grep -q 'pieces of up to' %s/net.c", dir) then return wrong end
  return whole(r, "other", compiled(planted "c", "other", gcc, "-O0", true), true)
end

-- ---- PyTorch: one process for all recipes, that reads them line by line ---------------------------------------------
local python
for _, name in ipairs { os.getenv "PYTHON" or "python3" } do
  if sh("%s -c 'import torch, numpy' 2> /dev/null", name) then python = name end
end
ways.torch = python ~= nil
local pipe

local function ask(r)
  pipe = pipe or assert(io.popen(python .. " tests/reference/random_nets.py", "w"))
  sh("rm -f %s/torch.out", dir)
  pipe:write(dir, "/torch.out ", recipe.text(r), "\n")
  pipe:flush()
  for _ = 1, 600 do
    if exists(dir .. "/torch.out") then return true end
    sh "sleep 0.05"
  end
end

function ways.run.torch(r)
  for _, s in ipairs(r.steps) do
    if s.op == "dropout" then return end        -- its noise is not PyTorch's
  end
  if not ask(r) then return "PyTorch does not answer" end
  local wrong = apart(r, "torch", "exact", bounds.double)
  return wrong and "differs: " .. wrong
end

return ways
