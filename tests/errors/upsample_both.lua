local up = nn.Upsample { scale_factor = 2, size = 64 }
