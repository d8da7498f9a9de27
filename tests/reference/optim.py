"""Writes optim.txt: optimizers by PyTorch in double on seven parameters, and learning rates in closed form.

    python3 tests/reference/optim.py > tests/reference/optim.txt
"""
import math
import torch
from hashed import number, numbers, real
from lamb import LAMB

UPDATES, SIZE, SEED = 12, 7, 1000
HEAD = """# Optimizers by PyTorch {version} in double, {updates} updates of {size} parameters, and learning rates in closed form.
# Parameters start at real({size}, seed 999); the gradient of update t is real({size}, seed 1000 + t): tests/reference/hashed.py.
# A model that has these gradients: nn.Linear(1, {{ bias = false }}) on rows of {size} numbers, fn.sum of it, batch 1.
#
#   case NAME
#   model EXPRESSION                  what train's option optim says
#   norm UPDATE VALUE                 of the gradient before clipping, where the case clips
#   p UPDATE V1 .. V{size}                 after update UPDATE
#   schedule T E EXPRESSION           a learning rate over T updates, E an epoch
#   lr UPDATE VALUE                   at update 1 .. T
"""


def lua(options):
    return ", ".join(f"{k} = {'{ %g, %g }' % v if isinstance(v, tuple) else str(v).lower()}" for k, v in options.items())


def case(name, kind, clip=None, **options):
    """One optimizer over the hashed gradients; clip is the largest norm allowed."""
    p = torch.nn.Parameter(real((SIZE,), 999))
    make = getattr(torch.optim, kind, LAMB)
    optimizer = make([p], **options)
    print(f"case {name}\nmodel optim.{kind} {{ {lua(options | ({'clip': clip} if clip else {}))} }}")
    for t in range(1, UPDATES + 1):
        p.grad = real((SIZE,), SEED + t)
        if clip:
            print(f"norm {t} {number(torch.nn.utils.clip_grad_norm_([p], clip))}")
        optimizer.step()
        print(f"p {t} {numbers(p)}")


def optimizers():
    sgd = {
        "sgd": {}, "sgd_decay": dict(weight_decay=0.05), "sgd_momentum": dict(momentum=0.9),
        "sgd_dampening": dict(momentum=0.9, dampening=0.3), "sgd_nesterov": dict(momentum=0.9, nesterov=True),
        "sgd_momentum_decay": dict(momentum=0.8, weight_decay=0.05),
        "sgd_dampening_decay": dict(momentum=0.8, dampening=0.5, weight_decay=0.05),
        "sgd_nesterov_decay": dict(momentum=0.8, weight_decay=0.05, nesterov=True),
    }
    adam = {
        "": {}, "_decay": dict(weight_decay=0.1), "_betas": dict(betas=(0.8, 0.95), eps=1e-3),
        "_betas_decay": dict(betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1),
    }
    for clip in (None, 1.5):
        suffix = "_clip" if clip else ""
        for name, options in sgd.items():
            case(name + suffix, "SGD", clip, lr=0.1, **options)
        for name, options in adam.items():
            case("adam" + name + suffix, "Adam", clip, lr=0.01, **options)
            case("adamw" + name + suffix, "AdamW", clip, lr=0.01, **({"weight_decay": 0.0} | options))


class Lion(torch.optim.Optimizer):
    """The paper's algorithm 2 (arXiv 2302.06675); weight decay shrinks p before the step."""
    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.sub_(group["lr"] * torch.sign(b1 * m + (1 - b1) * p.grad))
                m.mul_(b2).add_((1 - b2) * p.grad)


torch.optim.Lion = Lion


def more_optimizers():
    torch.set_default_dtype(torch.double)       # NAdam's product of momenta has this type
    decay, slow = dict(weight_decay=0.1), dict(betas=(0.8, 0.95), eps=1e-3)
    for name, kind, given in (
            ("amsgrad", "Adam", dict(lr=0.01, amsgrad=True, betas=(0.5, 0.6))), ("amsgrad_decay", "AdamW", dict(lr=0.01, amsgrad=True) | decay),
            ("nadam", "NAdam", {}), ("nadam_decay", "NAdam", dict(lr=0.01, momentum_decay=0.1) | decay | slow),
            ("nadam_decoupled", "NAdam", dict(lr=0.01, decoupled_weight_decay=True) | decay), ("radam", "RAdam", {}),
            ("radam_decay", "RAdam", dict(lr=0.01) | decay | slow), ("radam_decoupled", "RAdam", dict(lr=0.01, decoupled_weight_decay=True) | decay),
            ("adamax", "Adamax", {}), ("adamax_decay", "Adamax", dict(lr=0.01) | decay | slow), ("rmsprop", "RMSprop", {}),
            ("rmsprop_momentum", "RMSprop", dict(lr=0.001, alpha=0.9, momentum=0.9) | decay), ("rmsprop_centered", "RMSprop", dict(lr=0.001, centered=True)),
            ("rmsprop_all", "RMSprop", dict(lr=0.001, alpha=0.8, eps=1e-3, centered=True, momentum=0.5) | decay), ("adagrad", "Adagrad", {}),
            ("adagrad_decay", "Adagrad", dict(lr=0.1, lr_decay=0.5, initial_accumulator_value=0.25, eps=1e-3) | decay), ("adadelta", "Adadelta", {}),
            ("adadelta_decay", "Adadelta", dict(lr=0.5, rho=0.8, eps=1e-3) | decay), ("lion", "Lion", {}),
            ("lion_decay", "Lion", dict(lr=0.01, betas=(0.8, 0.95)) | decay)):
        case(name, kind, **given)
        case(name + "_clip", kind, 1.5, **given)


