-- hub.lua -- how files of other programs name a model's tensors: the namings of transformers' GPT-2
-- and Llama, that of PEFT's adapters, and what a rule's key function returns.
--
-- 1. A naming is a list of names. A parameter has the name that its path ends with:
-- net.h.0.ln_1.weight is called h.0.ln_1.weight. A lone nn.Parameter wpe is called wpe.weight.
-- 2. In files all names but the head's begin with the naming's prefix, or none does.
-- 3. A program carries the namings that give each of its parameters a name of its own, for --load
-- and --export. Adapters have a naming of their own, lora, and are in no other.
-- 4. A piece says where a parameter is in a file: { key, turned, row, rows, from }. rows = 0: it is
-- whole, else its rows from `row` on are those of the file's tensor from `from` on. turned: the
-- file's axes are [in, out].
local core = ...
local util, lora = core.use("dsl/util.lua"), core.use("dsl/lora.lua")
local fail, info = util.fail, core.info
local hub = {}

-- Names with # for a number; `buffers`: ends of names that are no weights; `tied`: the tensor that
-- the head equals where a file or a model has none; `turned`: a pattern of weights of [in, out].
local namings = {
  gpt2 = { prefix = "transformer.", head = "lm_head.weight", tied = "wte.weight",
    buffers = { ".attn.bias", ".attn.masked_bias" }, turned = "%.c_%a+%.weight$",
    blocks = "h.#.", both = { "ln_1", "attn.c_attn", "attn.c_proj", "ln_2", "mlp.c_fc",
      "mlp.c_proj" },
    "wte.weight", "wpe.weight", "ln_f.weight", "ln_f.bias", "lm_head.weight" },
  llama = { prefix = "model.", head = "lm_head.weight", tied = "embed_tokens.weight",
    buffers = { ".rotary_emb.inv_freq" },
    blocks = "layers.#.", both = { "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
      "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj" },
    "embed_tokens.weight", "norm.weight", "lm_head.weight", "layers.#.input_layernorm.weight",
    "layers.#.post_attention_layernorm.weight" },
  lora = { prefix = "base_model.model.", head = "", tied = "", buffers = {}, blocks = "",
    both = {} } }
for name, n in pairs(namings) do
  n.name, n.known = name, {}
  for _, k in ipairs(n) do n.known[k] = true end
  for _, k in ipairs(n.both) do
    for _, kind in ipairs { "weight", "bias" } do
      n.known[n.blocks .. k .. "." .. kind] = true
    end
  end
end
hub.namings = namings

-- the name of a path in files, without the prefix; nil: it has none
local function name_of(n, path)
  while path do
    for _, p in ipairs { path, path .. ".weight" } do
      if n.known[(p:gsub("%f[^.]%d+%f[.]", "#"))] then return p end
    end
    path = path:match("^[^.]*%.(.+)$")
  end
end

local function piece_of(n, path)
  local name = name_of(n, path)
  if not name then return nil end
  return { key = name == n.head and name or n.prefix .. name, row = 0, rows = 0, from = 0,
    turned = n.turned ~= nil and name:find(n.turned) ~= nil }
end

-- PEFT's name of an adapter: that of the layer's weight, if it has one in a naming
local function adapter_of(path)
  local layer, which = path:match("^(.*)%.(lora_[AB]%.weight)$")
  if not layer then return nil end
  for _, name in ipairs(util.sorted(namings)) do
    local weight = piece_of(namings[name], layer .. ".weight")
    if weight then layer = weight.key:match("^(.*)%.weight$") end
  end
  return { key = namings.lora.prefix .. layer .. "." .. which, row = 0, rows = 0, from = 0 }
end

-- ---- what a rule's key says ---------------------------------------------------------------------
function hub.check(what, key)
  if type(key) == "function" or namings[key] then return end
  local near = type(key) == "string" and util.near(key, namings) or ""
  fail("%s: key is \"gpt2\", \"llama\", \"lora\" or a function from a path to a name in the file "
    .. "that load names, got %s%s", what, util.show(key), near)
end

-- a rule with key = "lora" is for adapters
function hub.check_adapters(what, paths, parameters)
  for _, p in ipairs(parameters) do
    if paths[p] and lora.adapters[p] then return end
  end
  fail("%s: key = \"lora\" loads the adapters of nn.LoRA, and there are none", what)
