"""Trains random nets by PyTorch in double. Lines of standard input are "FILE RECIPE" (tests/random/recipe.lua); FILE gets what
tests/probe.c prints with hashed rows and weights: a window's loss and gradients are sums over sums. tests/random/ways.lua runs this.
"""
import os
import sys
import torch
import torch.nn.functional as F
from hashed import ids, number, numbers, real

torch.set_default_dtype(torch.float64)


def seed_of(name):
    """FNV-1a, 32 bits."""
    seed = 2166136261
    for byte in name.encode():
        seed = (seed ^ byte) * 16777619 & 0xFFFFFFFF
    return seed


def hashed_weight(name, shape):
    seed, scale, inputs = seed_of(name), 1.0, torch.Size(shape[1:]).numel()
    while len(shape) > 1 and scale * scale * inputs > 1:
        scale /= 2
    if len(shape) > 1:
        return real(shape, seed, scale)
    return (real(shape, seed, 0.25, 1.0) if name.endswith(("weight", "var")) else real(shape, seed, 0.125)).float().double()


def hashed_rows(rows):
    return dict(x=real((rows, 24), seed_of("x")), t=real((rows, 5), seed_of("t")), k=ids((rows,), seed_of("k"), 5),
                q=ids((rows,), seed_of("q"), 5), m=ids((rows,), seed_of("m"), 2), ids=ids((rows, 3), seed_of("ids"), 7))


def word(w):
    try:
        return int(w)
    except ValueError:
        pass
    try:
        return float(w)
    except ValueError:
        return w


class Recipe:
    def __init__(self, text):
        self.steps, self.losses, self.penalties, self.frozen, self.settings = [], [], [], set(), {}
        for line in text.split(";"):
            w = [word(x) for x in line.split()]
            if isinstance(w[0], int):
                self.steps.append((w[0], w[1], w[2], w[3:]))
            elif w[0] == "loss":
                self.losses.append(w[1:])
            elif w[0] == "penalty":
                self.penalties.append(w[1:])
            elif w[0] == "freeze":
                self.frozen.add(w[1])
            else:
                self.settings[w[0]] = w[1:]

    def get(self, key):
        return self.settings.get(key, [None])[0]


class Net:
    """Parameters are made as they are met, by the names that gagen gives them."""

    def __init__(self, recipe):
        self.recipe, self.tensors = recipe, {}

    def tensor(self, layer, key, *shape):
        name = f"layer.n{layer}{key}" if isinstance(layer, int) else f"layer.{layer}{key}"
        if name not in self.tensors:
            trained = layer not in self.recipe.frozen and "running" not in key
            self.tensors[name] = hashed_weight(name, shape).requires_grad_(trained)
        return self.tensors[name]

    def trained(self):
        return {n: t for n, t in self.tensors.items() if t.requires_grad}

    def linear(self, layer, x, n, bias):
        w = self.tensor(layer, ".weight", n, x.shape[-1])
        return F.linear(x, w, self.tensor(layer, ".bias", n) if bias else None)

    def forward(self, rows):
        value, made = {}, {}
        for step in self.recipe.steps:
            name, op, source, a = step
            made[name] = step
            value[name] = OPS[op](Place(self, name, rows, value, made), value.get(source), *a)
        return value

    def terms(self, rows):
        """(sum, count) of each loss."""
        value = self.forward(rows)
        for layer, kind, source, _ in self.recipe.losses:
            z = value[source]
            if kind != "plain":
                z = self.linear(f"h{layer}", z.flatten(1), 5, True)
            yield LOSSES[kind](z, rows)


class Place:
    """What a step may ask for beside its value."""

    def __init__(self, net, name, rows, value, made):
        self.net, self.name, self.rows, self.value, self.made = net, name, rows, value, made

    def tensor(self, key, *shape):
        return self.net.tensor(self.name, key, *shape)

    def affine(self, n):
        return self.tensor(".weight", n), self.tensor(".bias", n)


