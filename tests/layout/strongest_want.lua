-- strongest_want.lua -- a product reads a weight before a convolution in groups does, whose want is stronger: outputs are lanes, and the product packs
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-64", z = "65-68", t = "69" } }
local c = nn.Conv2d(4, 3, { groups = 4, bias = false })
local image = fn.reshape(d.x, 4, 4, 4)
c(image)                                -- which nothing reads; now there is a weight
local h = fn.matmul(d.z, fn.reshape(c.weight, 4, 9))
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(h ^ 2) + fn.mean(c(2 * image) ^ 2) }
