local set = data.csv { "x.csv", columns = { ["a; int b"] = "1-3" } }
