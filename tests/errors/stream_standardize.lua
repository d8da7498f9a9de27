local text = data.tokens { "text", chars = 65, length = 8 }
local norm = nn.Standardize()
local x = norm(text.x)
