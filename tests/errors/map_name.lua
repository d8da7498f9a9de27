local f = map { name = "swish", value = "x * beta", grad = { x = "gy" } }
