local set = data.tokens { "text", classes = 100, length = 64, document_end = 100 }
