"""Writes everyday.txt: the language of an ordinary day by PyTorch in double, in the words of ops.txt.

    python3 tests/reference/everyday.py > tests/reference/everyday.txt
"""
import math
import torch
from torch import nn
import torch.nn.functional as F
from cases import EDGES, Case, options, pair

HEAD = """# Activations, functions, folds, losses and layers by PyTorch {version} in double; the words are those of ops.txt.
"""
Case.first = 200000
KINKS = EDGES + [6.0, -6.0, 2.5, -2.5, 1.5, -1.5, 0.3, -0.3]


def hardsigmoid(x):
    """PyTorch's own has the gradient 1/6 rounded to fp32."""
    return F.relu6(x + 3) / 6


def rms_norm(x, eps):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps)


# name, model, function, shift of x
ACTIVATIONS = (
    ("celu", "fn.celu(x)", F.celu), ("celu_half", "fn.celu(x, { alpha = 0.5 })", lambda x: F.celu(x, 0.5)),
    ("elu_steep", "nn.ELU { alpha = 1.5 }(x)", lambda x: F.elu(x, 1.5)),
    ("selu", "fn.selu(x)", F.selu), ("mish", "fn.mish(x)", F.mish), ("logsigmoid", "fn.logsigmoid(x)", F.logsigmoid),
    ("softsign", "fn.softsign(x)", F.softsign), ("hardtanh", "fn.hardtanh(x)", F.hardtanh),
    ("hardtanh_wide", "fn.hardtanh(x, { min_val = -1.5, max_val = 0.5 })", lambda x: F.hardtanh(x, -1.5, 0.5)),
    ("relu6", "fn.relu6(x)", F.relu6), ("hardsigmoid", "fn.hardsigmoid(x)", hardsigmoid),
    ("hardswish", "fn.hardswish(x)", F.hardswish), ("hardshrink", "fn.hardshrink(x)", F.hardshrink),
    ("hardshrink_one", "fn.hardshrink(x, { lambd = 1 })", lambda x: F.hardshrink(x, 1.0)),
    ("softshrink", "fn.softshrink(x)", F.softshrink),
    ("softshrink_one", "fn.softshrink(x, { lambd = 1 })", lambda x: F.softshrink(x, 1.0)),
    ("tanhshrink", "fn.tanhshrink(x)", F.tanhshrink),
    ("threshold", "fn.threshold(x, { threshold = 0.5, value = 2 })", lambda x: F.threshold(x, 0.5, 2.0)),
    ("softplus_steep", "fn.softplus(x, { beta = 2, threshold = 3 })", lambda x: F.softplus(x, 2, 3)),
    ("silu_again", "nn.SiLU()(x)", F.silu), ("softplus_layer", "nn.Softplus()(x)", F.softplus),
)
# the same by layers
LAYERS = (
    ("ReLU", {}), ("ReLU6", {}), ("GELU", {}), ("GELU", dict(approximate="tanh")), ("Tanh", {}), ("Sigmoid", {}), ("LogSigmoid", {}),
    ("SiLU", {}), ("Mish", {}), ("Softplus", dict(beta=0.5)), ("Softsign", {}), ("LeakyReLU", dict(negative_slope=0.3)),
    ("ELU", dict(alpha=0.5)), ("CELU", dict(alpha=2)), ("SELU", {}), ("Hardtanh", dict(min_val=-0.5, max_val=1)),
    ("Hardsigmoid", {}), ("Hardswish", {}), ("Hardshrink", dict(lambd=0.25)), ("Softshrink", dict(lambd=0.25)), ("Tanhshrink", {}),
    ("Threshold", dict(threshold=0.25, value=-1)),
)


