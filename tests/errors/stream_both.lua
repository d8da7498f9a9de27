local set = data.tokens { "text", chars = 65, classes = 65, length = 64 }
