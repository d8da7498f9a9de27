local o = optim.RMSprop { lr = 0.1, rho = 0.9 }
