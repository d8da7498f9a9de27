"""Writes wider.txt: what everyday.txt leaves out, by PyTorch in double, in the words of ops.txt.

    python3 tests/reference/wider.py > tests/reference/wider.txt
"""
import torch
from torch import nn
import torch.nn.functional as F
from cases import EDGES, Case, options, pair

HEAD = """# Angles, truth and gates by PyTorch {version} in double; the words are those of ops.txt.
"""
Case.first = 400000


def truth(f):
    return lambda *x: f(*(t.detach() for t in x)).double()


# name, function, scale and shift of x
FUNCTIONS = (
    ("asin", torch.asin, 0.9, 0), ("acos", torch.acos, 0.9, 0), ("atan", torch.atan, 4, 0), ("erfc", torch.erfc, 3, 0),
    ("deg2rad", torch.deg2rad, 180, 0), ("rad2deg", torch.rad2deg, 4, 0), ("isposinf", truth(torch.isposinf), 2, 0),
    ("isneginf", truth(torch.isneginf), 2, 0),
)
# name, function, scale and shift of b
PAIRS = (
    ("atan2", torch.atan2, 4, 0), ("floor_divide", truth(torch.floor_divide), 1, 1.5),
    ("isclose", truth(torch.isclose), 2, 0), ("heaviside", truth(torch.heaviside), 2, 0),
)


def functions():
    for name, f, scale, shift in FUNCTIONS:
        case = Case(name, f"fn.{name}(x)")
        case.finish(f(case.real("x", 3, 7, scale=scale, shift=shift)))
        case = Case(name + "_edges", f"fn.{name}(x)")
        case.finish(f(case.points("x", EDGES)), ones=True)
    case = Case("nan_to_num_edges", "fn.nan_to_num(x, { nan = -1, posinf = 7, neginf = -9 })")
    case.finish(torch.nan_to_num(case.points("x", EDGES), -1, 7, -9), ones=True)
    for name, f, scale, shift in PAIRS:
        case = Case("pair_" + name, f"fn.{name}(a, b)")
        case.finish(f(case.steps("a", 3, 7, n=7), case.real("b", 3, 7, scale=scale, shift=shift)))
    case = Case("isclose_wide", "fn.isclose(a, b, { rtol = 0.25, atol = 0.5 })")
    case.finish(torch.isclose(case.steps("a", 3, 7), case.real("b", 3, 7), 0.25, 0.5).double())
    for name, f in (("addcmul", torch.addcmul), ("addcdiv", torch.addcdiv)):
        case = Case(name, f"fn.{name}(a, b, c, {{ value = 0.5 }})")
        case.finish(f(case.real("a", 3, 7), case.real("b", 3, 7), case.real("c", 3, 7, scale=1, shift=1.5), value=0.5))


def gates():
    for i, (shape, axis) in enumerate((((3, 6), -1), ((2, 3, 14), -1), ((2, 6, 5), 2), ((2, 4, 3, 5), 2))):
        given = "" if axis < 0 else f", {{ axis = {axis} }}"
        case = Case(f"glu_{i}", f"fn.glu(x{given})")
        case.finish(F.glu(case.real("x", *shape), axis if axis < 0 else axis - 1))
    case = Case("glu_layer", "nn.GLU { axis = 2 }(layer(x))", 'nn.Conv2d(6, 3, { name = "glu_layer" })')
    x = case.real("x", 2, 3, 5, 4)
    case.finish(F.glu(case.layer(nn.Conv2d(3, 6, 3))(x), 1))


def products():
    """Of parameters with each other, and from the left."""
    case = Case("param_left", "fn.matmul(layer, x)", 'nn.Parameter(2, 4, { name = "param_left" })')
    x = case.real("x", 3, 4, 5)
    case.finish(case.parameter("param_left", 2, 4) @ x)
    case = Case("param_turned", "fn.matmul(fn.reshape(layer, 4, 3), x)", 'nn.Parameter(2, 6, { name = "param_turned" })')
    x = case.real("x", 3, 3, 5)
    case.finish(case.parameter("param_turned", 2, 6).reshape(4, 3) @ x)
    for name, loss in (("param_product", False), ("param_penalty", True)):
        model = "fn.mean(fn.linear(x, layer[2]) ^ 2) + 0.25 * fn.sum(fn.matmul(layer[1], layer[2]) ^ 2)" if loss else \
            "fn.linear(x, fn.matmul(layer[1], layer[2]))"
        case = Case(name, model, f'{{ nn.Parameter(9, 3, {{ name = "{name}_1" }}), nn.Parameter(3, 7, {{ name = "{name}_2" }}) }}')
        x, a, b = case.real("x", 3, 7), case.parameter(name + "_1", 9, 3), case.parameter(name + "_2", 3, 7)
        case.finish(F.linear(x, b).pow(2).mean() + 0.25 * (a @ b).pow(2).sum() if loss else F.linear(x, a @ b), loss=loss)


