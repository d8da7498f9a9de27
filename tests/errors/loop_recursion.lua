local function depth(n) return 1 + depth(n) end
depth(1)
