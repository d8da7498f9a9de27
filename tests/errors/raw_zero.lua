local set = data.raw { "x.bin", record = 784, columns = { x = { 0, 28, 28, type = "uint8" } } }
