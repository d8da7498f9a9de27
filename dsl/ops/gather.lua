-- gather.lua -- rows of a table, by number; its gradient adds rows to rows, in order.
local core = ...
local op = core.use("dsl/op.lua")

op.view { name = "gather", role = "gather", args = { "w", "t" }, hidden = true,
  doc = "Rows of the table w, by the numbers t.", example = "nn.Embedding(100, 16)",
  shape = function(w, t)
    local dims = table.move(core.info(t).dims, 1, core.info(t).rank, 1, {})
    dims[#dims + 1] = core.info(w).dims[2]
    return dims, core.info(t).batch
  end,
  grad = function(_, gy, w, t) return op.call.scatter(gy, t, { rows = w }) end }

op.window { name = "scatter", role = "scatter", args = { "gy", "t" }, hidden = true,
  doc = "The gradient of gather in w: every row of gy added to the row that t names.",
  example = "nn.Embedding(100, 16)",
  shape = function(_, _, o) return core.info(o.rows).dims, false end }

op.map { name = "unlearned", args = { "x", "m" }, hidden = true,
  doc = "x, which gets no gradient where m is 0.",
  value = "x", grad = { x = "select(m == 0, 0, gy)" },
  example = "nn.Embedding(100, 16, { padding_idx = 0 })" }

op.map { name = "beyond", args = { "x" }, attrs = { n = 1 }, hidden = true,
  doc = "1 where x is none of 0 .. n - 1, else 0.",
  value = "select(x >= 0, select(x < n, 0, 1), 1)",
  example = "fn.gather(x, fn.floor(y), { axis = 2 })" }
