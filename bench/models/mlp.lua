-- mlp.lua -- a perceptron 784-1024-1024-10 on hashed data, for bench/gpu; its twin is in bench/peers/gpu.py
local peer = data.idx { "peer_a", image = {784}, type = "float32", classes = 10, shuffle = false }

local net = nn.Sequential {
  nn.Linear(1024), nn.ReLU(),
  nn.Linear(1024), nn.ReLU(),
  nn.Linear(10),
}

local loss = fn.cross_entropy(net(peer.image), peer.label)

train {
  data     = peer, batch = 128, micro_batch = 128, steps = 100,
  minimize = loss,
  optim    = optim.Adam { lr = 1e-3 },
}
