local f = map { name = "swish", value = "x / (1 + system(x))" }
