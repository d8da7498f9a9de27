-- data.lua -- data sets: where the columns are and what they hold. gagen never opens them; the program checks its files.
local core = ...
local util = core.use("dsl/util.lua")
local fail, options = util.fail, util.options
local data, sets = {}, {}           -- sets[public table]: what train reads

local Set = { __name = "data set", hint = function() return "name one of its columns" end }

function Set.__index(s, k)
  local d = sets[s]
  local c = d.columns[k]
  if not c then fail("data.%s: no column %s%s", d.kind, util.show(k), util.near(k, d.columns)) end
  if not d.nodes[k] then d.nodes[k] = core.input(c) end
  return d.nodes[k]
end

function Set.__newindex() fail("a data set's columns are stated where it is made") end
function Set.__tostring(s) return "data." .. sets[s].kind end

local function check_path(what, path)
  if type(path) ~= "string" or path == "" then
    fail("%s: expected a path, got %s", what, util.show(path))
  end
  if #path > 1000 or path:find("[%z\1-\31\127]") then
    fail("%s: %s cannot be a path", what, util.show(path))
  end
  return path
end

-- valid and test: a fraction, a count or a path
local function split(what, name, v)
  if v == nil then return nil end
  if type(v) == "string" then return check_path(what .. ": " .. name, v) end
  if type(v) == "number" and (v > 0 and v < 1 or v >= 1 and v < 2^53 and v == math.floor(v)) then
    return v
  end
  fail("%s: '%s' is a fraction (0.1), a number of rows (2000) or a path; got %s", what, name, util.show(v))
end

local function set(kind, o, columns)
  local what = "data." .. kind
  local d = { kind = kind, place = core.place(), path = check_path(what, o[1]), shuffle = o.shuffle,
    columns = columns, nodes = {},
              valid = split(what, "valid", o.valid), test = split(what, "test", o.test) }
  local total = 0
  for _, v in ipairs { d.valid or 0, d.test or 0 } do
    if type(v) == "number" and v < 1 then total = total + v end
  end
  if total >= 1 then fail("%s: valid and test leave nothing to train on", what) end
  local s = setmetatable({}, Set)
  sets[s] = d
  return s
end

local function sizes(what, list)
  if type(list) ~= "table" or #list == 0 then fail("%s: expected sizes, { 1, 28, 28 }", what) end
  local dims = {}
  for i = 1, #list do dims[i] = util.integer(what, list[i], 1, "a size") end
  return dims
end

-- MNIST's format: data.idx { "data/mnist", image = { 1, 28, 28 }, classes = 10 }
function data.idx(given)
  local o = options("data.idx", given, { image = util.any, classes = util.any, valid = util.any,
    test = util.any, shuffle = true, type = "uint8" }, 1)
  if not o.image then
    fail("data.idx: 'image' is missing: the sizes of one image, image = { 1, 28, 28 }")
  end
  if not o.classes then
    fail("data.idx: 'classes' is missing: how many classes the labels have, classes = 10")
  end
  if o.type ~= "uint8" and o.type ~= "float32" then
    fail("data.idx: type is \"uint8\" or \"float32\", got %s", util.show(o.type))
  end
  local place = core.place()
  return set("idx", o, {
    image = { name = "image", type = o.type == "uint8" and "u8" or "real",
    dims = sizes("data.idx: image", o.image), source = "image", place = place },
    label = { name = "label", type = "int", dims = {}, classes = util.integer("data.idx", o.classes, 2,
      "classes"), source = "label", place = place } })
end

-- the number of columns that "3", "1-8" or a header's name stands for, and whether it is a range
local function csv_span(what, source)
  local from, to = source:match("^(%d+)%-(%d+)$")
  if not from then return nil end
  from, to = tonumber(from), tonumber(to)
  if from < 1 or to < from or to - from > 1e6 then
    fail("%s: '%s' is no range: columns count from 1", what, source)
  end
  return to - from + 1
end

local function class_names(what, v)
  if type(v) ~= "table" then return util.integer(what, v, 2, "classes"), nil end
  if #v < 2 then fail("%s: classes needs two names or more", what) end
  local seen = {}
  for _, s in ipairs(v) do
    if type(s) ~= "string" or s == "" or #s > 200 or s:find("[%z\1-\31\127]") then
      fail("%s: %s cannot be a class name", what, util.show(s))
    end
    if seen[s] then fail("%s: class %s is there twice", what, util.show(s)) end
    seen[s] = true
  end
  return #v, v
end

local function csv_column(name, v, place)
  local what = ("data.csv: column '%s'"):format(name)
  if type(v) == "number" then v = tostring(util.integer(what, v, 1, "a position")) end
  local o = options(what, type(v) == "table" and v or { v }, { classes = util.any }, 1)
  local source = type(o[1]) == "number" and tostring(util.integer(what, o[1], 1, "a position")) or o[1]
  if type(source) ~= "string" or source == "" or #source > 200 or source:find("[%z\1-\31\127]") then
    fail("%s: expected a header's name, a position or a range \"1-8\", got %s", what, util.show(source))
  end
  local span = csv_span(what, source)
  local c = { name = name, source = source, type = "real", dims = span and { span } or {}, place = place }
  if o.classes then
    c.type = "int"
    c.classes, c.names = class_names(what, o.classes)
  end
  return c
end

function data.csv(given)
  local o = options("data.csv", given, { columns = util.any, valid = util.any, test = util.any,
    shuffle = true }, 1)
  if type(o.columns) ~= "table" then
    fail("data.csv: 'columns' is missing: columns = { x = \"1-8\", y = \"price\" }")
  end
  local columns, place = {}, core.place()
  for _, name in ipairs(util.sorted(o.columns)) do
    if type(name) ~= "string" or not name:find("^%a[%w_]*$") or #name > 40 then
      fail("data.csv: %s cannot name a column: write a letter, then letters, digits and _", util.show(name))
    end
    columns[name] = csv_column(name, o.columns[name], place)
  end
  return set("csv", o, columns)
end

-- what other systems call it
local others = {
  mnist = "data.idx { \"data/mnist\", image = { 1, 28, 28 }, classes = 10 }",
  npy = "data.idx or data.csv: this reader is not there yet",
  cifar10 = "data.idx or data.csv: this reader is not there yet",
  tokens = "data.idx or data.csv: this reader is not there yet" }

return { public = util.namespace("data", data, others), sets = sets }
