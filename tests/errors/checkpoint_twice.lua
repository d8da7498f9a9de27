local d = data.csv { "d.csv", columns = { x = "1-2", y = "3" } }
local z
do
  z = nn.Linear(1, { name = "head" })(d.x)
  z = z + nn.Linear(1, { name = "head" })(d.x)
end
train { data = d, batch = 2, epochs = 1, minimize = fn.mse(fn.sum(z, { axis = 2 }), d.y), optim = optim.SGD { lr = 0 } }
