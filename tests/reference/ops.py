"""Writes ops.txt: values and gradients of every op and layer by PyTorch in double, at small odd sizes.

    python3 tests/reference/ops.py > tests/reference/ops.txt
"""
import torch
from torch import nn
import torch.nn.functional as F
from cases import EDGES, Case, options, pair

HEAD = """# Ops and layers by PyTorch {version} in double. Inputs are hashed: tests/reference/hashed.py tells how.
#
#   case NAME
#   layer EXPRESSION                      a layer that the model calls
#   model EXPRESSION                      y in the language; x, a, b, t, m are the case's inputs, axis 1 is the batch
#   real NAME SHAPE SEED SCALE SHIFT      an input whose gradient is told; so are steps NAME SHAPE SEED N SCALE
#   points NAME SHAPE VALUES              an input given in full
#   ids NAME SHAPE SEED N [IGNORE]        integers; with IGNORE, hash % (N + 1) where the value N means IGNORE
#   bits NAME SHAPE SEED                  a mask of 0 and 1
#   param NAME SHAPE SEED                 a layer's parameter: real(seed), scale 0.5
#   gy SHAPE SEED                         what y is multiplied by before it is summed: real(seed), scale 1; without it, by 1
#   y SHAPE VALUES                        row-major
#   d NAME SHAPE VALUES                   gradient of sum(gy * y) in NAME
# SHAPE is 3,5,7; of no dimension it is a dash.
"""
POINTWISE = {
    "neg": ("-x", torch.neg), "exp": ("fn.exp(x)", torch.exp), "log": ("fn.log(x)", torch.log),
    "sqrt": ("fn.sqrt(x)", torch.sqrt), "abs": ("fn.abs(x)", torch.abs), "square": ("x ^ 2", torch.square),
    "cube": ("x ^ 3", lambda x: x ** 3), "sin": ("fn.sin(x)", torch.sin), "cos": ("fn.cos(x)", torch.cos),
    "tanh": ("fn.tanh(x)", torch.tanh), "sigmoid": ("fn.sigmoid(x)", torch.sigmoid), "relu": ("fn.relu(x)", F.relu),
    "gelu": ("fn.gelu(x)", F.gelu), "gelu_tanh": ('fn.gelu(x, { approximate = "tanh" })', lambda x: F.gelu(x, approximate="tanh")),
    "elu": ("fn.elu(x)", F.elu), "silu": ("fn.silu(x)", F.silu), "softplus": ("fn.softplus(x)", F.softplus),
    "leaky_relu": ("fn.leaky_relu(x)", F.leaky_relu), "clamp": ("fn.clamp(x, { min = -1, max = 1 })", lambda x: x.clamp(-1, 1)),
}


def pointwise():
    for name, (model, f) in POINTWISE.items():
        case = Case(name, model)
        positive = name in ("log", "sqrt")
        case.finish(f(case.real("x", 3, 7, scale=2, shift=2.5 if positive else 0)))
        case = Case(name + "_edges", model)
        case.finish(f(case.points("x", EDGES)), ones=True)
    for name, slope in (("steep", 0.2), ("flat", 0.0)):
        case = Case(f"leaky_relu_{name}", f"fn.leaky_relu(x, {{ negative_slope = {slope:g} }})")
        case.finish(F.leaky_relu(case.real("x", 3, 5), slope))
    case = Case("elu_half", "fn.elu(x, { alpha = 0.5 })")
    case.finish(F.elu(case.real("x", 3, 5), 0.5))
    case = Case("clamp_bounds", "fn.clamp(x, { min = -0.5, max = 1 })")
    case.finish(case.steps("x", 5, 7).clamp(-0.5, 1))


BINARY = {"add": ("a + b", torch.add), "sub": ("a - b", torch.sub), "mul": ("a * b", torch.mul), "div": ("a / b", torch.div),
          "maximum": ("fn.max(a, b)", torch.maximum), "minimum": ("fn.min(a, b)", torch.minimum)}


