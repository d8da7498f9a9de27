-- ids.lua -- columns whose values name something: the rows of a table, the classes of a loss, the
-- places of an axis.
--
-- 1. Where a column states its classes, a loss has as many, and a table or an axis has as many or
-- more. 2. Where it states none, the first that indexes by it says how many there are, and the
-- others have as many.
--    The reader checks the column's values either way, so no kernel has to.
-- 3. A value outside of the classes that a loss ignores, or that a table reads as zeros, is no id.
-- Whatever else reads the
--    column as ids has to leave the same value out.
-- 4. Slices, reshapes and gathers of a column hold the column's values. All other ids are computed.
local core = ...
local util = core.use("dsl/util.lua")
local info = core.info
local ids = {}

local through = { slice = true, reshape = true, permute = true, expand = true, detach = true }
local gathered = {}                 -- gathered[tensor]: the column whose values it holds
local known = {}                    -- known[column]: what is known of its values
local order = {}                    -- the columns in known, as they came

-- the column whose whole numbers t holds, or nil: t is computed, or real
function ids.column(t)
  local s = info(t)
  if s.kind == "input" then return s.type ~= "real" and t or nil end
  if gathered[t] then return gathered[t] end
  return through[s.kind] and ids.column(core.args(t)[1]) or nil
end

-- y holds values of x alone
function ids.same(y, x)
  gathered[y] = ids.column(x)
  return y
end

local function facts(c)
  if not known[c] then
    local n = info(c).classes
    known[c] = { name = info(c).name, column = c, stated = n > 0 and n or nil, classes = n > 0
      and n or nil, place = info(c).place, plain = {} }
    order[#order + 1] = known[c]
  end
  return known[c]
end

-- the number of classes that the column of t states, or that others made of it; nil where there is
-- none
function ids.classes(t)
  local c = ids.column(t)
  return c and facts(c).classes or nil
end

local function check_count(k, use, n)
  if k.stated and (n < k.stated or use.exact and n ~= k.stated) then
    core.fail(("%s: %d %s for %d classes"):format(use.what, n, use.noun, k.stated), use.place,
      "the classes were counted here", k.place)
  end
  if k.stated or k.classes == n then return end
  if k.classes then
    local both = use.exact and k.first.exact
    local cure = both and "a loss has a logit for each class"
      or "state classes in the column, and a table may have more rows than that"
    core.fail(("%s: %d %s for the ids in column '%s', and %s has %d %s for them: %s"):format(
      use.what, n, use.noun, k.name, k.first.what,
      k.classes, k.first.noun, cure), use.place, "these are the others", k.first.place)
  end
  k.classes, k.first = n, use
  core.set_classes(k.column, n)
end

-- use reads the value that k.left leaves out as if it were an id
local function refuse(k, use)
  local left = k.left
  core.fail(("column '%s' may hold %d, which %s ignores and %s reads: %s"):format(k.name,
    left.value, left.what, use.what,
    use.cure:format(left.value)), use.place, "it is ignored here", left.place)
end

local function leave_out(k, use)
  local left = k.left
  if left and left.value ~= use.value then
    core.fail(
      ("%s: column '%s': %d is ignored here and %d elsewhere; ignore one value everywhere"):format(
      use.what, k.name, use.value, left.value),
      use.place, "the other one was stated here", left.place)
  end
  if not left then core.set_ignored(k.column, use.value) end
  if not left or left.noun == "rows" then k.left = use end
  for _, plain in ipairs(k.plain) do refuse(k, plain) end
end

local function read(t, use)
  local k = facts(ids.column(t))
  if use.n then check_count(k, use, use.n) end
  if use.value and use.value >= 0 and k.classes and use.value < k.classes then return end
  if use.value then return leave_out(k, use) end
  k.plain[#k.plain + 1] = use
  if k.left then refuse(k, use) end
end

local function plain(what, noun, n, exact, cure)
  return { what = util.called(what), noun = noun, n = n, exact = exact, cure = cure,
    place = core.place() }
end

local function with(use, value)
  use.value = value
  return use
end

-- a loss, or a share of hits, over n classes; ignored: the value that it ignores, or nil
function ids.target(what, t, n, ignored)
  if ids.column(t) then
    read(t, with(plain(what, "logits", n, true, "say { ignore_index = %d } here, too"), ignored))
  end
end

-- rows of a table; padding: the id that reads zeros, or nil
function ids.rows(what, t, n, padding)
  read(t, with(plain(what, "rows", n, false,
    "nn.Embedding(rows, size, { padding_idx = %d }) reads zeros there"), padding))
end

-- places of an axis; false: the ids are computed
function ids.places(what, t, n)
  if not ids.column(t) then return false end
  read(t, plain(what, "places", n, false,
    "fn.where(fn.eq(ids, %d), 0, ids) names a place everywhere"))
  return true
end

-- a loss that takes whole numbers as numbers, without a mask
function ids.numbers(what, t)
  if not core.is_tensor(t) or not ids.column(t) then return end
  read(t, plain(what, nil, nil, false, "say { mask = fn.ne(t, %d) }"))
end

-- A negative padding_idx is an id of the data; PyTorch counts -1 from the end.
function ids.check()
  for _, k in ipairs(order) do
    local left = k.left
    if left and left.noun == "rows" and left.value < 0 and left.value >= -left.n then
      core.fail(
        ("padding_idx = %d: no loss ignores %d in column '%s'; where PyTorch counts from the end, "
        .. "write padding_idx = %d"):format(
        left.value, left.value, k.name, left.n + left.value), left.place)
    end
  end
end

return ids
