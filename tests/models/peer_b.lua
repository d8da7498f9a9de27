-- peer_b.lua -- LeNet on hashed data, the twin of bench/peers/lenet.py
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
  data     = peer, batch = 256, micro_batch = 32, steps = 50,
  minimize = loss,
  optim    = optim.Adam { lr = 1e-3 },
}
