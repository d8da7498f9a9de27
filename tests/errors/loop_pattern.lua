local line = ("a"):rep(40000)
local at = line:find(("a*"):rep(20) .. "b")
