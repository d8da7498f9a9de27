local a = nn.Conv1d(8, 3, { stride = { 2, 2 } })