def activations():
    for name, model, f in ACTIVATIONS:
        case = Case(name, model)
        case.finish(f(case.real("x", 3, 7, scale=4)))
        case = Case(name + "_edges", model)
        case.finish(f(case.points("x", KINKS)), ones=True)
    for i, (kind, given) in enumerate(LAYERS):
        text = options(given)[2:] or "()"
        case = Case(f"layer_{kind}_{i}", f"nn.{kind}{text}(x)")
        f = hardsigmoid if kind == "Hardsigmoid" else getattr(nn, kind)(**given)
        case.finish(f(case.real("x", 3, 5, scale=4)))
    case = Case("prelu", "fn.prelu(x, w)")
    x = case.real("x", 3, 7)
    case.finish(torch.where(x > 0, x, case.real("w", 3, 7) * x))
    case = Case("prelu_one", "layer(x)", 'nn.PReLU { name = "prelu_one" }')
    x = case.real("x", 3, 5)
    case.finish(case.layer(nn.PReLU())(x))
    for shape in ((3, 5), (2, 3, 5), (2, 3, 5, 4)):
        name = "prelu_" + "x".join(map(str, shape))
        case = Case(name, "layer(x)", f'nn.PReLU {{ per_channel = true, name = "{name}" }}')
        x = case.real("x", *shape)
        case.finish(case.layer(nn.PReLU(shape[1]))(x))
    for kind in ("Softmax", "LogSoftmax", "Softmin"):
        for axis in (2, 3):
            case = Case(f"{kind}_{axis}", f"nn.{kind} {{ axis = {axis} }}(x)")
            case.finish(getattr(nn, kind)(axis - 1)(case.real("x", 3, 5, 4, scale=4)))


# name, function, scale and shift of x
FUNCTIONS = (
    ("log1p", torch.log1p, 2, 1.5), ("expm1", torch.expm1, 2, 0), ("exp2", torch.exp2, 2, 0), ("log2", torch.log2, 2, 2.5),
    ("log10", torch.log10, 2, 2.5), ("rsqrt", torch.rsqrt, 2, 2.5), ("reciprocal", torch.reciprocal, 2, 2.5),
    ("logit", torch.logit, 0.4, 0.5), ("tan", torch.tan, 1.25, 0), ("sinh", torch.sinh, 3, 0), ("cosh", torch.cosh, 3, 0),
    ("asinh", torch.asinh, 8, 0), ("acosh", torch.acosh, 4, 5.5), ("atanh", torch.atanh, 0.875, 0), ("erf", torch.erf, 2, 0),
    ("sign", torch.sign, 2, 0), ("floor", torch.floor, 4, 0), ("ceil", torch.ceil, 4, 0), ("trunc", torch.trunc, 4, 0),
    ("round", torch.round, 4, 0), ("frac", torch.frac, 4, 0),
    ("isnan", lambda x: torch.isnan(x).double(), 2, 0), ("isinf", lambda x: torch.isinf(x).double(), 2, 0),
    ("isfinite", lambda x: torch.isfinite(x).double(), 2, 0), ("logical_not", lambda x: torch.logical_not(x).double(), 2, 0),
)


def truth(f):
    return lambda a, b: f(a, b).double()


# name, function, scale and shift of b, of a
PAIRS = (
    ("logaddexp", torch.logaddexp, 4, 0, 0), ("hypot", torch.hypot, 2, 0, 0), ("xlogy", torch.xlogy, 2, 2.5, 0),
    ("fmod", torch.fmod, 1, 1.5, 0), ("remainder", torch.remainder, 1, 1.5, 0), ("minimum", torch.minimum, 2, 0, 0),
)
TRUTHS = (("logical_and", torch.logical_and), ("logical_or", torch.logical_or), ("logical_xor", torch.logical_xor))


