-- peer_a.lua -- a perceptron 784-256-128-10 on hashed data, the twin of bench/peers/mlp.py
local peer = data.idx { "peer_a", image = {784}, type = "float32", classes = 10, shuffle = false }

local net = nn.Sequential {
  nn.Linear(256), nn.ReLU(),
  nn.Linear(128), nn.ReLU(),
  nn.Linear(10),
}

local loss = fn.cross_entropy(net(peer.image), peer.label)

train {
  data     = peer, batch = 256, micro_batch = 32, steps = 50,
  minimize = loss,
  optim    = optim.Adam { lr = 1e-3 },
}
