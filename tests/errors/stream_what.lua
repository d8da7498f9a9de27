local set = data.tokens { "text", length = 64 }
