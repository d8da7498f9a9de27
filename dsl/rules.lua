-- rules.lua -- train's rules: who they are for, and what follows for every parameter.
--   { who, option = value, ... }: who is a layer, a parameter or function(p). Later rules win, one
-- option at a time.
--   init; load = FILE with key = function(path) or "gpt2"; freeze; any option of the optimizer but
-- those of the whole update.
local core = ...
local util, nn, op = core.use("dsl/util.lua"), core.use("dsl/nn.lua"), core.use("dsl/op.lua")
local optim, hub = core.use("dsl/optim.lua"), core.use("dsl/hub.lua")
local lora = core.use("dsl/lora.lua")
local schedules, halves, scaled = optim.schedules, optim.halves, optim.scaled
local fail, info, inside = util.fail, core.info, nn.inside
local own = { init = util.any, freeze = false, load = "", key = util.any }
local whole = { clip = "the norm of all gradients together", scale = "the batch",
  accumulate_in = "the array of all gradients" }

-- ---- who ----------------------------------------------------------------------------------------
-- The paths of a layer's parameters as the layer itself counts them, and all layers in it: by
-- parameter, by layer.
local function below(l, prefix, paths, layers)
  local m = inside[l]
  layers[l] = true
  for _, k in ipairs(m.order) do paths[m.params[k]] = paths[m.params[k]] or prefix .. k end
  for _, t in ipairs(m.tensors or {}) do paths[t[2]] = paths[t[2]] or prefix .. t[1] end
  for _, kid in ipairs(m.kids or {}) do below(kid[2], prefix .. kid[1] .. ".", paths, layers) end
end

local function asked(what, who, p)
  local s = info(p)
  local yes = who { name = s.path, shape = s.dims, layer = s.layer,
    kind = s.path:match("([%w_]+)$") }
  if type(yes) ~= "boolean" and yes ~= nil and type(yes) ~= "number" then
    fail("%s: a rule's function returns true or false, got %s", what, util.show(yes))
  end
  return yes and s.path or nil
end

-- by parameter, its path as the rule's key function gets it: that inside the layer, else the whole
-- one; and the layers
local function found(what, who, parameters)
  local paths, layers, any = {}, {}, false
  if nn.is_layer(who) then below(who, "", paths, layers)
  elseif core.is_tensor(who) then
    if info(who).kind == "parameter" then paths[who] = info(who).path end
  elseif type(who) == "function" then
    for _, p in ipairs(parameters) do
      if not info(p).state then paths[p] = asked(what, who, p) end
    end
  else
    fail("%s: who is a layer, a parameter or function(p), got %s", what, util.show(who))
  end
  for _, p in ipairs(parameters) do any = any or paths[p] ~= nil end
  if not any then
    fail("%s: matches no parameter%s", what, nn.is_layer(who)
      and ": the layer owns none, or is never called" or "")
  end
  return paths, layers
end

-- ---- what ---------------------------------------------------------------------------------------
local function checked(what, r, turns)
  if type(r) ~= "table" or getmetatable(r) then
    fail("%s: expected { who, init = value }, got %s", what, util.show(r))
  end
  local spec = {}
  local recipe = turns[1].optimizer
  for _, t in ipairs(turns) do
    for k, v in pairs(t.optimizer.spec) do spec[k] = v end
  end
  for k, v in pairs(own) do spec[k] = v end
  for _, k in ipairs(util.sorted(whole)) do
    if r[k] ~= nil then
      fail("%s: '%s' concerns %s: write it in optim.%s { ... }", what, k, whole[k], recipe.name)
    end
  end
  util.options(what, r, spec, 1)
  if r.key ~= nil then hub.check(what, r.key) end
  if r.key ~= nil and r.load == nil then
    fail("%s: key gives names in a file: write load = \"net.safetensors\" beside it", what)
  end
end

-- Whether a rule for a layer leaves p out: adapters are for key = "lora" alone, and it for them.
local function left_out(r, p, option)
  local own = option == "load" and r.key == "lora"
  return nn.is_layer(r[1]) and own == not lora.adapters[p]
end

-- what the rule loads into p: the pieces of a file's tensors
local function load_from(what, r, p, path)
  if r.load == "" or #r.load > 1000 or r.load:find("[%c]") then
    fail("%s: load is the name of a safetensors file", what)
  end
  return { file = r.load, naming = hub.namings[r.key] and r.key or nil,
    pieces = hub.pieces(what, r.key, r.key == "lora" and info(p).path or path, info(p).dims) }
end

-- one rule for one parameter: f is what follows so far
local function apply(what, r, p, path, f, recipe)
  if r.init ~= nil then
    local where = ("%s, parameter '%s'"):format(what, info(p).path)
    f.init = nn.init_of(where, r.init, info(p).dims)
  end
  if r.freeze ~= nil and not left_out(r, p, "freeze") then
    f.frozen = r.freeze or info(p).statistic
  end
  if r.load ~= nil and not left_out(r, p, "load") then f.load = load_from(what, r, p, path) end
  for _, k in ipairs(util.sorted(r)) do
    if type(k) == "string" and own[k] == nil then
      if recipe and recipe.spec[k] == nil then
        fail("%s: optim.%s, which trains '%s', has no option '%s'", what, recipe.name, info(p).path,
          k)
      end
      f.options[k], f.what = r[k], what
    end
  end
end

