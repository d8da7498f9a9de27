local set = data.raw { "x", columns = { x = { "x.bin", 28, type = "half" } } }
