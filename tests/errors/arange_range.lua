local i = fn.arange(2, 10)
