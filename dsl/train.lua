-- train.lua -- the statement that ends a model file: names everything, checks the window, hands all
-- of it to C.
local core = ...
local util, op, nn = core.use("dsl/util.lua"), core.use("dsl/op.lua"), core.use("dsl/nn.lua")
local options_of_window = core.use("dsl/window.lua")
local turns_of, ids = core.use("dsl/step.lua"), core.use("dsl/ids.lua")
local sets = core.use("dsl/data.lua").sets
local recipes, scaled = core.use("dsl/optim.lua").recipes, core.use("dsl/optim.lua").scaled
local rules = core.use("dsl/rules.lua")
local fail, info = util.fail, core.info
local sample = core.use("dsl/sample.lua")
local names, keys = core.use("dsl/names.lua"), core.use("dsl/keys.lua")
local done

-- fails at the line of one of train's options, and shows the line of another
local function fail_at(key, other, message, ...)
  local note = other and ("and '%s' here"):format(other) or nil
  local where = other and core.key_place(done, other) or nil
  core.fail(message:format(...), core.key_place(done, key), note, where)
end

-- ---- the window ---------------------------------------------------------------------------------
local counts = { "batch", "micro_batch", "accumulate" }

-- -D batch=64 and the like stand before what the file says
local function overridden(o, name, convert)
  local v = core.define(name)
  if not v then return false end
  o[name] = convert(v)
  if o[name] == nil then fail("-D %s=%s: expected a number", name, v) end
  return true
end

-- memory = "6 GB" leaves micro_batch to C, which tries them; a given one has to fit, with
-- recomputation if need be
local function budget(o)
  local told, given = core.define("memory"), false
  for _, k in ipairs { "micro_batch", "accumulate" } do
    given = given or core.define(k) ~= nil or (o[k] ~= nil and not told)
  end
  if told then o.memory = told end
  if o.memory == nil then return end
  o.memory_free = not given
  o.memory_place = told and 0 or core.key_place(done, "memory")
  if type(o.memory) ~= "string" then
    fail_at("memory", nil, "train: memory is a size with its unit, memory = \"6 GB\"; got %s",
      util.show(o.memory))
  end
  if not (o.batch or core.define("batch") or o.micro_batch) then
    fail_at("memory", nil,
      "train: memory picks micro_batch for a batch: say batch too, the samples in an update")
  end
  if o.memory_free and op.by_micro then
    local by = op.by_micro
    core.fail(
      ("train: memory picks micro_batch, and the result of %s depends on it: %s; write "
      .. "micro_batch%s"):format(by.what, by.why, by.cure),
      o.memory_place, "it was made here", by.place)
  end
end

