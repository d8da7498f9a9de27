local set = data.raw { "x.bin", columns = { x = { 1, 28, 28 } } }
