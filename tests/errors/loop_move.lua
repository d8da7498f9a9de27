local t = { 1, 2 }
table.move(t, 1, 1e12, 2)