def functions():
    for name, f, scale, shift in FUNCTIONS:
        case = Case(name, f"fn.{name}(x)")
        case.finish(f(case.real("x", 3, 7, scale=scale, shift=shift)))
        case = Case(name + "_edges", f"fn.{name}(x)")
        case.finish(f(case.points("x", KINKS)), ones=True)
    for name, f, scale, shift, other in PAIRS:
        case = Case("pair_" + name, f"fn.{name}(a, b)")
        a = case.real("a", 3, 7, scale=4, shift=other)
        case.finish(f(a, case.real("b", 3, 7, scale=scale, shift=shift)))
    for name, f in TRUTHS:
        case = Case(name, f"fn.{name}(a, b) * c")
        a, b = case.steps("a", 3, 7, n=3), case.steps("b", 3, 7, n=3)
        case.finish(f(a, b).double() * case.real("c", 3, 7))
    case = Case("remainder_negative", "fn.remainder(a, b) + fn.fmod(a, b)")
    a, b = case.real("a", 3, 7, scale=4), case.real("b", 3, 7, scale=1, shift=-1.5)
    case.finish(torch.remainder(a, b) + torch.fmod(a, b))
    case = Case("xlogy_zero", "fn.xlogy(a, b)")
    a = case.steps("a", 3, 7, n=3, scale=1)
    case.finish(torch.xlogy(a, case.real("b", 3, 7, scale=1, shift=1.5)))
    case = Case("lerp", "fn.lerp(a, b, w)")
    a, b = case.real("a", 3, 7), case.real("b", 3, 7)
    case.finish(torch.lerp(a, b, case.real("w", 3, 7)))
    case = Case("lerp_number", "fn.lerp(a, b, 0.75)")
    a = case.real("a", 3, 7)
    case.finish(torch.lerp(a, case.real("b", 3, 7), 0.75))
    case = Case("clamp_infinite", "fn.clamp(x, { min = -0.5 }) + fn.clamp(x, { max = 0.25 })")
    x = case.real("x", 3, 7)
    case.finish(x.clamp(min=-0.5) + x.clamp(max=0.25))


KEEP = (("2", 1), ("3", 2), ("{ 2, 3 }", (1, 2)), ("-1", -1))


def product(x, dim, keepdim=False):
    for d in sorted(dim if isinstance(dim, tuple) else (dim,), reverse=True):
        x = x.prod(d, keepdim=keepdim)
    return x


FOLDS = {
    "sum": torch.sum, "mean": torch.mean, "max": torch.amax, "min": torch.amin, "logsumexp": torch.logsumexp, "prod": product,
    "var": torch.var, "std": torch.std, "norm": lambda x, dim, keepdim=False: torch.linalg.vector_norm(x, 2, dim, keepdim),
}


def folds():
    for name, f in FOLDS.items():
        for axis, dim in KEEP:
            tag = axis.strip("{ }").replace(", ", "_").replace("-1", "last")
            case = Case(f"fold_{name}_{tag}", f"fn.{name}(x, {{ axis = {axis}, keepdim = true }})")
            case.finish(f(case.real("x", 3, 5, 4), dim, keepdim=True))
        case = Case(f"fold_{name}", f"fn.{name}(x, {{ axis = 2 }})")
        case.finish(f(case.steps("x", 3, 5, 4), 1))
        case = Case(f"fold_{name}_meets", f"x - fn.{name}(x, {{ axis = -1, keepdim = true }}) * b")
        x = case.real("x", 3, 5, 4)
        case.finish(x - f(x, -1, keepdim=True) * case.real("b", 3, 5, 1))
    for name in ("var", "std"):
        for correction in (0, 2):
            case = Case(f"{name}_{correction}", f"fn.{name}(x, {{ axis = 2, correction = {correction} }})")
            case.finish(FOLDS[name](case.real("x", 3, 5), dim=1, correction=correction))
    for p, text in ((1, "1"), (3, "3"), (1.5, "1.5"), (math.inf, "math.huge")):
        case = Case(f"norm_{text.replace('.', '_')}", f"fn.norm(x, {{ axis = 2, p = {text} }})")
        case.finish(torch.linalg.vector_norm(case.real("x", 3, 5), p, 1))
        case = Case(f"norm_{text.replace('.', '_')}_planes", f"fn.norm(x, {{ axis = {{ 2, 3 }}, p = {text}, keepdim = true }})")
        case.finish(torch.linalg.vector_norm(case.steps("x", 3, 2, 8), p, (1, 2), keepdim=True))
    for name, f in (("argmax", torch.argmax), ("argmin", torch.argmin)):
        for axis in (2, 3):
            case = Case(f"{name}_{axis}", f"fn.{name}(x, {{ axis = {axis} }}) * b")
            x = case.real("x", 3, 5, 4)
            case.finish(f(x, axis - 1).double() * case.real("b", 3, 5 if axis == 3 else 4))
        case = Case(f"{name}_ties", f"fn.{name}(x, {{ axis = 2, keepdim = true }}) * b")
        x = case.steps("x", 3, 7, n=3)
        case.finish(f(x, 1, keepdim=True).double() * case.real("b", 3, 1))
    case = Case("prod_zeros", "fn.prod(x, { axis = 2 })")
    case.finish(case.steps("x", 9, 3, n=3, scale=1).prod(1))
    case = Case("norm_zeros", "fn.norm(x, { axis = 2 })")
    case.finish(torch.linalg.vector_norm(case.steps("x", 9, 2, n=3, scale=1), 2, 1))
    case = Case("logsumexp_large", "fn.logsumexp(x, { axis = 2 })")
    case.finish(torch.logsumexp(case.real("x", 3, 5, scale=1024), 1))
    for p in (1, 2):
        case = Case(f"normalize_{p}", f"fn.normalize(x, {{ axis = 3, p = {p} }})")
        case.finish(F.normalize(case.real("x", 3, 5, 4), p, 2))
    case = Case("normalize_eps", "fn.normalize(x, { axis = 2, eps = 100 })")
    case.finish(F.normalize(case.real("x", 3, 5), eps=100))
    for axis in (2, 3):
        case = Case(f"cosine_similarity_{axis}", f"fn.cosine_similarity(a, b, {{ axis = {axis} }})")
        a = case.real("a", 3, 5, 4)
        case.finish(F.cosine_similarity(a, case.real("b", 3, 5, 4), axis - 1))
    case = Case("softmin", "fn.softmin(x, { axis = 2 })")
    case.finish(F.softmin(case.real("x", 3, 7, scale=4), 1))
    for name, f in (("norm", torch.linalg.vector_norm), ("std", torch.std), ("var", torch.var)):
        case = Case(name + "_parameter", f"fn.{name}(layer) * x", f'nn.Parameter(7, 3, {{ name = "{name}_parameter" }})')
        x, w = case.real("x", 3, 7), case.parameter(name + "_parameter", 7, 3)
        case.finish(f(w) * x)


