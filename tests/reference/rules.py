"""Writes rules.txt: a net whose parameters have options of their own, trained by PyTorch in double with parameter groups.

    python3 tests/reference/rules.py > tests/reference/rules.txt
"""
import math
import torch
from hashed import number, numbers, real
from lamb import LAMB

ROWS, BATCH, UPDATES, IN = 24, 8, 6, 6
HEAD = """# Parameter groups by PyTorch {version} in double: a frozen layer, a schedule of its own, other options elsewhere.
# rows: x = real([24, 6], seed 1), y = real([24], seed 2); parameter i = real(shape, seed 10 + i): tests/reference/hashed.py.
"""


def net():
    trunk = torch.nn.Sequential(torch.nn.Linear(IN, 9), torch.nn.Tanh(), torch.nn.Identity(), torch.nn.Linear(9, 5), torch.nn.Tanh())
    head = torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.Tanh(), torch.nn.Linear(7, 1))
    for i, p in enumerate([*trunk.parameters(), *head.parameters()]):
        p.data = real(tuple(p.shape), 10 + i)
    return trunk, head


def cosine(base, warmup):
    return lambda t: base * t / warmup if t <= warmup else base * (1 + math.cos(math.pi * (t - 1 - warmup) / (UPDATES - warmup))) / 2


def mse(t, trunk, head, x, y):
    return torch.nn.functional.mse_loss(head(trunk(x))[:, 0], y)


def ramps(first):
    """Terms whose factors follow the update; the second has a denominator of its own, the third reads no data."""
    def loss(t, trunk, head, x, y):
        ramp, m, d = 0.25 + 0.75 * min((t - 1) / 4, 1), (y > 0).double(), head(trunk(x))[:, 0] - y
        return first * (d * d).mean() + ramp * (d.abs() * m).sum() / m.sum() + 0.1 * ramp * (head[2].weight ** 2).sum()
    return loss


def run(name, make, rates, loss_of=mse, decay=None):
    """rates: by group, a function of the update, or None: as the group says. decay: of averages, whose weights and loss are printed."""
    trunk, head = net()
    for p in trunk[0].parameters():
        p.requires_grad = False
    optimizer = make(trunk, head)
    averages = [p.detach().clone() for p in [*trunk.parameters(), *head.parameters()]]
    x, y = real((ROWS, IN), 1), real((ROWS,), 2)
    print(f"case {name}")
    for t in range(1, UPDATES + 1):
        for group, rate in zip(optimizer.param_groups, rates):
            group["lr"] = rate(t) if rate else group["lr"]
        at = (t - 1) * BATCH % ROWS
        loss = loss_of(t, trunk, head, x[at:at + BATCH], y[at:at + BATCH])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(f"loss {t} {number(loss)}")
        if decay:
            for a, p in zip(averages, [*trunk.parameters(), *head.parameters()]):
                a.mul_(decay).add_(p.detach(), alpha=1 - decay)
    for part, layers in (("trunk", trunk), ("head", head)):
        for key, p in layers.named_parameters():
            print(f"weight {part}.{key} {p.numel()} {numbers(p)}")
    if decay:
        for a, p in zip(averages, [*trunk.parameters(), *head.parameters()]):
            p.data = a
        print(f"average {number(mse(0, trunk, head, x, y))}")


def adama(name, rates, decay):
    """AdamA, micro-batches of 4: each one's gradient, as a part of the window's, goes into both moments."""
    trunk, head = net()
    for p in trunk[0].parameters():
        p.requires_grad = False
    x, y = real((ROWS, IN), 1), real((ROWS,), 2)
    groups = [([trunk[3].weight, trunk[3].bias, head[0].weight, head[0].bias], 0.9, 0.999), ([head[2].weight, head[2].bias], 0.5, 0.9)]
    m, v = ({id(p): torch.zeros_like(p) for ps, *_ in groups for p in ps} for _ in range(2))
    print(f"case {name}")
    for t in range(1, UPDATES + 1):
        at, total = (t - 1) * BATCH % ROWS, 0
        for ps, b1, b2 in groups:
            for p in ps:
                m[id(p)] *= b1
                v[id(p)] *= b2
        for k in range(0, BATCH, 4):
            loss = mse(t, trunk, head, x[at + k:at + k + 4], y[at + k:at + k + 4]) * 4 / BATCH
            total += loss.item()
            for ps, b1, b2 in groups:
                for p, g in zip(ps, torch.autograd.grad(loss, ps, retain_graph=True)):
                    m[id(p)] += (1 - b1) * g
                    v[id(p)] += (1 - b2) * g * g
        with torch.no_grad():
            for ps, b1, b2 in groups:
                for p in ps:
                    p -= rates(t) * (decay * p + m[id(p)] / (1 - b1 ** t) / ((v[id(p)] / (1 - b2 ** t)).sqrt() + 1e-8))
        print(f"loss {t} {number(total)}")
    for part, layers in (("trunk", trunk), ("head", head)):
        for key, p in layers.named_parameters():
            print(f"weight {part}.{key} {p.numel()} {numbers(p)}")


def adamw(trunk, head):
    last, bias = dict(betas=(0.5, 0.9)), dict(weight_decay=0)
    return torch.optim.AdamW([
        dict(params=[trunk[3].weight]), dict(params=[trunk[3].bias], **bias),
        dict(params=[head[0].weight]), dict(params=[head[0].bias], **bias),
        dict(params=[head[2].weight], **last), dict(params=[head[2].bias], **last, weight_decay=0.5)], lr=0.01, weight_decay=0.1)


def sgd(trunk, head):
    return torch.optim.SGD([
        dict(params=[trunk[3].weight, trunk[3].bias], lr=0.2, momentum=0),
        dict(params=[head[0].weight], nesterov=True), dict(params=[head[0].bias], nesterov=True, weight_decay=0),
        dict(params=[head[2].weight]), dict(params=[head[2].bias], weight_decay=0)], lr=0.1, momentum=0.9, weight_decay=0.05)


print(HEAD.format(version=torch.__version__.split("+")[0]), end="")
run("adamw", adamw, [cosine(0.02, 2)] * 2 + [None] * 4)
run("sgd", sgd, [None] * 5)
run("ramp", lambda trunk, head: torch.optim.SGD([*trunk[3].parameters(), *head.parameters()], lr=0.1), [None], ramps(1))
run("ramp_late", lambda trunk, head: torch.optim.SGD([*trunk[3].parameters(), *head.parameters()], lr=0.1), [None], ramps(0))
run("lamb", lambda trunk, head: LAMB([
    dict(params=[trunk[3].weight, head[0].weight, head[2].weight]),
    dict(params=[trunk[3].bias, head[0].bias, head[2].bias], adapt=False, weight_decay=0)], lr=0.05, weight_decay=0.1), [None, None])
run("lamb_all", lambda trunk, head: LAMB([*trunk[3].parameters(), *head.parameters()], lr=0.05), [None])
run("ema", adamw, [cosine(0.02, 2)] * 2 + [None] * 4, decay=0.9)
run("in_place", lambda trunk, head: torch.optim.SGD([*trunk[3].parameters(), *head.parameters()], lr=0.1, momentum=0.9,
                                                    weight_decay=0.05), [None])
adama("adama", lambda t: 0.01, 0)
adama("adama_w", cosine(0.02, 2), 0.1)