def stated():
    """Constants, counts, class ids and running sums."""
    case = Case("const", "(x - fn.const({ 0.5, 0.25, -2 }, 3, 1)) / fn.const({ 1, 2, 3, 4, 5 }) + fn.const(2)")
    x = case.real("x", 3, 3, 5)
    case.finish((x - torch.tensor([0.5, 0.25, -2.0], dtype=x.dtype).reshape(3, 1)) / torch.arange(1, 6) + 2)
    case = Case("const_matmul", "fn.linear(x, fn.const({ 1, 2, 3, -1, 0, 2, 0.5, 1, 7, 3, 3, 1, 2, 9 }, 2, 7))")
    w = torch.tensor([1, 2, 3, -1, 0, 2, 0.5, 1, 7, 3, 3, 1, 2, 9], dtype=torch.double).reshape(2, 7)
    case.finish(F.linear(case.real("x", 3, 7), w))
    case = Case("const_image", "layer(x - fn.const({ 0.5, 0.25, -2 }, 3, 1, 1))", 'nn.Conv2d(4, 3, { name = "const_image" })')
    x = case.real("x", 2, 3, 5, 4)
    case.finish(case.layer(nn.Conv2d(3, 4, 3))(x - torch.tensor([0.5, 0.25, -2.0], dtype=x.dtype).reshape(3, 1, 1)))
    case = Case("arange", "x * fn.arange(17) + fn.sum(fn.arange(4))")
    case.finish(case.real("x", 3, 17) * torch.arange(17) + 6)
    case = Case("one_hot", "fn.one_hot(t) * fn.reshape(x, 1, 5)")
    x = case.real("x", 3, 5)
    case.finish(F.one_hot(case.ids("t", 3, 4, n=5), 5).double() * x.reshape(3, 1, 5))
    case = Case("one_hot_computed", "fn.linear(fn.one_hot(fn.argmax(x, { axis = 2 }), 7), fn.transpose(layer)) * fn.exp(x)",
                'nn.Parameter(7, 7, { name = "one_hot_computed" })')
    x = case.real("x", 3, 7)
    case.finish(case.parameter("one_hot_computed", 7, 7)[x.argmax(1)] * x.exp())
    for i, (shape, axis, extent) in enumerate((((3, 7), 2, 4), ((3, 5, 4), 2, 3), ((3, 5, 4), 3, 1))):
        case = Case(f"gather_{i}", f"fn.gather(x, t, {{ axis = {axis} }}) * 2")
        x, ids = case.real("x", *shape), list(shape)
        ids[axis - 1] = extent
        case.finish(torch.gather(x, axis - 1, case.ids("t", *ids, n=shape[axis - 1])) * 2)
    case = Case("gather_one", "fn.gather(fn.exp(x), t, { axis = 2 })")
    x = case.real("x", 3, 5)
    case.finish(x.exp().gather(1, case.ids("t", 3, n=5).reshape(3, 1)).reshape(3))
    case = Case("gather_least", "fn.gather(x * x, fn.argmin(x, { axis = 3 }), { axis = 3 })")
    x = case.real("x", 3, 5, 4)
    case.finish((x * x).gather(2, x.argmin(2, keepdim=True)).reshape(3, 5))
    for i, (shape, axis) in enumerate((((3, 1), 2), ((3, 7), 2), ((3, 17), -1), ((3, 5, 4), 2), ((3, 2, 3, 5), 3))):
        case = Case(f"cumsum_{i}", f"fn.cumsum(x, {{ axis = {axis} }})")
        case.finish(case.real("x", *shape).cumsum(axis if axis < 0 else axis - 1))


# shape of x, outputs, kernel, options
GROUPED = (
    ((2, 3, 5, 4), 3, 3, dict(groups=3)), ((2, 17, 5, 4), 17, 3, dict(groups=17, padding=1)),
    ((2, 16, 7, 6), 16, (3, 2), dict(groups=16, stride=2, padding=1)), ((2, 3, 5, 5), 6, 3, dict(groups=3, padding=1)),
    ((2, 6, 5, 4), 3, 3, dict(groups=3, dilation=(2, 1), padding=(2, 0))), ((2, 8, 6, 7), 12, 3, dict(groups=2, stride=(2, 3), padding=1)),
    ((2, 7, 4, 4), 7, 1, dict(groups=7, stride=3)), ((2, 16, 5, 5), 32, 3, dict(groups=2, padding=1, bias=False)),
    ((2, 32, 3, 4), 32, (1, 3), dict(groups=32, padding=(0, 2))),
)


