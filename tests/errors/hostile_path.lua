local set = data.idx { "data\n\"; system(\"true\"); //", image = { 1, 28, 28 }, classes = 10 }
