local set = data.npy { "x", columns = { x = { "x.npy", 28, dtype = "uint8" } } }