def convolutions():
    """In groups, of sequences, turned round."""
    for i, (shape, out, kernel, given) in enumerate(GROUPED):
        case = Case(f"conv_groups_{i}", "layer(x)", f'nn.Conv2d({out}, {pair(kernel)}, {{ name = "conv_groups_{i}"{options(given)[4:-2].join([", ", ""])} }})')
        x = case.real("x", *shape)
        case.finish(case.layer(nn.Conv2d(shape[1], out, kernel, **given))(x))
    case = Case("conv_separable", "fn.relu(layer[2](fn.relu(layer[1](x))))",
                '{ nn.Conv2d(16, 3, { groups = 16, padding = 1, name = "separable_1" }), nn.Conv2d(7, 1, { name = "separable_2" }) }')
    x, case.name = case.real("x", 2, 16, 5, 6), "separable_1"
    y, case.name = case.layer(nn.Conv2d(16, 16, 3, groups=16, padding=1))(x).relu(), "separable_2"
    case.finish(case.layer(nn.Conv2d(16, 7, 1))(y).relu())
    for i, (shape, out, kernel, given) in enumerate((((3, 3, 17), 5, 3, {}), ((3, 4, 9), 6, 3, dict(groups=2, stride=2, padding=1)),
                                                     ((3, 7, 7), 7, 3, dict(groups=7, dilation=2)), ((3, 1, 3), 1, 1, dict(stride=3)))):
        case = Case(f"conv1d_{i}", "layer(x)", f'nn.Conv1d({out}, {kernel}, {{ name = "conv1d_{i}"{options(given)[4:-2].join([", ", ""]) if given else ""} }})')
        x = case.real("x", *shape)
        case.finish(case.layer(nn.Conv1d(shape[1], out, kernel, **given))(x))
    for i, (shape, out, kernel, given) in enumerate((((2, 4, 3, 4), 6, 3, dict(groups=2, stride=2, padding=1, output_padding=1)),
                                                     ((2, 3, 3, 3), 3, 2, dict(groups=3, stride=2)))):
        case = Case(f"upconv_groups_{i}", "layer(x)", f'nn.ConvTranspose2d({out}, {kernel}, {{ name = "upconv_groups_{i}"{options(given)[4:-2].join([", ", ""])} }})')
        x = case.real("x", *shape)
        case.finish(case.layer(nn.ConvTranspose2d(shape[1], out, kernel, **given))(x))