end

local function named(what, n, path)
  local piece = piece_of(n, path)
  if n == namings.lora then
    piece = adapter_of(path)
    if not piece then
      fail("%s: key = \"lora\" is for the adapters of nn.LoRA, and '%s' is none", what, path)
    end
  end
  if not piece then
    local like, number = {}, path:match("%f[^.]%d+%f[.]") or "0"
    for k in pairs(n.known) do like[k:gsub("#", number)] = true end
    fail("%s: key = \"%s\" has no name for parameter '%s'%s: the model's names are to be those of "
      .. "the hub, %s0.%s.weight", what, n.name, path, util.near(path, like),
      n.blocks:gsub("#%.", ""), n.both[2])
  end
  return { piece }
end

local function rows_of(what, r)
  if type(r) ~= "table" or #r ~= 2 then
    fail("%s: rows are the first and the last one, rows = { 1, 64 }, got %s", what, util.show(r))
  end
  local first = util.integer(what, r[1], 1, "the first of rows")
  local last = util.integer(what, r[2], first, "the last of rows")
  return first - 1, last - first + 1
end

-- one answer: a name, or { name, transpose = true, rows = { 1, 64 } }
local function answer(what, path, v, dims)
  local o = type(v) == "table" and not getmetatable(v)
    and util.options(what, v, { transpose = false, rows = util.any }, 1) or { v }
  local key = o[1]
  if type(key) ~= "string" or key == "" or #key > 500 then
    fail("%s: key(%s) is the name in the file, or { name, transpose = true }, got %s", what,
      util.show(path), util.show(v))
  end
  if o.transpose and #dims ~= 2 then
    fail("%s: key(%s): transpose needs two axes, and the parameter has %d", what, util.show(path),
      #dims)
  end
  local piece = { key = key, turned = o.transpose == true, row = 0, rows = 0, from = 0 }
  if o.rows then piece.from, piece.rows = rows_of(what, o.rows) end
  return piece
end

-- Pieces in the order of the parameter's rows; those that state no rows are equal parts.
local function stacked(what, path, list, dims)
  local at = 0
  for _, piece in ipairs(list) do
    if piece.rows == 0 and dims[1] % #list == 0 then piece.rows = dims[1] // #list end
    piece.row, at = at, at + piece.rows
  end
  if at ~= dims[1] then
    fail("%s: key(%s): its pieces have %d rows, the parameter has %d: state rows = { first, last }",
      what, util.show(path), at, dims[1])
  end
  return list
end

-- the pieces of a parameter of these sizes by what a rule says
function hub.pieces(what, key, path, dims)
  if namings[key] then return named(what, namings[key], path) end
  local v = path
  if key then v = key(path) end
  if type(v) ~= "table" or type(v[1]) ~= "table" then
    local piece = answer(what, path, v, dims)
    return piece.rows == 0 and { piece } or stacked(what, path, { piece }, dims)
  end
  local list = {}
  for i = 1, #v do list[i] = answer(what, path, v[i], dims) end
  return stacked(what, path, list, dims)
end

-- ---- what a program carries ---------------------------------------------------------------------
-- the pieces of all parameters but adapters, or those of all adapters; nil: there are none, one has
-- no name, or two have the same
local function all_of(n, parameters)
  local list, taken = {}, {}
  for _, p in ipairs(parameters) do
    local path, adapter = info(p).path, lora.adapters[p] or false
    if adapter == (n == namings.lora) then
      local piece = adapter and adapter_of(path) or piece_of(n, path)
      if not piece or taken[piece.key] then return nil end
      taken[piece.key] = true
      piece.parameter, list[#list + 1] = p, piece
    end
  end
  return #list > 0 and list or nil
end

-- The namings that the program needs: those of its rules, and those of all parameters. used: the
-- names of the former.
function hub.carried(parameters, used)
  local list = {}
  for _, name in ipairs(util.sorted(namings)) do
    local n = namings[name]
    local pieces = all_of(n, parameters)
    if pieces or used[name] then
      list[#list + 1] = { name = name, prefix = n.prefix, head = n.head,
        tied = n.prefix .. n.tied, buffers = n.buffers, pieces = pieces or {} }
      used[name] = #list
    end
  end
  return list
end

return hub
