#!/usr/bin/env lua5.4
-- hub.t -- weights of the hub: transformers' own files are loaded under their names, the logits are transformers', and what is
-- exported is such a file. tests/reference/hub.py made tests/hub; where transformers is there (PYTHON), it makes new ones.
local T = dofile "tests/readers/formats.lua"
local ok, run = T.ok, T.run
T.dir = "build/tests/hub"
local dir = T.dir
os.execute("rm -rf " .. dir .. " && mkdir -p " .. dir)

-- ---- files --------------------------------------------------------------------------------------------------
local text_of = dofile("tests/tap.lua").text_of

-- the tensors of a file, by name and as a list in the order of their data: { name, dtype, "2,3", bytes }
local function tensors_of(path)
  local text = text_of(path)
  local n = ("<I8"):unpack(text)
  local list, by = {}, {}
  for name, about in text:sub(9, 8 + n):gmatch '"([^"]+)":({"dtype"[^}]*})' do
    local from, to = about:match '"data_offsets":%[(%d+),(%d+)%]'
    local t = { name, about:match '"dtype":"(%w+)"', about:match '"shape":%[([%d,]*)%]', text:sub(from + 9 + n, to + 8 + n), from = tonumber(from) }
    list[#list + 1], by[name] = t, t
  end
  table.sort(list, function(a, b) return a.from < b.from end)
  return list, by
end

local function write_tensors(name, list)
  local head, data, at = {}, {}, 0
  for i, t in ipairs(list) do
    head[i] = ('"%s":{"dtype":"%s","shape":[%s],"data_offsets":[%d,%d]}'):format(t[1], t[2], t[3], at, at + #t[4])
    data[i], at = t[4], at + #t[4]
  end
  local text = "{" .. table.concat(head, ",") .. "}"
  T.write(name, ("<I8"):pack(#text), text, table.concat(data))
  return dir .. "/" .. name
end

-- ---- programs -----------------------------------------------------------------------------------------------
local function generate(name, model, options)
  local text, good = run(("./gagen --verify -t c %s -o %s/%s.c %s"):format(options or "", dir, name, model))
  ok(good, "gagen takes " .. name .. (good and "" or ": " .. text))
  return good and (T.compile(dir .. "/" .. name, dir .. "/" .. name .. ".c -O0") or true)
end
local function start(program, options) return run(("%s/%s --threads 1 %s"):format(dir, program, options)) end

local function numbers(text)
  local list = {}
  for x in text:gmatch "[-+.%de]+" do list[#list + 1] = tonumber(x) end
  return list
end

-- the largest difference of what it predicts from the logits of that file, or the message
local function off(program, options, logits)
  local said, good = start(program, options .. " --predict tests/hub")
  if not good then return math.huge, said end
  local got, want, most = numbers(said:gsub("^[^\n]*\n", "")), numbers(text_of(logits)), 0
  for i, x in ipairs(want) do most = math.max(most, math.abs(x - (got[i] or math.huge))) end
  return #got == #want and most or math.huge, said
end
local function agrees(what, program, options, logits)
  local most, said = off(program, options, logits)
  ok(most < 1e-4, ("%s: logits are transformers' to %.1e%s"):format(what, most, most < math.huge and "" or ": " .. said))
end

-- a model of tests/hub with rules; edits: { what, by } of its text, plain
local function edited(name, model, rules, edits)
  local text = text_of("tests/hub/" .. model .. ".lua")
  for _, e in ipairs { { "train {", "train { rules = { " .. rules .. " }," }, table.unpack(edits or {}) } do
    local from, to = text:find(e[1], 1, true)
    text = text:sub(1, from - 1) .. e[2] .. text:sub(to + 1)
  end
  T.write(name .. ".lua", text)
  return ("%s/%s.lua"):format(dir, name)
end
generate("gpt2", "tests/hub/gpt2.lua")
generate("llama", "tests/hub/llama.lua")
generate("tied", "tests/hub/llama.lua", "-D tied=1")

-- ---- logits and files, of the checkpoints in a directory -------------------------------------------------------
-- adapters of c_attn, and the other weights from that directory
local function with_adapters(name, from)
  return generate(name, edited(name, "gpt2", ('{ net, load = "%s/gpt2.safetensors", key = "gpt2", freeze = true }'):format(from),
    { { "c_attn = nn.Linear(3 * D)", "c_attn = nn.LoRA(nn.Linear(3 * D), { rank = 2, alpha = 4 })" } }))
end
local cases = { { "gpt2", "gpt2", "gpt2.safetensors", "GPT2LMHeadModel's F32" }, { "gpt2", "gpt2_base", "gpt2_base.safetensors", "GPT2Model's BF16, with masks" },
  { "gpt2", "gpt2_shards", "gpt2_shards", "F16 in several files" }, { "llama", "llama", "llama.safetensors", "Llama's BF16" },
  { "tied", "llama_tied", "llama_tied.safetensors", "a tied Llama's, with a copy of the table" },
  { "lora", "gpt2_lora", "gpt2_lora.safetensors", "PEFT's adapters", "lora" } }
local python = os.getenv "PYTHON" or "python3"
local function through(from)
  with_adapters("lora", from)
  for _, c in ipairs(cases) do
    local program, name, file, what, key = table.unpack(c)
    key = key or program == "gpt2" and "gpt2" or "llama"
    local load, out = ("--load %s/%s --key %s"):format(from, file, key), ("%s/%s.out.safetensors"):format(dir, name)
    agrees(what, program, load, ("%s/%s.txt"):format(from, name))
    local said, good = start(program, load .. " --export " .. out)
    ok(good and said:find("^%d+ tensors of " .. key .. " in "), "and it is exported: " .. said:gsub("\n", ""))
    agrees("what is exported", program, ("--load %s --key %s"):format(out, key), ("%s/%s.txt"):format(from, name))
  end
end
through "tests/hub"
ok(off("gpt2", "--load tests/hub/gpt2.safetensors --key gpt2", "tests/hub/gpt2_base.txt") > 1e-2, "control: another checkpoint's logits")

local _, theirs = tensors_of "tests/hub/gpt2.safetensors"
local list, ours = tensors_of(dir .. "/gpt2.out.safetensors")
local same = #list
for name, t in pairs(theirs) do
  local o = ours[name]
  if not (o and o[2] == t[2] and o[3] == t[3] and o[4] == t[4]) then same = name end
end
ok(same == #list and #list == 28, "the exported file has the names, shapes and bits of transformers' " .. same)
ok(text_of(dir .. "/gpt2.out.safetensors"):sub(9, 60):find('{"__metadata__":{"format":"pt"}', 1, true), "and its format")
local turned = theirs["transformer.h.1.attn.c_proj.weight"]
local swapped = {}
for i, t in ipairs(list) do
  swapped[i] = t
  if t[1] == turned[1] then
    local x = { ("<" .. ("f"):rep(16)):unpack(t[4]) }
    local y = {}
    for r = 0, 3 do for c = 0, 3 do y[c * 4 + r + 1] = x[r * 4 + c + 1] end end
    swapped[i] = { t[1], t[2], t[3], ("<" .. ("f"):rep(16)):pack(table.unpack(y)) }
  end
end
local load = "--load " .. write_tensors("swapped.safetensors", swapped) .. " --key gpt2"
ok(off("gpt2", load, "tests/hub/gpt2.txt") > 1e-3, "control: a square weight the other way round")

if (select(2, run(python .. " -c 'import transformers, peft, torch'"))) then
  local fresh = dir .. "/fresh"
  local said, good = run(("%s tests/reference/hub.py make %s"):format(python, fresh))
  ok(good, "transformers makes new checkpoints" .. (good and "" or ": " .. said))
  through(fresh)
  for _, c in ipairs(cases) do
    said, good = run(("%s tests/reference/hub.py agree %s %s/%s.out.safetensors %s/%s.txt 2>/dev/null"):format(python, c[2], dir, c[2], fresh, c[2]))
    ok(good, "transformers loads what is exported: " .. said:match "[^\n]*%s*$":gsub("\n", ""))
  end
  said, good = run(("%s tests/reference/hub.py agree gpt2 %s/swapped.safetensors %s/gpt2.txt 2>/dev/null"):format(python, dir, fresh))
  ok(not good and said:find "off", "control: not with another file: " .. said:match "[^\n]*%s*$":gsub("\n", ""))
end

-- ---- own checkpoints; training goes on from those weights --------------------------------------------------------
local saved = dir .. "/own.safetensors"
local said, good = start("gpt2", "--load tests/hub/gpt2.safetensors --key gpt2 --save " .. saved)
ok(good and said:find "2 updates", "training from those weights: " .. said:gsub("\n.*", ""))
said, good = start("gpt2", ("--load %s --export %s/trained.safetensors --key gpt2"):format(saved, dir))
ok(good, "a checkpoint of gagen is exported: " .. said:gsub("\n", ""))
local a = start("gpt2", ("--load %s --predict tests/hub"):format(saved))
local b = start("gpt2", ("--load %s/trained.safetensors --key gpt2 --predict tests/hub"):format(dir))
ok(a:find "^logits_1," and a == b, "and predicts the same")
ok(a ~= start("gpt2", "--load tests/hub/gpt2.safetensors --key gpt2 --predict tests/hub"), "control: not what it did before training")

-- ---- adapters alone are trained and exported ------------------------------------------------------------------------
said, good = start("lora", "--load tests/hub/gpt2_lora.safetensors --key lora --save " .. saved)
ok(good and said:find "2 updates", "adapters are trained: " .. said:gsub("\n.*", ""))
start("lora", ("--load %s --export %s/adapters.safetensors --key lora"):format(saved, dir))
local before, after = select(2, tensors_of "tests/hub/gpt2_lora.safetensors"), select(2, tensors_of(dir .. "/adapters.safetensors"))
local moved, kept = 0, 0
for name, t in pairs(before) do moved = moved + (after[name] and after[name][3] == t[3] and after[name][4] ~= t[4] and 1 or 0) end
local all = select(2, tensors_of(saved))
for name, t in pairs(theirs) do
  local o = all["net." .. name:gsub("^transformer%.", ""):gsub("^wpe%.weight$", "wpe")]
  kept = kept + (o and #o[4] == #t[4] and (name:find "%.c_%a+%.weight" or o[4] == t[4]) and 1 or 0)
end
ok(moved == 4 and #tensors_of(dir .. "/adapters.safetensors") == 4, "four adapters, under PEFT's names, and all have moved: " .. moved)
ok(kept == 28, "the other weights are still the file's: " .. kept)
a, b = start("lora", ("--load %s --predict tests/hub"):format(saved)), start("lora", ("--load %s/adapters.safetensors --key lora --predict tests/hub"):format(dir))
ok(a:find "^logits_1," and a == b, "and with the base they predict what the checkpoint does")

-- ---- CUDA: the files are read and written on the host ------------------------------------------------------------------
said, good = run([[sh -c '. tests/lib.sh; . tests/cuda/emu.sh; OPTIMIZE=-O0 emu_checks=-O0; emu_library && cuda_trainer cuda tests/hub/gpt2.lua' hub.t]])
if ok(good, "a program for the emulator" .. (good and "" or ": " .. said)) then
  agrees("in CUDA", "cuda", "--load tests/hub/gpt2_shards --key gpt2", "tests/hub/gpt2_shards.txt")
  start("cuda", ("--load tests/hub/gpt2.safetensors --key gpt2 --export %s/cuda.safetensors"):format(dir))
  ok(text_of(dir .. "/cuda.safetensors") == text_of(dir .. "/gpt2.out.safetensors"), "and the exported file is that of C")
end

-- ---- what is wrong, by name ----------------------------------------------------------------------------------------
local function refused(what, program, options, pattern, status)
  local told, fine = start(program, options)
  ok(not fine and told:find(pattern), ("%s: %s"):format(what, told:gsub("\n", "")))
  if status then ok(select(3, os.execute(("%s/%s %s 2> /dev/null"):format(dir, program, options))) == status, "exit " .. status) end
end
local function changed(name, change)
  local t = {}
  for i, x in ipairs(list) do t[i] = table.move(x, 1, 4, 1, {}) end
  change(t)
  return "--load " .. write_tensors(name, t) .. " --key gpt2 --steps 0"
end
local function at(t, name)
  for i, x in ipairs(t) do if x[1] == name then return i end end
end
refused("a missing tensor", "gpt2", changed("lacks.safetensors", function(t) table.remove(t, at(t, "transformer.ln_f.bias")) end),
  "lacks%.safetensors: it lacks transformer%.ln_f%.bias, which key gpt2 says for net%.ln_f%.bias", 1)
refused("one of another shape", "gpt2", changed("shape.safetensors", function(t) t[at(t, "transformer.wpe.weight")][3] = "4,7" end),
  "shape%.safetensors: transformer%.wpe%.weight is %[4, 7%], the model says %[7, 4%]")
refused("a weight of [out, in]", "gpt2", changed("out.safetensors", function(t) t[at(t, "transformer.h.0.mlp.c_fc.weight")][3] = "16,4" end),
  "out%.safetensors: transformer%.h%.0%.mlp%.c_fc%.weight is %[16, 4%], the model says %[4, 16%]")
refused("a further layer", "gpt2", changed("more.safetensors", function(t) t[#t + 1] = { "transformer.h.2.ln_1.weight", "F32", "4", ("\0"):rep(16) } end),
  "more%.safetensors: the model has no parameter for transformer%.h%.2%.ln_1%.weight: key gpt2 takes whole files")
local head = ours["transformer.wte.weight"]
refused("a head that is not the table", "gpt2", changed("head.safetensors", function(t) t[#t + 1] = { "lm_head.weight", "F32", head[3], head[4]:gsub("^....", "\0\0\0\0") } end),
  "head%.safetensors: lm_head%.weight differs from transformer%.wte%.weight, and the model's head is that table: .*lm_head = nn%.Linear%(11,")
said, good = start("gpt2", changed("copy.safetensors", function(t) t[#t + 1] = { "lm_head.weight", "F32", head[3], head[4] } end))
ok(good, "control: one that is the table" .. (good and "" or ": " .. said))
refused("a number that is not finite in float32", "gpt2", changed("nan.safetensors", function(t)
  local x = t[at(t, "transformer.h.0.mlp.c_fc.bias")]
  x[2], x[3], x[4] = "F64", "16", ("<d"):pack(1e300):rep(16)
end), "nan%.safetensors: an element of transformer%.h%.0%.mlp%.c_fc%.bias is 1e%+300, beyond float32")
refused("another model's key", "gpt2", "--load tests/hub/gpt2.safetensors --key llama", "--key llama: this program's parameters do not have the names of llama", 2)
refused("a key alone", "gpt2", "--key gpt2", "--key says the names in a file: it needs %-%-load FILE or %-%-export FILE", 2)
refused("an export without a key", "gpt2", "--load " .. saved .. " --export x", "--export needs the names: %-%-key gpt2", 2)
refused("without weights", "gpt2", "--export x --key gpt2", "--export needs the weights: %-%-load FILE", 2)
refused("beside --predict", "gpt2", "--load " .. saved .. " --export x --key gpt2 --predict tests/hub", "--export excludes", 2)
refused("over the weights", "gpt2", ("--load %s --export %s --key gpt2"):format(saved, saved), "the weights are read from there: name another file", 1)
refused("into no directory", "gpt2", ("--load %s --export %s/none/x --key gpt2"):format(saved, dir), "there is no directory", 1)

-- ---- rules -----------------------------------------------------------------------------------------------------------
local function by_rule(what, name, model, from, rules, edits)
  if not generate(name, edited(name, model, rules, edits)) then return end
  local weights = ("%s/%s.own.safetensors"):format(dir, name)
  local text, fine = start(name, "--steps 0 --save " .. weights)
  ok(fine, name .. " starts" .. (fine and "" or ": " .. text))
  agrees(what, name, "--load " .. weights, ("tests/hub/%s.txt"):format(from))
end
by_rule("key = \"gpt2\"", "rule", "gpt2", "gpt2_shards", '{ net, load = "tests/hub/gpt2_shards", key = "gpt2" }')

-- q, k and v apart in the model are rows of one tensor in the file
local apart = { { "c_attn = nn.Linear(3 * D)", "q = nn.Linear(D), k = nn.Linear(D), v = nn.Linear(D)" },
  { "fn.attention(a.c_attn(x),", "fn.attention(a.q(x), a.k(x), a.v(x)," } }
local rows_of = [[{ net, load = "tests/hub/gpt2_base.safetensors", key = function(path)
  local i = ({ q = 0, k = 1, v = 2 })[path:match "%.([qkv])%.%a+$"]
  local turned = path:find "%.weight" and not path:find "ln_" and not path:find "wte"
  if i then return { path:gsub("[qkv](%.%a+)$", "c_attn%1"), transpose = turned ~= nil and turned, rows = { 4 * i + 1, 4 * i + 4 } } end
  if path == "wpe" then return "wpe.weight" end
  return turned and { path, transpose = true } or path
end }]]
by_rule("rows of a fused tensor, transposed", "apart", "gpt2", "gpt2_base", rows_of, apart)
-- q, k and v are one tensor in the model and three in the file
local fused = { { "q_proj = flat(D), k_proj = flat(KV * each), v_proj = flat(KV * each)", "qkv = flat(D + 2 * KV * each)" },
  { "local q, k = fn.rotary(a.q_proj(x), { heads = H }), fn.rotary(a.k_proj(x), { heads = KV })",
    "local q, k, v = fn.split(a.qkv(x), { D, KV * each, KV * each }, { axis = 3 }) q, k = fn.rotary(q, { heads = H }), fn.rotary(k, { heads = KV })" },
  { "a.v_proj(x)", "v" } }
local parts = [[{ model, load = "tests/hub/llama.safetensors", key = function(path)
  local at = path:match "(.*)qkv%.weight$"
  if not at then return "model." .. path end
  return { { "model." .. at .. "q_proj.weight", rows = { 1, 8 } }, { "model." .. at .. "k_proj.weight", rows = { 1, 4 } }, { "model." .. at .. "v_proj.weight", rows = { 1, 4 } } }
end }, { lm_head, load = "tests/hub/llama.safetensors", key = function() return "lm_head.weight" end }]]
by_rule("parts of a fused parameter", "fused", "llama", "llama", parts, fused)
generate("swapped", edited("swapped", "llama", parts:gsub('"q_proj.weight", rows = { 1, 8 }', '"q_proj.weight", rows = { 1, 4 } }, { "model." .. at .. "q_proj.weight", rows = { 1, 4 }'), fused))
start("swapped", ("--steps 0 --save %s/swapped.own.safetensors"):format(dir))
ok(off("swapped", ("--load %s/swapped.own.safetensors"):format(dir), "tests/hub/llama.txt") > 1e-3, "control: other rows of q")
-- a head of its own where the file has the table alone
by_rule("a head of its own from a tied file", "headed", "llama", "llama_tied", [[{ model, load = "tests/hub/llama_tied.safetensors", key = function(path) return "model." .. path end },
  { lm_head, load = "tests/hub/llama_tied.safetensors", key = function() return "model.embed_tokens.weight" end }]])

local function broken(what, model, rules, pattern, edits)
  local text, fine = run("./gagen -t c " .. edited("broken", model, rules, edits))
  ok(not fine and text:find("^build/tests/hub/broken.lua:%d+: error: ") and text:find(pattern), ("%s: %s"):format(what, text:match "[^\n]*"))
end
broken("a layer of another name", "gpt2", '{ net, load = "x", key = "gpt2" }',
  "train: rule 1: key = \"gpt2\" has no name for parameter 'h%.0%.attn%.c_atn%.weight' %(did you mean 'h%.0%.attn%.c_attn%.weight'%?%)",
  { { "c_attn = nn", "c_atn = nn" }, { "a.c_attn(", "a.c_atn(" } })
broken("another program", "gpt2", '{ net, load = "x", key = "gpt3" }', "key is \"gpt2\", \"llama\", \"lora\" or a function .*, got 'gpt3' %(did you mean 'gpt2'%?%)")
broken("rows that are too few", "gpt2", '{ net.wte, load = "x", key = function(p) return { p, rows = { 1, 10 } } end }',
  "key%('weight'%): its pieces have 10 rows, the parameter has 11: state rows = { first, last }")
broken("rows in reverse", "gpt2", '{ net.wte, load = "x", key = function(p) return { p, rows = { 5, 1 } } end }', "expected the last of rows, a whole number of at least 5, got 1")
broken("a transposed bias", "gpt2", '{ net.ln_f, load = "x", key = function(p) return { p, transpose = true } end }', "transpose needs two axes, and the parameter has 1")
broken("an unknown word", "gpt2", '{ net.ln_f, load = "x", key = function(p) return { p, transposed = true } end }', "unknown option 'transposed' %(did you mean 'transpose'%?%)")
broken("adapters that are none", "gpt2", '{ net, load = "x", key = "lora" }', 'key = "lora" loads the adapters of nn.LoRA, and there are none')
broken("adapters of a convolution", "gpt2", "", "nn.LoRA: the layer is an nn.Linear, nn.LoRA%(nn.Linear%(64%), { rank = 8 }%), got nn.Conv2d",
  { { "c_fc = nn.Linear(4 * D)", "c_fc = nn.LoRA(nn.Conv2d(4, 3))" } })
broken("adapters twice", "gpt2", "", "nn.LoRA: the layer has adapters already", { { "c_fc = nn.Linear(4 * D)", "c_fc = nn.LoRA(nn.LoRA(nn.Linear(4)))" } })
broken("a key without a file", "gpt2", '{ net, key = "gpt2" }', "key gives names in a file: write load = \"net.safetensors\" beside it")
T.finish()