# name, options, function, whether t is in 0 .. 1 and x too
PAIR_LOSSES = (
    ("mse", "", F.mse_loss, "real", {}), ("l1", "", F.l1_loss, "real", {}), ("huber", "", F.huber_loss, "real", {}),
    ("huber", "delta = 0.5", F.huber_loss, "real", dict(delta=0.5)), ("smooth_l1", "", F.smooth_l1_loss, "real", {}),
    ("smooth_l1", "beta = 0.25", F.smooth_l1_loss, "real", dict(beta=0.25)), ("smooth_l1", "beta = 0", F.smooth_l1_loss, "real", dict(beta=0.0)),
    ("bce", "", F.binary_cross_entropy, "both", {}), ("bce_logits", "", F.binary_cross_entropy_with_logits, "share", {}),
    ("bce_logits", "pos_weight = 3", F.binary_cross_entropy_with_logits, "share", dict(pos_weight=torch.tensor(3.0, dtype=torch.double))),
    ("kl_div", "", F.kl_div, "share", {}), ("kl_div", "log_target = true", F.kl_div, "real", dict(log_target=True)),
    ("hinge_embedding", "", F.hinge_embedding_loss, "signs", {}), ("hinge_embedding", "margin = 0.5", F.hinge_embedding_loss, "signs", dict(margin=0.5)),
    ("soft_margin", "", lambda x, t, reduction: reduce(F.softplus(-t * x), reduction), "signs", {}), ("poisson_nll", "", F.poisson_nll_loss, "counts", {}),
    ("poisson_nll", "full = true", F.poisson_nll_loss, "counts", dict(full=True)),
    ("poisson_nll", "log_input = false", F.poisson_nll_loss, "positive", dict(log_input=False)),
    ("hinge", "", lambda x, t, reduction: reduce((1 - x * t).clamp(min=0), reduction), "signs", {}),
)


def reduce(l, how):
    return l.mean() if how == "mean" else l.sum() if how == "sum" else l


def with_option(text, more):
    inside = ", ".join(t for t in (text, more) if t)
    return f", {{ {inside} }}" if inside else ""


def pair_inputs(case, kind, *shape):
    x = case.real("x", *shape, **(dict(scale=0.375, shift=0.5) if kind in ("both", "positive") else {}))
    if kind in ("both", "share"):
        return x, case.real("t", *shape, scale=0.375, shift=0.5)
    if kind == "signs":
        return x, case.steps("t", *shape, n=2, scale=2)
    if kind == "counts":
        return x, case.real("t", *shape, scale=2, shift=2.5)
    return x, case.real("t", *shape)


