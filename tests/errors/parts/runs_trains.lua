local part = nn.File "trains.lua"
part(1)
