local set = data.tokens { "text", chars = 65, length = 64, order = "shuffled" }
