local set = data.tokens { "text", classes = 100, length = 64, document_start = 9, document_end = 9 }
