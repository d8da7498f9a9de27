"""A case of ops.txt or everyday.txt: its inputs, what PyTorch makes of them, and their gradients, printed as they come."""
import torch
from hashed import bits, ids, number, numbers, real, steps

EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1e-8, -1e-8, 3.0, -3.0, 20.0, -20.0, 88.0, -88.0, 89.0, -89.0, 104.0, -104.0,
         1e4, -1e4, 3.4028234663852886e38, -3.4028234663852886e38, float("inf"), float("-inf"), float("nan")]


def shape_text(t):
    return ",".join(str(n) for n in t.shape) or "-"


class Case:
    """Collects the inputs of one case; finish() runs it and prints the rest. Seeds follow from the case's number."""
    count, first = 0, 2000

    def __init__(self, name, model, layer=None):
        Case.count += 1
        self.name, self.seed, self.leaves = name, Case.first + 20 * Case.count, []
        print(f"case {name}")
        if layer:
            print(f"layer {layer}")
        print(f"model {model}")

    def next_seed(self):
        self.seed += 1
        return self.seed

    def leaf(self, name, t):
        t.requires_grad_()
        self.leaves.append((name, t))
        return t

    def real(self, name, *shape, scale=2.0, shift=0.0):
        seed = self.next_seed()
        print(f"real {name} {','.join(map(str, shape))} {seed} {scale:g} {shift:g}")
        return self.leaf(name, real(shape, seed, scale, shift))

    def steps(self, name, *shape, n=5, scale=0.5):
        seed = self.next_seed()
        print(f"steps {name} {','.join(map(str, shape))} {seed} {n} {scale:g}")
        return self.leaf(name, steps(shape, seed, n, scale))

    def points(self, name, values):
        print(f"points {name} {len(values)} {' '.join(map(number, values))}")
        return self.leaf(name, torch.tensor(values, dtype=torch.double))

    def ids(self, name, *shape, n, ignore=None):
        seed = self.next_seed()
        print(f"ids {name} {','.join(map(str, shape))} {seed} {n}" + ("" if ignore is None else f" {ignore}"))
        t = ids(shape, seed, n if ignore is None else n + 1)
        return t if ignore is None else torch.where(t == n, torch.tensor(ignore), t)

    def bits(self, name, *shape):
        seed = self.next_seed()
        print(f"bits {name} {','.join(map(str, shape))} {seed}")
        return bits(shape, seed)

    def parameter(self, name, *shape):
        seed = self.next_seed()
        print(f"param {name} {','.join(map(str, shape))} {seed}")
        return self.leaf(name, real(shape, seed, 0.5))

    def layer(self, module):
        """The module in double with hashed parameters."""
        module = module.double()
        for name, p in module.named_parameters():
            seed = self.next_seed()
            print(f"param {self.name}.{name} {shape_text(p)} {seed}")
            p.data.copy_(real(p.shape, seed, 0.5))
            self.leaves.append((f"{self.name}.{name}", p))
        return module

    def finish(self, y, loss=False, ones=False):
        gy = torch.ones_like(y)
        if not loss and not ones:
            seed = self.next_seed()
            print(f"gy {shape_text(y)} {seed}")
            gy = real(tuple(y.shape), seed)
        leaves = [t for _, t in self.leaves]
        grads = torch.autograd.grad(y, leaves, gy, allow_unused=True) if y.requires_grad else [None] * len(leaves)
        print(f"y {shape_text(y)} {numbers(y)}")
        for (name, t), grad in zip(self.leaves, grads):
            grad = torch.zeros_like(t) if grad is None else grad
            print(f"d {name} {shape_text(t)} {numbers(grad)}")


def pair(v):
    return "{ %d, %d }" % v if isinstance(v, tuple) else str(v)


def value(v):
    return pair(v) if isinstance(v, tuple) else f'"{v}"' if isinstance(v, str) else str(v).lower()


def options(given):
    inside = ", ".join(f"{k} = {value(v)}" for k, v in given.items())
    return f", {{ {inside} }}" if inside else ""
