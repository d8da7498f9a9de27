local up = nn.Upsample { scale_factor = 2, mode = "bicubic" }
