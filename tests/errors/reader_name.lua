local set = data.numpy { "x" }
