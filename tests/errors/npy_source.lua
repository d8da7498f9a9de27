local set = data.npy { "x", columns = { x = { 28, 28 } } }