def binary():
    shapes = {"": ((2, 3, 5), (2, 3, 5)), "_column": ((2, 3, 5), (2, 3, 1)), "_row": ((2, 1, 5), (2, 3, 5)), "_outer": ((2, 3, 1), (2, 1, 5))}
    for name, (model, f) in BINARY.items():
        for suffix, (left, right) in shapes.items():
            case = Case(name + suffix, model)
            a = case.real("a", *left)
            case.finish(f(a, case.real("b", *right, shift=3 if name == "div" else 0)))
        case = Case(name + "_sample", model)
        a, b = case.real("a", 2, 3, 5), case.real("b", 2, shift=3 if name == "div" else 0)
        case.finish(f(a, b[:, None, None]))
    for name in ("maximum", "minimum"):
        case = Case(name + "_ties", BINARY[name][0])
        a = case.steps("a", 5, 7)
        case.finish(BINARY[name][1](a, case.steps("b", 5, 7)))
    case = Case("where", "fn.where(fn.gt(a, b), a * b, a + b)")
    a, b = case.real("a", 3, 7), case.real("b", 3, 7)
    case.finish(torch.where(a > b, a * b, a + b))
    case = Case("shared", "a * a + a * b - fn.tanh(a)")
    a, b = case.real("a", 3, 7), case.real("b", 3, 7)
    case.finish(a * a + a * b - torch.tanh(a))


AXES = {"2": (1,), "3": (2,), "{ 2, 3 }": (1, 2), "-1": (-1,)}


def reductions():
    for axes, dims in AXES.items():
        tag = axes.strip("{ }").replace(", ", "_").replace("-1", "last")
        for name, f in (("sum", torch.sum), ("mean", torch.mean)):
            case = Case(f"{name}_{tag}", f"fn.{name}(x, {{ axis = {axes} }})")
            case.finish(f(case.real("x", 3, 5, 7), dims))
        for suffix, make in (("", Case.real), ("_ties", Case.steps)):
            case = Case(f"amax_{tag}{suffix}", f"fn.max(x, {{ axis = {axes} }})")
            case.finish(torch.amax(make(case, "x", 3, 5, 7), dims))
    case = Case("mean_all", "fn.mean(x)")
    case.finish(case.real("x", 3, 5, 7).mean(), loss=True)
    case = Case("sum_all", "fn.sum(x ^ 2)")
    case.finish((case.real("x", 3, 5, 7) ** 2).sum(), loss=True)
    for name, f in (("softmax", F.softmax), ("log_softmax", F.log_softmax)):
        for axis, shape in ((2, (3, 7)), (2, (3, 5, 7)), (3, (3, 5, 7)), (2, (2, 17)), (4, (2, 3, 1, 5))):
            case = Case(f"{name}_{axis}_{'x'.join(map(str, shape))}", f"fn.{name}(x, {{ axis = {axis} }})")
            case.finish(f(case.real("x", *shape, scale=4), axis - 1))
        case = Case(name + "_large", f"fn.{name}(x, {{ axis = 2 }})")
        case.finish(f(case.real("x", 3, 5, scale=1024), 1))


def losses():
    case = Case("cross_entropy", "fn.cross_entropy(x, t)")
    case.finish(F.cross_entropy(case.real("x", 7, 5, scale=4), case.ids("t", 7, n=5)), loss=True)
    case = Case("cross_entropy_sum", 'fn.cross_entropy(x, t, { reduction = "sum" })')
    case.finish(F.cross_entropy(case.real("x", 7, 5, scale=4), case.ids("t", 7, n=5), reduction="sum"), loss=True)
    case = Case("cross_entropy_large", "fn.cross_entropy(x, t)")
    case.finish(F.cross_entropy(case.real("x", 7, 5, scale=1024), case.ids("t", 7, n=5)), loss=True)
    case = Case("cross_entropy_ignore", "fn.cross_entropy(x, t, { ignore_index = -100 })")
    case.finish(F.cross_entropy(case.real("x", 9, 3, scale=4), case.ids("t", 9, n=3, ignore=-100)), loss=True)
    case = Case("cross_entropy_ignore_class", "fn.cross_entropy(x, t, { ignore_index = 2 })")
    case.finish(F.cross_entropy(case.real("x", 9, 3, scale=4), case.ids("t", 9, n=3), ignore_index=2), loss=True)
    case = Case("cross_entropy_mask", "fn.cross_entropy(x, t, { mask = m })")
    x, t, m = case.real("x", 9, 5, scale=4), case.ids("t", 9, n=5), case.bits("m", 9)
    case.finish((F.cross_entropy(x, t, reduction="none") * m).sum() / m.sum(), loss=True)
    case = Case("cross_entropy_rows", "fn.cross_entropy(x, t)")
    x, t = case.real("x", 3, 4, 5, scale=4), case.ids("t", 3, 4, n=5)
    case.finish(F.cross_entropy(x.transpose(1, 2), t), loss=True)
    case = Case("cross_entropy_rows_ignore", "fn.cross_entropy(x, t, { ignore_index = -1 })")
    x, t = case.real("x", 3, 4, 5, scale=4), case.ids("t", 3, 4, n=5, ignore=-1)
    case.finish(F.cross_entropy(x.transpose(1, 2), t, ignore_index=-1), loss=True)
    case = Case("cross_entropy_rows_mask", "fn.cross_entropy(x, t, { mask = m })")
    x, t, m = case.real("x", 3, 4, 5, scale=4), case.ids("t", 3, 4, n=5), case.bits("m", 3, 4)
    case.finish((F.cross_entropy(x.transpose(1, 2), t, reduction="none") * m).sum() / m.sum(), loss=True)
    case = Case("cross_entropy_planes", "fn.cross_entropy(x, t)")
    case.finish(F.cross_entropy(case.real("x", 3, 5, 4, scale=4), case.ids("t", 3, 4, n=5)), loss=True)
    case = Case("mse", "fn.mse(a, b)")
    a = case.real("a", 5, 3)
    case.finish(F.mse_loss(a, case.real("b", 5, 3)), loss=True)
    case = Case("mse_mask", "fn.mse(a, b, { mask = m })")
    a, b, m = case.real("a", 5, 3), case.real("b", 5, 3), case.bits("m", 5, 3)
    case.finish(((a - b) ** 2 * m).sum() / m.sum(), loss=True)
    case = Case("mse_column", "fn.mse(a, b)")
    a = case.real("a", 7, 1)
    case.finish(F.mse_loss(a[:, 0], case.real("b", 7)), loss=True)
    case = Case("two_terms", "fn.cross_entropy(x, t, { ignore_index = -100 }) + 0.3 * fn.mse(a, b)")
    x, t = case.real("x", 7, 3, scale=4), case.ids("t", 7, n=3, ignore=-100)
    a, b = case.real("a", 7, 5), case.real("b", 7, 5)
    case.finish(F.cross_entropy(x, t) + 0.3 * F.mse_loss(a, b), loss=True)
    case = Case("ratio", "fn.sum(a * m) / fn.sum(m)")
    a, m = case.real("a", 7, 3), case.bits("m", 7, 3)
    case.finish((a * m).sum() / m.sum(), loss=True)


