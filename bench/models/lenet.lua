-- lenet.lua -- LeNet on hashed data, for bench/gpu; its twin is in bench/peers/gpu.py
local peer = data.idx { "peer_b", image = {1, 28, 28}, type = "float32", classes = 10, shuffle = false }

local net = nn.Sequential {
  nn.Conv2d(6, 5, { padding = 2 }), nn.ReLU(), nn.MaxPool2d(2),
  nn.Conv2d(16, 5), nn.ReLU(), nn.MaxPool2d(2),
  nn.Flatten(),
  nn.Linear(120), nn.ReLU(),
  nn.Linear(84), nn.ReLU(),
  nn.Linear(10),
}

local loss = fn.cross_entropy(net(peer.image), peer.label)

train {
  data     = peer, batch = 128, micro_batch = 128, steps = 100,
  minimize = loss,
  optim    = optim.Adam { lr = 1e-3 },
}
