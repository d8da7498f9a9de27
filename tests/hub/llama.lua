-- llama.lua -- a Llama with the hub's names and a head of its own, or a tied one, as tests/reference/hub.py makes it
local V, T, D, H, KV = 11, 6, 8, 2, 1
local each = D // H
local rows = data.npy { option("rows", "tests/hub"), columns = { x = { "x.npy", T, classes = V } } }
local function flat(out) return nn.Linear(out, { bias = false }) end
local model = nn.Module {
  embed_tokens = nn.Embedding(V, D), norm = nn.RMSNorm { eps = 1e-6 },
  layers = nn.Repeat(2, function()
    return nn.Module {
      input_layernorm = nn.RMSNorm { eps = 1e-6 }, post_attention_layernorm = nn.RMSNorm { eps = 1e-6 },
      self_attn = nn.Module { q_proj = flat(D), k_proj = flat(KV * each), v_proj = flat(KV * each), o_proj = flat(D),
        forward = function(a, x)
          local q, k = fn.rotary(a.q_proj(x), { heads = H }), fn.rotary(a.k_proj(x), { heads = KV })
          return a.o_proj(fn.attention(q, k, a.v_proj(x), { heads = H, kv_heads = KV, causal = true }))
        end },
      mlp = nn.Module { gate_proj = flat(6), up_proj = flat(6), down_proj = flat(D),
        forward = function(m, x) return m.down_proj(fn.silu(m.gate_proj(x)) * m.up_proj(x)) end },
      forward = function(b, x)
        x = x + b.self_attn(b.input_layernorm(x))
        return x + b.mlp(b.post_attention_layernorm(x))
      end }
  end),
  forward = function(m, ids) return m.norm(m.layers(m.embed_tokens(ids))) end }
local y = model(rows.x)
local lm_head = option("tied", 0) == 0 and flat(V)
local logits = lm_head and lm_head(y) or fn.linear(y, model.embed_tokens.weight)
train { data = rows, batch = 4, steps = 2, minimize = fn.cross_entropy(logits, rows.x), optim = optim.SGD { lr = 0.1 },
  predict = { logits = logits } }
