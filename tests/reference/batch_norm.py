"""Writes batch_norm.txt: 20 updates of a residual net with batch norm by PyTorch in double. See its head.

    python3 tests/reference/batch_norm.py > tests/reference/batch_norm.txt
"""
import torch
from torch import nn
import torch.nn.functional as F
from hashed import ids, number, numbers, real

ROWS, MICRO, ACCUMULATE, UPDATES = 108, 8, 3, 20
HEAD = """# A residual net with batch norm, one of its layers used twice, 20 updates by PyTorch {version} in double: windows of 3 x 8 rows of
# 108 in sequence, so that each fifth has 12: 8 and 4. Data and first weights are those that tests/nets_data.lua writes; the net is
# tests/models/batch_norm.lua.
#
#   case MODE                  micro: PyTorch's own momentum; window: momentum 1 - (1 - 0.1)^(1/K), K the window's micro-batches;
#                              pooled: one update by all of the window's activations; frozen: eval() throughout; part: `left` alone is
#   loss UPDATE VALUE          before update UPDATE
#   gradient 1 TENSOR COUNT VALUES                                                            of micro
#   weight TENSOR COUNT VALUES after the last update, running statistics too; of the others than micro those of one axis
"""


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 7, 3, padding=1, bias=False)
        self.first = nn.BatchNorm2d(7)
        self.left = nn.Sequential(nn.Conv2d(7, 17, 3, padding=1, stride=2, bias=False), nn.BatchNorm2d(17))
        self.right = nn.Sequential(nn.Conv2d(7, 17, 1, stride=2, bias=False), nn.BatchNorm2d(17))
        self.twice = nn.BatchNorm2d(17, affine=False)
        self.head = nn.Linear(17, 5)

    def forward(self, x):
        x = torch.relu(self.first(self.conv(x)))
        x = torch.relu(self.left(x) + self.right(x))
        x = self.twice(torch.tanh(self.twice(x)))
        return self.head(x.mean((2, 3)))


def initialise(net, seed):
    for i, (name, p) in enumerate(list(net.named_parameters()) + [b for b in net.named_buffers() if "num" not in b[0]]):
        one = (name.endswith("weight") and p.dim() == 1) or name.endswith("running_var")
        p.data = torch.ones(p.shape).double() if one else real(tuple(p.shape), seed + i, 0.25)


def norms(net):
    return [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]


class Pool:
    """What a norm sees in a window, use by use, so that each use moves it once by all of it."""
    def __init__(self, net):
        self.seen = {m: [] for m in norms(net)}
        for m in norms(net):
            m.momentum = 0.0
            m.register_forward_hook(lambda m, given, out: self.seen[m].append(given[0].detach()))

    def move(self, micros):
        for m, seen in self.seen.items():
            uses = len(seen) // micros
            for use in range(uses):
                x = torch.cat(seen[use::uses])
                m.running_mean += 0.1 * (x.mean((0, 2, 3)) - m.running_mean)
                m.running_var += 0.1 * (x.var((0, 2, 3)) - m.running_var)
            seen.clear()


def windows():
    while True:
        for at in range(0, ROWS, MICRO * ACCUMULATE):
            yield at, min(at + MICRO * ACCUMULATE, ROWS)


def run(mode):
    print(f"case {mode}")
    net = Net().double()
    initialise(net, 4300)
    x, label, at = real((ROWS, 1, 8, 8), 4001), ids((ROWS,), 4002, 5), windows()
    pool = Pool(net) if mode == "pooled" else None
    still = {"frozen": net, "part": net.left}.get(mode)
    if still is not None:
        still.eval()
    trained = [p for n, p in net.named_parameters() if not (mode == "part" and n.startswith("left"))]
    optimizer = torch.optim.SGD(trained, lr=0.05, momentum=0.9)
    for update in range(1, UPDATES + 1):
        first, end = next(at)
        micros, total = range(first, end, MICRO), 0.0
        if mode == "window":
            for m in norms(net):
                m.momentum = 1 - 0.9 ** (1 / len(micros))
        optimizer.zero_grad()
        for a in micros:
            b = min(a + MICRO, end)
            loss = F.cross_entropy(net(x[a:b]), label[a:b], reduction="sum") / (end - first)
            loss.backward()
            total += float(loss.detach())
        if pool:
            pool.move(len(micros))
        print(f"loss {update} {number(total)}")
        if update == 1 and mode == "micro":
            for key, p in net.named_parameters():
                if any(p is q for q in trained):
                    print(f"gradient {update} {key} {p.numel()} {numbers(p.grad)}")
        optimizer.step()
    for key, p in list(net.named_parameters()) + list(net.named_buffers()):
        if "num" not in key and (mode == "micro" or p.dim() == 1):
            print(f"weight {key} {p.numel()} {numbers(p)}")


print(HEAD.format(version=torch.__version__.split("+")[0]), end="")
for mode in ("micro", "window", "pooled", "frozen", "part"):
    run(mode)
