-- resnet18.lua -- ResNet-18 for images of 32 x 32, 11.2 million parameters, by K. He and others (2015) with CIFAR-10's usual stem.
--   data/cifar10 holds the binary version of https://www.cs.toronto.edu/~kriz/cifar.html, or what examples/draw_images.c draws.
-- Of images that examples/draw_images.c draws, 100 a file, 69 in 100 that it never saw are told right after 40 updates of 16 = 2 x 8.
-- From the same weights four updates of 2 x 4 give PyTorch's losses in double to 1e-15 (tests/long/references.t).
local cifar = data.cifar10 { option("data", "data/cifar10"), valid = 0.1 }

local function conv_bn(c, k, stride)
  return nn.Sequential {
    nn.Conv2d(c, k, { stride = stride, padding = k // 2, bias = false }),
    nn.BatchNorm(),
  }
end

local function block(c, stride, project)
  return nn.Module {
    body     = nn.Sequential { conv_bn(c, 3, stride), nn.ReLU(), conv_bn(c, 3, 1) },
    shortcut = project and conv_bn(c, 1, stride) or nn.Identity(),
    forward  = function(m, x) return fn.relu(m.body(x) + m.shortcut(x)) end,
  }
end

local function stage(c, stride)
  return nn.Sequential { block(c, stride, stride > 1), block(c, 1, false) }
end

local net = nn.Sequential {
  conv_bn(64, 3, 1), nn.ReLU(),
  stage(64, 1), stage(128, 2), stage(256, 2), stage(512, 2),
  nn.GlobalAvgPool(), nn.Linear(10),
}

local logits = net((cifar.image / 255 - 0.47) / 0.25)

train {
  data     = cifar, batch = 128, micro_batch = 32, epochs = 30,
  minimize = fn.cross_entropy(logits, cifar.label),
  optim    = optim.SGD { lr = optim.cosine { 0.1, warmup = 390 }, momentum = 0.9, weight_decay = 5e-4 },
  report   = { accuracy = fn.accuracy(logits, cifar.label) },
}
