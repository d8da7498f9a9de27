local set = data.tokens { "text", chars = 65 }
