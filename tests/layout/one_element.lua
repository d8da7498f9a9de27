-- one_element.lua -- layout case: images of one row and one column: a view drops their factors, the halo stays
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-6", t = "7" } }
local a, b = nn.ConvTranspose2d(4, 3), nn.ConvTranspose2d(2, 4, { stride = 2, padding = 1 })
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(b(fn.relu(a(fn.reshape(d.x, 6, 1, 1)))) ^ 2) }
