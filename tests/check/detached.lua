-- detached.lua -- a frozen layer and a detached factor are no mistakes: the loss reaches what is trained another way
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local frozen, head = nn.Linear(4), nn.Linear(4)
local y = head(d.x) * fn.detach(fn.sigmoid(frozen(d.x)))
train { data = d, batch = 8, micro_batch = 4, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(y ^ 2), rules = { { frozen, freeze = true } } }
