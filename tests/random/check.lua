-- check.lua -- random nets in several ways that must agree, as TAP; a net that fails is made smaller and printed.
--   lua5.4 tests/random/check.lua found                 those of found.txt
--   lua5.4 tests/random/check.lua FIRST COUNT           nets of the numbers FIRST to FIRST + COUNT - 1, each in C, double, and in ways that take turns
--   lua5.4 tests/random/check.lua WAY "RECIPE"          one recipe in one way, as a failure is told
--   lua5.4 tests/random/check.lua WAY seed=N            the same of a number's net
package.path = "tests/random/?.lua;" .. package.path
local tap, recipe, ways, shrink = dofile "tests/tap.lua", dofile "tests/random/recipe.lua", dofile "tests/random/ways.lua", dofile "tests/random/shrink.lua"
io.stdout:setvbuf "line"
local tries = tonumber(os.getenv "TRIES" or 60)

local turns = { "gcc-float", "clang-v3-float", "gcc-double", "clang-float", "gcc-v3-float", "clang-double" }
local function chosen(seed)
  local list = { "trees" }
  if seed % 2 == 1 then list[2] = turns[seed // 2 % #turns + 1] end
  if ways.torch then list[#list + 1] = "torch" end
  if seed % 10 == 1 then list[#list + 1] = "cuda" end
  list[#list + 1] = recipe.made(seed).deterministic and "split" or "pieces"
  return list
end

-- "differs", "does" or what gagen says: a smaller recipe must fail in the same way
local function class(wrong)
  if wrong and wrong:find "^gagen" then return (wrong:gsub("[%d_]+", ""):sub(1, 80)) end
  return wrong and wrong:match "^%w+"
end

local function wrong_in(way, r)
  local wrong = ways.exact(r)
  if wrong or way == "exact" then return wrong end
  return ways.run[way](r)
end

local function told(way, r, wrong)
  print(("# %s: %s"):format(way, wrong))
  local kind = class(wrong)
  local least, tried = shrink(r, function(c) return class(wrong_in(way, c)) == kind end, tries)
  print(("# of %d recipes that are smaller, the smallest that fails too, %d steps: %s"):format(tried, #least.steps - 1, wrong_in(way, least)))
  print(("# lua5.4 tests/random/check.lua %s \"%s\""):format(way, recipe.text(least)))
end

local function checked(what, r, list)
  local way, wrong = "exact", ways.exact(r)
  for _, name in ipairs(list) do
    if wrong then break end
    way, wrong = name, ways.run[name](r)
  end
  tap.ok(not wrong, what .. ": " .. table.concat(list, ", "))
  if wrong then told(way, r, wrong) end
end

local alone = "beside PyTorch # skip python3 cannot import torch; PYTHON may name one that can"

local first, count = tonumber(arg[1]), tonumber(arg[2])
if first and count then
  for seed = first, first + count - 1 do checked("net " .. seed, recipe.made(seed), chosen(seed)) end
  if not ways.torch then tap.ok(true, alone) end
  tap.ok(ways.doubtful * 10 <= count, ("%d of %d nets are too sensitive for float"):format(ways.doubtful, count))
elseif arg[1] == "found" then
  for line in io.lines "tests/random/found.txt" do
    local way, text = line:match "^(%l%S*) (.*)$"
    if way == "torch" and not ways.torch then tap.ok(true, alone)
    elseif way then checked(text:match "accumulate.*$", recipe.settled(recipe.read(text)), { way }) end
  end
else
  local seed = arg[2]:match "^seed=(%d+)"
  checked("the net", recipe.settled(seed and recipe.made(tonumber(seed)) or recipe.read(arg[2])), { arg[1] })
end
tap.finish()
