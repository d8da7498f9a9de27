local set = data.tokens { "text", bytes = 256, length = 64 }
