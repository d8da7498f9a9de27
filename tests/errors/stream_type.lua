local set = data.tokens { "text", classes = 50257, length = 64, type = "int64" }
