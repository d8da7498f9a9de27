local rows = {}
for i = 1, 1e9 do rows[i] = { i, i } end
