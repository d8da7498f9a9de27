-- sample.lua -- continuations of a prompt: which output has their logits, and how tokens are drawn.
local core = ...
local util = core.use("dsl/util.lua")
local info = core.info
local sample = {}

-- what is drawn unless the command line says otherwise
local preset = { tokens = 200, temperature = 1, top_k = 0, top_p = 1 }

-- fails unless `v`, the output next, has logits of the token after each position, made of x alone
local function check(v, set, place)
  local s, t = info(v), set.tokens
  if s.rank ~= 3 or s.dims[2] ~= t.length or s.dims[3] ~= t.classes then
    core.fail(("train: predict next: expected logits of each position, [N, %d, %d], got %s"):format(
      t.length, t.classes, util.show(v)), place, "it was made here", s.place)
  end
  local reads = {}
  for _, c in ipairs(core.inputs_of(v)) do
    reads[info(c).name] = true
    if info(c).name == "y" then
      core.fail("train: predict next: its logits depend on y, the tokens that they predict", place,
        "it was made here", s.place)
    end
  end
  if not reads.x then
    core.fail("train: predict next: its logits do not depend on x, the tokens before", place,
      "it was made here", s.place)
  end
end

-- sample = "ROMEO:", or { "ROMEO:", tokens = 200, temperature = 0.8, top_k = 40, top_p = 0.95 }
local function asked(given, fail_at)
  local v = type(given) == "string" and { given } or given
  if type(v) ~= "table" or getmetatable(v) or type(v[1]) ~= "string" or v[1] == ""
    or v[1]:find "%z" then
    fail_at("sample", nil,
      "train: sample is the text to continue, sample = \"ROMEO:\", or { \"ROMEO:\", tokens = 200, "
      .. "temperature = 0.8, top_k = 40, top_p = 0.95 }; got %s", util.show(given))
  end
  local o = util.options("train: sample", v, preset, 1)
  util.integer("train: sample", o.tokens, 1, "tokens")
  util.integer("train: sample", o.top_k, 0, "top_k, so many of the largest logits")
  util.number("train: sample", o.temperature, 0, 1e6, "temperature")
  util.number("train: sample", o.top_p, 0, 1, "top_p")
  return o
end

-- how the program samples, of train's options; nil: it cannot
function sample.of(o, set, key_place, fail_at)
  for i, output in ipairs(o.outputs) do
    if set.tokens and output[1] == "next" then
      check(output[2], set, key_place)
      local how = o.sample ~= nil and asked(o.sample, fail_at) or util.options("", {}, preset)
      return { output = i - 1, prompt = how[1], tokens = how.tokens, temperature = how.temperature,
        top_k = how.top_k, top_p = how.top_p }
    end
  end
  if o.sample ~= nil then
    fail_at("sample", nil, "train: sample continues a text: read data.tokens, and name the logits "
      .. "of the next token, predict = { next = logits }")
  end
end

return sample
