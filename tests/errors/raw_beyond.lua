local set = data.raw { "x.bin", record = 784, columns = { x = { 2, 28, 28, type = "uint8" } } }
