local o = optim.RMSProp { lr = 0.1 }
