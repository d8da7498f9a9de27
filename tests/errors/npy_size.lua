local set = data.npy { "x", columns = { x = { "x.npy", 28, 0 } } }
