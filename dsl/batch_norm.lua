-- batch_norm.lua -- the layer whose statistics are those of a micro-batch, and what a window of
-- them leaves.
local core = ...
local util, op = core.use("dsl/util.lua"), core.use("dsl/op.lua")
local kit = core.use("dsl/nn.lua")
local call, info, fail = op.call, core.info, util.fail
local nn, what = kit.open, "nn.BatchNorm"
local say = core.use("dsl/doc.lua").section "layers"

local modes = { micro = true, pooled = true, frozen = true }

-- the momentum of one micro-batch
local function momentum(o)
  if o.momentum ~= "window" then return core.const(o.momentum) end
  return call.window_momentum(core.rows("micros"), { log_rest = math.log(1 - o.window_momentum) })
end

-- what one use of the layer makes of the running mean r and variance u: at once, or at the window's
-- end
local function moved(m, o, s, r, u)
  if o.stats == "micro" then
    local by = momentum(o)
    return call.running_mean(r, s.mean, by), call.running_var(u, s.var, by, s.rows, { k = s.k })
  end
  m.uses = (m.uses or 0) + 1
  local n, from, samples = { s.n }, core.rows("before"), core.rows("samples")
  local p = kit.state(m, "pooled_mean_" .. m.uses, n, 0, true)
  local q = kit.state(m, "pooled_squares_" .. m.uses, n, 0, true)
  local mean = call.pooled_mean(p, s.mean, s.rows, from)
  local squares = call.pooled_squares(q, p, s.var, s.mean, s.rows, from, { k = s.k })
  s.moves[#s.moves + 1], s.moves[#s.moves + 2] = { p, mean }, { q, squares }
  local by, total = core.const(o.momentum), call.add(s.rows, from)
  local var = call.pooled_var(squares, s.rows, from, { k = s.k })
  return call.pooled_end(r, call.running_mean(r, mean, by), s.rows, from, samples),
    call.pooled_end(u, call.running_var(u, var, by, total, { k = s.k }), s.rows, from, samples)
end

-- the statistics that normalise x, of shape [C], and what they do to the running ones
local function statistics(m, o, x, n)
  local tracks, k = o.track_running_stats, 1
  for a = 3, info(x).rank do k = k * info(x).dims[a] end
  local s = { n = n, k = k, moves = {} }
  local r = tracks and kit.state(m, "running_mean", { n }, 0)
  local u = tracks and kit.state(m, "running_var", { n }, 1)
  if o.stats == "frozen" then return r, u, s end
  local axes, real = (1 << info(x).rank) - 1 & ~2, nil
  real, s.rows = op.real_rows(x)
  local given, none = { axes = axes, k = k, tracks = tracks and 1 or 0 }, core.const(0)
  local function by_channel(t)
    return t and call.reshape(t, { dims = kit.by_channel(x, n), batch = false }) or none
  end
  s.mean = call.batch_mean(x, real, s.rows, by_channel(r), given)
  s.var = call.batch_var(x, by_channel(s.mean), real, s.rows, by_channel(u), given)
  return s.mean, s.var, s, r, u
end

local function forward(m, o, x)
  x = kit.features(what, m, x, 2, "[N, channels, ...]")
  if not info(x).batch then fail("%s: expected [N, channels, ...], got %s", what, info(x).text) end
  local n = info(x).dims[2]
  local mean, var, s, r, u = statistics(m, o, x, n)
  local function by_channel(t)
    return call.reshape(t, { dims = kit.by_channel(x, n), batch = false })
  end
  local w = o.affine and kit.parameter(m, "weight", { n }, { "constant", 1 }, x) or core.const(1)
  local b = o.affine and by_channel(kit.parameter(m, "bias", { n }, { "constant", 0 }, x))
    or core.const(0)
  local scale = by_channel(call.batch_scale(w, var, { eps = o.eps }))
  if o.affine then w = by_channel(w) end
  local live = o.stats ~= "frozen"
  local norm = { k = s.k, place = m.place, layer = op.layers[#op.layers] }
  if live then op.norms[#op.norms + 1] = norm end
  local y = call.batch_norm(x, by_channel(mean), by_channel(var), w, b, scale,
    { eps = o.eps, k = s.k, live = live and 1 or 0 })
  if not live or not r then return y end
  m.mean, m.var = moved(m, o, s, m.mean or r, m.var or u)
  s.by, s.layer = y, op.layers[#op.layers]
  s.moves[#s.moves + 1], s.moves[#s.moves + 2] = { r, m.mean }, { u, m.var }
  for _ = 1, m.last and 2 or 0 do table.remove(m.last.moves) end
  function s.freeze()
    norm.frozen = true
    core.set_attr(y, "live", 0)
    core.replace(s.mean, r)
    core.replace(s.var, u)
  end
  m.last, op.states[#op.states + 1] = s, s
  if o.stats == "pooled" or o.momentum == "window" then op.by_window = op.by_window or m.place end
  op.by_micro = op.by_micro or { place = m.place, what = what,
    why = "its statistics are those of a micro-batch", cure = ", or take nn.GroupNorm" }
  return y
end

say("nn.BatchNorm()",
  "Zero mean and unit variance by channel, axis 2, over the real rows of a micro-batch; { eps, "
  .. "momentum, affine, track_running_stats, stats }. stats = \"micro\": every micro-batch moves "
  .. "the running statistics, as in PyTorch's loop; with momentum = \"window\" it moves them by 1 "
  .. "- (1 - 0.1)^(1/K). \"pooled\": the statistics of all rows move them once a window. "
  .. "\"frozen\": nothing moves them.")
function nn.BatchNorm(o)
  if type(o) == "number" then fail("%s: input sizes are inferred, write %s()", what, what) end
  o = util.options(what, o, { eps = 1e-5, momentum = util.any, affine = true,
    track_running_stats = true, stats = "micro", name = util.any })
  if o.stats == "window" then
    fail("%s: stats is \"micro\", \"pooled\" or \"frozen\"; write momentum = \"window\"", what)
  end
  if not modes[o.stats] then
    fail("%s: stats is \"micro\", \"pooled\" or \"frozen\", got %s", what, util.show(o.stats))
  end
  o.window_momentum = 0.1
  if o.momentum == nil then o.momentum = 0.1 end
  if o.momentum == "window" then
    if o.stats ~= "micro" then
      fail("%s: momentum = \"window\" goes with stats = \"micro\"", what)
    end
  else util.number(what, o.momentum, 0, 1, "momentum, or \"window\"") end
  util.number(what, o.eps, 0, 1, "eps")
  local t = o.track_running_stats
  if not t and o.stats ~= "micro" then
    fail("%s: stats = \"%s\" needs running statistics: track_running_stats = true", what, o.stats)
  end
  return kit.layer("BatchNorm", function(m, x) return forward(m, o, x) end,
    { weight = o.affine or nil, bias = o.affine or nil, running_mean = t or nil, running_var = t
    or nil }, o.name)
end