local function window(o)
  local known, fixed, n = {}, false, 0
  options_of_window.accumulate(o, fail_at)
  for _, k in ipairs(counts) do
    if overridden(o, k, tonumber) then fixed, n, known[k] = true, n + 1, o[k] end
  end
  for _, k in ipairs(counts) do
    if o[k] ~= nil then o[k] = util.integer("train", o[k], 1, "'" .. k .. "'") end
    if known[k] then known[k] = o[k] end
  end
  for _, k in ipairs(counts) do
    if o[k] ~= nil and not known[k] and (not fixed or n < 2) then known[k], n = o[k], n + 1 end
  end
  local b, m, a = known.batch, known.micro_batch, known.accumulate
  if not b and not m then
    fail("train: say batch (samples in an update), micro_batch (samples in memory) or both")
  end
  if not b then b = m * (a or 1) end
  if o.memory_free then m, a = 1, b end -- until one is chosen
  if not a then a = m and math.max(b // m, 1) or 1 end
  if not m then m = math.max(b // a, 1) end
  if b % m > 0 and not o.accumulate then
    fail_at("batch", "micro_batch",
      "train: batch = %d is not a multiple of micro_batch = %d: a window is whole micro-batches", b,
      m)
  end
  if m * a ~= b then
    fail_at("batch", o.micro_batch and "micro_batch" or "accumulate",
      "train: batch = %d is not micro_batch x accumulate = %d x %d: give two of the three, the "
      .. "third follows", b, m, a)
  end
  if m > 65536 then
    fail_at("micro_batch", nil,
      "train: micro_batch = %d: at most 65536 samples are held at once; raise accumulate", m)
  end
  o.batch, o.micro_batch, o.accumulate = b, m, a
end

-- recompute = "auto", "none", "all", or a level: 1 for what is cheap, 2 and more for that many
-- pieces
local function recompute(o)
  overridden(o, "recompute", tostring)
  if o.recompute == nil then o.recompute = "auto" end
  local level = math.tointeger(tonumber(o.recompute))
  if level and level >= 0 and level <= 1000 then
    o.level, o.recompute = level, level == 0 and "none" or "level"
  elseif o.recompute ~= "auto" and o.recompute ~= "none" and o.recompute ~= "all" then
    fail_at("recompute", nil,
      "train: recompute is \"auto\", \"none\", \"all\" or a number of pieces, got %s",
      util.show(o.recompute))
  end
end

-- head_pieces = "auto" or a number: logits are computed in so many pieces of rows
local function head_pieces(o)
  overridden(o, "head_pieces", tostring)
  if o.head_pieces == nil then o.head_pieces = "auto" end
  o.pieces = o.head_pieces == "auto" and 0 or math.tointeger(tonumber(o.head_pieces))
  if not o.pieces or o.pieces > 65536 or o.pieces < 1 and o.head_pieces ~= "auto" then
    fail_at("head_pieces", nil,
      "train: head_pieces is \"auto\" or a number of pieces, 1 or more, got %s",
      util.show(o.head_pieces))
  end
end

local function length(o)
  local e, s = overridden(o, "epochs", tonumber), overridden(o, "steps", tonumber)
  if e and not s then o.steps = nil end
  if s and not e then o.epochs = nil end
  if o.epochs and o.steps then fail_at("epochs", "steps", "train: epochs or steps, not both") end
  if not o.epochs and not o.steps then
    fail("train: the length of the run is missing: write epochs or steps")
  end
  if o.epochs then o.epochs = util.integer("train", o.epochs, 1, "'epochs'") end
  if o.steps then o.steps = util.integer("train", o.steps, 1, "'steps'") end
  overridden(o, "seed", tonumber)
  o.seed = util.integer("train", o.seed, 0, "'seed'")
  overridden(o, "tail", tostring)
  if o.tail ~= "step" and o.tail ~= "drop" and o.tail ~= "carry" then
    fail_at("tail", nil, "train: tail is \"step\", \"drop\" or \"carry\", got %s",
      util.show(o.tail))
  end
  overridden(o, "deterministic", tostring)
  if o.deterministic == "split" and op.by_micro then
    local by = op.by_micro
    core.fail(
      ("deterministic = \"split\": the result of %s depends on micro_batch: %s; leave "
      .. "deterministic out of train%s"):format(
      by.what, by.why, by.cure), core.key_place(done, "deterministic"), "it was made here",
      by.place)
  end
  if o.deterministic ~= "threads" and o.deterministic ~= "split" then
    fail_at("deterministic", nil,
      "train: deterministic is \"threads\" (the same bits for every --threads) or \"split\" (for "
      .. "every micro_batch, too); got %s", util.show(o.deterministic))
  end
  if o.count ~= "auto" and o.count ~= "before" then
    fail_at("count", nil, "train: count is \"auto\" or \"before\", got %s", util.show(o.count))
  end
end

-- ---- what is minimized and reported -------------------------------------------------------------
local function scalar(what, v, key)
  if not core.is_tensor(v) then op.tensor(what, v) end
  local made = core.is_tensor(v) and info(v).place or nil
  if not made or info(v).rank > 0 then
    local message = "%s: expected a scalar, a sum or a mean over the batch, got %s: write "
      .. "fn.mean(...)"
    core.fail(message:format(what, util.show(v)),
      key and core.key_place(done, key) or core.place(), made and "it was made here" or nil, made)
  end
  return v
end

-- the losses first: "loss", or with several steps each under its step's name unless it is reported
-- under another one
local function reports(o)
  local list, at, told = {}, {}, options_of_window.measures(o)
  for i, s in ipairs(o.turns) do
    list[i] = { o.minimize and "loss" or s.name, s.minimize }
    if not o.minimize then keys.check(s.name, s.place, o.turns) end
    at[list[i][1]] = i
  end
  for _, name in ipairs(util.sorted(told)) do
    if type(name) ~= "string" or not name:find("^%a[%w_]*$") or #name > 40 then
      fail("train: report: %s cannot be a name: write report = { accuracy = ... }", util.show(name))
    end
    local node = scalar("train: report " .. name, told[name], name)
    local place = core.key_place(core.key_place(done, "report"), name)
    keys.check(name, place, o.turns)
    for i, s in ipairs(o.turns) do
      if not o.minimize and rawequal(s.minimize, node) and list[i][1] == s.name then
        list[i][1], at[name] = name, i
      end
    end
    if not at[name] then list[#list + 1] = { name, node }
    elseif not rawequal(list[at[name]][2], node) then keys.hidden(name, place,
      info(list[at[name]][2]).place) end
  end
  return list
end

-- a column of class names that an argmax over so many counts, where there is exactly one
local function counted_classes(v, set, inputs)
  local s, found = info(v), nil
  if s.kind ~= "argmax" then return nil end
  local from, over = info(core.args(v)[1]), nil
  for a = 1, from.rank do
    if s.axes >> (a - 1) & 1 == 1 then over = from.dims[a] end
  end
  for _, n in ipairs(inputs) do
    local names = set.columns[info(n).name] and set.columns[info(n).name].names
    if names and #names == over then
      if found then return nil end
      found = n
    end
  end
  return found
end

-- predict = { class = fn.argmax(logits, { axis = 2 }) }: values of a row
local function outputs(o, inputs)
  if type(o.predict) ~= "table" or getmetatable(o.predict) then
    fail_at("predict", nil,
      "train: predict is a table of outputs, { class = fn.argmax(logits, { axis = 2 }) }; got %s",
      util.show(o.predict))
  end
  local list = {}
  for _, name in ipairs(util.sorted(o.predict)) do
    local v = o.predict[name]
    if type(name) ~= "string" or not name:find("^%a[%w_]*$") or #name > 40 then
      fail("train: predict: %s cannot be a name: write predict = { class = ... }", util.show(name))
    end
    local what = "train: predict " .. name
    if not core.is_tensor(v) then op.tensor(what, v) end
    if not core.is_tensor(v) or not info(v).batch or info(v).when ~= "micro" then
      core.fail(("%s: expected values of each row, a tensor with a batch axis, got %s"):format(what,
        util.show(v)),
        core.key_place(done, name), core.is_tensor(v) and "it was made here" or nil,
        core.is_tensor(v) and info(v).place or nil)
    end
    local kind = info(v).kind
    list[#list + 1] = { name, v, counted_classes(v, sets[o.data], inputs) or false,
      kind == "argmax" or kind == "argmin" }
  end
  return list
end

-- best = "max accuracy" or "min loss"
local function best(o, list)
  if o.best == nil then o.best = "min " .. list[1][1] end
  if type(o.best) ~= "string" then
    fail_at("best", nil, "train: best is \"min loss\" or \"max accuracy\", got %s",
      util.show(o.best))
  end
  local way, name = o.best:match("^(%a+) ([%w_]+)$")
  if way ~= "max" and way ~= "min" then
    fail_at("best", nil, "train: best is \"min loss\" or \"max accuracy\", got %s",
      util.show(o.best))
  end
  local names = {}
  for _, r in ipairs(list) do names[r[1]] = true end
  if not names[name] then
    fail_at("best", nil, "train: best: there is no report '%s'%s", name, util.near(name, names))
  end
  return name, way == "max"
end

-- What waits for validations needs rows that validate.
local waits = { { "patience", "counts" }, { "best", "picks among" } }
local function need_valid(o)
  if o.plateau and not sets[o.data].valid then
    core.fail("train: optim.plateau waits for validations, but there are no rows that validate: "
      .. "write valid = 0.1 in the data set", core.key_place(done, "optim"), "it was stated here",
      sets[o.data].place)
  end
  for _, w in ipairs(waits) do
    if o[w[1]] ~= nil and not sets[o.data].valid then
      core.fail(
        ("train: %s %s validations, but there are no rows that validate: write valid = 0.1 in the "
        .. "data set"):format(w[1], w[2]),
        core.key_place(done, w[1]), "it was stated here", sets[o.data].place)
    end
  end
end

-- the plateau of the optimizer's rate, or nil
local function plateau(o)
  if #o.turns == 1 then return o.turns[1].optimizer.plateau end
  for _, s in ipairs(o.turns) do
    if s.optimizer.plateau then
      core.fail("optim.plateau works only without steps: `best` is a report of one loss; with "
        .. "steps write another schedule", s.place)
    end
  end
end

local function watch(o)
  if o.ema ~= nil and not (type(o.ema) == "number" and o.ema > 0 and o.ema < 1) then
    fail_at("ema", nil,
      "train: ema is the decay of the averages at each update, above 0 and below 1, ema = 0.999; "
      .. "got %s", util.show(o.ema))
  end
  if o.patience ~= nil then
    o.patience = util.integer("train", o.patience, 1, "'patience', in validations")
  end
  need_valid(o)
end

-- loss / 8 where accumulate is 8: the habit of loops that gagen has no need of
local function check_division(o, minimize, accumulate)
  local j, by = info(minimize), core.args(minimize)
  if accumulate == 1 or o.memory_free or #by ~= 2 then return end
  local right, left = info(by[2]), info(by[1])
  local divided = j.kind == "div" and right.kind == "constant" and right.value == accumulate
  local factor = right.kind == "constant" and right.value or left.value
  local scaled = j.kind == "mul" and factor == 1 / accumulate
  if divided or scaled then
    core.warn(
      ("the loss is divided by %d, which is accumulate; gagen already divides by the window's "
      .. "count"):format(accumulate), j.place)
  end
end

-- the first layer whose statistics are of one value a row, by name: a micro-batch of one row has no
-- variance. PyTorch raises there
local function lone(o, paths)
  for _, n in ipairs(op.norms) do
    if n.k == 1 and not n.frozen then
      if o.micro_batch == 1 then
        core.fail("nn.BatchNorm: its channels have one value a row, so micro_batch = 1 leaves no "
          .. "variance and the result is the bias; write a larger micro_batch, or take "
          .. "nn.LayerNorm or nn.GroupNorm, which do not mix samples", n.place,
          "the micro-batch was stated here", core.key_place(done, "micro_batch"))
      end
      return paths[n.layer]
    end
  end
end

-- ---- train --------------------------------------------------------------------------------------
-- deterministic = "split": the same bits for every micro_batch, in C
-- count = "before": denominators that are sums over the data are counted ahead of the window,
-- though they could wait
local spec = { data = util.any, batch = util.any, micro_batch = util.any, accumulate = util.any,
  memory = util.any, recompute = util.any, head_pieces = util.any,
  epochs = util.any, steps = util.any, tail = "step", count = "auto", deterministic = "threads",
  seed = 0, minimize = util.any, optim = util.any,
  tokens = util.any, report = {}, predict = {}, rules = {}, ema = util.any, best = util.any,
  patience = util.any, sample = util.any }

for name, default in pairs(options_of_window.spec) do spec[name] = default end

local function check_inputs(inputs, set)
  for _, n in ipairs(inputs) do
    local known = false
    for _, c in pairs(sets[set].nodes) do known = known or rawequal(c, n) end
    if not known then
      core.fail(("train: column '%s' belongs to another data set than data ="):format(info(n).name),
        core.place(), "it was stated here", info(n).place)
    end
  end
end

-- the steps, or the one that minimize and optim are; each with its optimizer's recipe
local function turns(o, given)
  if #given == 0 then
    if o.minimize == nil then fail("train: nothing to minimize: minimize = loss") end
    scalar("train: minimize", o.minimize, "minimize")
    if not recipes[o.optim] then
      fail_at("optim", nil,
        "train: 'optim' is an optimizer, optim = optim.Adam { lr = 1e-3 }; got %s",
        util.show(o.optim))
    end
    return { { minimize = o.minimize, optimizer = recipes[o.optim], times = 1, place = done } }
  end
  for _, key in ipairs { "minimize", "optim" } do
    if o[key] ~= nil then
      fail_at(key, nil, "train: with steps, '%s' stands in each step { ... }", key)
    end
  end
  local list = turns_of.listed(given)
  for _, s in ipairs(list) do
    scalar(("step '%s': minimize"):format(s.name), s.minimize, nil)
    s.optimizer = recipes[s.optim]
    if not s.optimizer then
      core.fail("step: 'optim' is an optimizer, optim = optim.Adam { lr = 1e-3 }; got "
        .. util.show(s.optim), s.place)
    end
  end
  return list
end

local function train(given)
  if done then
    core.fail("train: there is one train { ... } in a model file", core.place(),
      "the first one is here",
      done)
  end
  if core.depth() > 1 then
    fail("train: a file that nn.File runs has none: train stands in the model file")
  end
  if type(given) ~= "table" or getmetatable(given) then
    fail("train: expected a table: train { data = ..., minimize = ..., ... }")
  end
  local o = util.options("train", given, spec, #given)
  done = core.place()
  o.turns = turns(o, given)
  if not sets[o.data] then
    fail_at("data", nil, "train: 'data' is the data set to train on, data = mnist; got %s",
      util.show(o.data))
  end
  if o.tokens == nil and sets[o.data].tokens then o.tokens = sets[o.data].tokens.length end
  options_of_window.tokens(o, fail_at)
  budget(o)
  local stated = {}
  for _, key in ipairs { "batch", "accumulate" } do
    if o[key] ~= nil or core.define(key) then stated[#stated + 1] = key end
  end
  window(o)
  turns_of.windows(o.turns, o, stated)
  recompute(o)
  head_pieces(o)
  length(o)
  options_of_window.check(o, fail_at)
  if #o.turns > 1 and o.milestones then
    fail_at("accumulate", nil,
      "train: accumulate may be a schedule only without steps; with steps write a number")
  end
  if #o.turns > 1 and (o.nonfinite == "drop_micro" or o.nonfinite == "abort") then
    fail_at("nonfinite", nil,
      "train: nonfinite = \"%s\" works only without steps; with steps write \"skip_window\" or "
      .. "\"keep\"", o.nonfinite)
  end
  if o.nonfinite == "drop_micro" and op.by_window then
    core.fail("train: nonfinite = \"drop_micro\": running statistics of a whole window (stats = "
      .. "\"pooled\", momentum = \"window\") cannot know in advance which micro-batches are "
      .. "dropped; write \"skip_window\", or stats = \"micro\" with a number for momentum",
      core.key_place(done, "nonfinite"), "the layer was made here", op.by_window)
  end
  o.plateau = plateau(o)
  watch(o)
  local list, roots = reports(o), {}
  for _, s in ipairs(o.turns) do
    check_division(o, s.minimize, s.accumulate or o.accumulate)
    roots[#roots + 1] = s.minimize
  end
  for _, r in ipairs(list) do roots[#roots + 1] = r[2] end
  local inputs = core.inputs_of(table.unpack(roots))
  if #inputs == 0 then fail("train: neither the loss nor a report reads the data") end
  o.outputs = outputs(o, inputs)
  for _, r in ipairs(o.outputs) do roots[#roots + 1] = r[2] end
  o.sampling = sample.of(o, sets[o.data], core.key_place(done, "predict"), fail_at)
  inputs = core.inputs_of(table.unpack(roots))
  check_inputs(inputs, o.data)
  ids.check()
  local parameters = core.parameters()
  local paths = names(parameters)
  local owner = turns_of.deal(o.turns, parameters, rules.found)
  for _, s in ipairs(o.turns) do
    local batch = s.accumulate and s.accumulate * o.micro_batch or o.batch
    s.optimizer = scaled(s.optimizer, { batch = batch, tokens = o.tokens,
      varies = o.milestones ~= nil })
  end
  rules.apply(o, parameters, owner)
  o.best_stated = o.best ~= nil
  o.best, o.best_max = best(o, list)
  o.place, o.batch_place = done, core.key_place(done, o.batch and "batch" or "micro_batch")
  o.reports, o.inputs, o.lone, o.checks = list, inputs, lone(o, paths), op.checks
  o.data = sets[o.data]
  core.train(o)
end

return train
