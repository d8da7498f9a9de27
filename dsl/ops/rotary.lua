-- rotary.lua -- channels in pairs, turned by an angle of their position. p is the other channel of
-- each pair and gets no gradient of its own: the gradient of a turn is the turn back.
local core = ...
local op = core.use("dsl/op.lua")
local call, info = op.call, core.info

-- The other channel of every pair of x: across the halves of a head, [N, positions, heads, 2,
-- channels / 2], or the neighbour in [N, positions, heads, 1, channels].
local function partner(x)
  local s = info(x)
  local n, t, h, halves, d = table.unpack(s.dims)
  local two = halves == 2 and s.dims or { n, t, h, d // 2, 2 }
  local turned = call.slice(call.reshape(x, { dims = two, batch = true }),
    { axis = halves == 2 and 3 or 4, from = 1, step = -1, dims = two, batch = true })
  return call.reshape(turned, { dims = s.dims, batch = true })
end

-- a turn, and the one back
for _, way in ipairs { { "rotary", "rotary_back", "+" }, { "rotary_back", "rotary", "-" } } do
  op.map { name = way[1], args = { "x", "p", "c", "s" }, hidden = true,
    doc = ("x * c %s p * s: a pair turned by the angle of cosine c and sine s."):format(way[3]),
    value = ("x * c %s p * s"):format(way[3]), example = "fn.rotary(x, { heads = 4 })",
    grad = function(_, gy, _, _, c, s) return call[way[2]](gy, partner(gy), c, s) end }
end

return partner
