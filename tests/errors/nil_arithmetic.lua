local scale
local y = scale * 2
