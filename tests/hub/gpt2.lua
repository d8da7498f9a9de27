-- gpt2.lua -- a GPT-2 with the hub's names, as tests/reference/hub.py makes it
local V, T, P, D = 11, 6, 7, 4
local rows = data.npy { option("rows", "tests/hub"), columns = { x = { "x.npy", T, classes = V } } }
local net = nn.Module {
  wte = nn.Embedding(V, D), wpe = nn.Parameter(P, D), ln_f = nn.LayerNorm(),
  h = nn.Repeat(2, function()
    return nn.Module {
      ln_1 = nn.LayerNorm(), ln_2 = nn.LayerNorm(),
      attn = nn.Module { c_attn = nn.Linear(3 * D), c_proj = nn.Linear(D),
        forward = function(a, x) return a.c_proj(fn.attention(a.c_attn(x), { heads = 2, causal = true })) end },
      mlp = nn.Module { c_fc = nn.Linear(4 * D), c_proj = nn.Linear(D),
        forward = function(m, x) return m.c_proj(fn.gelu(m.c_fc(x), { approximate = "tanh" })) end },
      forward = function(b, x)
        x = x + b.attn(b.ln_1(x))
        return x + b.mlp(b.ln_2(x))
      end }
  end),
  forward = function(m, ids)
    return m.ln_f(m.h(m.wte(ids) + fn.slice(m.wpe, { axis = 1, to = T })))
  end }
local y = net(rows.x)
local logits = fn.linear(y, net.wte.weight)
train { data = rows, batch = 4, steps = 2, minimize = fn.cross_entropy(logits, rows.x), optim = optim.SGD { lr = 0.1 },
  predict = { logits = logits } }