def images():
    """Means of windows, larger images."""
    for i, (shape, k, given) in enumerate((((2, 3, 7, 6), 3, dict(stride=2, padding=1)), ((2, 3, 7, 6), 3, dict(stride=1)), ((2, 17, 5, 7), 2, {}),
                                           ((2, 3, 5, 5), (3, 2), dict(stride=(1, 2), padding=(1, 0), count_include_pad=False)),
                                           ((2, 1, 7, 7), 2, dict(stride=3)), ((2, 8, 4, 4), 3, dict(padding=1, count_include_pad=False)))):
        case = Case(f"avg_pool_wide_{i}", f"nn.AvgPool2d({pair(k)}{options(given)})(x)")
        case.finish(F.avg_pool2d(case.real("x", *shape), k, **given))
    for i, (shape, size) in enumerate((((2, 3, 7, 5), 3), ((2, 2, 3, 3), (7, 1)), ((2, 9, 10, 6), (4, 5)))):
        case = Case(f"adaptive_{i}", f"nn.AdaptiveAvgPool2d({pair(size)})(x)")
        case.finish(F.adaptive_avg_pool2d(case.real("x", *shape), size))
    for i, (shape, given) in enumerate((((2, 3, 4, 5), dict(scale_factor=2, mode="bilinear")), ((2, 3, 4, 5), dict(scale_factor=3, mode="bilinear", align_corners=True)),
                                        ((2, 9, 3, 1), dict(size=(7, 3), mode="bilinear")), ((2, 2, 7, 6), dict(size=(3, 1), mode="bilinear", align_corners=True)),
                                        ((2, 3, 5, 4), dict(scale_factor=1.5)), ((2, 3, 5, 4), dict(size=(3, 7))),
                                        ((2, 3, 4, 6), dict(scale_factor=0.5, mode="bilinear")))):
        case = Case(f"upsample_{'_'.join(map(str, given.values())).replace(' ', '').strip('()')}_{i}".replace("(", "").replace(")", "").replace(",", "x").replace(".", "_"),
                    f"nn.Upsample {options(given)[2:]}(x)")
        case.finish(F.interpolate(case.real("x", *shape), **given))
    case = Case("matmul_conv", "layer(fn.matmul(x, fn.expand(fn.reshape(fn.arange(70), 1, 70), 5, 70)))",
                'nn.Conv2d(4, 3, { padding = 1, name = "matmul_conv" })')
    x = case.real("x", 2, 3, 4, 5)
    case.finish(case.layer(nn.Conv2d(3, 4, 3, padding=1))(x @ torch.arange(70, dtype=torch.double).expand(5, 70)))
    case = Case("matmul_max_pool", "nn.MaxPool2d(3, { stride = 2, padding = 1 })(fn.matmul(x, fn.matmul(fn.transpose(layer), layer)))",
                'nn.Parameter(3, 6, { name = "matmul_max_pool" })')
    x = case.real("x", 2, 9, 4, 6)
    w = case.parameter("matmul_max_pool", 3, 6)
    case.finish(F.max_pool2d(x @ (w.t() @ w), 3, 2, 1))
    case = Case("conv_upsample_conv", "fn.relu(layer(nn.Upsample { scale_factor = 2, mode = \"bilinear\" }(nn.AvgPool2d(3, { stride = 2, padding = 1 })(x))))",
                'nn.Conv2d(4, 3, { padding = 1, name = "conv_upsample_conv" })')
    x = case.real("x", 2, 3, 5, 7)
    y = F.interpolate(F.avg_pool2d(x, 3, 2, 1), scale_factor=2, mode="bilinear")
    case.finish(case.layer(nn.Conv2d(3, 4, 3, padding=1))(y).relu())
    case = Case("conv_six_axes", "fn.mean(fn.reshape(layer(x), 8, 2, 2, 3, 2), { axis = { 4, 6 } })",
                'nn.Conv2d(8, 3, { padding = 1, name = "conv_six_axes" })')
    x = case.real("x", 2, 3, 4, 6)
    case.finish(case.layer(nn.Conv2d(3, 8, 3, padding=1))(x).reshape(2, 8, 2, 2, 3, 2).mean((3, 5)))
    case = Case("conv_wide_groups", "nn.GroupNorm(4, { affine = false })(layer(x))",
                'nn.Conv2d(36, 3, { padding = 1, name = "conv_wide_groups" })')
    x = case.real("x", 2, 2, 5, 4)
    case.finish(F.group_norm(case.layer(nn.Conv2d(2, 36, 3, padding=1))(x), 4))


def folds():
    """Products with zeros and signs."""
    for name, values in (("signs", [-2.0, 3, -0.5, -1, 7]), ("one_zero", [-2.0, 0, 3, -4, 5]), ("two_zeros", [0.0, 2, 0, -3, 1])):
        case = Case("prod_" + name, f"fn.prod(x * fn.const({{ {', '.join(map(str, values))} }}), {{ axis = 2 }})")
        case.finish((case.real("x", 3, 5) * torch.tensor(values, dtype=torch.double)).prod(1))
    case = Case("prod_large", "fn.prod(x, { axis = { 2, 3 } })")
    case.finish(case.real("x", 3, 7, 5, scale=1, shift=-1.5).reshape(3, -1).prod(1))


