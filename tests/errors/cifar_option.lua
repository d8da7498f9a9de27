local set = data.cifar10 { "x", image = { 3, 32, 32 } }
