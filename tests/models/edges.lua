-- edges.lua -- products whose results are read as images through a reshape, and cosines of vectors shorter than eps; the numbers are
-- PyTorch's in tests/reference/edges.txt
local d = data.csv { "tests/models/upconv.csv", shuffle = false, columns = { x = { "1-24" }, t = "25" } }
local x = fn.reshape(d.x, 4, 6)
local a, b, c = nn.Linear(8), nn.Linear(16), nn.Linear(8)
local narrow, wide, patches = nn.Conv2d(3, 1), nn.Conv2d(3, 3, { padding = 1 }), nn.Conv2d(2, 2)
local u, v = a(x), b(x)
local small = narrow(fn.reshape(fn.tanh(u), 8, 2, 2))                   -- [N,3,2,2]
local large = wide(fn.relu(fn.reshape(v, 16, 2, 2)))
local tokens = patches(fn.reshape(fn.permute(c(x), 1, 3, 2), 8, 2, 2))  -- a ViT's way back to an image: [N,2,1,1]
local product = fn.tanh(fn.reshape(fn.matmul(fn.transpose(x, 2, 3), u), 12, 4, 1))      -- of [N,6,8]
local strip, square = fn.tanh(fn.reshape(a(x * 2), 8, 4, 1)), fn.sigmoid(fn.reshape(b(x * 3), 4, 4, 4))
local out = nn.Linear(1)
local z = out(fn.concat(fn.flatten(small), fn.flatten(large), fn.flatten(tokens), fn.flatten(product), fn.flatten(strip), fn.flatten(square), { axis = 2 }))
local cosine = fn.cosine_similarity(fn.flatten(small), fn.flatten(large), { axis = 2, eps = 2 })
train { data = d, batch = 8, micro_batch = 2, steps = 3, minimize = fn.mse(z, d.t) + 0.3 * fn.mean(cosine) + fn.mean(fn.cosine_similarity(u, c(x) * 0.1, { axis = 3, eps = 0.3 })),
        optim = optim.SGD { lr = 0.1 } }
