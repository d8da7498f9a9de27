local set = data.npy { "x" }
