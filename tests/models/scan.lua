-- many uses of fn.scan, or the same in a Lua loop (scan = false): tests/scan.t
local T, D, H, kind = option("t", 8), option("d", 5), option("h", 12), option("kind", "lstm")
local back = option("back", false)
local d = data.npy { "rows", shuffle = false, columns = { x = { "x.npy", T, D }, y = { "y.npy", T } } }
local wx, wh, wi, out = nn.Linear(4 * H), nn.Linear(4 * H), nn.Linear(H), nn.Linear(1)
local h0, peep, mixw, norm = nn.Parameter(H, { init = { uniform = 0.5 } }), nn.Parameter(H, { init = { uniform = 0.5 } }), nn.Parameter(3, H, H, { init = { uniform = 0.3 } }), nn.LayerNorm()
local first = fn.reshape(fn.slice(d.x, { axis = 2, from = 1, to = 1 }), -1)
local h1 = fn.tanh(wi(first))
local gate = fn.sigmoid(first)                        -- [N, D], captured
local steps = {}
-- lstm: two carries, the first slices of gates; gated by a captured value, a peephole
function steps.lstm(c, x)
  local g = wx(x.x * gate) + wh(c[1])
  local i, f, o, u = fn.chunk(g, 4, { axis = 2 })
  local cell = fn.sigmoid(f + peep * c[2]) * c[2] + fn.sigmoid(i) * fn.tanh(u)
  local h = fn.sigmoid(o) * fn.tanh(cell)
  return { h, cell }, { h, x.y * h }
end
-- norm: layer norm in the step, softmax over features, a product with a batch of matrices, the old carry as output
function steps.norm(c, x)
  local h = norm(fn.tanh(wi(x.x) + fn.softmax(c[1], { axis = 2 }) * x.y))
  local m = fn.reshape(fn.sum(fn.reshape(h, H, 1) * fn.reshape(c[2], 1, H), { axis = 2 }), -1)
  return { h, 0.5 * c[2] + m * peep }, { c[1], h }
end
-- thin: a number for each sample is carried, what comes in passes by, a carry that no step changes
function steps.thin(c, x)
  local s = c[1] * fn.sum(x.x, { axis = 2 }) + fn.reshape(x.y)
  return { fn.sin(s), c[2] }, { fn.expand(fn.reshape(c[1], 1), H) * peep, fn.expand(x.y, H) * c[2] }
end
local step = steps[kind]
local hs, ys, last
local init = { kind == "thin" and fn.sum(h1, { axis = 2 }) or h1, h0 }
local yb = fn.reshape(d.y, T, 1)
if option("scan", true) then
  local c, y = fn.scan(function(c, x) return step(c, { x = x[1], y = x[2] }) end, init, { d.x, yb }, { reverse = back })
  last, hs, ys = c, y[1], y[2]
else
  local c, a, b = { init[1], h1 * 0 + h0 }, {}, {}
  for t = back and T or 1, back and 1 or T, back and -1 or 1 do
    local x = fn.reshape(fn.slice(d.x, { axis = 2, from = t, to = t }), -1)
    local y = fn.reshape(fn.slice(yb, { axis = 2, from = t, to = t }), -1)
    local o
    c, o = step(c, { x = x, y = y })
    a[t], b[t] = fn.reshape(o[1], 1, H), fn.reshape(o[2], 1, H)
  end
  a[#a + 1], b[#b + 1] = { axis = 2 }, { axis = 2 }
  last, hs, ys = c, fn.concat(table.unpack(a)), fn.concat(table.unpack(b))
end
local loss = fn.mse(fn.reshape(out(hs + ys), -1), fn.reshape(d.y, -1)) + 0.1 * fn.mean(last[2] * last[2])
  + 0.01 * fn.sum(mixw * mixw)
train { data = d, micro_batch = 6, accumulate = 2, steps = 5, minimize = loss, optim = optim.SGD { lr = 0.1 },
  recompute = option("recompute", "none"), nonfinite = option("nonfinite", "keep"), report = { last = fn.mean(last[1]) } }
