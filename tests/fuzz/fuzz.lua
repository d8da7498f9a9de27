-- fuzz.lua KIND SEED COUNT [SECONDS] -- runs mutants of good inputs and tells, as TAP, whether one crashes, hangs, makes a sanitizer
-- speak, ends with another status than it may, or leaves half a file. KIND: models, readers, checkpoints, logs. COUNT mutants, or as
-- many as SECONDS allow where COUNT is 0. What fails is kept, made smaller, in build/fuzz/found. GAGEN, READ and MLP are the programs,
-- build/fuzz/... unless told: a test plants a bug there.
package.path = "tests/fuzz/?.lua;tests/?.lua;" .. package.path
local mutate = require "mutate"
local kind, seed, count, seconds = arg[1], tonumber(arg[2]), tonumber(arg[3]), tonumber(arg[4] or 0)
local base = os.getenv "FUZZ" or "build/fuzz"
local dir = ("%s/%s.%d"):format(base, kind, seed)
local found = base .. "/found"
local function program(name) return os.getenv(name:upper()) or "build/fuzz/" .. name end
os.execute(("rm -rf %s && mkdir -p %s/data %s"):format(dir, dir, found))

local function read(path)
  local f = io.open(path, "rb")
  if not f then return nil end
  local s = f:read "a"
  f:close()
  return s
end

local function write(path, s)
  local f = assert(io.open(path, "wb"))
  f:write(s)
  f:close()
end

