local set = data.raw { "x.bin", record = 784, columns = { x = { "x.bin", 28, 28 } } }
