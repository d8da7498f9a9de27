-- make.lua DIR: train.csv, where three kinds of rows differ; new.csv, the first 21 of them without kind and price, shuffled columns.
local dir = ...
local state = 7
local function random()
  state = (state * 1103515245 + 12345) % 2147483648
  return state / 2147483648
end
local kinds = { "low", "in between", "high" }
local train, new = assert(io.open(dir .. "/train.csv", "w")), assert(io.open(dir .. "/new.csv", "w"))
local bare = assert(io.open(dir .. "/bare.csv", "w"))
train:write("kind,a,b,\"c,d\",e,price\n")
new:write("e,\"c,d\",extra,b,a\n")
for i = 1, 120 do
  local k, x = math.floor(random() * 3), {}
  for j = 1, 4 do x[j] = ("%.3f"):format(random() + (j == 1 and k or 0) - (j == 3 and 2 * k or 0)) end
  local price = ("%.3f"):format(k * 2 + random())
  train:write(("\"%s\",%s,%s,%s,%s,%s\n"):format(kinds[k + 1], x[1], x[2], x[3], x[4], price))
  if i <= 21 then
    new:write(("%s,%s,?,%s,%s\n"):format(x[4], x[3], x[2], x[1]))
    bare:write(("%s,%s,%s,%s\n"):format(x[1], x[2], x[3], x[4]))
  end
end
train:close()
new:close()
bare:close()