local function lines(command)
  local list, f = {}, assert(io.popen(command))
  for line in f:lines() do list[#list + 1] = line end
  f:close()
  return list
end

-- ---- running -----------------------------------------------------------------------------------------------
local limits = "ulimit -t ${LIMIT:-60} 2> /dev/null; ASAN_OPTIONS=quarantine_size_mb=16:detect_leaks=0:allocator_may_return_null=1:exitcode=99 UBSAN_OPTIONS=exitcode=99 "
local out, err = dir .. "/out", dir .. "/err"

-- The status, and what was said. A signal is 128 and more; a limit of CPU time is one.
local function run(command)
  local _, how, status = os.execute(("{ %stimeout -k 1 300 %s; } > %s 2> %s < /dev/null"):format(limits, command, out, err))
  return how == "signal" and 128 + status or status, read(err) or ""
end

-- What is wrong with how it ended, or nil; `may` lists the good statuses.
local function judge(status, said, may)
  if said:find "Sanitizer" or said:find "runtime error:" then return "a sanitizer: " .. (said:match "ERROR: ([^\n]*)" or said:match "[^\n]*runtime error:[^\n]*" or "") end
  if status == 137 or status == 152 or status == 124 then return "it hangs" end
  if status > 128 or status == 99 then return "it crashes: " .. status end
  if not may:find(("%d"):format(status), 1, true) then return "it exits " .. status end
  if said:find "^BUG" or said:find "\nBUG" or said:find "gagen: BUG" or said:find "Assertion" then return "it says " .. said:sub(1, 80) end
  if status ~= 0 and not said:find "error: " and not said:find "^gagen: " then return "it fails without a word" end
end

-- ---- the kinds: inputs, mutants, and what holds for each ----------------------------------------------------
local kinds = {}

local function pool_of(patterns)
  local list = {}
  for _, path in ipairs(lines("ls " .. patterns)) do
    local text = read(path)
    if #text < 8000 then list[#list + 1] = text end
  end
  return list
end

local ways = { "-t c", "-t c", "-t cuda", "-t cuda", "-t c --library", "-t c --standalone", "plan", "--dump=read_model", "--dump=lower", "-t c --no-reuse" }
kinds.models = {
  name = "model.lua",
  pool = function() return { pool_of "tests/models/*.lua tests/golden/*.lua examples/*.lua", pool_of "tests/errors/*.lua" } end,
  mutant = function(random, pool) return mutate.text(random, pool[random(5) == 1 and 2 or 1]) end,
  test = function(path, n)
    local way, to = ways[n % #ways + 1], dir .. "/made.c"
    local file = n % 3 == 0 and not way:find "plan" and not way:find "dump"
    os.remove(to)
    local status, said = run(("%s %s %s %s"):format(program "gagen", way, file and "-o " .. to or "", path))
    local wrong = judge(status, said, "012")
    if not wrong and status ~= 0 and (read(out) ~= "" or read(to)) then wrong = "half an output" end
    if not wrong and status == 0 and (file and read(to) or read(out)) == "" then wrong = "no output" end
    if not wrong and status == 0 and n % 7 == 0 then
      local full = run(("%s %s %s > /dev/full"):format(program "gagen", way, path))
      if full == 0 then wrong = "a full disk is not seen" end
    end
    return wrong, status == 0
  end,
}

local function le(format, ...) return string.pack("<" .. format, ...) end
local function npy(descr, shape, data)
  local text = ("{'descr': '%s', 'fortran_order': False, 'shape': %s, }"):format(descr, shape)
  text = text .. (" "):rep(117 - #text) .. "\n"
  return "\x93NUMPY\1\0" .. le("I2", #text) .. text .. data
end

local f32 = le("ffffff", 1, -2.5, 0.5, 3, 1e10, -0.0)
local formats = {
  { "csv", "d.csv", "csv %s 0.2 0.2 x:r:0:1-2:2 t:i:4:4:1", { "a,b,c,t\n1,2,3,0\n4,5,6,3\n-1e3,.5,7,2\n0,0,0,1\n", "1.5,2,3,0\n4,5,6,3\n",
      'a,"b ""x""",c,t\r\n1,"2",3,0\r\n4,5,6,3', "a;b;c;t\n1;2;3;0\n4;5;6;3\n" } },
  { "csv", "n.csv", "csv %s 0 0 x:r:0:x:1 t:i:3:kind:1:low,high,odd", { "x,kind\n1,low\n2,high\n3,odd\n", "kind,x,z\nlow,1,9\n\"high\",2,9\n" } },
  { "npy", "x.npy", "npy %s 0 0 x:r:0:x.npy:3", { npy("<f4", "(2, 3)", f32), npy("<f8", "(1, 3)", le("ddd", 1, 2, 3)), npy("|u1", "(4, 3)", ("abc"):rep(4)),
      npy("<i8", "(2, 3)", le("i8i8i8i8i8i8", 1, 2, 3, -4, 5, 6)) } },
  { "npy", "t.npy", "npy %s 0.5 0 t:i:9:t.npy:1", { npy("<i8", "(3,)", le("i8i8i8", 1, 2, 8)), npy("<i4", "(2, 1)", le("i4i4", 1, 2)), npy("|u1", "(3,)", "\1\2\3") } },
  { "raw", "x.bin", "raw %s 0 0 x:r:0:float32@4/16:3", { le("i4", 1) .. f32:sub(1, 12) .. le("i4", 2) .. f32:sub(13), ("\0"):rep(64) } },
  { "idx", "images.idx", "idx %s 0 0 image:b:0:image:2,3", { ">idx", "\0\0\8\3\0\0\0\2\0\0\0\2\0\0\0\3abcdefghijkl", "\0\0\8\2\0\0\0\1\0\0\0\6abcdef" } },
  { "tokens", "t.bin", "tokens:H:2:300 %s 0 0.2 x:i:0:x:3 y:i:0:y:3", { le("i4i4i4", 20240520, 1, 20) .. ("\0"):rep(1012) .. ("ab\0\1"):rep(10):gsub("b", "\0"),
      ("\5\0\7\0"):rep(9), npy("<i8", "(8,)", le("i8i8i8i8i8i8i8i8", 1, 2, 3, 4, 5, 6, 299, 0)), npy("<u2", "(9,)", ("\3\0"):rep(9)) } },
  { "tokens", "t.txt", "tokens:c:1:4 %s 0.3 0 x:i:0:x:2 y:i:0:y:2", { "abcdabcdabcd", "a\u{e9}\u{20ac}b\u{e9}\u{1d11e}baa", "abcd\u{e9}bcd" } },
  { "gz", "images.idx", "idx %s 0 0 image:b:0:image:2,3", {} },
}

-- A .gz of the good file, packed by gzip.
local function packed()
  write(dir .. "/data/plain", "\0\0\8\3\0\0\0\2\0\0\0\2\0\0\0\3abcdefghijkl")
  os.execute(("gzip -nc %s/data/plain > %s/data/packed"):format(dir, dir))
  return read(dir .. "/data/packed")
end

kinds.readers = {
  name = "file",
  pool = function()
    formats[#formats][4] = { packed() }
    return formats
  end,
  mutant = function(random, pool, n)
    local f = pool[n % #pool + 1]
    return (f[1] == "csv" and random(3) > 1 and mutate.text or mutate.bytes)(random, f[4])
  end,
  test = function(path, n)
    local f = formats[n % #formats + 1]
    local at = dir .. "/data/" .. f[2]
    os.execute(("mv %s %s"):format(path, at))
    local status, said = run(("%s %s"):format(program "read", f[3]:format(at)))
    os.execute(("mv %s %s"):format(at, path))
    return judge(status, said, "01"), status == 0
  end,
}

-- The tensors of a safetensors file, by a reader of our own: name -> bytes; nil where it is none.
local function tensors(s)
  local n = #s >= 8 and string.unpack("<I8", s) or 0
  if n < 2 or n > #s - 8 then return nil end
  local list = {}
  for name, dtype, shape, from, to in s:sub(9, 8 + n):gmatch '"([%w_.]+)"%s*:%s*{"dtype":"(%w+)","shape":%[([%d,]*)%],"data_offsets":%[(%d+),(%d+)%]}' do
    list[name] = dtype .. "[" .. shape .. "]" .. s:sub(9 + n + tonumber(from), 8 + n + tonumber(to))
  end
  return list
end

local good
kinds.checkpoints = {
  name = "c.st",
  pool = function()
    os.execute(("mkdir -p %s/data/squares && build/fuzz/squares %s/data/squares"):format(dir, dir))
    run(("env GAGEN_DATA=%s/data %s --steps 3 --threads 1 --save %s/good.st"):format(dir, program "mlp", dir))
    good = assert(read(dir .. "/good.st"), "no checkpoint: " .. (read(err) or ""))
    return { good }
  end,
  mutant = mutate.bytes,
  -- Weights that are taken are those of the file, all of them; a run that goes on ends as it should or says why not.
  test = function(path, n)
    local first = ("env GAGEN_DATA=%s/data %s --threads 1 "):format(dir, program "mlp")
    local after = dir .. "/after.st"
    os.remove(after)
    if n % 3 == 2 then
      os.execute(("cp %s %s"):format(path, after))
      local status, said = run(first .. "--steps 4 --resume --save " .. after)
      local wrong = judge(status, said, "01")
      if not wrong and status ~= 0 and read(after) ~= read(path) then wrong = "a file that was refused is written" end
      return wrong, status == 0
    end
    local status, said = run(first .. (n % 3 == 0 and "--steps 0 --load %s --save %s" or "--eval --load %s --save %s"):format(path, after))
    local wrong = judge(status, said, "01")
    if not wrong and status ~= 0 and (read(after) or (read(out) or ""):find "loss") then wrong = "it fails, and goes on" end
    if not wrong and status == 0 and n % 3 == 0 then
      local is, was = tensors(read(after)), tensors(read(path)) or {}
      for name, bytes in pairs(is) do
        if not name:find "^optimizer" and was[name] and was[name] ~= bytes then wrong = name .. " is not what the file holds" end
      end
    end
    return wrong, status == 0
  end,
}

kinds.logs = {
  name = "log.jsonl",
  pool = function()
    local one = '{"update":1,"epoch":1,"samples":64,"loss":2.5,"accuracy":0.1,"lr":0.001,"grad_norm":0.5,"ms":1.5,"time":0.002}\n'
      .. '{"update":2,"epoch":1,"samples":128,"loss":NaN,"accuracy":0.2,"lr":1e-3,"ms":1.5,"time":0.004}\n{"split":"valid","update":2,"loss":1.5,"accuracy":0.5}\n'
    return { one, (one:gsub("NaN", 'null,"nonfinite":{"loss":"nan"}')), '{"update":1,"loss":1e300,"lr_g":1}\n{"update":9,"loss":-Infinity,"lr_g":2}\n{"split":"test","update":9,"loss":3}\n' }
  end,
  mutant = function(random, pool) return (random(3) == 1 and mutate.bytes or mutate.text)(random, pool) end,
  test = function(path)
    local status, said = run(("%s plot %s"):format(program "gagen", path))
    local wrong = judge(status, said, "012")
    if not wrong and status ~= 0 and read(out) ~= "" then wrong = "half a picture" end
    if not wrong and status == 0 and not os.execute(("lua5.4 tests/xml.lua %s > /dev/null 2>&1"):format(out)) then wrong = "a picture that is no XML" end
    return wrong, status == 0
  end,
}

-- ---- smaller, while it fails the same way --------------------------------------------------------------------
local function class(wrong) return wrong and wrong:gsub("%d+", ""):sub(1, 40) end

local function shrink(k, path, n, wrong)
  local s, size, tries = read(path), nil, 0
  size = #s // 2
  while size >= 1 and tries < 300 do
    local i = 1
    while i <= #s and tries < 300 do
      local less = s:sub(1, i - 1) .. s:sub(i + size)
      tries = tries + 1
      write(path, less)
      if class(k.test(path, n)) == class(wrong) then s = less else i = i + size end
    end
    size = size // 2
  end
  write(path, s)
end

-- ---- a campaign ----------------------------------------------------------------------------------------------
local k = assert(kinds[kind], "no such kind")
local random = mutate.random(seed)
local pool = k.pool()
local path, begin, faults, taken, n = dir .. "/" .. k.name, os.time(), {}, 0, 0
while (count > 0 and n < count) or (count == 0 and os.time() - begin < seconds) do
  n = n + 1
  write(path, k.mutant(random, pool, n))
  local wrong, good_one = k.test(path, n)
  taken = taken + (good_one and 1 or 0)
  if wrong and not faults[class(wrong)] then
    local kept = ("%s/%s-%d-%d"):format(found, kind, seed, n)
    if seconds > 0 or os.getenv "SHRINK" then shrink(k, path, n, wrong) end
    os.execute(("cp %s %s"):format(path, kept))
    faults[class(wrong)] = true
    faults[#faults + 1] = ("%d: %s (%s)"):format(n, wrong, kept)
  end
end
local least = n // 200
print(("%s - %d %s, seed %d, %d of them taken: no crash, no hang, no report, no half file"):format(#faults == 0 and "ok" or "not ok", n, kind, seed, taken))
for _, f in ipairs(faults) do print("# " .. f) end
if taken < least then print(("# only %d of %d are taken: mutants are too wild to tell much"):format(taken, n)) end
os.exit(#faults == 0 and taken >= least)
