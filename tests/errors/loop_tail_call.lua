local function walk(n) return walk(n + 1) end
walk(1)
