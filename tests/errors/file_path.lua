local net = nn.File "/etc/model.lua"