def contractions():
    for name, left, right in (("matmul", (3, 4, 5), (3, 5, 7)), ("matmul_heads", (2, 3, 4, 5), (2, 3, 5, 3)), ("matmul_thin", (3, 1, 17), (3, 17, 1))):
        case = Case(name, "fn.matmul(a, b)")
        a = case.real("a", *left)
        case.finish(a @ case.real("b", *right))
    for name, shape, out in (("linear", (5, 7), 3), ("linear_rank3", (3, 5, 7), 4), ("linear_rank4", (2, 3, 2, 7), 3),
                             ("linear_wide", (2, 19), 17), ("linear_one", (3, 1), 1)):
        case = Case(name, "layer(x)", f'nn.Linear({out}, {{ name = "{name}" }})')
        x = case.real("x", *shape)
        case.finish(case.layer(nn.Linear(shape[-1], out))(x))
    case = Case("linear_no_bias", "layer(x)", 'nn.Linear(3, { bias = false, name = "linear_no_bias" })')
    x = case.real("x", 5, 7)
    case.finish(case.layer(nn.Linear(7, 3, bias=False))(x))
    for shape in ((5, 7), (3, 4, 5), (2, 33)):
        name = "layer_norm_" + "x".join(map(str, shape))
        case = Case(name, "layer(x)", f'nn.LayerNorm {{ name = "{name}" }}')
        x = case.real("x", *shape)
        case.finish(case.layer(nn.LayerNorm(shape[-1]))(x))
    case = Case("layer_norm_eps", "layer(x)", 'nn.LayerNorm { eps = 0.125, name = "layer_norm_eps" }')
    x = case.real("x", 3, 5)
    case.finish(case.layer(nn.LayerNorm(5, eps=0.125))(x))
    case = Case("flatten", "nn.Flatten()(x) * b")
    x = case.real("x", 2, 3, 4)
    case.finish(x.flatten(1) * case.real("b", 2, 12))


