"""Writes plateau.txt: the rates of PyTorch's ReduceLROnPlateau in double, stepped with the loss of rows that validate, after each epoch.

    python3 tests/reference/plateau.py > tests/reference/plateau.txt
"""
import torch
from hashed import number, real

ROWS, BATCH, EPOCHS, IN = 24, 8, 40, 6
print(f"# ReduceLROnPlateau of PyTorch {torch.__version__.split('+')[0]} in double: SGD of a linear layer, 3 updates an epoch.")
print("# rows: x = real([24, 6], seed 1), y = real([24], seed 2); valid: x = real([8, 6], seed 3), y = real([8], seed 4)")
print("# case NAME OPTIONS, then for each epoch: rate VALUE, after which its 3 updates are done, and valid VALUE")


def run(name, words, mode, metric, **options):
    net = torch.nn.Linear(IN, 1).double()
    net.weight.data, net.bias.data = real((1, IN), 10), real((1,), 11)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.3, momentum=0.5)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode=mode, **options)
    x, y, vx, vy = real((ROWS, IN), 1), real((ROWS,), 2), real((8, IN), 3), real((8,), 4)
    print(f"case {name} {words}")
    for _ in range(EPOCHS):
        print(f"rate {number(torch.tensor(optimizer.param_groups[0]['lr'], dtype=torch.float64))}")
        for at in range(0, ROWS, BATCH):
            loss = torch.nn.functional.mse_loss(net(x[at:at + BATCH])[:, 0], y[at:at + BATCH])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            value = metric(torch.nn.functional.mse_loss(net(vx)[:, 0], vy))
        print(f"valid {number(value)}")
        scheduler.step(float(value))


run("loss", "factor = 0.5, patience = 2, threshold = 1e-3, cooldown = 1, floor = 0.02", "min", lambda v: v,
    factor=0.5, patience=2, threshold=1e-3, cooldown=1, min_lr=0.02)
run("score", "factor = 0.3, patience = 0, threshold = 0.01, floor = 1e-4", "max", lambda v: 1 / v,
    factor=0.3, patience=0, threshold=0.01, min_lr=1e-4)
