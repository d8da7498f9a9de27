local act = nn.Softmax()