# what is made of a parameter w: name, shape, of w in the model, by PyTorch
OF_PARAMETERS = (
    ("max", (7, 3), "fn.max(w, { axis = 2, keepdim = true })", lambda w: w.amax(1, keepdim=True)),
    ("min", (17, 9), "fn.min(w, { axis = 1 })", lambda w: w.amin(0)),
    ("max_all", (7, 3), "fn.max(w)", lambda w: w.amax()),
    ("argmax", (17, 5), "fn.argmax(w, { axis = 1 }) + fn.exp(w)", lambda w: w.detach().argmax(0).double() + w.exp()),
    ("argmin", (3, 7), "fn.argmin(w, { axis = 2, keepdim = true }) + fn.exp(w)", lambda w: w.detach().argmin(1, keepdim=True).double() + w.exp()),
    ("logsumexp", (33, 17), "fn.logsumexp(w, { axis = 1 })", lambda w: w.logsumexp(0)),
    ("logsumexp_all", (3, 7, 5), "fn.logsumexp(w)", lambda w: w.logsumexp((0, 1, 2))),
    ("prod", (3, 5, 4), "fn.prod(w, { axis = { 2, 3 } })", lambda w: w.reshape(3, 20).prod(1)),
    ("var", (3, 70), "fn.var(w, { axis = 2, keepdim = true })", lambda w: w.var(1, keepdim=True)),
    ("std", (70, 3), "fn.std(w, { axis = 1, correction = 0 })", lambda w: w.std(0, correction=0)),
    ("norm", (40, 72), "fn.norm(w)", lambda w: w.norm()),
    ("norm_one", (3, 7), "fn.norm(w, { axis = 2, p = 1 })", lambda w: w.norm(1, 1)),
    ("norm_three", (17, 7), "fn.norm(w, { axis = 1, p = 3 })", lambda w: w.norm(3, 0)),
    ("norm_largest", (7, 17), "fn.norm(w, { p = math.huge })", lambda w: w.abs().amax()),
    ("softmax", (5,), "fn.softmax(w, { axis = 1 })", lambda w: w.softmax(0)),
    ("softmax_wide", (7, 33), "fn.softmax(w, { axis = 1 })", lambda w: w.softmax(0)),
    ("log_softmax", (3, 40), "fn.log_softmax(w, { axis = 2 })", lambda w: w.log_softmax(1)),
    ("softmin", (4, 3, 5), "fn.softmin(w, { axis = 2 })", lambda w: (-w).softmax(1)),
    ("rms_norm", (3, 17), "fn.rms_norm(w)", lambda w: F.rms_norm(w, (17,), eps=2.0 ** -23)),
    ("layer_norm", (7, 5), "fn.layer_norm(w)", lambda w: F.layer_norm(w, (5,))),
    ("normalize", (3, 5, 7), "fn.normalize(w, { axis = 3 })", lambda w: F.normalize(w, dim=2)),
    ("cosine", (7, 5), "fn.cosine_similarity(w, fn.exp(w), { axis = 1 })", lambda w: F.cosine_similarity(w, w.exp(), 0)),
)


def parameters():
    """Folds of parameters: as factors of data, as weights, and in a penalty."""
    for name, shape, model, of in OF_PARAMETERS:
        name, size = "param_" + name, ", ".join(map(str, shape))
        case = Case(name, f"({model}) * x".replace("w,", "layer,").replace("(w)", "(layer)"), f'nn.Parameter({size}, {{ name = "{name}" }})')
        x = case.real("x", 3, *(of(torch.rand(shape)).shape or (2,)))
        case.finish(of(case.parameter(name, *shape)) * x)
    case = Case("param_weight_norm", "fn.linear(x, layer[1] * layer[2] / fn.norm(layer[1], { axis = 2, keepdim = true }))",
                '{ nn.Parameter(9, 7, { name = "weight_norm_1" }), nn.Parameter(9, 1, { name = "weight_norm_2" }) }')
    x, v, g = case.real("x", 3, 7), case.parameter("weight_norm_1", 9, 7), case.parameter("weight_norm_2", 9, 1)
    case.finish(F.linear(x, v * g / v.norm(dim=1, keepdim=True)))
    case = Case("param_mixing", "fn.matmul(fn.softmax(layer[1], { axis = 2 }), fn.linear(x, fn.softmax(layer[2], { axis = 1 })))",
                '{ nn.Parameter(2, 3, { name = "mixing_1" }), nn.Parameter(5, 17, { name = "mixing_2" }) }')
    x, a, b = case.real("x", 2, 3, 17), case.parameter("mixing_1", 2, 3), case.parameter("mixing_2", 5, 17)
    case.finish(a.softmax(1) @ F.linear(x, b.softmax(0)))
    case = Case("param_slices", "fn.slice(layer[1], { axis = 1, from = 2, to = 2 }) * x + layer[2](fn.reshape(t, 1)) * x",
                '{ nn.Parameter(3, { name = "slices_1" }), nn.Embedding(4, 5, { name = "slices_2" }) }')
    x, a = case.real("x", 3, 2, 5), case.parameter("slices_1", 3)
    case.name = "slices_2"
    case.finish(a[1] * x + case.layer(nn.Embedding(4, 5))(case.ids("t", 3, n=4).reshape(3, 1)) * x)
    for i, (model, of) in enumerate((
            ("fn.norm(w)", lambda w: w.norm()), ("fn.sum(fn.norm(w, { axis = 2 }))", lambda w: w.norm(dim=1).sum()),
            ("fn.max(fn.abs(w))", lambda w: w.abs().amax()), ("fn.logsumexp(w)", lambda w: w.logsumexp((0, 1))),
            ("fn.sum(fn.var(w, { axis = 1 }))", lambda w: w.var(0).sum()),
            ("fn.sum(fn.softmax(w, { axis = 2 }) * fn.log_softmax(w, { axis = 2 }))", lambda w: (w.softmax(1) * w.log_softmax(1)).sum()))):
        name = f"param_folded_{i}"
        case = Case(name, "fn.mean(fn.linear(x, layer) ^ 2) + 0.25 * " + model.replace("w", "layer"), f'nn.Parameter(9, 17, {{ name = "{name}" }})')
        x, w = case.real("x", 3, 17), case.parameter(name, 9, 17)
        case.finish(F.linear(x, w).pow(2).mean() + 0.25 * of(w), loss=True)


