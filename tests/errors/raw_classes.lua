local set = data.raw { "x", columns = { t = { "t.bin", classes = 10, type = "bfloat16" } } }
