-- data.lua -- data sets: where the columns are and what they hold. gagen never opens them; the
-- program checks its files.
local core = ...
local util = core.use("dsl/util.lua")
local say = core.use("dsl/doc.lua").section "readers"
local fail, options = util.fail, util.options
local splits = core.use("dsl/split.lua")
local check_path, split = splits.path, splits.of
local data, sets = {}, {}           -- sets[public table]: what train reads

local Set = { __name = "data set", hint = function() return "name one of its columns" end }

function Set.__index(s, k)
  local d = sets[s]
  local c = d.columns[k]
  if not c then
    fail("data.%s: no column %s%s", d.kind, util.show(k), d.tokens and k == "documents"
      and ": say document_end = 50256, the token that ends a document" or util.near(k, d.columns))
  end
  if not d.nodes[k] then d.nodes[k] = core.input(c) end
  return d.nodes[k]
end

function Set.__len() fail("#: the number of rows is known only when the program reads the data") end
function Set.__newindex() fail("a data set's columns are stated where it is made") end
function Set.__tostring(s) return "data." .. sets[s].kind end

-- the columns that an augmentation names, and its number
local function named(what, name, v, columns, least)
  if type(v) ~= "table" or getmetatable(v) or #v == 0 then
    fail("%s: %s takes the names of columns, { \"image\" }, got %s", what, name, util.show(v))
  end
  for _, c in ipairs(v) do
    if not columns[c] then
      fail("%s: %s: no column %s%s", what, name, util.show(c), util.near(c, columns))
    end
    if #columns[c].dims < least then
      fail("%s: %s: column '%s' is no image: its rows have %d axes", what, name, c,
        #columns[c].dims)
    end
  end
  return v
end

-- augment = { flip = { "image", "mask" }, crop = { "image", "mask", pad = 4 }, noise = { "image",
-- std = 0.1 } }: { { kind, column, number }, ... }
local function augment(what, given, columns)
  if given == nil then return nil end
  what = what .. ": augment"
  local o, list = options(what, given, { flip = util.any, crop = util.any, noise = util.any }), {}
  local function add(name, spec, key, low, high, least)
    if o[name] == nil then return end
    named(what, name, o[name], columns, least)
    local a = options(what .. ": " .. name, o[name], spec, #o[name])
    if a[key] == nil then fail("%s: %s: say %s", what, name, key) end
    local value = util.number(what .. ": " .. name, a[key], low, high, key)
    for _, c in ipairs(o[name]) do list[#list + 1] = { name, c, value } end
  end
  add("flip", { p = 0.5 }, "p", 0, 1, 1)
  add("crop", { pad = util.any }, "pad", 1, 4096, 2)
  add("noise", { std = util.any }, "std", 0, 1e30, 0)
  for _, a in ipairs(list) do
    if a[1] == "noise" and columns[a[2]].type ~= "real" then
      fail("%s: noise: column '%s' holds whole numbers: say type = \"float32\"", what, a[2])
    end
    if a[1] == "crop" then util.integer(what .. ": crop", a[3], 1, "pad") end
  end
  return list
end

local function set(kind, o, columns)
  local what = "data." .. kind
  local d = { kind = kind, place = core.place(), path = check_path(what, o[1]), shuffle = o.shuffle,
    header = o.header, separator = o.separator, decimal = o.decimal, columns = columns, nodes = {},
    augments = augment(what, o.augment, columns), tokens = o.tokens }
  d.valid, d.valid_last = split(what, "valid", o.valid)
  d.test, d.test_last = split(what, "test", o.test)
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
say("data.idx { \"data/mnist\", image = { 1, 28, 28 }, classes = 10, valid = 0.1, test = 2000 }",
  "MNIST's four files, plain or .gz: the columns image and label.")
function data.idx(given)
  local o = options("data.idx", given, { image = util.any, classes = util.any, valid = util.any,
    test = util.any, augment = util.any, shuffle = true, type = "uint8", set = "" }, 1)
  if not o.image then
    fail("data.idx: 'image' is missing: the sizes of one image, image = { 1, 28, 28 }")
  end
  if not o.classes then
    fail("data.idx: 'classes' is missing: how many classes the labels have, classes = 10")
  end
  if o.type ~= "uint8" and o.type ~= "float32" then
    fail("data.idx: type is \"uint8\" or \"float32\", got %s", util.show(o.type))
  end
  if o.set ~= "" and (#o.set > 40 or not o.set:find "^[%w_.-]+$") then
    fail("data.idx: set is the part of the files' names before train-images, \"emnist-letters\" or "
      .. "\"letters\"; got %s", util.show(o.set))
  end
  local place, prefix = core.place(), o.set == "" and "" or o.set .. "/"
  return set("idx", o, {
    image = { name = "image", type = o.type == "uint8" and "u8" or "real",
    dims = sizes("data.idx: image", o.image), source = prefix .. "image", place = place },
    label = { name = "label", type = "int", dims = {}, classes = util.integer("data.idx", o.classes,
      2,
      "classes"), source = prefix .. "label", place = place } })
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
    if s:find "^%s" or s:find "%s$" then
      fail("%s: class %s: leave out the blanks around it; the reader ignores blanks around a field",
        what, util.show(s))
    end
    if seen[s] then fail("%s: class %s appears twice", what, util.show(s)) end
    seen[s] = true
  end
  return #v, v
end

-- what stands in for a missing field: a number; "drop" leaves its row out; nil is an error of the
-- program
local function csv_missing(what, v)
  if v == nil or v == "drop" or type(v) == "number" and v - v == 0 then return v end
  fail("%s: missing is a number to put in or \"drop\", which leaves such rows out; got %s", what,
    util.show(v))
end

-- a name as the program knows it from positions: in quotes where they could be taken for one
-- another
local function csv_source(what, o)
  local source = o[1]
  if type(source) == "number" then
    source = tostring(util.integer(what, source, 1, "a position"))
  end
  if o.name ~= nil then
    if source ~= nil then
      fail("%s: name = %s and %s: write one", what, util.show(o.name), util.show(source))
    end
    source = o.name
  end
  if type(source) ~= "string" or source == "" or #source > 200 or source:find("[%z\1-\31\127]") then
    fail("%s: expected a header's name, a position or a range \"1-8\", got %s", what,
      util.show(source))
  end
  if source:find "^%s" or source:find "%s$" then
    fail("%s: the reader ignores blanks around a name: write %s", what,
      util.show(source:match "^%s*(.-)%s*$"))
  end
  if source:sub(1, 1) == '"' or o.name and source:find "^%d" then
    return '"' .. source .. '"', true
  end
  return source, not source:find "^%d+$" and not source:find "^%d+%-%d+$"
end

local function csv_column(name, v, place, set_)
  local what = ("data.csv: column '%s'"):format(name)
  local o = options(what, type(v) == "table" and v or { v },
    { classes = util.any, name = util.any, missing = util.any }, 1)
  local source, named = csv_source(what, o)
  if named and set_.header == false then
    fail("%s: header = false, so there is no field called %s: write its position, 3", what,
      util.show(source))
  end
  local span = not named and csv_span(what, source)
  local c = { name = name, source = source, type = "real", dims = span and { span } or {},
    place = place,
    missing = csv_missing(what, o.missing) }
  if o.classes then
    c.type = "int"
    c.classes, c.names = class_names(what, o.classes)
  end
  -- a number for all columns is none for classes
  if c.missing == nil and (set_.missing == "drop" or not c.classes) then
    c.missing = set_.missing
  end
  return c
end

-- the columns of a reader that names them: each made by make(name, what is given, the place)
local function named_columns(what, given, example, make, ...)
  if type(given) ~= "table" or getmetatable(given) then
    fail("%s: 'columns' is missing: columns = %s", what, example)
  end
  local columns, place = {}, core.place()
  for _, name in ipairs(util.sorted(given)) do
    if type(name) ~= "string" or not name:find("^%a[%w_]*$") or #name > 40 then
      fail("%s: %s cannot name a column: write a letter, then letters, digits and _", what,
        util.show(name))
    end
    columns[name] = make(name, given[name], place, ...)
  end
  return columns
end

say("data.csv { \"cars.csv\", columns = { x = \"1-8\", price = \"price\", brand = { \"brand\", "
  .. "classes = 6 } } }",
  "Columns of a CSV file, by header, position or range of positions.")
local function csv_form(o)
  if o.header ~= nil and type(o.header) ~= "boolean" then
    fail("data.csv: header is true, the first line names the columns, or false, it is data; got %s",
      util.show(o.header))
  end
  if o.separator ~= nil and (type(o.separator) ~= "string" or not o.separator:find "^[\t !-~]$"
    or o.separator:find "[%w\"#.+-]") then
    fail("data.csv: separator is one character, \",\", \";\", \"\\t\", \"|\" or \" \", got %s",
      util.show(o.separator))
  end
  if o.decimal ~= nil and o.decimal ~= "." and o.decimal ~= "," then
    fail("data.csv: decimal is \".\" or \",\", got %s", util.show(o.decimal))
  end
  if o.decimal == "," and o.separator == "," then
    fail("data.csv: a comma cannot be both the separator and the decimal mark")
  end
  csv_missing("data.csv", o.missing)
end

function data.csv(given)
  local o = options("data.csv", given, { columns = util.any, valid = util.any, test = util.any,
    augment = util.any,
    shuffle = true, header = util.any, separator = util.any, decimal = util.any,
    missing = util.any }, 1)
  csv_form(o)
  local columns = named_columns("data.csv", o.columns, "{ x = \"1-8\", y = \"price\" }", csv_column,
    o)
  o.header = o.header and "y" or o.header == false and "n" or nil
  return set("csv", o, columns)
end

-- types of elements in files: their bytes, and what a column of them is in memory, without classes
local files = {
  uint8 = { 1, "u8" }, int8 = { 1, "real" }, uint16 = { 2, "real" }, int16 = { 2, "real" },
  uint32 = { 4, "int" }, int32 = { 4, "int" },
  int64 = { 8, "int" }, float16 = { 2, "real" }, bfloat16 = { 2, "real" }, float32 = { 4, "real" },
  float64 = { 8, "real" } }
local memory = { uint8 = files.uint8, int32 = files.int32, float32 = files.float32 }

local function element_type(what, type_, classes, types)
  local names = {}
  for i, name in ipairs(util.sorted(types)) do names[i] = ("%q"):format(name) end
  if type_ ~= nil and not types[type_] then
    local less = files[type_]
      and " in memory: the file may hold another, its numbers are converted" or ""
    fail("%s: type is %s or %s%s; got %s", what, table.concat(names, ", ", 1, #names - 1),
      names[#names], less, util.show(type_))
  end
  if type_ and classes and type_:find "float" then
    fail("%s: classes are whole numbers: type is \"uint8\" or \"int32\"", what)
  end
  return type_ or (classes and "int32" or "float32")
end

-- { source, size..., classes = 10, type = "uint8" }: the source, the column without it, its type
local function sized_column(kind, name, v, place, types)
  local what = ("data.%s: column '%s'"):format(kind, name)
  if type(v) == "string" then v = { v } end
  if type(v) ~= "table" or getmetatable(v) then
    fail("%s: expected { source, size... }, { \"x.%s\", 1, 28, 28 }, got %s", what, kind,
      util.show(v))
  end
  local o = options(what, v, { classes = util.any, type = util.any }, 1 + 6)
  local type_ = element_type(what, o.type, o.classes, types)
  local in_memory = types[type_][2]
  local c = { name = name, dims = {}, type = o.classes and in_memory == "real" and "int"
    or in_memory, place = place }
  for i = 2, #v do c.dims[i - 1] = util.integer(what, v[i], 1, "a size") end
  if o.classes then c.classes = util.integer(what, o.classes, 2, "classes") end
  local most = type_ == "uint8" and 256 or 2^31
  if o.classes and c.classes > most then
    fail("%s: %d classes, but %s holds only %d values", what, c.classes, type_, most)
  end
  return v[1], c, type_
end

local function file_name(what, source)
  if type(source) ~= "string" or source == "" or #source > 200 or source:find("[%z\1-\31\127]") then
    fail("%s: expected the name of a file, got %s", what, util.show(source))
  end
  return source
end

-- NumPy's format, a file for each column in one directory
say("data.npy { \"data/voc\", columns = { image = { \"image.npy\", 3, 128, 128, type = \"uint8\" } "
  .. "} }",
  "NumPy's files, one for each column in a directory.")
function data.npy(given)
  local o = options("data.npy", given, { columns = util.any, valid = util.any, test = util.any,
    augment = util.any, shuffle = true }, 1)
  return set("npy", o, named_columns("data.npy", o.columns,
    "{ x = { \"x.npy\", 1, 28, 28 }, t = { \"t.npy\", classes = 10 } }", function(name, v, place)
      local source, c = sized_column("npy", name, v, place, memory)
      c.source = file_name(("data.npy: column '%s'"):format(name), source)
      return c
    end))
end

-- "uint8@2/3073": from byte 2 of records of 3073
local function raw_field(what, from, c, type_, record)
  from = util.integer(what, from, 1, "the byte of the record where it begins")
  if not record then
    fail("%s: it begins at byte %d of a record: write record, the bytes of one", what, from)
  end
  local size = files[type_][1]
  for _, n in ipairs(c.dims) do size = size * n end
  if from + size - 1 > record then
    fail("%s: bytes %d to %d, and a record has %d", what, from, from + size - 1, record)
  end
  return ("%s@%d/%d"):format(type_, from, record)
end

-- Files without headers: one for each column in a directory, or one of records
say("data.raw { \"data/sound\", columns = { x = { \"x.bin\", 16000 } } }",
  "Files without a header: one for each column, or one file of records.")
function data.raw(given)
  local o = options("data.raw", given, { columns = util.any, valid = util.any, test = util.any,
    augment = util.any, shuffle = true,
    record = util.any }, 1)
  if o.record then o.record = util.integer("data.raw", o.record, 1, "record, the bytes of one") end
  return set("raw", o, named_columns("data.raw", o.columns,
    "{ x = { \"x.bin\", 28, 28, type = \"uint8\" } }", function(name, v, place)
      local source, c, type_ = sized_column("raw", name, v, place, files)
      local what = ("data.raw: column '%s'"):format(name)
      if type(source) == "number" then c.source = raw_field(what, source, c, type_, o.record)
      elseif o.record then fail("%s: in records it begins at a byte: { 1, 28, 28 }; got %s", what,
        util.show(source))
      else c.source = type_ .. " " .. file_name(what, source) end
      return c
    end))
end

-- CIFAR-10, the binary version: data_batch_1.bin to 5, test_batch.bin
say("data.cifar10 { \"data/cifar-10-batches-bin\", valid = 0.1, test = 10000 }",
  "CIFAR-10's binary version: the columns image, 3 x 32 x 32, and label.")
function data.cifar10(given)
  local o = options("data.cifar10", given, { valid = util.any, test = util.any, augment = util.any,
    shuffle = true }, 1)
  local place = core.place()
  return set("cifar10", o, {
    image = { name = "image", type = "u8", dims = { 3, 32, 32 }, source = "uint8@2/3073",
      place = place },
    label = { name = "label", type = "u8", dims = {}, classes = 10, source = "uint8@1/3073",
      place = place } })
end

-- the vocabulary: characters of a text, its bytes, or ids of another program; how many there are
local vocabularies = { "chars", "bytes", "classes" }
local function vocabulary(o)
  local given
  for _, k in ipairs(vocabularies) do
    if o[k] ~= nil and given then
      fail("data.tokens: %s and %s: write one", given, k)
    end
    if o[k] ~= nil then given = k end
  end
  if not given then
    fail("data.tokens: say what a token is: chars = 65, the different characters of a text; "
      .. "bytes = true, its bytes; or classes = 50257, ids in a file of uint16, uint32 or .npy")
  end
  if given == "bytes" then
    if o.bytes ~= true then fail("data.tokens: bytes is true, got %s", util.show(o.bytes)) end
    return "b", 256
  end
  local n = util.integer("data.tokens", o[given], 2, given)
  if given == "chars" then return "c", n end
  if o.type ~= nil and o.type ~= "uint16" and o.type ~= "uint32" then
    fail("data.tokens: type is \"uint16\" or \"uint32\", that of a file without a header; got %s",
      util.show(o.type))
  end
  if n > 2^31 - 1 then fail("data.tokens: %d classes: at most 2147483647", n) end
  return (o.type or (n <= 65536 and "uint16" or "uint32")) == "uint16" and "H" or "I", n
end

-- the token that begins or ends a document, of texts a character, and whether it begins it
local function mark(o, kind, classes)
  local begins = o.document_start ~= nil
  local name = begins and "document_start" or "document_end"
  local v, text = o[name], kind == "b" or kind == "c"
  if begins and o.document_end ~= nil then
    fail("data.tokens: document_start and document_end: write one")
  end
  if v == nil then return -1 end
  if text and type(v) == "string" and (kind == "b" and #v or utf8.len(v)) == 1 then
    v = kind == "b" and v:byte() or utf8.codepoint(v)
    return v, begins
  end
  if text then
    fail("data.tokens: %s is one character of the text, \"\\n\", got %s", name, util.show(v))
  end
  v = util.integer("data.tokens", v, 0, name .. ", the id of a token")
  if v >= classes then
    fail("data.tokens: %s = %d, and there are %d classes, 0 to %d", name, v, classes, classes - 1)
  end
  return v, begins
end

say("data.tokens { \"data/shakespeare.txt\", chars = 65, length = 64, valid = 0.1 }",
  "Rows of 64 tokens of a long text: the columns x and y, which is x one token later.")
function data.tokens(given)
  if type(given) == "table" and given.shuffle ~= nil then
    fail("data.tokens: in place of shuffle it takes order = \"shuffle\", \"file\" or \"random\"")
  end
  local o = options("data.tokens", given, { chars = util.any, bytes = util.any, classes = util.any,
    type = util.any, length = util.any, stride = util.any, order = "shuffle",
    document_start = util.any, document_end = util.any, valid = util.any, test = util.any }, 1)
  local kind, classes = vocabulary(o)
  if o.type and kind ~= "H" and kind ~= "I" then
    fail("data.tokens: type belongs to a file of ids: with chars or bytes leave it out")
  end
  if o.length == nil then
    fail("data.tokens: 'length' is missing: the tokens of a row, length = 64")
  end
  local length = util.integer("data.tokens", o.length, 1, "length, the tokens of a row")
  local stride = util.integer("data.tokens", o.stride or length, 1,
    "stride, the tokens from one row to the next")
  if o.order ~= "shuffle" and o.order ~= "file" and o.order ~= "random" then
    fail("data.tokens: order is \"shuffle\", \"file\" or \"random\", got %s", util.show(o.order))
  end
  local marked, begins = mark(o, kind, classes)
  local place, columns = core.place(), {}
  local function column(name, n)
    columns[name] = { name = name, type = "int", dims = { length }, classes = n, source = name,
      place = place }
  end
  for _, name in ipairs { "x", "y" } do column(name, classes) end
  if marked >= 0 then column("documents") end
  o.shuffle = o.order ~= "file"
  o.tokens = { kind = kind, random = o.order == "random", length = length, stride = stride,
    classes = classes, mark = marked, begins = begins }
  return set("tokens", o, columns)
end

-- what other systems call it
local others = {
  mnist = "data.idx { \"data/mnist\", image = { 1, 28, 28 }, classes = 10 }",
  cifar = "data.cifar10 { \"data/cifar-10-batches-bin\" }",
  numpy = "data.npy { \"data/voc\", columns = { image = { \"image.npy\", 3, 128, 128 } } }",
  text = "data.tokens { \"data/shakespeare.txt\", chars = 65, length = 64 }" }

-- whether x is a column of a stream of tokens
local function streamed(x)
  for _, d in pairs(sets) do
    for _, c in pairs(d.tokens and d.nodes or {}) do
      if rawequal(c, x) then return true end
    end
  end
  return false
end

return { open = data, public = util.namespace("data", data, others), sets = sets,
  streamed = streamed }
