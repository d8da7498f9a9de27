-- join.lua -- functions that cut axes and join them: slices, and tensors placed among zeros and
-- added.
local core = ...
local util, op, base, ids = core.use("dsl/util.lua"), core.use("dsl/op.lua"),
  core.use("dsl/fn.lua"), core.use("dsl/ids.lua")
local say = core.use("dsl/doc.lua").section "functions"
local fn, one_axis = base.open, base.one_axis
local call, info, tensor, fail, options = op.call, core.info, op.tensor, util.fail, util.options

-- x.dims with another extent along the axis
local function resized(s, a, extent)
  local dims = table.move(s.dims, 1, s.rank, 1, {})
  dims[a] = extent
  return dims
end

-- elements from, from + step, ... (counted from 0) of axis a, `extent` of them
local function cut(x, a, from, step, extent)
  local s = info(x)
  if from == 0 and step == 1 and extent == s.dims[a] then return x end
  return call.slice(x, { axis = a - 1, from = from, step = step, dims = resized(s, a, extent),
    batch = s.batch })
end

local function put(x, a, at, extent)
  local s = info(x)
  return call.place(x, { axis = a - 1, from = at, step = 1, dims = resized(s, a, extent),
    batch = s.batch })
end

say("fn.slice(x, { axis = 3, from = 1, to = 5, step = 1 })",
  "Elements from 1 to 5, both included; -1 is the last.")
