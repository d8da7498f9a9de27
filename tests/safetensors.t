#!/usr/bin/env lua5.4
-- safetensors.t -- weights as torch, flax, transformers and others write them: each file is loaded, its values compared, or it is refused
-- with a cure, which the test takes from the message and follows, up to a program with the rule that the message states.
local T = dofile "tests/readers/formats.lua"
local ok, write, pack = T.ok, T.write, T.pack
T.dir = "build/tests/safetensors"
local dir = T.dir
os.execute("rm -rf " .. dir .. " && mkdir -p " .. dir)

-- ---- files ------------------------------------------------------------------------------------------------
local letters = { F32 = "f4", F64 = "f8", F16 = "f2", BF16 = "bf", I64 = "i8", I32 = "i4", I16 = "i2", I8 = "i1", U8 = "u1", BOOL = "b1" }

-- tensors: { name, dtype, shape, elements or bytes }, in order; head: what the header has besides
local function safetensors(tensors, head)
  local list, data, at = {}, {}, 0
  if head then list[1] = head end
  for _, t in ipairs(tensors) do
    local bytes = type(t[4]) == "string" and t[4] or pack(letters[t[2]], t[4])
    list[#list + 1] = ('"%s":{"dtype":"%s","shape":[%s],"data_offsets":[%d,%d]}'):format(t[1], t[2], table.concat(t[3], ","), at, at + #bytes)
    data[#data + 1], at = bytes, at + #bytes
  end
  local text = "{" .. table.concat(list, ",") .. "}"
  text = text .. (" "):rep(-#text % 8)
  return ("<I8"):pack(#text) .. text .. table.concat(data)
end

-- the tensors of a file that the program wrote, F32: "name" -> "1 2 3"
local function tensors_of(path)
  local f = assert(io.open(path, "rb"))
  local text = f:read "a"
  f:close()
  local n = ("<I8"):unpack(text)
  local found = {}
  for name, from, to in text:sub(9, 8 + n):gmatch '"([^"]+)":{"dtype":"F32","shape":%[[%d,]*%],"data_offsets":%[(%d+),(%d+)%]' do
    local t = {}
    for at = from + 9 + n, to + 8 + n, 4 do t[#t + 1] = ("%.6g"):format((("<f"):unpack(text, at))) end
    found[name] = table.concat(t, " ")
  end
  return found
end

-- ---- programs ---------------------------------------------------------------------------------------------
local models = {
  two = [[local net = nn.Sequential { nn.Linear(4), nn.Tanh(), nn.Linear(2) }]],
  square = [[local net = nn.Linear(3)]] }
local function program(name, model, rule)
  write(name .. ".lua", ([[
local rows = data.npy { "%s", columns = { x = { "x.npy", 3 } } }
%s
train { data = rows, batch = 2, steps = 1, minimize = fn.mean(net(rows.x) ^ 2), optim = optim.SGD { lr = 0 }, predict = { y = net(rows.x / 256) }, rules = { %s } }
]]):format(dir, models[model], rule or ""))
  local text, good = T.run(("./gagen -o %s/%s.c %s/%s.lua"):format(dir, name, dir, name))
  if not good then
    ok(false, "gagen takes the rule: " .. text)
    return T.finish()
  end
  T.compile(dir .. "/" .. name, dir .. "/" .. name .. ".c -O0")
end
local function rows(name, descr, order, type_, list)
  local text = ("{'descr': '%s', 'fortran_order': %s, 'shape': (4, 3), }"):format(descr, order)
  write(name, "\x93NUMPY\1\0", ("<I2"):pack(118), text, (" "):rep(117 - #text), "\n", pack(type_, list))
end
rows("x.npy", "<f4", "False", "f4", { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 })

local shapes = { { "0.weight", { 4, 3 } }, { "0.bias", { 4 } }, { "2.weight", { 2, 4 } }, { "2.bias", { 2 } } }
local values = { ["0.weight"] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 }, ["0.bias"] = { 0, 1, 0, 1 }, ["2.weight"] = { 8, 7, 6, 5, 4, 3, 2, 1 }, ["2.bias"] = { 1, 0 } }
-- the model's tensors, renamed by a function, of one type
local function weights(rename, dtype)
  local t = {}
  for i, s in ipairs(shapes) do t[i] = { rename(s[1]), dtype or "F32", s[2], values[s[1]] } end
  return t
end
local function ours(name) return "net." .. name end

-- what a run says that loads the file and stops, and whether it holds the values
local function load(name, file)
  os.remove(dir .. "/out.safetensors")
  local said, good = T.run(("%s/%s --steps 0 --threads 1 --save %s/out.safetensors %s"):format(dir, name, dir, file and "--load " .. dir .. "/" .. file or ""))
  return said:gsub("\n$", ""), good
end
local function holds(name)
  local found, right = tensors_of(dir .. "/out.safetensors"), true
  for path, list in pairs(name == "square" and { weight = { 1, 2, 3, 4, 5, 6, 7, 8, 9 }, bias = { 1, 2, 3 } } or values) do
    local t = {}
    for i, x in ipairs(list) do t[i] = ("%.6g"):format(x) end
    right = right and found[ours(path)] == table.concat(t, " ")
  end
  return right
end
local function taken(what, name, file)
  local said, good = load(name, file)
  ok(good and holds(name:match "^%a+"), what .. (good and "" or ": " .. said))
end
local function refused(what, file, pattern, name)
  local said, good = load(name or "two", file)
  ok(not good and said:find("^error: " .. dir:gsub("%W", "%%%0")) and said:find(pattern), ("%s: %s"):format(what, said))
  return said
end

program("two", "two")
program("square", "square")

-- ---- files that hold the weights ------------------------------------------------------------------------------
for _, dtype in ipairs { "F32", "F16", "BF16", "F64", "I8", "U8", "I16", "I32", "I64" } do
  write("w.safetensors", safetensors(weights(ours, dtype), '"__metadata__":{"format":"pt"}'))
  taken(dtype, "two", "w.safetensors")
end
local bad = weights(ours, "F16")
bad[3][4] = { 8, 7, 6, 5, 4, 3, 2, 1.5 }
write("w.safetensors", safetensors(bad))
local said, good = load("two", "w.safetensors")
ok(good and not holds "two", "control: one other number is seen")

local many = weights(ours, "BF16")
for i, t in ipairs { { "z.c64", "C64", { 1 }, ("\0"):rep(8) }, { "a.e4m3", "F8_E4M3", { 2, 2 }, ("\0"):rep(4) }, { "e5m2", "F8_E5M2", { 3 }, ("\0"):rep(3) }, { "e8m0", "F8_E8M0", { 1 }, "\0" },
                     { "f4", "F4", { 6 }, ("\0"):rep(3) }, { "f6", "F6_E2M3", { 4 }, ("\0"):rep(3) }, { "f6b", "F6_E3M2", { 8 }, ("\0"):rep(6) }, { "u16", "U16", { 2 }, ("\0"):rep(4) },
                     { "u64", "U64", { 1 }, ("\0"):rep(8) }, { "1.num_batches_tracked", "I64", {}, ("\0"):rep(8) }, { "seven", "F32", { 1, 1, 1, 1, 1, 1, 2 }, ("\0"):rep(8) },
                     { "none", "F32", { 0, 3 }, "" }, { "none.large", "F32", { 9007199254740991, 0, 7 }, "" }, { "later", "F3_NEW", { 8 }, "\0\0\0" } } do table.insert(many, i % 5 + 1, t) end
write("w.safetensors", safetensors(many))
taken("beside 14 tensors that nobody asks for, of every type, rank 0 to 7, size 0 and a type of the future", "two", "w.safetensors")

local text = safetensors(weights(ours), '"__metadata__":{"format":"np","note":"\\u00e9\\ud83d\\ude00"}')
write("w.safetensors", text)
taken("metadata of any text", "two", "w.safetensors")
local function other_header(change)
  local n = ("<I8"):unpack(text)
  local head = change(text:sub(9, 8 + n))
  return ("<I8"):pack(#head) .. head .. text:sub(9 + n)
end
write("w.safetensors", other_header(function(h) return h:gsub('"net%.0%.weight"', '"net\\u002e0.weight"') end))
taken("a name with \\u002e in it", "two", "w.safetensors")
write("w.safetensors", other_header(function(h) return h:gsub('"dtype"', '"strides":[[1,{"a":null}],-1.5e3,"x"],"dtype"', 1) end))
taken("keys of a later format", "two", "w.safetensors")
write("w.safetensors", other_header(function(h) return (h:gsub(",", " ,\n\t")) .. "\n" end))
taken("spaces, tabs and lines in the header", "two", "w.safetensors")
local spaced = weights(ours)
spaced[#spaced + 1], spaced[#spaced + 2] = { "\\u00e9a", "F32", { 1 }, { 0 } }, { "?a", "F32", { 1 }, { 0 } }
spaced[#spaced + 1], spaced[#spaced + 2] = { "a\\u0000b", "F32", { 1 }, { 0 } }, { "a", "F32", { 1 }, { 0 } }
write("w.safetensors", safetensors(spaced))
taken("names that differ in characters beyond ASCII alone", "two", "w.safetensors")

-- ---- a prediction with them, of rows of other types -----------------------------------------------------------------
local function predicted(file)
  return T.run(("%s/two --threads 1 --load %s/w.safetensors --predict %s/%s"):format(dir, dir, dir, file))
end
local first_rows = predicted "x.npy"
rows("turned.npy", "<f8", "True", "f8", { 1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12 })
rows("short.npy", "<i2", "False", "i2", { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 })
rows("other.npy", "<i2", "True", "i2", { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 })
ok(first_rows:find "^y_1,y_2\n[-%d]" and predicted "turned.npy" == first_rows, "--predict takes float64 in Fortran's order")
ok(predicted "short.npy" == first_rows and predicted "other.npy" ~= first_rows, "and int16; control: other rows, other outputs")

-- ---- several files with an index ---------------------------------------------------------------------------------
os.execute("mkdir -p " .. dir .. "/hub " .. dir .. "/one " .. dir .. "/empty")
local all = weights(ours, "BF16")
local function index(files)
  local t = {}
  for i, name in ipairs { "0.weight", "0.bias", "2.weight", "2.bias" } do t[i] = ('"net.%s": "%s"'):format(name, files[i]) end
  return '{\n  "metadata": { "total_size": 52, "list": [1, null, {}] },\n  "weight_map": {\n    ' .. table.concat(t, ",\n    ") .. "\n  }\n}\n"
end
local first, second = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
local stale = { "net.2.bias", "F32", { 2 }, { 9, 9 } }
write("hub/" .. first, safetensors { all[1], all[3], stale })
write("hub/" .. second, safetensors { all[2], all[4], { "lm_head", "F8_E4M3", { 1 }, "\0" } })
write("hub/model.safetensors.index.json", index { first, second, first, second })
taken("an index and its files; of a tensor that two hold, the index's", "two", "hub/model.safetensors.index.json")
taken("the directory that holds them", "two", "hub")
write("one/model.safetensors", safetensors(all))
taken("the directory of one model.safetensors", "two", "one")
refused("a directory without either", "empty", "a directory without model%.safetensors and model%.safetensors%.index%.json: name the file$")
for _, c in ipairs { { "../w.safetensors", "names the file '%.%./w%.safetensors': files of an index lie beside it" }, { "/etc/passwd", "names the file '/etc/passwd': files" },
                     { "..", "names the file '%.%.'" }, { "", "names the file ''" }, { "a\\\\b", "names the file 'a\\b'" },
                     { "gone.safetensors", "hub/gone%.safetensors: No such file or directory$" },
                     { second, "it says that net%.0%.weight is in model%-00002%-of%-00002%.safetensors, which lacks it$" } } do
  write("hub/bad.index.json", index { c[1], second, first, second })
  refused("an index that says " .. c[1], "hub/bad.index.json", c[2])
end
write("hub/bad.index.json", '{"weight_map":{"a":"' .. first .. '"')
refused("half an index", "hub/bad.index.json", "damaged index: '}' is missing at byte")
write("hub/bad.index.json", '{"architectures":["GPT2"]}')
refused("another JSON file", "hub/bad.index.json", "JSON, but no index of safetensors files: it has no weight_map$")

-- ---- names of other programs: the rule that the message states loads the file -------------------------------------
local function rule_of(what, file, rename, expected)
  write(file, safetensors(weights(rename)))
  local text_ = refused(what, file, "it lacks net%.0%.weight; it has .*: in place of %-%-load write into train's rules {")
  local rule = text_:match "rules ({.*})$"
  ok(rule == expected:gsub("FILE", dir .. "/" .. file), ("%s: %s"):format(what, tostring(rule)))
  return rule
end
local function follow(what, name, model, rule)
  program(name, model, rule)
  taken(what, name)
end
follow("and that rule loads them", "two_bare", "two", rule_of("the state of a Sequential", "bare.safetensors", function(p) return p end, '{ net, load = "FILE" }'))
follow("and that rule loads them", "two_module", "two", rule_of("DataParallel's", "module.safetensors", function(p) return "module.net." .. p end,
  '{ net, load = "FILE", key = function(path) return "module.net." .. path end }'))
rule_of("torch.compile's", "compiled.safetensors", function(p) return "_orig_mod.net." .. p end, '{ net, load = "FILE", key = function(path) return "_orig_mod.net." .. path end }')
rule_of("Lightning's", "model.safetensors", function(p) return "model." .. p end, '{ net, load = "FILE", key = function(path) return "model." .. path end }')

local named = { ["0"] = "fc1", ["2"] = "fc2" }
local rule = rule_of("layers with names", "named.safetensors", function(p) return (p:gsub("^%d", named)) end,
  '{ net, load = "FILE", key = function(path) return (path:gsub("^0%.", "fc1.")) end }')
program("two_named", "two", rule)
said = load "two_named"
local key = said:match "it lacks 2%.weight, which a rule of the model loads; it has fc2%.weight: say in that rule, beside its other names, key = function%(path%) return %(path(:gsub%b())%) end$"
ok(key, "the next layer's: " .. said)
follow("both together load them", "two_both", "two", (rule:gsub("path:gsub%b()", function(g) return g .. (key or "") end)))
write("deep.safetensors", safetensors(weights(function(p) return "a.b." .. p end)))
program("two_deep", "two", '{ net, load = "' .. dir .. '/deep.safetensors", key = function(path) return "b." .. path end }')
said = load "two_deep"
ok(said:find 'it lacks b%.0%.weight, which a rule of the model loads; it has a%.b%.0%.weight: say in that rule, .*, key = function%(path%) return "a%.b%." %.%. path end$',
  "a rule's key that lacks a part: " .. said)
write("w.safetensors", safetensors { { "embed.weight", "F32", { 2, 2 }, { 1, 2, 3, 4 } }, { "x\\u001b[31m", "F32", { 1 }, { 1 } } })
refused("a file of another model", "w.safetensors", "it lacks net%.0%.weight, and has no tensor of its shape, %[4, 3%]; it has 2: embed%.weight, x%?%[31m$")

-- ---- transposed weights, other types ----------------------------------------------------------------------------
local function transposed(list, rows, columns)
  local t = {}
  for c = 1, columns do
    for r = 1, rows do t[#t + 1] = list[(r - 1) * columns + c] end
  end
  return t
end
local turned = weights(ours)
turned[1] = { "net.0.weight", "F32", { 3, 4 }, transposed(values["0.weight"], 4, 3) }
write("w.safetensors", safetensors(turned))
refused("a weight of [in, out]", "w.safetensors", "net%.0%.weight is %[3, 4%], the model says %[4, 3%], the other way round: weights of %[in, out%] are to be saved as v%.T%.copy%(%), square ones too$")
write("w.safetensors", safetensors(weights(ours)))
taken("transposed, it is loaded", "two", "w.safetensors")

local kernel = { { "params.Dense_0.kernel", "F32", { 3, 3 }, { 1, 4, 7, 2, 5, 8, 3, 6, 9 } }, { "params.Dense_0.bias", "F32", { 3 }, { 1, 2, 3 } } }
local pattern = "it has params%.Dense_0%.kernel %[3, 3%] for net%.weight: kernels of flax and Keras are transposed weights: make weights of them, safetensors%.numpy%.save_file"
write("flax.safetensors", safetensors(kernel))
refused("flax's square kernel", "flax.safetensors", pattern, "square")
program("square_kernel", "square", '{ net, load = "' .. dir .. '/flax.safetensors", key = function(path) return "params.Dense_0." .. path:gsub("weight", "kernel") end }')
refused("also where a rule asks for it", nil, pattern, "square_kernel")
said = refused("flax's kernel that is not square", "flax.safetensors", "it lacks net%.0%.weight, and has no tensor of its shape", "two")
write("flax.safetensors", safetensors { { "params.Dense_0.kernel", "F32", { 3, 4 }, ("\0"):rep(48) } })
refused("and one of the model's size", "flax.safetensors", "it has params%.Dense_0%.kernel %[3, 4%] for net%.0%.weight: kernels", "two")
kernel[1] = { "params.Dense_0.weight", "F32", { 3, 3 }, transposed(kernel[1][4], 3, 3) }
write("flax.safetensors", safetensors(kernel))
said = refused("made a weight", "flax.safetensors", "it lacks net%.weight; it has params%.Dense_0%.weight: in place", "square")
follow("it is loaded by the rule", "square_flax", "square", said:match "rules ({.*})$" or "")

local eighth = weights(ours)
eighth[2] = { "net.0.bias", "F8_E4M3", { 4 }, "\0\0\0\0" }
write("w.safetensors", safetensors(eighth))
refused("F8 where it is wanted", "w.safetensors", "net%.0%.bias is F8_E4M3: floats of 16 to 64 bits and whole numbers can be read: save it as t%.to%(torch%.float32%)$")
eighth[2] = { "net.0.bias", "I64", { 4 }, { 0, 16777217, 0, 1 } }
write("w.safetensors", safetensors(eighth))
refused("a whole number beyond float32", "w.safetensors", "an element of net%.0%.bias is 16777217, which float32 cannot hold exactly$")
eighth[2] = { "net.0.bias", "F64", { 4 }, { 0, 1e300, 0, 1 } }
write("w.safetensors", safetensors(eighth))
refused("a number beyond float32", "w.safetensors", "an element of net%.0%.bias is 1e%+300, beyond float32$")

-- ---- other formats, by their first bytes: once the cure is followed, the file is a safetensors file ---------------------
local pad = ("\0"):rep(600)
for _, c in ipairs {
  { "model.pt", T.zip("archive/data.pkl", "\x80\2."), "a file of torch%.save: safetensors%.torch%.save_file%(torch%.load%(FILE, weights_only=True%), 'w%.safetensors'%)$" },
  { "pytorch_model.bin", T.zip("pytorch_model/data.pkl", "\x80\2."), "a file of torch%.save: safetensors%.torch" },
  { "old.pt", "\x80\2\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19." .. pad, "a file of torch%.save: safetensors%.torch" },
  { "model.npz", T.zip("w.npy", "\x93NUMPY"), "an NPZ archive: safetensors%.numpy%.save_file%({k: v%.copy%(%) for k, v in numpy%.load%(FILE%)%.items%(%)}, 'w%.safetensors'%)$" },
  { "model.npy", "\x93NUMPY\1\0" .. pad, "an NPY file: safetensors%.numpy%.save_file" },
  { "model.h5", "\x89HDF\r\n\x1a\n" .. pad, "an HDF5 file: safetensors%.numpy%.save_file" },
  { "model.mat", "MATLAB 5.0 MAT-file" .. pad, "a MAT file: safetensors%.numpy%.save_file" },
  { "model.gguf", "GGUF\3\0\0\0" .. pad, "a GGUF file: weights of another program; a safetensors file of the same model" },
  { "model.msgpack", "\x81\xa6params\x81" .. pad, "MessagePack, as flax%.serialization writes it: safetensors%.flax%.save_file" },
  { "model.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 7\n", "a pointer of Git LFS, not the file itself: git lfs pull brings it$" },
  { "page.safetensors", "<!DOCTYPE html>\n<html></html>\n", "a web page: the download went wrong" },
  { "packed.safetensors", "\x1f\x8b\8\0\0\0\0\0\0\3" .. pad, "packed by gzip: gunzip it$" },
} do
  write(c[1], c[2])
  refused(c[1], c[1], c[3])
end
write("w.safetensors", safetensors(weights(ours)))
taken("and a safetensors file of theirs is loaded", "two", "w.safetensors")
write("w.safetensors", ("<I8"):pack(2 ^ 40 | 0) .. "{}")
refused("a length that is nonsense", "w.safetensors", "its first 8 bytes say a header of 1099511627776 bytes, the file has 10$")
T.finish()
