local pool = nn.AvgPool2d(3, { padding = 2 })