function fn.slice(x, o)
  x = tensor("fn.slice", x)
  o = options("fn.slice", o, { axis = util.any, from = 1, to = -1, step = 1 })
  local s = info(x)
  local a = one_axis("fn.slice", x, o)
  local n = s.dims[a]
  local from, to = util.integer("fn.slice", o.from, -n, "'from'"),
    util.integer("fn.slice", o.to, -n, "'to'")
  local step = util.integer("fn.slice", o.step, 1, "'step'")
  if from < 0 then from = n + 1 + from end
  if to < 0 then to = n + 1 + to end
  if from < 1 or to > n or from > to then
    fail("fn.slice: from %d to %d: axis %d of %s has elements 1 to %d", o.from, o.to, a, s.text, n)
  end
  return cut(x, a, from - 1, step, (to - from) // step + 1)
end

local function check_embedding(what, t, w, o)
  local table_, named = info(w), info(t)
  if table_.rank ~= 2 or table_.batch then
    fail("%s: the table is %s, expected rows x columns", what, table_.text)
  end
  if not ids.column(t) then
    fail("%s: the ids are %s, computed or real; use a column of class ids, { \"1-16\", "
      .. "classes = 65 }; for a row per position use nn.Parameter(%d, %d) itself; for computed ids "
      .. "write fn.matmul(fn.one_hot(ids, %d), w)", what, named.text,
      table_.dims[1], table_.dims[2], table_.dims[1])
  end
  local p, rows = o.padding_idx, table_.dims[1]
  if p == nil then return end
  p = util.integer(what, p, -2^31, "padding_idx")
  if p >= rows then
    fail("%s: padding_idx = %d: the table has rows 0 to %d; a negative one is an id of the data "
      .. "that reads zeros", what, p, rows - 1)
  end
  return p
end

-- rows of the table w by the ids t, a column of classes or part of one. The row padding_idx gets no
-- gradient. A negative one is no row: there zeros are read, from no row at all
say("fn.embedding(t, w, { padding_idx = 0 })",
  "Rows of w by the class ids t, a column or part of one. padding_idx is that of nn.Embedding, but "
  .. "its row need not begin with zeros.")
function fn.embedding(t, w, o)
  local what = "fn.embedding"
  t, w, o = tensor(what, t), tensor(what, w), options(what, o, { padding_idx = util.any })
  local p, sizes = check_embedding(what, t, w, o), info(t)
  ids.rows(what, t, info(w).dims[1], p)
  if not p then return call.gather(w, t) end
  local kept = call.kept(t, { ignore = p })
  table.insert(sizes.dims, 1)
  local beside = call.reshape(kept, { dims = sizes.dims, batch = sizes.batch })
  if p < 0 then return call.masked(call.gather(w, call.masked(t, kept)), beside) end
  return call.unlearned(call.gather(w, t), beside)
end

say("fn.flip(x, { axis = 2 })", "Elements in reverse order.")
function fn.flip(x, o)
  x = tensor("fn.flip", x)
  o = options("fn.flip", o, { axis = util.any })
  local a = one_axis("fn.flip", x, o)
  local n = info(x).dims[a]
  return cut(x, a, n - 1, -1, n)
end

-- tensors and, last, options
local function list_of(what, ...)
  local given = { ... }
  local o = given[#given]
  if type(o) ~= "table" or core.is_tensor(o) or getmetatable(o) then
    fail("%s: say which axis: %s(a, b, { axis = 2 })", what, what)
  end
  given[#given] = nil
  if #given == 1 and type(given[1]) == "table" and not core.is_tensor(given[1]) then
    given = given[1]
  end
  if #given == 0 then fail("%s: nothing to join", what) end
  for i, x in ipairs(given) do given[i] = tensor(what, x) end
  return given, options(what, o, { axis = util.any })
end

local function check_alike(what, first, s, a)
  local same = first.rank == s.rank and first.batch == s.batch
  for i = 1, same and s.rank or 0 do same = same and (i == a or first.dims[i] == s.dims[i]) end
  if not same then
    fail("%s: %s and %s differ in more than axis %d", what, first.text, s.text, a)
  end
end

local function join(what, list, a)
  local total, at, all = 0, 0, nil
  for _, x in ipairs(list) do
    check_alike(what, info(list[1]), info(x), a)
    total = total + info(x).dims[a]
  end
  if #list == 1 then return list[1] end
  for _, x in ipairs(list) do
    local placed = put(x, a, at, total)
    all, at = all and call.add(all, placed) or placed, at + info(x).dims[a]
  end
  return all
end

say("fn.concat(a, b, { axis = 2 })", "Joins any number of tensors along an axis.")
function fn.concat(...)
  local list, o = list_of("fn.concat", ...)
  return join("fn.concat", list, one_axis("fn.concat", list[1], o))
end

say("fn.stack(a, b, { axis = 2 })", "Joins tensors along a new axis.")
function fn.stack(...)
  local list, o = list_of("fn.stack", ...)
  local s = info(list[1])
  local a = util.integer("fn.stack", o.axis or 0, 1, "axis")
  if a > s.rank + 1 or (a == 1 and s.batch) then
    fail("fn.stack: axis %d: a new axis of %s is one of %d to %d", a, s.text, s.batch and 2 or 1,
      s.rank + 1)
  end
  for i, x in ipairs(list) do
    check_alike("fn.stack", s, info(x), 0)
    local dims = table.move(s.dims, 1, s.rank, 1, {})
    table.insert(dims, a, 1)
    list[i] = call.reshape(x, { dims = dims, batch = s.batch })
  end
  return join("fn.stack", list, a)
end

-- parts of the given sizes along an axis, as several values
say("fn.split(x, { 3, 5 }, { axis = 2 })", "Pieces of sizes 3 and 5, as several values.")
function fn.split(x, sizes, o)
  x = tensor("fn.split", x)
  o = options("fn.split", o, { axis = util.any })
  local s = info(x)
  local a = one_axis("fn.split", x, o)
  local parts, at = {}, 0
  if type(sizes) ~= "table" then
    fail("fn.split: sizes are a list, fn.split(x, { 3, 5 }, { axis = 2 }); for equal parts: "
      .. "fn.chunk(x, 2, { axis = 2 })")
  end
  for i, n in ipairs(sizes) do
    n = util.integer("fn.split", n, 1, "a size")
    if at + n > s.dims[a] then break end
    parts[i], at = cut(x, a, at, 1, n), at + n
  end
  if at ~= s.dims[a] or #parts ~= #sizes then
    fail("fn.split: the sizes do not add up to %d, axis %d of %s", s.dims[a], a, s.text)
  end
  return table.unpack(parts)
end

say("fn.chunk(x, 2, { axis = 2 })", "2 equal pieces, as several values.")
function fn.chunk(x, n, o)
  x = tensor("fn.chunk", x)
  n = util.integer("fn.chunk", n, 1, "the number of parts")
  local s = info(x)
  local a = one_axis("fn.chunk", x, options("fn.chunk", o, { axis = util.any }))
  if s.dims[a] % n ~= 0 then
    fail("fn.chunk: axis %d of %s is not a multiple of %d", a, s.text, n)
  end
  local sizes = {}
  for i = 1, n do sizes[i] = s.dims[a] // n end
  return fn.split(x, sizes, { axis = a })
end

-- the first half along an axis times the sigmoid of the second
say("fn.glu(x, { axis = -1 })", "One half of x times the sigmoid of the other.")
function fn.glu(x, o)
  x = tensor("fn.glu", x)
  local a = one_axis("fn.glu", x, options("fn.glu", o, { axis = -1 }))
  local n = info(x).dims[a]
  if n % 2 > 0 then fail("fn.glu: axis %d of %s has no two halves", a, info(x).text) end
  local value, gate = fn.split(x, { n // 2, n // 2 }, { axis = a })
  return call.mul(value, call.sigmoid(gate))
end

-- zeros, or a number, before and after: fn.pad(x, { axis = 3, before = 1, after = 2 })
say("fn.pad(x, { axis = 3, before = 1, after = 2, value = 0 })",
  "Zeros, or another value, before and after one axis.")
function fn.pad(x, o)
  x = tensor("fn.pad", x)
  o = options("fn.pad", o, { axis = util.any, before = 0, after = 0, value = 0 })
  local s = info(x)
  local a = one_axis("fn.pad", x, o)
  local before, after = util.integer("fn.pad", o.before, 0, "'before'"),
    util.integer("fn.pad", o.after, 0, "'after'")
  local total = before + s.dims[a] + after
  if total == s.dims[a] then return x end
  if o.value == 0 then return put(x, a, before, total) end
  local v = util.number("fn.pad", o.value, -math.huge, math.huge, "value")
  local ones = {}
  for i = 1, s.rank do ones[i] = 1 end
  local inside = call.expand(call.reshape(core.const(1), { dims = ones }),
    { dims = s.dims, batch = s.batch })
  return fn.where(put(inside, a, before, total), put(x, a, before, total), v)
end
