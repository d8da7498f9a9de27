-- lora.lua -- low-rank adapters of a small Llama of the hub, whose own weights stay as they are.               gagen run examples/lora.lua
-- data/llama has its model.safetensors; data/text.bin has token ids as uint16. By default the sizes are those of stories15M.
--   ... -- --save run.st                                                          trains the adapters, 0.4 % of the parameters
--   ... -- --load run.st --export adapter_model.safetensors --key lora            writes them alone, as PEFT reads them
--   ... -- --load adapter_model.safetensors --key lora --sample 1,253             loads the base and those adapters
-- The adapters are a file of 224 kB where the base has 61 MB, and the program needs 249 MiB.
-- -D layers=22 -D width=2048 -D heads=32 -D kv_heads=4 -D hidden=5632 is TinyLlama. -D tied=0 has a head of its own.
local L, D, H, KV = option("layers", 6), option("width", 288), option("heads", 6), option("kv_heads", 6)
local hidden, V, T = option("hidden", 768), option("vocabulary", 32000), option("length", 256)
local base = option("base", "data/llama/model.safetensors")              -- "none": the weights of a new model
local text = data.tokens { option("data", "data/text.bin"), classes = V, length = T, valid = 0.05, order = "random" }

local function flat(out) return nn.Linear(out, { bias = false }) end
local function adapted(out) return nn.LoRA(flat(out), { rank = 8, alpha = 16 }) end
local function norm() return nn.RMSNorm { eps = 1e-5 } end

local function Block()
  return nn.Module {
    input_layernorm = norm(), post_attention_layernorm = norm(),
    self_attn = nn.Module { q_proj = adapted(D), k_proj = flat(D // H * KV), v_proj = adapted(D // H * KV), o_proj = flat(D),
      forward = function(a, x)
        local q, k = fn.rotary(a.q_proj(x), { heads = H }), fn.rotary(a.k_proj(x), { heads = KV })
        return a.o_proj(fn.attention(q, k, a.v_proj(x), { heads = H, kv_heads = KV, causal = true }))
      end },
    mlp = nn.Module { gate_proj = flat(hidden), up_proj = flat(hidden), down_proj = flat(D),
      forward = function(m, x) return m.down_proj(fn.silu(m.gate_proj(x)) * m.up_proj(x)) end },
    forward = function(b, x)
      x = x + b.self_attn(b.input_layernorm(x))
      return x + b.mlp(b.post_attention_layernorm(x))
    end }
end

local model = nn.Module { embed_tokens = nn.Embedding(V, D), layers = nn.Repeat(L, Block), norm = norm(),
  lm_head = option("tied", 1) == 0 and flat(V) or nil,
  forward = function(m, ids)
    local y = m.norm(m.layers(m.embed_tokens(ids)))
    return option("tied", 1) == 0 and m.lm_head(y) or fn.linear(y, m.embed_tokens.weight)
  end }
local logits = model(text.x)

train {
  data     = text, batch = 16, micro_batch = 2, epochs = 1,
  minimize = fn.cross_entropy(logits, text.y),
  optim    = optim.AdamW { lr = optim.wsd { 2e-4, warmup = 20, decay = 0.2 }, clip = 1 },
  rules    = { base == "none" and { model, freeze = true } or { model, load = base, key = "llama", freeze = true } },
  predict  = { next = logits },
}
