"""Writes terms.txt: losses with denominators and statistics of their own, over 32 rows at once by PyTorch in double, and how
far naive accumulation over micro-batches is from them.

    python3 tests/reference/terms.py > tests/reference/terms.txt
"""
import torch
from hashed import number, numbers, real, uniform

ROWS = 32
HEAD = """# Terms of a loss by PyTorch {version} in double, 32 rows at once; "naive NAME: D": the mean of micro-batches' gradients, relative L2.
# "case NAME_8": the loss of each 8 rows by themselves, weighted by their number, as are 12, 12 and 8 in NAME_12.
# rows: x = real([32, 4], seed 1); label = floor(4 * uniform([32], seed 2)), 3 is ignored; parameter i = real(shape, seed 10 + i).
"""
X = real((ROWS, 4), 1)
U = torch.floor(4 * uniform((ROWS,), 2)).long()
LABEL = torch.where(U == 3, -100, U)
WEIGHT = torch.tensor([1, 10, 0.1], dtype=torch.float64)
nets = torch.nn.functional


def net():
    n = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3))
    for i, p in enumerate(n.parameters()):
        p.data = real(tuple(p.shape), 10 + i)
    return n


def weighted(y, label):
    if (label == -100).all():
        return 0 * y.sum()
    return nets.cross_entropy(y, label, weight=WEIGHT, ignore_index=-100, label_smoothing=0.1)


def shares(y):
    p = torch.softmax(y, 1)
    return (p == p.max(1, keepdim=True).values).double(), p


def additive(y, label):
    top, p = shares(y)
    return (y ** 2).mean() + (top * p).sum(1).mean()


def window(y, label):
    top, p = shares(y)
    return (y ** 2).mean() + 3 * (top.mean(0) * p.mean(0)).sum()


def infonce(y, label):
    return nets.cross_entropy(y @ y.T, torch.arange(len(y)))


def dice(y, label):
    p, m = torch.sigmoid(y[:, 0]), (label == 1).double()
    return 1 - 2 * (p * m).sum() / (p.sum() + m.sum())


def centred(y, label):
    return ((y - y.mean(0)) ** 4).mean()


def gradient(loss, micro):
    n = net()
    value = 0
    for at in range(0, ROWS, micro):
        rows = min(micro, ROWS - at)
        part = loss(n(X[at:at + micro]), LABEL[at:at + micro]) * (rows / ROWS)
        part.backward()
        value += part.item()
    return n, value


def flat(n):
    return torch.cat([p.grad.reshape(-1) for p in n.parameters()])


def show(name, loss, micro):
    n, value = gradient(loss, micro)
    print(f"case {name}\nloss 1 {number(value)}")
    for key, p in n.named_parameters():
        print(f"gradient 1 net.{key} {p.numel()} {numbers(p.grad)}")


def main():
    print(HEAD.format(version=torch.__version__.split("+")[0]), end="")
    for loss in (weighted, additive, window):
        show(loss.__name__, loss, ROWS)
    for loss in (dice, centred, window):
        for micro in (8, 12):
            show(f"{loss.__name__}_{micro}", loss, micro)
    for loss, micro in ((weighted, 1), (window, 8), (infonce, 8), (dice, 8), (centred, 8)):
        full, naive = flat(gradient(loss, ROWS)[0]), flat(gradient(loss, micro)[0])
        print(f"# naive {loss.__name__}: {((naive - full).norm() / full.norm()).item():.3f}")


main()
