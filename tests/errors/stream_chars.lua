local set = data.tokens { "text", chars = "all", length = 64 }
