local set = data.idx { "data/mnist", image = { 1, 28, 28 }, classes = 10 }
local logits = torch.nn.Linear(10)
