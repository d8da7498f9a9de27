local set = data.idx { "data/mnist", image = { 1, 28, 28 }, classes = 10 }
return function(x) return nn.Linear(10, { bais = false })(x) end
