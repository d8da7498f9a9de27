-- defaults.lua -- the layers as they are unless told; -D dropout=0
local d = data.npy { "rows", columns = { x = { "x.npy", 5, 12 }, m = { "m.npy", 3, 12 } } }
local o = option("dropout", -1) >= 0 and { dropout = option("dropout", -1) } or nil
local encoder, decoder = nn.TransformerEncoderLayer(3, o), nn.TransformerDecoderLayer(3, o)
train { data = d, batch = 4, steps = 1, minimize = fn.mean(fn.square(decoder(encoder(d.x), d.m))), optim = optim.SGD { lr = 0.1 } }
