local part = nn.File "syntax.lua"
part(1)
