-- compare.lua -- compares what tests/probe.c printed with a reference, says how far they differ, exits 1 when too far.
--
--   lua5.4 tests/compare.lua GOT REFERENCE [OPTION...]
--
--   --case "tail 80 step"    the case of windows.txt; --peer "a double" the run of peers.txt; none: all of the file
--   --loss X                 largest relative difference of a loss allowed, --updates N: of the first N alone
--   --gradient X             relative L2 over all tensors
--   --tensor X               of each tensor: ||difference|| / (||tensor|| + 1e-3 ||all tensors||)
--   --each X                 of each tensor by itself: ||difference|| / ||tensor||
--   --element X              of each element of a gradient: |difference| / max(|element|, floor)
--   --floor X                what counts of a reference that is smaller: 1e-30 unless told
--   --weight X               relative L2 of the final weights over all tensors
--   --most X                 of each final weight: |difference|
--   --average X              the same of averages of the weights, which the reference has, too
--   --scale X                multiplies the first tensor's gradient and every loss by X: a control, which must fail

local function options(from)
  local o = { scale = 1, updates = math.huge, floor = 1e-30 }
  for i = from, #arg, 2 do
    local key = arg[i]:match "^%-%-(%a+)$"
    o[key] = tonumber(arg[i + 1]) or arg[i + 1]
  end
  return o
end

