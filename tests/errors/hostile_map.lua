local f = map { name = "f(x) { exit(1); } int g", value = "x" }