def pair_losses():
    for i, (name, given, f, kind, keys) in enumerate(PAIR_LOSSES):
        case = Case(f"loss_{name}_{i}", f"fn.{name}(x, t{with_option(given, '')})")
        x, t = pair_inputs(case, kind, 5, 3)
        case.finish(f(x, t, reduction="mean", **keys), loss=True)
        case = Case(f"loss_{name}_{i}_sum", f"fn.{name}(x, t{with_option(given, 'reduction = %csum%c' % (34, 34))})")
        x, t = pair_inputs(case, kind, 5, 3)
        case.finish(f(x, t, reduction="sum", **keys), loss=True)
        case = Case(f"loss_{name}_{i}_none", f"fn.{name}(x, t{with_option(given, 'reduction = %cnone%c' % (34, 34))})")
        x, t = pair_inputs(case, kind, 5, 3)
        case.finish(f(x, t, reduction="none", **keys))
        case = Case(f"loss_{name}_{i}_mask", f"fn.{name}(x, t{with_option(given, 'mask = m')})")
        (x, t), m = pair_inputs(case, kind, 5, 3), case.bits("m", 5, 3)
        case.finish((f(x, t, reduction="none", **keys) * m).sum() / m.sum(), loss=True)
    case = Case("loss_kl_div_batchmean", 'fn.kl_div(x, t, { reduction = "batchmean" })')
    x, t = pair_inputs(case, "share", 5, 3)
    case.finish(F.kl_div(x, t, reduction="batchmean"), loss=True)
    case = Case("loss_bce_logits_large", "fn.bce_logits(x, t)")
    x = case.real("x", 5, 3, scale=1024)
    case.finish(F.binary_cross_entropy_with_logits(x, case.real("t", 5, 3, scale=0.5, shift=0.5)), loss=True)
    case = Case("loss_bce_logits_weights", "fn.bce_logits(x, t, { pos_weight = w })")
    x, t = pair_inputs(case, "share", 5, 3)
    w = case.real("w", 5, 3, scale=1, shift=2)
    case.finish(((1 - t) * x + ((w - 1) * t + 1) * F.softplus(-x, threshold=1e30)).mean(), loss=True)
    case = Case("loss_gaussian_nll", "fn.gaussian_nll(x, t, v)")
    x, t = pair_inputs(case, "real", 5, 3)
    case.finish(F.gaussian_nll_loss(x, t, case.real("v", 5, 3, scale=1, shift=1.5)), loss=True)
    case = Case("loss_gaussian_nll_full", 'fn.gaussian_nll(x, t, v, { full = true, eps = 1.5, reduction = "none" })')
    x, t = pair_inputs(case, "real", 5, 3)
    case.finish(F.gaussian_nll_loss(x, t, case.real("v", 5, 3, scale=1, shift=1.5), full=True, eps=1.5, reduction="none"))
    for margin in (0, 0.5):
        case = Case(f"loss_margin_ranking_{margin:g}".replace(".", "_"), f"fn.margin_ranking(a, b, t, {{ margin = {margin:g} }})")
        a, b = case.real("a", 5, 3), case.real("b", 5, 3)
        case.finish(F.margin_ranking_loss(a, b, case.steps("t", 5, 3, n=2, scale=2), margin), loss=True)
        case = Case(f"loss_cosine_embedding_{margin:g}".replace(".", "_"), f"fn.cosine_embedding(a, b, t, {{ margin = {margin - 0.5:g} }})")
        a, b, t = case.real("a", 9, 3), case.real("b", 9, 3), case.bits("t", 9)
        case.finish(F.cosine_embedding_loss(a, b, 2 * t - 1, margin - 0.5), loss=True)


WEIGHT = (0.5, 2, 0.25, 1.5, 3)
IGNORES = {"": {}, "ignore_index = -100": dict(ignore_index=-100), "ignore_index = 2": dict(ignore_index=2)}


