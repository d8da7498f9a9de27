local act = nn.PReLU(64)
