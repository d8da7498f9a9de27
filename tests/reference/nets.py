"""Writes nets.txt: 50 updates of two small nets by PyTorch, in double and in float, as ACCEPTANCE's case 54 asks. See its head.

    python3 tests/reference/nets.py > tests/reference/nets.txt
"""
import torch
from torch import nn
import torch.nn.functional as F
from hashed import ids, number, numbers, real

ROWS, MICRO, ACCUMULATE, UPDATES = 108, 8, 4, 50
HEAD = """# Two nets, 50 updates by PyTorch {version}: windows of 4 x 8 rows of 108 in sequence, so that each fourth has 12: 8 and 4.
# Data and initial weights are those that tests/nets_data.lua writes; the double run starts from the same fp32 numbers.
#
#   case NET TYPE                              conv: a convolutional net with GroupNorm; tasks: two losses, each a sum over its own count
#   loss UPDATE VALUE                          before update UPDATE = 1 .. 50
#   gradient UPDATE TENSOR COUNT VALUES        of updates 1 and 20, before clipping
#   weight TENSOR COUNT VALUES                 after the last update
"""


class Conv(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1), nn.GroupNorm(2, 4), nn.GELU(), nn.MaxPool2d(2),
            nn.Conv2d(4, 6, 3, padding=1), nn.GroupNorm(3, 6), nn.Tanh(), nn.Flatten(), nn.Linear(96, 5))

    def terms(self, x, label, price):
        return [(1.0, F.cross_entropy(self.net(x.reshape(-1, 1, 8, 8)), label, reduction="sum"), len(x))]

    def optimizer(self):
        return torch.optim.SGD(self.parameters(), lr=0.05, momentum=0.9)


class Tasks(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(64, 12), nn.Tanh())
        self.price, self.brand = nn.Linear(12, 1), nn.Linear(12, 5)

    def terms(self, x, label, price):
        h, known = self.trunk(x), label * 3 % 4 != 2
        return [(1.0, F.mse_loss(self.price(h)[:, 0], price, reduction="sum"), len(x)),
                (0.3, F.cross_entropy(self.brand(h)[known], label[known], reduction="sum"), int(known.sum()))]

    def optimizer(self):
        return torch.optim.AdamW(self.parameters(), lr=1e-2, weight_decay=0.1)


def initialise(net, seed):
    for i, (name, p) in enumerate(net.named_parameters()):
        norm = name in ("net.1.weight", "net.5.weight")
        p.data = torch.ones(p.shape).double() if norm else real(tuple(p.shape), seed + i, 0.25)


def windows():
    while True:
        for at in range(0, ROWS, MICRO * ACCUMULATE):
            yield at, min(at + MICRO * ACCUMULATE, ROWS)


def backward(net, x, label, price, first, end):
    """The window's gradient by micro-batches, each term over its own count; returns the loss."""
    count = [n for _, _, n in net.terms(x[first:end], label[first:end], price[first:end])]
    total = 0.0
    for at in range(first, end, MICRO):
        to = min(at + MICRO, end)
        parts = net.terms(x[at:to], label[at:to], price[at:to])
        loss = sum(factor * value / n for (factor, value, _), n in zip(parts, count))
        loss.backward()
        total += float(loss.detach())
    return total


def run(name, make, seed, kind):
    print(f"case {name} {kind}")
    net = make()
    initialise(net, seed)
    net = net.to(getattr(torch, kind))
    x, price = (t.to(getattr(torch, kind)) for t in (real((ROWS, 64), 4001), real((ROWS,), 4003)))
    label = ids((ROWS,), 4002, 5)
    optimizer, at = net.optimizer(), windows()
    for update in range(1, UPDATES + 1):
        first, end = next(at)
        optimizer.zero_grad()
        print(f"loss {update} {number(backward(net, x, label, price, first, end))}")
        if update in (1, 20) and kind == "double":
            for key, p in net.named_parameters():
                print(f"gradient {update} {key} {p.numel()} {numbers(p.grad)}")
        if isinstance(net, Tasks):
            nn.utils.clip_grad_norm_(net.parameters(), 0.5)
        optimizer.step()
    if kind == "double":
        for key, p in net.named_parameters():
            print(f"weight {key} {p.numel()} {numbers(p)}")


print(HEAD.format(version=torch.__version__.split("+")[0]), end="")
for name, make, seed in (("conv", Conv, 4100), ("tasks", Tasks, 4200)):
    for kind in ("double", "float"):
        run(name, make, seed, kind)
