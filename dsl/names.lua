-- names.lua -- what layers and parameters are called in files: as the model's locals and fields
-- call them.
local core = ...
local util, op, nn = core.use("dsl/util.lua"), core.use("dsl/op.lua"), core.use("dsl/nn.lua")
local fail, info = util.fail, core.info
local inside, check_name = nn.inside, nn.check_name

-- Gives a layer and all below it their paths; the first path found stays.
local function name_layer(paths, l, path)
  if paths[l] then return end
  local m = inside[l]
  paths[l] = path
  for _, k in ipairs(m.order) do core.set_name(m.params[k], path .. "." .. k) end
  for _, p in ipairs(m.tensors or {}) do
    if not info(p[2]).path then core.set_name(p[2], path .. "." .. p[1]) end
  end
  for _, kid in ipairs(m.kids or {}) do name_layer(paths, kid[2], path .. "." .. kid[1]) end
end

local function name_value(paths, name, v)
  if nn.is_layer(v) then
    local own = inside[v].name
    name_layer(paths, v, own and check_name(inside[v].place, own) or name)
  elseif core.is_tensor(v) then
    if info(v).kind ~= "parameter" or not info(v).path then core.set_name(v, name) end
  elseif type(v) == "table" and not getmetatable(v) then
    local kids, params = {}, {}
    nn.gather(v, name .. ".", kids, params, 0)
    for _, p in ipairs(params) do name_value(paths, p[1], p[2]) end
    for _, kid in ipairs(kids) do name_layer(paths, kid[2], kid[1]) end
  end
end

-- whatever the main chunk's locals call a thing, we call it too
local function name_locals(paths)
  local locals = core.locals()
  if not locals then
    fail("train: write train { ... } as a statement, without return: the names of locals are read "
      .. "here")
  end
  local taken = {}
  for _, pair in ipairs(locals) do
    local name, v = pair[1], pair[2]
    if name:find("^[%a_]") then
      if nn.is_layer(v) and not paths[v] and taken[name] then
        core.fail(("two layers have the name '%s', so files could not distinguish them"):format(
          name),
          inside[v].place, "the other one was made here", inside[taken[name]].place)
      end
      if nn.is_layer(v) then taken[name] = v end
      name_value(paths, name, v)
    end
  end
end

-- layers that are in no local: by their own name, which the layers in them share, or an error
local function name_rest(paths, nodes)
  for _, l in ipairs(nodes) do
    local m = inside[l]
    if not paths[l] and m.name then name_layer(paths, l, check_name(m.place, m.name)) end
  end
  for _, l in ipairs(nodes) do
    local m = inside[l]
    if not paths[l] and #m.order > 0 then
      local message = "nn.%s: this layer has no name: keep it in a local or in a field of a "
        .. "Module, or write { name = \"head\" }"
      core.fail(message:format(m.kind), m.place)
    end
  end
end

local function all_layers()
  local list = {}
  for l in pairs(inside) do list[#list + 1] = l end
  table.sort(list, function(a, b) return inside[a].id < inside[b].id end)
  return list
end

-- Keys of a checkpoint are paths. optimizer.m.PATH and ema.PATH are states, __metadata__ is where
-- the run stands.
local function check_keys(parameters)
  local places = {}
  for _, p in ipairs(parameters) do
    local s = info(p)
    local first = s.path:match("^[^.]*")
    if (s.path ~= first and (first == "ema" or first == "optimizer"))
      or s.path == "__metadata__" then
      core.fail(
        ("%s: checkpoints use names that begin with '%s'; give this another name, as a local, a "
        .. "field or { name = \"head\" }"):format(s.path, first), s.place)
    end
    if places[s.path] then
      core.fail(
        ("two parameters have the name '%s', so files could not distinguish them; give one of them "
        .. "another name"):format(s.path), s.place,
        "the other one was made here", places[s.path])
    end
    places[s.path] = s.place
  end
end

local function name_everything(parameters)
  local paths, draws = {}, {}
  name_locals(paths)
  name_rest(paths, all_layers())
  for _, p in ipairs(parameters) do
    if not info(p).path then
      core.fail("this parameter has no name: keep it in a local or in a field of a Module, or "
        .. "write { name = \"scale\" }", info(p).place)
    end
  end
  check_keys(parameters)
  for _, o in ipairs(nn.outputs) do
    if paths[o.layer] then core.set_path(o.node, paths[o.layer]) end
  end
  for _, m in ipairs(op.made) do
    if paths[m.layer] then core.set_layer(m.node, paths[m.layer]) end
  end
  for _, d in ipairs(op.noises) do
    local path = d.layer and paths[d.layer] or "fn"
    draws[path] = (draws[path] or 0) + 1
    core.set_path(d.node, ("%s#%d"):format(path, draws[path]))
  end
  return paths
end

return name_everything
