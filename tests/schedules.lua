-- schedules.lua -- the learning rates of tests/reference/optim.txt, in closed form or PyTorch's, beside the formulas that
-- gagen --dump=read_model prints for them, evaluated here.   lua5.4 tests/schedules.lua DIR [BUG], BUG: a factor, for a control

local dir, bug = arg[1], tonumber(arg[2] or 1)
local env = { pow = function(a, b) return a ^ b end, floor = math.floor, cos = math.cos, sqrt = math.sqrt, min = math.min, max = math.max,
  select = function(c, a, b) if c then return a end return b end }

local function formula(expression, T)
  local path = dir .. "/schedule.lua"
  local f = assert(io.open(path, "w"))
  f:write(([[
local rows  = data.csv { "rows.csv", columns = { x = "1-7" } }
local layer = nn.Linear(1)
train { data = rows, batch = 1, steps = %d, minimize = fn.sum(layer(rows.x)), optim = optim.SGD { lr = %s } }
]]):format(T, expression))
  f:close()
  local p = io.popen("./gagen --dump=read_model " .. path)
  local text = p:read "a"
  p:close()
  return assert(text:match "\n  lr +=? *([^\n]*)", expression)
end

local worst, where, count, lr = 0, "", 0, nil
local T, E, text
for line in io.lines "tests/reference/optim.txt" do
  local a, b, expression = line:match "^schedule (%d+) (%d+) (.*)$"
  local t, want = line:match "^lr (%d+) (%S+)$"
  if a then
    T, E, text, count = tonumber(a), tonumber(b), expression, count + 1
    lr = assert(load("local t, T, E = ... return " .. formula(expression, T), expression, "t", env))
  elseif t then
    local got = bug * lr(tonumber(t), T, E)
    local d = math.abs(got - want) / math.max(math.abs(want), 1e-12)
    if not (d <= worst) then worst, where = d, ("%s at %s: %.17g, wanted %s"):format(text, t, got, want) end
  end
end
-- PyTorch divides by 0 where the way up is one update
local up = assert(load("local t, T, E = ... return " .. formula("optim.one_cycle { 0.1, up = 0.1 }", 10), "one_cycle", "t", env))
for t, want in pairs { 0.1 / 25, 0.1 / 25 / 1e4 + (0.1 - 0.1 / 25 / 1e4) / 2 * (1 + math.cos(math.pi / 9)) } do
  local d = math.abs(bug * up(t, 10, 10) / want - 1)
  if not (d <= worst) then worst, where = d, ("one_cycle up in one update at %d"):format(t) end
end
local less = assert(load("local t, T, E = ... return " .. formula("1 + -optim.linear { 1, 0 }", 4), "minus", "t", env))
if not (math.abs(bug * less(2, 4, 4) - 0.25) <= 1e-15) then worst, where = 1, "a schedule with a minus" end
print(("%d schedules, largest relative difference %.3g: %s"):format(count, worst, where))
os.exit(count > 20 and worst <= 1e-12)
