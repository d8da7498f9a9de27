local part = nn.File "broken.lua"
part(1)
