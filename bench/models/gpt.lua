-- gpt.lua -- GPT-2 as PyTorch's layers say it: norms first, learned positions, a tied head. The sizes are those of net c of bench/run.sh;
-- d: -D t=256 -D layers=6 -D heads=6 -D dim=384 -D micro=4;  GPT-2 124M: -D vocab=50304 -D layers=12 -D heads=12 -D dim=768 -D micro=4.
local V, T, D = option("vocab", 256), option("t", 64), option("dim", 128)
local L, H    = option("layers", 4), option("heads", 4)
local text = data.raw { option("data", "data/text"), shuffle = false,
  columns = { x = { "x.bin", T, classes = V, type = "int32" }, y = { "y.bin", T, classes = V, type = "int32" } } }

local function gelu(x) return fn.gelu(x, { approximate = "tanh" }) end
local wte, wpe = nn.Embedding(V, D), nn.Parameter(T, D, { init = { normal = 0.02 } })
local h = nn.Repeat(L, function()
  return nn.TransformerEncoderLayer(H, { dim_feedforward = 4 * D, dropout = 0, activation = gelu, norm_first = true, causal = true })
end)
local norm   = nn.LayerNorm()
local logits = fn.linear(norm(h(wte(text.x) + wpe)), wte.weight)

train { data = text, micro_batch = option("micro", 8), accumulate = option("accumulate", 4), steps = option("steps", 100),
  minimize = fn.cross_entropy(logits, text.y, { axis = 3 }), optim = optim.AdamW { lr = 3e-4, weight_decay = 0.1 },
  rules = { { function(p) return #p.shape == 2 end, init = { normal = 0.02 } }, { function(p) return p.kind:find "bias" end, init = 0 } } }
