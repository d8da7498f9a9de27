"""Writes attention.txt: fn.attention by PyTorch in double, in the words of ops.txt. Cases without options are PyTorch's
scaled_dot_product_attention; it lacks most options, so that those are written out of products and a softmax.

    python3 tests/reference/attention.py > tests/reference/attention.txt
"""
import torch
import torch.nn.functional as F
from cases import Case

HEAD = """# Attention by PyTorch {version} in double; the words are those of ops.txt.
"""
Case.first = 300000
SMALL = 200
# name, positions of q, of k and v, heads, kv_heads, channels of a head of q and k, of v, options
CASES = (
    ("one", 1, 1, 1, 1, 3, 3, {}), ("one_causal", 1, 1, 3, 3, 2, 2, dict(causal=True)),
    ("seven", 7, 7, 3, 3, 5, 5, {}), ("seven_causal", 7, 7, 3, 1, 5, 5, dict(causal=True)),
    ("seventeen", 17, 17, 1, 1, 8, 8, dict(causal=True)), ("grouped", 17, 17, 4, 2, 4, 4, dict(causal=True)),
    ("cross", 7, 19, 2, 2, 4, 4, {}), ("cross_long", 19, 7, 2, 1, 4, 6, {}), ("cross_causal", 9, 5, 2, 2, 3, 3, dict(causal=True)),
    ("wide_values", 7, 7, 2, 2, 3, 8, {}), ("scaled", 7, 7, 2, 2, 4, 4, dict(scale=0.3, causal=True)),
    ("negative", 7, 7, 1, 1, 4, 4, dict(scale=-0.5)), ("tiles", 130, 130, 1, 1, 2, 2, {}),
    ("tiles_causal", 130, 130, 3, 3, 1, 1, dict(causal=True)), ("vectors", 33, 33, 2, 2, 8, 8, dict(causal=True)),
    ("blocks", 2, 2, 1, 1, 128, 128, {}), ("many_keys", 2, 260, 1, 1, 1, 1, {}), ("prime_keys", 3, 127, 1, 1, 2, 2, dict(causal=True)),
)
# The same, with options that PyTorch lacks. Sizes: a name of SIZES.
SIZES = dict(one=(1, 1, 1, 1, 3, 3), seven=(7, 7, 3, 1, 2, 3), seventeen=(17, 17, 1, 1, 3, 3), long=(130, 130, 1, 1, 1, 1),
             shared=(17, 17, 3, 3, 1, 1), cross=(7, 19, 2, 1, 2, 2), back=(19, 7, 1, 1, 2, 2), odd=(9, 9, 3, 3, 1, 1))
OPTIONS = (
    ("one", dict(window=1, softcap=2)), ("seven", dict(window=2)), ("seven", dict(window=3, causal=True)), ("long", dict(window=20)),
    ("long", dict(window=9, causal=True)), ("seventeen", dict(window=1000)), ("cross", dict(window=4)), ("back", dict(window=2)),
    ("back", dict(window=3, causal=True)), ("seventeen", dict(softcap=0.5)), ("shared", dict(softcap=1.5, causal=True)),
    ("long", dict(softcap=0.75, window=40)), ("cross", dict(softcap=3, scale=2)),
    ("one", dict(lengths="len")), ("seven", dict(lengths="len")), ("cross", dict(lengths="len", causal=True)),
    ("long", dict(lengths="len")), ("shared", dict(lengths="len", window=5)), ("seven", dict(mask="keys")),
    ("seventeen", dict(mask="keys", causal=True)), ("cross", dict(mask="pairs")), ("odd", dict(mask="all", softcap=2)),
    ("long", dict(mask="keys", window=30)), ("back", dict(mask="pairs", lengths="len")), ("cross", dict(mask="keys", causal=True)),
    ("seven", dict(documents="doc", causal=True)), ("long", dict(documents="doc", lengths="len")),
    ("odd", dict(documents="doc", mask="pairs")), ("shared", dict(documents="doc", window=4)),
    ("one", dict(bias=True)), ("seven", dict(bias=True, causal=True)), ("long", dict(bias=True, window=25)),
    ("cross", dict(bias=True, softcap=2)), ("back", dict(bias=True)), ("odd", dict(bias=True, mask="all")),
    ("shared", dict(bias=True, lengths="len")), ("one", dict(score="alibi")), ("seven", dict(score="alibi", causal=True)),
    ("long", dict(score="prefix")), ("odd", dict(score="bent")), ("shared", dict(score="bent", softcap=2)),
    ("cross", dict(score="logistic", lengths="len")), ("back", dict(score="prefix", bias=True)),
    ("seventeen", dict(score="logistic", documents="doc")), ("seven", dict(score="bent", bias=True, window=3)),
)
# score: the options of map, and the same in PyTorch
SCORES = dict(
    alibi=('args = { "s", "i", "j", "h" }, value = "s - pow(2, -4 * (h + 1)) * abs(i - j)", grad = { s = "gy" }',
           lambda s, i, j, h: s - 2.0 ** (-4 * (h + 1)) * (i - j).abs()),
    prefix=('args = { "x", "i", "j" }, attrs = { to = 3 }, value = "select(j <= max(i, to), x, -1e30)", '
            'grad = { x = "select(j <= max(i, to), gy, 0)" }',
            lambda s, i, j, h: torch.where(j <= i.clamp(min=3), s, -1e30)),
    bent=('args = { "s", "i", "j", "h" }, let = { "c = 0.5 + 0.25 * h", "t = tanh(s)" }, value = "c * t + (i - 2 * j) / 8", '
          'grad = { s = "gy * c * (1 - t * t)" }',
          lambda s, i, j, h: (0.5 + 0.25 * h) * torch.tanh(s) + (i - 2 * j) / 8),
    logistic=('args = { "s" }, value = "1 / (1 + exp(-s))", grad = { s = "gy * y * (1 - y)" }',
              lambda s, i, j, h: torch.sigmoid(s)))



