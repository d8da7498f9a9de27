local up = nn.Upsample { scale_factor = 2, align_corners = true }