# shape of x, outputs, kernel, options
GROUPS = (
    ((2, 16, 3, 4), 16, 3, dict(groups=2, padding=1)), ((2, 16, 4, 5), 32, (3, 2), dict(groups=2, stride=2, padding=(1, 0), bias=False)),
    ((2, 48, 3, 3), 24, (2, 1), dict(groups=3, dilation=2)), ((2, 256, 1, 2), 16, 1, dict(groups=2)), ((2, 16, 1, 2), 128, 1, dict(groups=2)),
    ((2, 24, 3, 3), 48, 1, dict(groups=2, stride=3)), ((2, 72, 1, 2), 36, 1, dict(groups=12)), ((2, 72, 1, 1), 144, 1, dict(groups=72)),
)


def wide_groups():
    """Groups of whole vectors of channels; shuffled between two; turned round. Images of one row or column, whose border is all they have."""
    for i, (shape, out, kernel, given) in enumerate(GROUPS):
        name = f"wide_groups_{i}"
        case = Case(name, "layer(x)", f'nn.Conv2d({out}, {pair(kernel)}, {{ name = "{name}"{options(given)[4:-2].join([", ", ""])} }})')
        x = case.real("x", *shape)
        case.finish(case.layer(nn.Conv2d(shape[1], out, kernel, **given))(x))
    for i, (shape, kernel, given) in enumerate((((3, 3, 4, 1), 3, dict(padding=1)), ((3, 3, 1, 4), (3, 2), dict(padding=(1, 1))), ((3, 3, 1, 1), 3, dict(padding=1)),
                                                ((3, 16, 1, 1), 3, dict(padding=1, groups=2)))):
        name = f"narrow_{i}"
        case = Case(name, "layer(x)", f'nn.Conv2d(16, {pair(kernel)}, {{ name = "{name}"{options(given)[4:-2].join([", ", ""])} }})')
        x = case.real("x", *shape)
        case.finish(case.layer(nn.Conv2d(shape[1], 16, kernel, **given))(x))
    case = Case("sum_times", "2 * fn.sum(x ^ 2) - fn.sum(x) / 7 - fn.sum(x ^ 3)")
    x = case.real("x", 3, 7)
    case.finish(2 * x.pow(2).sum() - x.sum() / 7 - x.pow(3).sum(), loss=True)
    case = Case("wide_shuffle", "layer[2](nn.ChannelShuffle(2)(fn.tanh(layer[1](x))))",
                '{ nn.Conv2d(16, 3, { groups = 2, padding = 1, name = "shuffle_1" }), nn.Conv2d(16, 2, { groups = 2, name = "shuffle_2" }) }')
    x, case.name = case.real("x", 2, 16, 3, 3), "shuffle_1"
    y, case.name = case.layer(nn.Conv2d(16, 16, 3, groups=2, padding=1))(x).tanh(), "shuffle_2"
    case.finish(case.layer(nn.Conv2d(16, 16, 2, groups=2))(nn.ChannelShuffle(2)(y)))
    case = Case("wide_upconv", "layer(x)", 'nn.ConvTranspose2d(32, 3, { groups = 2, stride = 2, padding = 1, output_padding = 1, name = "wide_upconv" })')
    x = case.real("x", 2, 16, 2, 3)
    case.finish(case.layer(nn.ConvTranspose2d(16, 32, 3, groups=2, stride=2, padding=1, output_padding=1))(x))
    case = Case("wide_conv1d", "layer(x)", 'nn.Conv1d(16, 3, { groups = 2, padding = 2, dilation = 2, name = "wide_conv1d" })')
    x = case.real("x", 2, 16, 7)
    case.finish(case.layer(nn.Conv1d(16, 16, 3, groups=2, padding=2, dilation=2))(x))


