"""Writes windows.txt: what windows must compute, by PyTorch in double. See the head of that file.

    python3 tests/reference/windows.py > tests/reference/windows.txt
"""
from decimal import Decimal, getcontext
import torch
from torch import nn
import torch.nn.functional as F
from hashed import ids, number, numbers, real

INPUTS, HIDDEN, CLASSES = 16, 12, 6
TOKENS, FEATURES, WORDS = 128, 12, 5
VALID = (128, 3, 64, 17, 100, 1, 40, 90)
HEAD = """# Windows by PyTorch {version} in double. Data and weights are hashed (tests/reference/hashed.py) and written to files by
# tests/window_data.c; the models are tests/models/window_*.lua. Numbers are row-major in PyTorch's order of elements.
#
#   case NAME ...                          what follows belongs to it
#   loss UPDATE VALUE                      sum / sum of the window, before the update
#   gradient TENSOR COUNT VALUES           of the first window
#   weight TENSOR COUNT VALUES             after the last update
#   updates N                              how many there are
#   control KEY VALUES                     what a wrong program would give
#   correction BETA T VALUE                1 - beta^t of beta as written;  complement BETA VALUE: 1 - beta
"""


def perceptron():
    return initialised(nn.Sequential(nn.Linear(INPUTS, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, CLASSES)), 3100)


def initialised(net, seed):
    for i, p in enumerate(net.parameters()):
        p.data = real(tuple(p.shape), seed + i, 0.25)
    return net


def rows(n):
    return real((n, INPUTS), 3001), ids((n,), 3002, CLASSES)


def show(key, tensors):
    for name, t in tensors:
        print(f"{key} {name} {t.numel()} {numbers(t)}")


def gradients(net, prefix="net."):
    return [(prefix + name, p.grad) for name, p in net.named_parameters()]


def weights(net, prefix="net."):
    return [(prefix + name, p) for name, p in net.named_parameters()]


def even():
    """1024 rows in one window, however they are split."""
    print("case even 1024")
    net, (x, y) = perceptron(), rows(1024)
    loss = F.cross_entropy(net(x), y)
    loss.backward()
    print(f"loss 1 {number(loss)}")
    show("gradient", gradients(net))


def texts():
    net = initialised(nn.Sequential(nn.Linear(FEATURES, 16), nn.Tanh(), nn.Linear(16, WORDS)), 3200)
    x, y = real((len(VALID), TOKENS, FEATURES), 3201), ids((len(VALID), TOKENS), 3202, WORDS)
    for row, n in enumerate(VALID):
        y[row, n:] = -100
    return net, x, y


def terms():
    """A mean over tokens and 0.3 of a mean over samples, of the same rows."""
    print("case terms 8")
    net, x, y = texts()
    logits = net(x)
    token = F.cross_entropy(logits.reshape(-1, WORDS), y.reshape(-1), ignore_index=-100)
    loss = token + 0.3 * (logits ** 2).sum(dim=(1, 2)).mean()
    loss.backward()
    print(f"loss 1 {number(loss)}")
    show("gradient", gradients(net))


def ragged():
    """Eight rows of 128 tokens of which VALID count."""
    print("case ragged", *VALID)
    net, x, y = texts()
    each = [F.cross_entropy(net(x[k]), y[k], reduction="sum") for k in range(len(VALID))]
    loss = sum(each) / sum(VALID)
    loss.backward(retain_graph=True)
    print(f"loss 1 {number(loss)}")
    show("gradient", gradients(net))
    right = torch.cat([p.grad.reshape(-1) for p in net.parameters()])
    net.zero_grad()
    mean_of_means = sum(l / n for l, n in zip(each, VALID)) / len(VALID)
    mean_of_means.backward()
    wrong = torch.cat([p.grad.reshape(-1) for p in net.parameters()])
    print(f"control mean_of_means {number(mean_of_means)} {number((wrong - right).norm() / right.norm())}")