def split(x, heads):
    return x.unflatten(2, (heads, -1)).transpose(1, 2)


def joined(y):
    return y.transpose(1, 2).flatten(2)


def attention(q, k, v, heads, kv_heads, causal=False, scale=None):
    return joined(F.scaled_dot_product_attention(split(q, heads), split(k, kv_heads), split(v, kv_heads), is_causal=causal,
                                                 scale=scale, enable_gqa=True))


def seen(i, j, causal=False, window=None, lengths=None, mask=None, documents=None):
    """Whether query i sees key j: broadcasts to [N, heads, queries, keys]."""
    see = j <= i if causal else torch.ones_like(i - j, dtype=torch.bool)
    if window is not None:
        see = see & ((i - j).abs() < window)
    if lengths is not None:
        see = see & (j < lengths[:, None, None, None])
    if mask is not None:
        see = see & (mask.reshape(mask.shape[:1] + (1,) * (4 - mask.dim()) + mask.shape[1:]) != 0)
    if documents is not None:
        see = see & (documents[:, None, :, None] == documents[:, None, None, :])
    return see


def by_hand(q, k, v, heads, kv_heads, scale=None, softcap=None, bias=None, score=None, **given):
    q, k, v = (split(x, h).repeat_interleave(heads // h, 1) for x, h in ((q, heads), (k, kv_heads), (v, kv_heads)))
    s = q @ k.mT * (q.shape[3] ** -0.5 if scale is None else scale)
    i, j, h = torch.arange(q.shape[2])[:, None], torch.arange(k.shape[2]), torch.arange(heads)[:, None, None]
    if bias is not None:
        s = s + bias[:, i - j + k.shape[2] - 1]
    if softcap is not None:
        s = softcap * torch.tanh(s / softcap)
    if score is not None:
        s = SCORES[score][1](s, i, j, h)
    see = seen(i, j, **given).expand_as(s)
    p = torch.where(see, torch.softmax(torch.where(see, s, -1e30), -1), 0)
    return joined(p @ v)


def tensors(case, given, n, heads, t, s):
    """The options, where a name stands for a tensor the tensor."""
    given = dict(given, bias=case.parameter(case.name + "_bias", heads, t + s - 1)) if "bias" in given else given
    make = dict(len=lambda: case.ids("len", n, n=s + 1), doc=lambda: case.ids("doc", n, t, n=3),
                keys=lambda: case.bits("keys", n, s), pairs=lambda: case.bits("pairs", n, t, s),
                all=lambda: case.bits("all", n, heads, t, s))
    return {k: make[v]() if isinstance(v, str) and k != "score" else v for k, v in given.items()}


def text(name, heads, kv_heads, given):
    if "score" in given:
        given = dict(given, score=f"map {{ name = \"{name}\", {SCORES[given['score']][0]} }}")
    if "bias" in given:
        given = dict(given, bias="layer")
    words = [f"heads = {heads}"] + ([f"kv_heads = {kv_heads}"] if kv_heads != heads else [])
    words += [f"{k} = {v if isinstance(v, str) else str(v).lower()}" for k, v in given.items()]
    return "{ " + ", ".join(words) + " }"


def finish(function, name, t, s, heads, kv_heads, each, values, given):
    name = "attention_" + name
    layer = f'nn.Parameter({heads}, {t + s - 1}, {{ name = "{name}_bias" }})' if "bias" in given else None
    case = Case(name, f"fn.attention(q, k, v, {text(name, heads, kv_heads, given)})", layer)
    n = 2 if max(t, s) * heads * each < SMALL else 1
    q, k = case.real("q", n, t, heads * each), case.real("k", n, s, kv_heads * each)
    v = case.real("v", n, s, kv_heads * values)
    case.finish(function(q, k, v, heads, kv_heads, **tensors(case, given, n, heads, t, s)))


def main():
    print(HEAD.format(version=torch.__version__.split("+")[0]), end="")
    for name, *sizes, given in CASES:
        finish(attention, name, *sizes, given)
    case = Case("attention_thirds", "fn.attention(x, { heads = 2, causal = true })")
    x = case.real("x", 1, 9, 48)
    case.finish(attention(*x.chunk(3, 2), 2, 2, causal=True))
    for size, given in OPTIONS:
        name = "_".join([size] + [k if isinstance(v, bool) else v if isinstance(v, str) else f"{k}{v}" for k, v in given.items()]).replace(".", "")
        finish(by_hand, name, *SIZES[size], given)


main()