# name, shape of x, rest of the model, layers by name in the order of their calls, the same in PyTorch
SEAMS = (
    ("one_channel", (3, 2, 4, 3), "fn.reshape(layer[1](x), 4, 3)", "{ nn.Conv2d(1, 3, { padding = 1, name = %s }) }", (nn.Conv2d(2, 1, 3, padding=1),),
     lambda x, c: c(x).reshape(3, 4, 3)),
    ("over_time", (3, 2, 7), "layer[2](layer[1](x))", "{ nn.Conv1d(3, 4, { padding = 1, name = %s }), nn.Linear(2, { name = %s }) }",
     (nn.Conv1d(2, 3, 4, padding=1), nn.Linear(6, 2)), lambda x, c, l: l(c(x))),
    ("generator", (3, 6), "layer[2](fn.relu(layer[1](fn.reshape(x, 6, 1, 1))))",
     "{ nn.ConvTranspose2d(4, 3, { name = %s }), nn.ConvTranspose2d(2, 4, { stride = 2, padding = 1, name = %s }) }",
     (nn.ConvTranspose2d(6, 4, 3), nn.ConvTranspose2d(4, 2, 4, 2, 1)), lambda x, a, b: b(a(x.reshape(3, 6, 1, 1)).relu())),
    ("row_product", (3, 1, 4, 5), "layer[2](fn.tanh(layer[1](x)))", "{ nn.Linear(4, { name = %s }), nn.Conv2d(2, 3, { padding = 1, name = %s }) }",
     (nn.Linear(5, 4), nn.Conv2d(1, 2, 3, padding=1)), lambda x, l, c: c(l(x).tanh())),
    ("column_product", (3, 1, 4, 5), "layer[2](layer[1](x))", "{ nn.ConvTranspose2d(1, 3, { padding = 1, name = %s }), nn.Linear(3, { name = %s }) }",
     (nn.ConvTranspose2d(1, 1, 3, padding=1), nn.Linear(5, 3)), lambda x, c, l: l(c(x))),
    ("unsqueezed", (3, 5), "fn.tanh(fn.reshape(layer[1](x), 5, 1))", "{ nn.Linear(5, { name = %s }) }", (nn.Linear(5, 5),), lambda x, l: l(x).reshape(3, 5, 1).tanh()),
    ("pooled", (3, 3), "fn.sin(nn.AvgPool2d(4)(fn.reshape(layer[1](x), 1, 8, 8)))", "{ nn.Linear(64, { name = %s }) }", (nn.Linear(3, 64),),
     lambda x, l: F.avg_pool2d(l(x).reshape(3, 1, 8, 8), 4).sin()),
    ("odd_blocks", (3, 4), "layer[2](fn.reshape(layer[1](x), 33, 2, 1))", "{ nn.Linear(66, { name = %s }), nn.Conv2d(3, { 2, 1 }, { padding = { 1, 0 }, name = %s }) }",
     (nn.Linear(4, 66), nn.Conv2d(33, 3, (2, 1), padding=(1, 0))), lambda x, l, c: c(l(x).reshape(3, 33, 2, 1))),
    ("shuffled_pool", (3, 16, 2, 2), "nn.MaxPool2d(2)(nn.ChannelShuffle(2)(layer[1](x)))", "{ nn.Conv2d(16, 1, { name = %s }) }", (nn.Conv2d(16, 16, 1),),
     lambda x, c: F.max_pool2d(nn.ChannelShuffle(2)(c(x)), 2)),
    ("shuffled_rows", (3, 24, 2, 1), "layer[1](fn.flatten(nn.ChannelShuffle(4)(x)))", "{ nn.Linear(2, { name = %s }) }", (nn.Linear(48, 2),),
     lambda x, l: l(nn.ChannelShuffle(4)(x).flatten(1))),
    ("grown_rows", (3, 17, 1, 2), "layer[1](fn.flatten(nn.Upsample { scale_factor = 2 }(x)))", "{ nn.Linear(2, { name = %s }) }", (nn.Linear(136, 2),),
     lambda x, l: l(F.interpolate(x, scale_factor=2).flatten(1))),
    ("apart", (3, 4, 2, 2), "fn.tanh(nn.PixelShuffle(2)(nn.AvgPool2d(2, { stride = 3 })(x)))", "{}", (), lambda x: F.pixel_shuffle(F.avg_pool2d(x, 2, 3), 2).tanh()),
    ("norm_of_norm", (3, 24, 1, 1), "fn.tanh(layer[2](layer[1](x)))", "{ nn.GroupNorm(1, { name = %s }), nn.GroupNorm(1, { name = %s }) }",
     (nn.GroupNorm(1, 24), nn.GroupNorm(1, 24)), lambda x, a, b: b(a(x)).tanh()),
    ("norm_of_maps", (3, 5), "layer[1](fn.rms_norm(fn.tanh(x) + 1, { eps = 1e-3 }))", "{ nn.Linear(2, { name = %s }) }", (nn.Linear(5, 2),),
     lambda x, l: l(F.rms_norm(x.tanh() + 1, (5,), eps=1e-3))),
    ("spread_pair", (3, 5, 8), "layer[2](fn.tanh(fn.reshape(layer[1](fn.transpose(x, 2, 3)), 8, 1, 40) + fn.reshape(layer[1](fn.transpose(x, 2, 3)), 1, 8, 40)))",
     "{ nn.Linear(40, { bias = false, name = %s }), nn.Linear(3, { name = %s }) }", (nn.Linear(5, 40, bias=False), nn.Linear(40, 3)),
     lambda x, l, h: h((l(x.transpose(1, 2)).reshape(3, 8, 1, 40) + l(x.transpose(1, 2)).reshape(3, 1, 8, 40)).tanh())),
)