local function words(line)
  local t = {}
  for w in line:gmatch "%S+" do t[#t + 1] = w end
  return t
end

-- what tests/probe.c prints with `raw`: doubles after the line
local function packed(f, count)
  local s = f:read(8 * count)
  f:read "l"
  return { index = setmetatable({}, { __index = function(_, i) return i <= count and i - 1 or nil end }),
    value = setmetatable({}, { __index = function(_, i) return i <= count and string.unpack("<d", s, 8 * i - 7) or nil end }) }
end

local function dense(w, from)
  local t = { index = {}, value = {} }
  for i = from, #w do t.index[#t.index + 1], t.value[#t.value + 1] = i - from, tonumber(w[i]) end
  return t
end

-- of a line with its count at w[at]
local function numbers(f, w, at)
  if w[at + 1] == "raw" then return packed(f, math.tointeger(tonumber(w[at]))) end
  return dense(w, at + 1)
end

local function sampled(w, from)
  local t = { index = {}, value = {} }
  for i = from, #w, 2 do t.index[#t.index + 1], t.value[#t.value + 1] = math.tointeger(tonumber(w[i])), tonumber(w[i + 1]) end
  return t
end

local function put(set, update, name, t)
  set[update] = set[update] or {}
  set[update][name] = t
  set[update][#set[update] + 1] = name
end

-- what a file says under the case or of the peer; gradients without an update are those of update 1
local function read(path, case, peer)
  local r, inside = { loss = {}, gradient = {}, weight = {}, average = {}, norm = { gradient = {}, weight = {} } }, case == nil
  local f = assert(io.open(path, "rb"))
  for line in function() return f:read "l" end do
    local w = words(line)
    if w[1] == "case" then
      inside = case == nil or line == "case " .. case
    elseif peer and w[2] and w[2] .. " " .. (w[3] or "") == peer then
      table.remove(w, 2)
      table.remove(w, 2)
    elseif peer then
      w = {}
    end
    if inside then
      if w[1] == "loss" then r.loss[tonumber(w[2])] = tonumber(w[3])
      elseif w[1] == "gradient_at" then put(r.gradient, tonumber(w[2]), w[3], sampled(w, 4))
      elseif w[1] == "weight_at" then put(r.weight, 1, w[2], sampled(w, 3))
      elseif w[1] == "gradient_norm" then put(r.norm.gradient, tonumber(w[2]), w[3], tonumber(w[4]))
      elseif w[1] == "weight_norm" then put(r.norm.weight, 1, w[2], tonumber(w[3]))
      elseif w[1] == "gradient" and not peer then
        local u = tonumber(w[2])
        put(r.gradient, u or 1, w[u and 3 or 2], numbers(f, w, u and 4 or 3))
      elseif w[1] == "weight" and not peer then put(r.weight, 1, w[2], numbers(f, w, 3))
      elseif w[1] == "ema" then put(r.average, 1, w[2], numbers(f, w, 3))
      end
    end
  end
  f:close()
  return r
end

local worst, compared = false, 0

-- NaN is larger than all, and stays so.
local function larger(x, top) return x ~= x or x > top end

local function judge(what, measured, allowed)
  compared = compared + 1
  local failed = allowed and not (measured <= allowed)
  print(("%s %s: %.3g%s"):format(failed and "over" or "fine", what, measured, allowed and (" of %g"):format(allowed) or ""))
  worst = worst or failed
end

local function losses(got, want, o)
  local most, n = 0, 0
  for u, v in pairs(want.loss) do
    if u <= o.updates and got.loss[u] then
      local d = math.abs(got.loss[u] * o.scale - v) / math.max(math.abs(v), o.floor)
      most, n = larger(d, most) and d or most, n + 1
    end
  end
  if n > 0 then judge(("%d losses, largest relative difference"):format(n), most, o.loss) end
end

-- squares of the difference and of the reference
local function distance(got, want, scale)
  local d, s = 0, 0
  for i, at in ipairs(want.index) do
    local g = got and got.value[at + 1] or 0 / 0
    d, s = d + (g * scale - want.value[i]) ^ 2, s + want.value[i] ^ 2
  end
  return d, s
end

-- the largest relative difference of an element
local function farthest(got, want, scale, floor)
  local top = 0
  for i, at in ipairs(want.index) do
    local w, g = want.value[i], got and got.value[at + 1] or 0 / 0
    local x = math.abs(g * scale - w) / math.max(math.abs(w), floor)
    if larger(x, top) then top = x end
  end
  return top
end

local function elements(what, got, want, scale, each, floor)
  local top, where = -1, nil
  for i, name in ipairs(want) do
    local x = farthest(got[name], want[name], i == 1 and scale or 1, floor)
    if larger(x, top) then top, where = x, name end
  end
  judge(what .. ", worst element, of " .. where, top, each)
end

-- the largest difference of an element
local function apart(what, got, want, allowed)
  local top, where = -1, nil
  for _, name in ipairs(want) do
    for i, at in ipairs(want[name].index) do
      local x = math.abs((got[name] and got[name].value[at + 1] or 0 / 0) - want[name].value[i])
      if larger(x, top) then top, where = x, name end
    end
  end
  judge(what .. ", largest difference, in " .. where, top, allowed)
end

local function tensors(what, got, want, o, all, each, alone)
  local d, s, list = 0, 0, {}
  for i, name in ipairs(want) do
    local dt, st = distance(got[name], want[name], i == 1 and o.scale or 1)
    d, s, list[i] = d + dt, s + st, { name, dt, st }
  end
  judge(what .. ", relative L2", math.sqrt(d) / math.max(math.sqrt(s), o.floor), all)
  local function farthest_of(share, allowed)
    local top, where = -1, nil
    for _, t in ipairs(list) do
      local x = math.sqrt(t[2]) / math.max(math.sqrt(t[3]) + share * math.sqrt(s), o.floor)
      if larger(x, top) then top, where = x, t[1] end
    end
    judge(what .. ", worst tensor " .. where, top, allowed)
  end
  if each then farthest_of(1e-3, each) end
  if alone then farthest_of(0, alone) end
end

-- lengths of whole tensors, where the reference has them beside a few elements
local function norms(what, got, want, scale, allowed)
  local top, where = -1, nil
  for i, name in ipairs(want or {}) do
    local square = 0
    for _, x in ipairs(got[name] and got[name].value or {}) do square = square + x * x end
    local d = math.abs(math.sqrt(square) * (i == 1 and scale or 1) - want[name]) / want[name]
    if larger(d, top) then top, where = d, name end
  end
  if where then judge(what .. ", length of " .. where, top, allowed) end
end

local o = options(3)
local got, want = read(arg[1]), read(arg[2], o.case, o.peer)
losses(got, want, o)
local function updates(set)
  local t = {}
  for u in pairs(set) do t[#t + 1] = u end
  table.sort(t)
  return t
end
for _, u in ipairs(updates(want.gradient)) do
  if got.gradient[u] then
    if o.gradient then norms("gradient " .. u, got.gradient[u], want.norm.gradient[u], o.scale, o.gradient) end
    if o.element then elements("gradient " .. u, got.gradient[u], want.gradient[u], o.scale, o.element, o.floor)
    else tensors("gradient " .. u, got.gradient[u], want.gradient[u], o, o.gradient, o.tensor, o.each) end
  end
end
if want.weight[1] and got.weight[1] and o.weight then
  norms("weights", got.weight[1], want.norm.weight[1], 1, o.weight)
  tensors("weights", got.weight[1], want.weight[1], { scale = 1, floor = o.floor }, o.weight)
end
if want.weight[1] and got.weight[1] and o.most then apart("weights", got.weight[1], want.weight[1], o.most) end
if o.average then tensors("averages", got.average[1], want.average[1], { scale = 1, floor = o.floor }, o.average) end
if compared == 0 then print "over nothing to compare" end
os.exit((worst or compared == 0) and 1 or 0)