def conv(function):
    def run(p, x, n, k, stride, pad, dilation, groups):
        side = [k] * (x.dim() - 2)
        return function(x, p.tensor(".weight", n, x.shape[1] // groups, *side), p.tensor(".bias", n), stride, pad, dilation, groups)
    return run


def batch_norm(p, x, _):
    weight, bias = p.affine(x.shape[1])
    mean, var = p.tensor(".running_mean", x.shape[1]), p.tensor(".running_var", x.shape[1])
    return F.batch_norm(x, mean, var, weight, bias, training=p.name not in p.net.recipe.frozen)


def unconv(p, x, n, k, stride):
    return F.conv_transpose2d(x, p.tensor(".weight", x.shape[1], n, k, k), p.tensor(".bias", n), stride)


def padded(p, x, axis, before, after, value):
    return F.pad(x, [0, 0] * (x.dim() - 1 - axis) + [before, after], value=value)


def sliced(p, x, axis, start, stop, step):
    return x[(slice(None),) * axis + (slice(start - 1, stop, step),)]


FOLDS = dict(sum=torch.sum, mean=torch.mean, max=torch.amax, min=torch.amin, logsumexp=torch.logsumexp, norm=torch.linalg.vector_norm)


def fold(p, x, kind, axis, keep):
    y = FOLDS[kind](x, dim=axis, keepdim=True)
    return y if keep or x.dim() == 2 else y.squeeze(axis)


def pointwise(p, x, name):
    if name in ("tanh", "sigmoid", "sin", "cos", "atan", "erf", "abs"):
        return getattr(torch, name)(x)
    if name == "hardsigmoid":           # PyTorch's own has 1/6 in fp32, in double too
        return (x / 6 + 0.5).clamp(0, 1)
    return getattr(F, name)(x)


def attend(p, x):
    return (x @ x.transpose(1, 2) / 4).softmax(2) @ x


def again(p, x, first):
    _, _, _, a = p.made[first]
    return p.net.linear(first, x, *a)


def both(function):
    return lambda p, x, other: function(x, p.value[other])


OPS = dict(
    input=lambda p, _, *shape: p.rows["x"].reshape(-1, *shape),
    map=pointwise, linear=lambda p, x, n, bias: p.net.linear(p.name, x, n, bias), again=again,
    conv=conv(F.conv2d), conv1=conv(F.conv1d), unconv=unconv,
    max_pool=lambda p, x, k, stride, pad: F.max_pool2d(x, k, stride, pad),
    avg_pool=lambda p, x, k, stride, pad, inside: F.avg_pool2d(x, k, stride, pad, count_include_pad=inside == 1),
    adaptive=lambda p, x, n: F.adaptive_avg_pool2d(x, n),
    layer_norm=lambda p, x, _: F.layer_norm(x, x.shape[-1:], *p.affine(x.shape[-1])),
    rms_norm=lambda p, x, _: F.rms_norm(x, x.shape[-1:], p.tensor(".weight", x.shape[-1]), eps=2 ** -23),
    group_norm=lambda p, x, groups: F.group_norm(x, groups, *p.affine(x.shape[1])),
    batch_norm=batch_norm,
    gain=lambda p, x, _: (1 + p.tensor("", x.shape[-1])) * x,
    prelu=lambda p, x, _: F.prelu(x, p.tensor(".weight", 1)),
    softmax=lambda p, x, axis: x.softmax(axis), log_softmax=lambda p, x, axis: x.log_softmax(axis),
    flip=lambda p, x, axis: x.flip(axis), cumsum=lambda p, x, axis: x.cumsum(axis), glu=lambda p, x, axis: F.glu(x, axis),
    slice=sliced, pad=padded, permute=lambda p, x, *axes: x.permute(0, *axes), reshape=lambda p, x, *shape: x.reshape(-1, *shape),
    fold=fold, spread=lambda p, x, axis, n: x.repeat_interleave(n, axis), upsample=lambda p, x: F.interpolate(x, scale_factor=2),
    unshuffle=lambda p, x: F.pixel_unshuffle(x, 2), shuffle=lambda p, x: F.pixel_shuffle(x, 2),
    attend=attend, halt=lambda p, x: x.detach() * x, gather=lambda p, x: x.gather(1, p.rows["k"][:, None]),
    embed=lambda p, _, n: F.embedding(p.rows["ids"], p.tensor(".weight", 7, n)), one_hot=lambda p, _: F.one_hot(p.rows["k"], 5).double(),
    add=both(torch.add), sub=both(torch.sub), mul=both(torch.mul), maximum=both(torch.maximum), minimum=both(torch.minimum),
    hypot=both(lambda x, y: (x * x + y * y + 0.01).sqrt()), choose=both(lambda x, y: torch.where(x > 0, y, x)),
    concat=lambda p, x, other, axis: torch.cat([x, p.value[other]], axis), matmul=both(torch.matmul))
OPS["global"] = lambda p, x: x.flatten(2).mean(2)


def elements(function):
    return lambda z, r: (function(z, r["t"]), z.numel())


def bce(z, r):
    return F.binary_cross_entropy_with_logits(z.mean(1), r["m"].double(), reduction="sum"), len(z)


def weighed(z, r):
    weight = torch.tensor([1, 2, 0.5, 3, 0.25])
    return F.cross_entropy(z, r["k"], weight, reduction="sum"), float(weight[r["k"]].sum())


LOSSES = dict(
    mse=elements(lambda z, t: F.mse_loss(z, t, reduction="sum")), l1=elements(lambda z, t: F.l1_loss(z, t, reduction="sum")),
    huber=elements(lambda z, t: F.huber_loss(z, t, reduction="sum", delta=0.5)),
    smooth_l1=elements(lambda z, t: F.smooth_l1_loss(z, t, reduction="sum", beta=0.5)),
    cross_entropy=lambda z, r: (F.cross_entropy(z, r["k"], reduction="sum"), len(z)),
    ignored=lambda z, r: (F.cross_entropy(z, r["q"], ignore_index=3, label_smoothing=0.1, reduction="sum"), int((r["q"] != 3).sum())),
    weighed=weighed,
    masked=lambda z, r: (((z.sum(1) - r["k"]) ** 2 * r["m"]).sum(), int(r["m"].sum())),
    bce=bce,
    ratio=lambda z, r: (((z * z).sum(1) * r["m"]).sum(), int(r["m"].sum())),
    plain=lambda x, r: (x.tanh().sum(), x.numel()))


def windows(r):
    """Lists of row numbers, in the file's order."""
    rows, batch, tail = r.get("rows"), r.get("micro") * r.get("accumulate"), r.get("tail")
    at = 0
    while True:
        if tail == "carry":
            yield [row % rows for row in range(at, at + batch)]
            at += batch
            continue
        yield list(range(at, min(at + batch, rows)))
        at += batch
        if at >= rows or tail == "drop" and at + batch > rows:
            at = 0


def objective(net, data, chosen, which):
    """The window's loss of the losses `which`: each term's sum over its count. None where nothing counts."""
    r = net.recipe
    micro, sums, counts = r.get("micro"), [0] * len(r.losses), [0] * len(r.losses)
    for at in range(0, len(chosen), micro):
        rows = {name: column[chosen[at:at + micro]] for name, column in data.items()}
        for i, (total, count) in enumerate(net.terms(rows)):
            sums[i], counts[i] = sums[i] + total, counts[i] + count
    if not any(counts[i] for i in which):
        return None
    return sum(r.losses[i][3] * sums[i] / counts[i] for i in which if counts[i])


def penalty(net, trained):
    pairs = ((f"layer.n{layer}.weight", w) for layer, w in net.recipe.penalties)
    return sum(w * (net.tensors[name] ** 2).sum() for name, w in pairs if name in trained)


def optimizer(r, tensors):
    name, *options = r.settings["optim"]
    given = dict(o.split("=") for o in options)
    given.pop("accumulate_in", None)
    values = {k: bool(int(v)) if k in ("amsgrad", "nesterov", "centered") else float(v) for k, v in given.items()}
    return getattr(torch.optim, name)(tensors, **values)


def show(head, tensors, out):
    for name, t in tensors.items():
        print(head, name, t.numel(), numbers(t), file=out)


def prepared(r):
    """The net with its first weights, and the parameters that each step trains."""
    net, data = Net(r), hashed_rows(r.get("rows"))
    some = sum(total for total, _ in list(net.terms({name: column[:2] for name, column in data.items()}))[:1])
    for name, t in net.tensors.items():
        if "running" in name:
            t.copy_(hashed_weight(name, tuple(t.shape)))
    trained = net.trained()
    if not r.get("two"):
        return net, data, [(range(len(r.losses)), trained)]
    reached = torch.autograd.grad(some, list(trained.values()), allow_unused=True)
    first = {name: t for (name, t), g in zip(trained.items(), reached) if g is not None}
    second = {name: t for name, t in trained.items() if name not in first}
    return net, data, [([0], first), (range(1, len(r.losses)), second)]


def update(net, data, chosen, which, trained, optim, head, out):
    r = net.recipe
    loss = objective(net, data, chosen, which)
    if loss is None:
        print("loss", head, "nan", file=out)
        return
    loss = loss + penalty(net, trained)
    for t, g in zip(trained.values(), torch.autograd.grad(loss, list(trained.values()), allow_unused=True)):
        t.grad = torch.zeros_like(t) if g is None else g
    if not r.get("two"):
        print("loss", head, number(loss), file=out)
        show(f"gradient {head}", {n: t.grad for n, t in trained.items()}, out)
    if r.get("clip"):
        torch.nn.utils.clip_grad_norm_(trained.values(), r.get("clip"))
    optim.step()


def train(r, out):
    net, data, parts = prepared(r)
    at = windows(r)
    parts = [(which, trained, optimizer(r, list(trained.values()))) for which, trained in parts]
    for head in range(1, r.get("updates") + 1):
        chosen = next(at)
        for which, trained, optim in parts:
            update(net, data, chosen, which, trained, optim, head, out)
    show("weight", net.tensors, out)


if __name__ == "__main__":
    for line in sys.stdin:
        path, text = line.rstrip("\n").split(" ", 1)
        with open(path + ".new", "w") as out:
            train(Recipe(text), out)
        os.rename(path + ".new", path)