-- ---- groups -------------------------------------------------------------------------------------
-- `exact`: so that two are equal where the values are, else as people write it
local function value_text(v, exact)
  if schedules[v] then return exact and schedules[v].formula or schedules[v].text end
  if halves[v] then return halves[v].text end
  if type(v) ~= "table" then
    return type(v) == "number" and (exact and "%.17g" or "%.6g"):format(v) or tostring(v)
  end
  local t = {}
  for i, x in ipairs(v) do t[i] = value_text(x, exact) end
  return "{ " .. table.concat(t, ", ") .. " }"
end

-- what differs from the optimizer's own options, "lr = 0.1, weight_decay = 0", and a key for it
local function difference(over, recipe)
  local t, key = {}, {}
  for _, k in ipairs(util.sorted(over)) do
    local base = recipe.options[k]
    if base == nil or value_text(base, true) ~= value_text(over[k], true) then
      t[#t + 1] = k .. " = " .. value_text(over[k])
      key[#key + 1] = k .. " = " .. value_text(over[k], true)
    end
  end
  return table.concat(t, ", "), table.concat(key, ", ")
end

local function overlaid(f, recipe)
  local o = {}
  for k, v in pairs(recipe.options) do o[k] = v end
  for k, v in pairs(f.options) do o[k] = v end
  local r = scaled(recipe.with(f.what or "", o), recipe.window)
  if f.options.lr ~= nil and (r.plateau or recipe.plateau) then
    fail("%s: with optim.plateau all parameters share one lr; leave lr out of the rule", f.what)
  end
  r.own_lr = f.options.lr ~= nil
  return r
end

-- The recipes of the parameters that are trained, each once, in the order of their first
-- parameters.
local function grouped(parameters, facts, recipe, is_mine)
  local groups, by = {}, {}
  for _, p in ipairs(parameters) do
    local f = facts[p]
    if not f.frozen and not info(p).state and is_mine(p) then
      local text, key = difference(f.options, recipe)
      if not by[key] then
        local r = text == "" and recipe or overlaid(f, recipe)
        groups[#groups + 1] = { recipe = r, text = text }
        by[key] = #groups
      end
      core.set_group(p, by[key] - 1)
    end
  end
  return groups
end

-- In frozen layers what differs in training is as in evaluation.
local function still(layers)
  for _, d in ipairs(op.noises) do
    if d.layer and layers[d.layer] then core.set_still(d.node) end
  end
end

-- What becomes of running statistics. In a frozen layer they stay what they are, and normalise.
local function move_states(layers)
  for _, s in ipairs(op.states) do
    if s.layer and layers[s.layer] then s.freeze()
    else
      for _, m in ipairs(s.moves) do core.set_state(m[1], m[2], s.by) end
    end
  end
end

-- The groups of every turn; what no step trains is frozen, or an error.
local function deal(parameters, facts, turns, owner)
  for _, p in ipairs(parameters) do
    if info(p).state then core.set_step(p, (owner[p] or 1) - 1)
    elseif facts[p].frozen then core.set_frozen(p)
    elseif not owner[p] then
      core.fail(
        ("no step trains parameter '%s': add its layer to a step's params, or freeze it, rules = { "
        .. "{ who, freeze = true } }"):format(info(p).path), info(p).place)
    else core.set_step(p, owner[p] - 1) end
  end
  for i, t in ipairs(turns) do
    t.groups = grouped(parameters, facts, t.optimizer, function(p) return owner[p] == i end)
    if #t.groups == 0 then
      local of = #turns == 1 and "every parameter" or ("every parameter of step '%s'"):format(
        t.name)
      fail("train: rules: %s is frozen, nothing is left to train", of)
    end
  end
end

-- The files from which parameters come, as a list of pieces, and the namings of the program.
local function loaded(o, parameters, facts)
  local used = {}
  for _, p in ipairs(parameters) do
    local load = facts[p].load
    if load and load.naming then used[load.naming] = true end
  end
  o.namings, o.sources = hub.carried(parameters, used), {}
  for _, p in ipairs(parameters) do
    local load = facts[p].load
    for _, piece in ipairs(load and load.pieces or {}) do
      piece.parameter, piece.file, piece.naming = p, load.file, used[load.naming] or 0
      o.sources[#o.sources + 1] = piece
    end
  end
end

-- Applies the rules of train's o; gives each of its turns the groups of parameters that share a
-- recipe: groups = { { recipe, text }, ... }
local function apply_all(o, parameters, owner)
  local facts, frozen, turns = {}, {}, o.turns
  for _, p in ipairs(parameters) do
    facts[p] = { options = {}, frozen = info(p).statistic or lora.kept[p] }
  end
  for i, r in ipairs(o.rules) do
    local what = ("train: rule %d"):format(i)
    checked(what, r, turns)
    local paths, layers = found(what, r[1], parameters)
    if r.key == "lora" then hub.check_adapters(what, paths, parameters) end
    for _, p in ipairs(parameters) do
      local turn = turns[owner[p]]
      if paths[p] then apply(what, r, p, paths[p], facts[p], turn and turn.optimizer) end
    end
    if r.freeze ~= nil then
      for l in pairs(layers) do frozen[l] = r.freeze and not inside[l].lora end
    end
  end
  for _, p in ipairs(parameters) do
    if facts[p].init then core.set_init(p, table.unpack(facts[p].init)) end
  end
  loaded(o, parameters, facts)
  still(frozen)
  move_states(frozen)
  deal(parameters, facts, turns, owner)
end

return { apply = apply_all, found = found }