def class_losses():
    weight = torch.tensor(WEIGHT, dtype=torch.double)
    listed = "weight = { " + ", ".join(f"{w:g}" for w in WEIGHT) + " }"
    for name, f in (("cross_entropy", F.cross_entropy), ("nll", F.nll_loss)):
        for i, (text, given) in enumerate((("", {}), (listed, dict(weight=weight)), ("label_smoothing = 0.2", dict(label_smoothing=0.2)),
                                           (listed + ", label_smoothing = 0.2", dict(weight=weight, label_smoothing=0.2)))):
            if name == "nll" and i > 1:
                continue
            for k, (more, ignore) in enumerate(IGNORES.items()):
                for how in ("mean", "sum"):
                    tag = f"class_{name}_{i}_{k}_{how}"
                    case = Case(tag, f"fn.{name}(x, t{with_option(', '.join(o for o in (text, more) if o), f'reduction = {chr(34)}{how}{chr(34)}')})")
                    x = case.real("x", 9, 5, scale=4)
                    t = case.ids("t", 9, n=5, ignore=-100 if "-100" in more else None)
                    case.finish(f(x, t, reduction=how, **given, **ignore), loss=True)
            case = Case(f"class_{name}_{i}_planes", f'fn.{name}(x, t{with_option(text, "axis = 2")})')
            case.finish(f(case.real("x", 3, 5, 4, scale=4), case.ids("t", 3, 4, n=5), **given), loss=True)
            case = Case(f"class_{name}_{i}_rows", f'fn.{name}(x, t{with_option(text, "reduction = %cnone%c" % (34, 34))})')
            x, t = case.real("x", 3, 4, 5, scale=4), case.ids("t", 3, 4, n=5)
            case.finish(f(x.transpose(1, 2), t, reduction="none", **given))
    case = Case("class_weight_mask", "fn.cross_entropy(x, t, { mask = m, " + listed + " })")
    x, t, m = case.real("x", 9, 5, scale=4), case.ids("t", 9, n=5), case.bits("m", 9)
    case.finish((F.cross_entropy(x, t, weight=weight, reduction="none") * m).sum() / (m * weight[t]).sum(), loss=True)


def named(case_name, kind, first, given, module, *shape):
    """A layer with parameters; `first` is what stands before its options."""
    inside = options(given | {"name": case_name})
    case = Case(case_name, "layer(x)", f"nn.{kind}({first}{inside if first else inside[2:]})")
    x = case.real("x", *shape)
    case.finish(case.layer(module)(x))


def plain(name, model, f, *shape):
    case = Case(name, model)
    case.finish(f(case.real("x", *shape)))


