local pool = nn.AvgPool2d(3, { stride = 2 })
