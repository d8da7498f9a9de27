-- net.lua -- the model of a recipe (recipe.lua): gagen -D seed=12 tests/random/net.lua, or -D recipe="..." in place of a seed.
-- tests/probe.c gives hashed rows and weights. The recipe goes to standard error.
local recipe = nn.File "recipe.lua"
local given = option("recipe", "")
local r = recipe.settled(given ~= "" and recipe.read(given) or recipe.made(option("seed", 1)))
print(recipe.text(r))

local rows = data.npy { "rows", shuffle = false, columns = {
  x = { "x.npy", 24 }, t = { "t.npy", 5 }, k = { "k.npy", type = "int32", classes = 5 }, q = { "q.npy", type = "int32", classes = 5 },
  m = { "m.npy", type = "int32", classes = 2 }, ids = { "ids.npy", 3, type = "int32", classes = 7 },
} }
local value, layer, trained, shape = {}, {}, {}, {}

local function made(id, x)
  layer["n" .. id] = x
  return x
end

local function head(id, x)
  layer["h" .. id] = x
  return x
end

-- x: the value that the step takes; a: its words; y: the second value
local build = {}
function build.input(_, a) return #a == 1 and rows.x or fn.reshape(rows.x, table.unpack(a)) end
function build.map(x, a) return fn[a[1]](x) end
function build.linear(x, a, s) return made(s.id, nn.Linear(a[1], { bias = a[2] == 1 }))(x) end
function build.again(x, a) return layer["n" .. a[1]](x) end
local function conv(kind)
  return function(x, a, s)
    return made(s.id, kind(a[1], a[2], { stride = a[3], padding = a[4], dilation = a[5], groups = a[6] }))(x)
  end