def seams():
    """Where a layout passes into another: axes of one element, blocks that padding fills, borders of what no convolution made."""
    for name, shape, model, layer, layers, f in SEAMS:
        names = [f"seam_{name}_{i + 1}" for i in range(len(layers))]
        case = Case(f"seam_{name}", model, layer % tuple(f'"{n}"' for n in names))
        x, made = case.real("x", *shape), []
        for case.name, of in zip(names, layers):
            made.append(case.layer(of))
        case.name = f"seam_{name}"
        case.finish(f(x, *made))


def numbered():
    """Class ids: rows of a table of which one is padding or an id is no row, columns that others pick from, hits of what is ignored."""
    for p in (0, 3):
        name = f"padding_{p}"
        case = Case(name, "layer(t) * x + fn.sum(layer.weight) / 8", f'nn.Embedding(4, 5, {{ padding_idx = {p}, name = "{name}" }})')
        x, table = case.real("x", 3, 6, 5), nn.Embedding(4, 5, padding_idx=p)
        case.finish(case.layer(table)(case.ids("t", 3, 6, n=4)) * x + table.weight.sum() / 8)
    for ignore in (-100, -1):
        name = f"padding_id_{ignore}".replace("-", "minus_")
        loss = f"0 * fn.cross_entropy(fn.reshape(x, 4, 6), t, {{ axis = 2, ignore_index = {ignore} }})"
        case = Case(name, f"fn.mean((layer(t) * fn.tanh(fn.reshape(x, 6, 4))) ^ 2) + {loss}", f'nn.Embedding(4, 4, {{ padding_idx = {ignore}, name = "{name}" }})')
        x, t, table = case.real("x", 3, 24), case.ids("t", 3, 6, n=4, ignore=ignore), case.layer(nn.Embedding(4, 4))
        rows = table(t.clamp(min=0)) * (t >= 0)[..., None]
        case.finish((rows * x.reshape(3, 6, 4).tanh()).pow(2).mean(), loss=True)
    case = Case("embedding_gathered", "layer(fn.gather(t, s, { axis = 2 })) * x", 'nn.Embedding(7, 5, { name = "embedding_gathered" })')
    x, table = case.real("x", 3, 4, 5), case.layer(nn.Embedding(7, 5))
    case.finish(table(case.ids("t", 3, 6, n=7).gather(1, case.ids("s", 3, 4, n=6))) * x)
    case = Case("cross_entropy_gathered", "fn.cross_entropy(x, fn.gather(t, s, { axis = 2 }), { axis = 3 })")
    x = case.real("x", 3, 4, 5)
    case.finish(F.cross_entropy(x.transpose(1, 2), case.ids("t", 3, 6, n=5).gather(1, case.ids("s", 3, 4, n=6))), loss=True)
    case = Case("cross_entropy_first_class", "fn.cross_entropy(x, t, { ignore_index = 0 }) + fn.cross_entropy(fn.tanh(x), t)")
    x, t = case.real("x", 9, 3), case.ids("t", 9, n=3)
    case.finish(F.cross_entropy(x, t, ignore_index=0) + F.cross_entropy(x.tanh(), t), loss=True)
    case = Case("nll_ignored", "fn.nll(fn.log_softmax(x, { axis = 2 }), t, { ignore_index = -7, weight = { 1, 0.5, 3 } })")
    case.finish(F.nll_loss(case.real("x", 9, 3).log_softmax(1), case.ids("t", 9, n=3, ignore=-7), torch.tensor([1, 0.5, 3.0]).double(), ignore_index=-7), loss=True)
    case = Case("gather_arithmetic", "fn.gather(x, 4 - t, { axis = 2 }) * 2")
    x = case.real("x", 3, 5)
    case.finish(x.gather(1, 4 - case.ids("t", 3, 2, n=5)) * 2)


print(HEAD.format(version=torch.__version__.split("+")[0]), end="")
for part in (functions, gates, products, stated, convolutions, images, folds, parameters, wide_groups, seams, numbered):
    part()
