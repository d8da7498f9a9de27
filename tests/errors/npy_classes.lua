local set = data.npy { "x", columns = { t = { "t.npy", classes = 10, type = "float32" } } }