def spans(n, batch, epochs, tail):
    """The rows of every window: lists of row numbers."""
    if tail == "carry":
        order = [i for _ in range(epochs) for i in range(n)]
        return [order[at:at + batch] for at in range(0, len(order), batch)]
    epoch = [list(range(n))[at:at + batch] for at in range(0, n, batch)]
    if tail == "drop" and len(epoch[-1]) < batch:
        epoch.pop()
    return epoch * epochs


def tails():
    """Windows of 4 micro-batches of 8 rows, two epochs, SGD lr 0.5."""
    for n in (80, 77):
        for tail in ("step", "drop", "carry"):
            print(f"case tail {n} {tail}")
            net, (x, y) = perceptron(), rows(n)
            windows = spans(n, 32, 2, tail)
            optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
            print("updates", len(windows))
            for update, window in enumerate(windows, 1):
                optimizer.zero_grad()
                loss = F.cross_entropy(net(x[window]), y[window])
                loss.backward()
                optimizer.step()
                print(f"loss {update} {number(loss)}")
            show("weight", weights(net))


def clip():
    """Gradients (2, 0) and (0, 2) in sum form, largest norm 1, SGD lr 1 from weights of zero."""
    print("case clip")
    p = torch.zeros(2, dtype=torch.double)
    p.grad = torch.tensor([2.0, 2.0], dtype=torch.double)
    print(f"norm 1 {number(torch.nn.utils.clip_grad_norm_([p], 1.0))}")
    show("weight", [("net.weight", p - p.grad)])
    p.grad = torch.tensor([2.0, 0.0], dtype=torch.double)
    torch.nn.utils.clip_grad_norm_([p], 1.0)
    p.grad += torch.tensor([0.0, 2.0], dtype=torch.double)
    torch.nn.utils.clip_grad_norm_([p], 1.0)
    print("control per_micro", numbers(p - p.grad))


def adamw():
    """200 updates of 64 rows out of 1024 in sequence, AdamW lr 1e-3, weight_decay 0.01."""
    print("case adamw 200")
    net, (x, y) = perceptron(), rows(1024)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.01)
    for update in range(1, 201):
        at = (update - 1) * 64 % 1024
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x[at:at + 64]), y[at:at + 64])
        loss.backward()
        optimizer.step()
        if update % 20 == 0 or update == 1:
            print(f"loss {update} {number(loss)}")
    show("weight", weights(net))


def decay():
    """A weight of 1 without gradient, AdamW lr 0.1, weight_decay 0.01, windows of 16 micro-batches."""
    print("case decay")
    p = torch.ones(1, dtype=torch.double, requires_grad=True)
    optimizer = torch.optim.AdamW([p], lr=0.1, weight_decay=0.01)
    for update in range(1, 4):
        p.grad = torch.zeros(1, dtype=torch.double)
        optimizer.step()
        print(f"weight_at {update} {number(p)}")
    print(f"control per_micro {number(0.999 ** 16)}")


def tied():
    """One layer used twice in a row, 64 rows."""
    print("case tied 64")
    layer, head = initialised(nn.Linear(INPUTS, INPUTS), 3300), initialised(nn.Linear(INPUTS, CLASSES), 3302)
    x, y = rows(64)
    loss = F.cross_entropy(head(torch.tanh(layer(torch.tanh(layer(x))))), y)
    loss.backward()
    print(f"loss 1 {number(loss)}")
    show("gradient", gradients(layer, "layer.") + gradients(head, "head."))


def corrections():
    print("case corrections")
    getcontext().prec = 60
    for beta in ("0.9", "0.95", "0.99", "0.999", "0.9999"):
        print(f"complement {beta} {number(1 - Decimal(beta))}")
        for t in (1, 2, 10, 1000, 1000000):
            print(f"correction {beta} {t} {number(1 - Decimal(beta) ** t)}")


print(HEAD.format(version=torch.__version__.split("+")[0]), end="")
for part in (even, ragged, terms, tails, clip, adamw, decay, tied, corrections):
    part()
