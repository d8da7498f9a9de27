local net = nn.File "parts/nobody.lua"