end
build.conv, build.conv1 = conv(nn.Conv2d), conv(nn.Conv1d)
function build.unconv(x, a, s) return made(s.id, nn.ConvTranspose2d(a[1], a[2], { stride = a[3] }))(x) end
function build.max_pool(x, a) return nn.MaxPool2d(a[1], { stride = a[2], padding = a[3] })(x) end
function build.avg_pool(x, a) return nn.AvgPool2d(a[1], { stride = a[2], padding = a[3], count_include_pad = a[4] == 1 })(x) end
function build.adaptive(x, a) return nn.AdaptiveAvgPool2d(a[1])(x) end
build["global"] = function(x) return nn.GlobalAvgPool()(x) end
function build.layer_norm(x, _, s) return made(s.id, nn.LayerNorm())(x) end
function build.rms_norm(x, _, s) return made(s.id, nn.RMSNorm())(x) end
function build.group_norm(x, a, s) return made(s.id, nn.GroupNorm(a[1]))(x) end
function build.batch_norm(x, _, s) return made(s.id, nn.BatchNorm())(x) end
function build.gain(x, _, s) return (1 + made(s.id, nn.Parameter(s.shape[#s.shape]))) * x end
function build.prelu(x, _, s) return made(s.id, nn.PReLU())(x) end
function build.softmax(x, a) return fn.softmax(x, { axis = a[1] + 1 }) end
function build.log_softmax(x, a) return fn.log_softmax(x, { axis = a[1] + 1 }) end
function build.flip(x, a) return fn.flip(x, { axis = a[1] + 1 }) end
function build.cumsum(x, a) return fn.cumsum(x, { axis = a[1] + 1 }) end
function build.glu(x, a) return fn.glu(x, { axis = a[1] + 1 }) end
function build.slice(x, a) return fn.slice(x, { axis = a[1] + 1, from = a[2], to = a[3], step = a[4] }) end
function build.pad(x, a) return fn.pad(x, { axis = a[1] + 1, before = a[2], after = a[3], value = a[4] }) end
function build.permute(x, a)
  local axes = { 1 }
  for i, axis in ipairs(a) do axes[i + 1] = axis + 1 end
  return fn.permute(x, table.unpack(axes))
end
function build.reshape(x, a) return fn.reshape(x, table.unpack(a)) end
function build.fold(x, a, s) return fn.reshape(fn[a[1]](x, { axis = a[2] + 1, keepdim = true }), table.unpack(s.shape)) end
function build.spread(x, _, s) return fn.expand(x, table.unpack(s.shape)) end
function build.upsample(x) return nn.Upsample { scale_factor = 2, mode = "nearest" }(x) end
function build.unshuffle(x) return nn.PixelUnshuffle(2)(x) end
function build.shuffle(x) return nn.PixelShuffle(2)(x) end
function build.attend(x) return fn.matmul(fn.softmax(fn.matmul(x, fn.transpose(x, 2, 3)) / 4, { axis = 3 }), x) end
function build.halt(x) return fn.detach(x) * x end
function build.dropout(x, a) return fn.dropout(x, a[1]) end
function build.gather(x) return fn.reshape(fn.gather(x, rows.k, { axis = 2 }), 1) end
function build.embed(_, a, s) return made(s.id, nn.Embedding(7, a[1]))(rows.ids) end
function build.one_hot() return fn.one_hot(rows.k, 5) end
function build.add(x, _, _, y) return x + y end
function build.sub(x, _, _, y) return x - y end
function build.mul(x, _, _, y) return x * y end
function build.maximum(x, _, _, y) return fn.maximum(x, y) end
function build.minimum(x, _, _, y) return fn.minimum(x, y) end
function build.hypot(x, _, _, y) return fn.sqrt(x * x + y * y + 0.01) end
function build.choose(x, _, _, y) return fn.where(fn.gt(x, 0), y, x) end
function build.concat(x, a, _, y) return fn.concat(x, y, { axis = a[2] + 1 }) end
function build.matmul(x, _, _, y) return fn.matmul(x, y) end

for _, s in ipairs(r.steps) do value[s.id] = build[s.op](value[s.from], s.args, s, value[s.args[1]]) end

-- z: five numbers of a linear layer, but for `plain`
local loss = {}
function loss.mse(z) return fn.mse(z, rows.t) end
function loss.l1(z) return fn.l1(z, rows.t) end
function loss.huber(z) return fn.huber(z, rows.t, { delta = 0.5 }) end
function loss.smooth_l1(z) return fn.smooth_l1(z, rows.t, { beta = 0.5 }) end
function loss.cross_entropy(z) return fn.cross_entropy(z, rows.k) end
function loss.ignored(z) return fn.cross_entropy(z, rows.q, { ignore_index = 3, label_smoothing = 0.1 }) end
function loss.weighed(z) return fn.cross_entropy(z, rows.k, { weight = { 1, 2, 0.5, 3, 0.25 } }) end
function loss.masked(z) return fn.mse(fn.sum(z, { axis = 2 }), rows.k, { mask = rows.m }) end
function loss.bce(z) return fn.bce_logits(fn.mean(z, { axis = 2 }), rows.m) end
function loss.ratio(z) return fn.sum(fn.sum(z * z, { axis = 2 }) * rows.m) / fn.sum(rows.m) end
function loss.plain(x) return fn.mean(fn.tanh(x)) end

local function term(l)
  local x = value[l.from]
  if l.kind ~= "plain" then x = head(l.id, nn.Linear(5))(fn.flatten(x)) end
  return l.weight * loss[l.kind](x)
end

local penalized = {}
local function plus(total, t) return total and total + t or t end

-- Terms of the losses from .. to, with the penalties of layers that are named.
local function objective(from, to, names)
  local total
  for i = from, to do total = plus(total, term(r.losses[i])) end
  for _, name in ipairs(names) do
    local weight = penalized[name]
    if weight then total = plus(total, weight * fn.sum(layer[name].weight ^ 2)) end
  end
  return total
end
for _, p in ipairs(r.penalties) do penalized["n" .. p.id] = p.weight end

-- "Adam lr=0.01 amsgrad=1"
local function optimizer(said)
  local o = {}
  for key, x in said:gmatch "([%w_]+)=(%S+)" do o[key] = tonumber(x) or x end
  for _, key in ipairs { "amsgrad", "nesterov", "centered" } do o[key] = o[key] and true end
  return optim[said:match "^%w+"](o)
end
if r.clip then r.optim = r.optim .. " clip=" .. r.clip end
local rules = {}
for i, id in ipairs(r.frozen) do rules[i] = { layer["n" .. id], freeze = true } end

local o = {
  data = rows, micro_batch = r.micro, accumulate = r.accumulate, steps = r.updates, tail = r.tail, rules = rules, ema = r.ema, loss_scale = r.loss_scale,
  nonfinite = r.nonfinite, count = r.count, recompute = r.recompute, deterministic = r.deterministic,
}
local first, second = recipe.parts(r)
if r.two then
  for i, names in ipairs { first, second } do
    local loss, params = objective(i, i == 1 and 1 or #r.losses, names), {}
    for j, name in ipairs(names) do params[j] = layer[name] end
    o[i] = step { name = "part" .. i, minimize = loss, params = params, optim = optimizer(r.optim) }
  end
else
  for _, name in ipairs(second) do first[#first + 1] = name end
  o.minimize, o.optim = objective(1, #r.losses, first), optimizer(r.optim)
end
train(o)
