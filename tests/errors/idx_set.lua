local set = data.idx { "data/emnist", image = { 28, 28 }, classes = 27, set = "a/b" }
