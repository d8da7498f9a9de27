#!/usr/bin/env lua5.4
-- last.t -- valid = { last = 0.3 } and test = { last = 2 }: which rows they are, and what a program says.
local T = dofile "tests/readers/formats.lua"
local ok, run = T.ok, T.run
T.dir = "build/tests/last"
os.execute("rm -rf " .. T.dir .. " && mkdir -p " .. T.dir)
local text = "{'descr': '<f4', 'fortran_order': False, 'shape': (10,), }"
T.write("x.npy", "\x93NUMPY\1\0", ("<I2"):pack(118), text, (" "):rep(117 - #text), "\n", T.pack("f4", { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 }))
T.compile(T.dir .. "/read", "tests/runtime/read.c")

-- the splits of read.c; a number below 0 is a last part
local function splits(test, valid)
  local said, good = run(("%s/read npy %s %s %s x:r:0:x.npy:1"):format(T.dir, T.dir, test, valid))
  if not good then return said:gsub("\n", "") end
  return (said:gsub("mapped[^\n]*\n", ""):gsub("(%a+) %d+\n", "%1 "):gsub("x mapped", ""):gsub("%s+", " "))
end
local function is(what, got, want) ok(got:find(want, 1, true), ("%s: %s"):format(what, got)) end
is("valid before test", splits(-2, -0.3), "train 0 1 2 3 4 valid 5 6 7 test 8 9")
is("a fraction is rounded to rows", splits(0, -0.26), "train 0 1 2 3 4 5 6 valid 7 8 9 test")
is("a number", splits(0, -1), "train 0 1 2 3 4 5 6 7 8 valid 9 test")
ok(not splits(-2, 0.3):find("valid 5 6 7 test", 1, true) and splits(-2, 0.3):find "test 8 9", "control: without `last`, rows of a hash: " .. splits(-2, 0.3))
is("as many as there are", splits(0, -10), "the splits leave none of 10 rows to train")
is("more than there are", splits(-2, -9), "a split of the last 9 rows: there are only 8")

local function program(valid)
  T.write("model.lua", ([[
local rows = data.npy { "x", columns = { x = { "x.npy", 1 } }, valid = %s, test = { last = 2 } }
local net = nn.Linear(1)
train { data = rows, batch = 1, steps = 1, minimize = fn.mean(net(rows.x)), optim = optim.SGD { lr = 0.1 } }
]]):format(valid))
  return (run("./gagen -t c " .. T.dir .. "/model.lua"))
end
local said = program "{ last = 0.3 }"
ok(said:find(".valid_last = true, .test_last = true,", 1, true) and said:find(".valid = 0.3, .test = 2,", 1, true), "the program has both")
said = program "0.3"
ok(not said:find("valid_last", 1, true) and said:find(".test_last = true", 1, true), "control: the one that is stated")
for value, message in pairs { ["{ last = \"a\" }"] = "'valid' = { last = 0.1 } is the end of the rows, a fraction or a number of them; got 'a'", ["{ first = 0.1 }"] = "unknown option 'first'",
  ["{ last = 1.5 }"] = "'valid' is a fraction (0.1), a number of rows (2000), { last = 0.1 } or a path; got 1.5" } do
  said = program(value)
  ok(said:find "^build/tests/last/model.lua:1: error: " and said:find(message, 1, true), value .. ": " .. said:match "[^\n]*")
end
T.finish()