def behind(t, warmup, total):
    """How far update t is behind the warm-up: 0 at its first update, 1 would be reached after the last."""
    return (t - 1 - warmup) / (total - warmup)


def linear(base, to):
    return lambda t, warmup, total: base + (to - base) * behind(t, warmup, total)


def cosine(base, floor):
    return lambda t, warmup, total: floor + (base - floor) * (1 + math.cos(math.pi * behind(t, warmup, total))) / 2


def step(base, every, by):
    return lambda t, warmup, total: base * by ** ((t - 1) // every)


def schedule(model, base, rate, warmup, total):
    """Update t = 1 .. warmup has base * t / warmup, later ones have rate."""
    print(f"schedule {total} 10 {model % (f', warmup = {warmup}' if warmup else '')}")
    for t in range(1, total + 1):
        print(f"lr {t} {number(base * t / warmup if t <= warmup else rate(t, warmup, total))}")


def rates():
    for warmup, total in ((0, 6), (3, 6), (5, 40)):
        schedule("optim.constant { 0.1%s }", 0.1, lambda *_: 0.1, warmup, total)
        schedule("optim.linear { 0.1, 0%s }", 0.1, linear(0.1, 0.0), warmup, total)
        schedule("optim.linear { 0.01, 0.1%s }", 0.01, linear(0.01, 0.1), warmup, total)
        schedule("optim.cosine { 6e-4, floor = 6e-5%s }", 6e-4, cosine(6e-4, 6e-5), warmup, total)
        schedule("optim.cosine { 0.1%s }", 0.1, cosine(0.1, 0.0), warmup, total)
        schedule("optim.step { 0.1, every = 10, by = 0.5%s }", 0.1, step(0.1, 10, 0.5), warmup, total)
        schedule('optim.step { 0.1, every = "2 epochs", by = 0.5%s }', 0.1, step(0.1, 20, 0.5), warmup, total)


def lamb():
    case("lamb", "LAMB", lr=0.01)
    case("lamb_plain", "LAMB", lr=0.01, weight_decay=0.0, eps=1e-3, betas=(0.8, 0.95))
    case("lamb_clip", "LAMB", 1.5, lr=0.01, weight_decay=0.1)
    case("lamb_fixed", "LAMB", lr=0.01, adapt=False)


def torch_rates(total, base, make):
    """What a scheduler of PyTorch's gives, stepped once an update."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))], lr=base)
    scheduler, rates = make(optimizer), []
    for _ in range(total):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def listed(model, rates):
    print(f"schedule {len(rates)} 10 {model}")
    for t, rate in enumerate(rates, 1):
        print(f"lr {t} {number(rate)}")


def more_rates():
    kinds = torch.optim.lr_scheduler
    listed('optim.exponential { 0.1, by = 0.9, every = 1 }', torch_rates(30, 0.1, lambda o: kinds.ExponentialLR(o, 0.9)))
    listed('optim.polynomial { 0.1, power = 2 }', torch_rates(30, 0.1, lambda o: kinds.PolynomialLR(o, 30, 2.0)))
    listed('optim.polynomial { 0.1, 0.02, power = 0.5, over = "2 epochs" }', [
        0.02 + 0.08 * (1 - min((t - 1) / 20, 1)) ** 0.5 for t in range(1, 31)])
    listed('optim.one_cycle { 0.1 }', torch_rates(30, 0.1, lambda o: kinds.OneCycleLR(o, 0.1, total_steps=30)))
    listed('optim.one_cycle { 0.1, up = 0.5, div = 10, final_div = 100 }', torch_rates(30, 0.1, lambda o: kinds.OneCycleLR(
        o, 0.1, total_steps=30, pct_start=0.5, div_factor=10, final_div_factor=100)))
    listed('optim.sequence { { 0.05, 5 }, { optim.linear { 0.1, 0.02 }, "1 epoch" }, optim.cosine { 0.02 } }', [
        0.05 if t <= 5 else 0.1 - 0.08 * (t - 6) / 10 if t <= 15 else 0.01 * (1 + math.cos(math.pi * (t - 16) / 15))
        for t in range(1, 31)])
    listed('optim.warmup { optim.step { 0.1, every = 10, by = 0.5 }, over = "5 updates" }', [
        0.1 * t / 5 if t <= 5 else 0.1 * 0.5 ** ((t - 6) // 10) for t in range(1, 31)])
    listed('2 * optim.linear { 0.1, 0 } * optim.exponential { 1, by = 0.5, every = "1 epoch" } + 0.01', [
        2 * 0.1 * (1 - (t - 1) / 30) * 0.5 ** ((t - 1) / 10) + 0.01 for t in range(1, 31)])
    listed('optim.wsd { 0.1, decay = 0.4, floor = 0.01 }', torch_rates(30, 0.1, lambda o: kinds.SequentialLR(
        o, [kinds.ConstantLR(o, 1.0), kinds.LinearLR(o, 1.0, 0.1, 12)], [18])))
    listed('optim.wsd { 0.1, warmup = 5, decay = "1 epoch", floor = 0.02, shape = "cosine" }', [
        0.1 * t / 5 if t <= 5 else 0.1 if t <= 20 else 0.02 + 0.04 * (1 + math.cos(math.pi * (t - 21) / 10))
        for t in range(1, 31)])
    listed('optim.wsd { 0.1, decay = 9, shape = "sqrt" }', [
        0.1 * (1 - max(t - 22, 0) ** 0.5 / 3) for t in range(1, 31)])


print(HEAD.format(version=torch.__version__.split("+")[0], updates=UPDATES, size=SIZE), end="")
optimizers()
more_optimizers()
lamb()
rates()
more_rates()