# name, input shape, output channels, kernel, options
CONVOLUTIONS = (
    ("conv", (2, 3, 5, 7), 3, 3, {}), ("conv_padding", (2, 2, 7, 5), 3, 3, dict(padding=1)),
    ("conv_stride", (2, 2, 9, 7), 3, 3, dict(stride=2)), ("conv_stride_padding", (2, 2, 8, 7), 3, 3, dict(stride=2, padding=1)),
    ("conv_dilation", (2, 2, 7, 9), 3, 3, dict(dilation=2)), ("conv_all", (2, 2, 11, 9), 3, 3, dict(stride=2, padding=2, dilation=2)),
    ("conv_oblong", (2, 2, 7, 9), 3, (3, 2), dict(stride=(2, 1), padding=(1, 0), dilation=(1, 2))),
    ("conv_left_over", (2, 2, 8, 9), 3, 3, dict(stride=3)), ("conv_one", (2, 5, 3, 5), 7, 1, {}), ("conv_whole", (3, 2, 5, 5), 3, 5, {}),
    ("conv_five", (2, 1, 7, 5), 6, 5, dict(padding=2)), ("conv_no_bias", (1, 6, 5, 5), 8, 3, dict(bias=False)),
    ("conv_wide_padding", (2, 2, 3, 3), 3, 3, dict(padding=3)), ("conv_eight", (1, 8, 3, 5), 8, 3, dict(padding=1)),
)
# name, input shape, kernel, options
POOLS = (
    ("pool", (2, 2, 6, 8), 2, {}), ("pool_left_over", (2, 2, 7, 9), 2, {}), ("pool_overlap", (2, 2, 7, 9), 3, dict(stride=2)),
    ("pool_padded", (2, 2, 7, 9), 3, dict(stride=2, padding=1)), ("pool_dilated", (2, 2, 9, 9), 2, dict(stride=1, dilation=2)),
    ("pool_oblong", (2, 2, 7, 9), (3, 2), dict(stride=(2, 1), padding=(1, 0))), ("pool_dense", (2, 2, 5, 5), 3, dict(stride=1, padding=1)),
)


def windows():
    for name, shape, out, kernel, given in CONVOLUTIONS:
        case = Case(name, "layer(x)", f"nn.Conv2d({out}, {pair(kernel)}{options(given | {'name': name})})")
        x = case.real("x", *shape)
        case.finish(case.layer(nn.Conv2d(shape[1], out, kernel, **given))(x))
    for name, shape, kernel, given in POOLS:
        for suffix, make in (("", Case.real), ("_ties", Case.steps)):
            case = Case(name + suffix, f"nn.MaxPool2d({pair(kernel)}{options(given)})(x)")
            case.finish(F.max_pool2d(make(case, "x", *shape), kernel, **given))
    case = Case("conv_relu_pool", "nn.MaxPool2d(2)(fn.relu(layer(x)))", 'nn.Conv2d(6, 5, { padding = 2, name = "conv_relu_pool" })')
    x = case.real("x", 2, 1, 8, 10)
    case.finish(F.max_pool2d(F.relu(case.layer(nn.Conv2d(1, 6, 5, padding=2))(x)), 2))


COMPARISONS = {"eq": torch.eq, "ne": torch.ne, "lt": torch.lt, "le": torch.le, "gt": torch.gt, "ge": torch.ge}


def others():
    case = Case("pow", "fn.pow(a, b)")
    a = case.real("a", 3, 7, scale=1, shift=1.5)
    case.finish(torch.pow(a, case.real("b", 3, 7)))
    for name, given, bounds in (("min", "min = -0.5", (-0.5, None)), ("max", "max = 0.5", (None, 0.5))):
        case = Case(f"clamp_{name}", f"fn.clamp(x, {{ {given} }})")
        case.finish(case.steps("x", 5, 7).clamp(*bounds))
    for name, f in COMPARISONS.items():
        case = Case(name, f"fn.where(fn.{name}(a, b), 2 * a, a * b)")
        a, b = case.steps("a", 3, 7), case.steps("b", 3, 7)
        case.finish(torch.where(f(a, b), 2 * a, a * b))
    for suffix, make in (("", Case.real), ("_ties", Case.steps)):
        case = Case("amin" + suffix, "fn.min(x, { axis = 2 })")
        case.finish(torch.amin(make(case, "x", 3, 5, 7), 1))
    case = Case("permute", "fn.permute(x, 1, 3, 2) * b")
    x = case.real("x", 2, 3, 5)
    case.finish(x.permute(0, 2, 1) * case.real("b", 2, 5, 3))
    case = Case("detach", "a * fn.detach(fn.exp(a)) + b")
    a = case.real("a", 3, 7)
    case.finish(a * torch.exp(a).detach() + case.real("b", 3, 7))
    case = Case("accuracy", "fn.cross_entropy(x, t) + 0.5 * fn.accuracy(x, t)")
    x, t = case.steps("x", 9, 5), case.ids("t", 9, n=5)
    case.finish(F.cross_entropy(x, t) + 0.5 * (x.argmax(1) == t).double().mean(), loss=True)


print(HEAD.format(version=torch.__version__.split("+")[0]), end="")
for part in (pointwise, binary, reductions, losses, contractions, windows, others):
    part()
