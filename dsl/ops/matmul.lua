-- matmul.lua -- products summed over shared axes. "ni,oi->no": one letter an axis; what the result
-- lacks is summed.
local core = ...
local op = core.use("dsl/op.lua")

local function extents(labels, a, b)
  local of, batch = {}, {}
  local la, lb, lo = labels:match("^(%a*),(%a*)%->(%a*)$")
  for _, pair in ipairs { { la, core.info(a) }, { lb, core.info(b) } } do
    for i = 1, #pair[1] do of[pair[1]:sub(i, i)] = pair[2].dims[i] end
    if pair[2].batch then batch[pair[1]:sub(1, 1)] = true end
  end
  return lo, of, batch
end

op.contraction { name = "matmul", args = { "a", "b" },
  doc = "The matrix product; leading axes are batches.", example = "fn.matmul(a, b)",
  shape = function(a, b, o)
    local out, of, batch = extents(o.labels, a, b)
    local dims = {}
    for i = 1, #out do dims[i] = of[out:sub(i, i)] end
    return dims, batch[out:sub(1, 1)] or false
  end,
  grad = function(y, gy, a, b)
    local la, lb, lo = core.info(y).labels:match("^(%a*),(%a*)%->(%a*)$")
    return op.call.matmul(gy, b, { labels = lo .. "," .. lb .. "->" .. la }),
           op.call.matmul(a, gy, { labels = la .. "," .. lo .. "->" .. lb })
  end }
