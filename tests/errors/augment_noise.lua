local set = data.npy { "data/voc", columns = { image = { "image.npy", 3, 8, 8, type = "uint8" }, y = { "y.npy" } },
  augment = { noise = { "image", std = 0.1 } } }