def layers():
    for shape in ((3, 7), (3, 4, 5), (2, 3, 2, 5)):
        named("rms_norm_" + "x".join(map(str, shape)), "RMSNorm", "", dict(eps=0.001), nn.RMSNorm(shape[-1], eps=0.001), *shape)
    plain("rms_norm_plain", "nn.RMSNorm { elementwise_affine = false }(x)", lambda x: rms_norm(x, 2.0 ** -23), 3, 7)
    for groups, shape in ((1, (3, 4, 5)), (2, (3, 4, 5)), (4, (3, 4, 5)), (2, (2, 6, 3, 5)), (3, (2, 6, 3, 3)), (2, (3, 16))):
        name = f"group_norm_{groups}_" + "x".join(map(str, shape))
        named(name, "GroupNorm", str(groups), {}, nn.GroupNorm(groups, shape[1]), *shape)
    plain("group_norm_plain", "nn.GroupNorm(2, { affine = false, eps = 0.125 })(x)", lambda x: F.group_norm(x, 2, eps=0.125), 3, 4, 5)
    plain("instance_norm_1d", "nn.InstanceNorm()(x)", F.instance_norm, 3, 4, 5)
    plain("instance_norm_2d", "nn.InstanceNorm { eps = 0.125 }(x)", lambda x: F.instance_norm(x, eps=0.125), 2, 3, 4, 5)
    named("instance_norm_affine", "InstanceNorm", "", dict(affine=True), nn.InstanceNorm2d(3, affine=True), 2, 3, 5, 3)
    for i, (shape, kernel) in enumerate((((2, 3, 4, 6), 2), ((2, 2, 6, 9), 3), ((2, 2, 6, 4), (3, 2)), ((2, 2, 5, 5), 5), ((3, 8, 2, 2), 1))):
        plain(f"avg_pool_{i}", f"nn.AvgPool2d({pair(kernel)})(x)", lambda x: F.avg_pool2d(x, kernel), *shape)
    for i, (shape, size) in enumerate((((2, 3, 4, 6), 2), ((2, 2, 6, 9), 1), ((2, 2, 6, 4), (3, 2)))):
        plain(f"adaptive_avg_pool_{i}", f"nn.AdaptiveAvgPool2d({pair(size)})(x)", lambda x: F.adaptive_avg_pool2d(x, size), *shape)
    plain("global_avg_pool", "nn.GlobalAvgPool()(x)", lambda x: x.mean((2, 3)), 2, 3, 5, 7)
    plain("reshape_layer", "nn.Reshape(4, -1)(x) * fn.reshape(fn.exp(x), 4, 3)", lambda x: (x * x.exp()).reshape(3, 4, 3), 3, 12)
    plain("identity", "nn.Identity()(x) * x", lambda x: x * x, 3, 7)
    for r, shape in ((2, (2, 8, 3, 5)), (3, (2, 9, 2, 2))):
        plain(f"pixel_shuffle_{r}", f"nn.PixelShuffle({r})(x)", lambda x: F.pixel_shuffle(x, r), *shape)
    plain("pixel_unshuffle", "nn.PixelUnshuffle(2)(x)", lambda x: F.pixel_unshuffle(x, 2), 2, 3, 4, 6)
    plain("channel_shuffle", "nn.ChannelShuffle(2)(x)", lambda x: F.channel_shuffle(x, 2), 2, 6, 3, 5)
    for k in (2, 3):
        plain(f"upsample_{k}", f"nn.Upsample {{ scale_factor = {k} }}(x)", lambda x: F.interpolate(x, scale_factor=k), 2, 3, 4, 5)
    case = Case("upsample_conv", "layer(nn.Upsample { scale_factor = 2 }(nn.AvgPool2d(2)(x)))", 'nn.Conv2d(4, 3, { padding = 1, name = "upsample_conv" })')
    x = case.real("x", 2, 3, 4, 6)
    case.finish(case.layer(nn.Conv2d(3, 4, 3, padding=1))(F.interpolate(F.avg_pool2d(x, 2), scale_factor=2)))
    case = Case("conv_group_norm", "fn.relu(nn.GroupNorm(4, { affine = false })(layer(x)))", 'nn.Conv2d(16, 3, { padding = 1, name = "conv_group_norm" })')
    x = case.real("x", 2, 3, 4, 5)
    case.finish(F.relu(F.group_norm(case.layer(nn.Conv2d(3, 16, 3, padding=1))(x), 4)))
    case = Case("conv_avg_pool", "nn.AvgPool2d(2)(layer(x))", 'nn.Conv2d(8, 3, { padding = 1, name = "conv_avg_pool" })')
    x = case.real("x", 2, 3, 4, 6)
    case.finish(F.avg_pool2d(case.layer(nn.Conv2d(3, 8, 3, padding=1))(x), 2))
    case = Case("conv_shuffle", "nn.PixelShuffle(2)(layer(x))", 'nn.Conv2d(16, 3, { padding = 1, name = "conv_shuffle" })')
    x = case.real("x", 2, 3, 4, 5)
    case.finish(F.pixel_shuffle(case.layer(nn.Conv2d(3, 16, 3, padding=1))(x), 2))
    case = Case("shuffle_conv", "layer(nn.ChannelShuffle(2)(nn.PixelUnshuffle(2)(x)))", 'nn.Conv2d(8, 3, { name = "shuffle_conv" })')
    x = case.real("x", 2, 3, 8, 6)
    case.finish(case.layer(nn.Conv2d(12, 8, 3))(F.channel_shuffle(F.pixel_unshuffle(x, 2), 2)))
    case = Case("conv_norm_pool", "nn.GlobalAvgPool()(fn.relu(nn.InstanceNorm()(layer(x))))", 'nn.Conv2d(8, 3, { name = "conv_norm_pool" })')
    x = case.real("x", 2, 3, 6, 5)
    case.finish(F.relu(F.instance_norm(case.layer(nn.Conv2d(3, 8, 3))(x))).mean((2, 3)))


print(HEAD.format(version=torch.__version__.split("+")[0]), end="")
for part in (activations, functions, folds, pair_losses, class_losses, layers):
    part()
