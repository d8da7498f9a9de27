local set = data.idx { "data/mnist", image = { 1, 28, 28 }, classes = 10 }
local i = 0
while i >= 0 do i = i + 1 end
