return { nn.Linear(10 }
