-- table.lua -- the table of tests/readers/csv, its columns by name, at positions 1 to 3 (without kind), at 2 to 5, or called 0, 1, 2.
local function said(name) local v = option(name, "") return v ~= "" and (tonumber(v) or v) or nil end
local kinds = { "cat", "dog" }
local flag = option("words", "") ~= "" and { classes = { "f", "t" } } or {}
local columns = {
  names = { x = "x", kind = { "kind", classes = kinds }, flag = { "flag", classes = flag.classes }, y = "y" },
  three = { x = "1", flag = "2", y = "3" },
  numbers = { x = { name = "0" }, flag = { name = "1" }, y = { name = "2" } },
  five = { x = "2", kind = { "3", classes = kinds }, flag = "4", y = "5" } }
local header, separator = said "header", said "separator"
local d = data.csv { "table.csv", shuffle = false, columns = columns[option("by", "names")], separator = separator == "blank" and " " or separator,
  decimal = said "decimal", missing = said "missing", header = header and header == "true" }
local w = nn.Parameter(1, { init = 0 })
local kinds_there = columns[option("by", "names")].kind
local kind = kinds_there and d.kind or d.x
local all = { x = d.x * 1, kind = kind * 1, flag = d.flag * 1, y = d.y * 1 }
train { data = d, batch = 2, steps = 1, optim = optim.SGD { lr = 0 }, predict = all,
  minimize = fn.mean(fn.square(fn.reshape(d.x + kind + d.flag + d.y, 1) - w)) }
