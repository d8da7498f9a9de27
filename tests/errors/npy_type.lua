local set = data.npy { "x", columns = { x = { "x.npy", 28, type = "float16" } } }
