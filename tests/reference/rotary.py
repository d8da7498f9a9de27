"""Writes rotary.txt: fn.rotary by PyTorch in double, in the words of ops.txt. Pairs are turned as complex numbers.

    python3 tests/reference/rotary.py > tests/reference/rotary.txt
"""
import torch
import torch.nn.functional as F
from cases import Case, options

HEAD = """# Rotary positions by PyTorch {version} in double; the words are those of ops.txt.
"""
Case.first = 400000
# name, positions, heads, channels of a head, options
CASES = (
    ("half", 7, 3, 6, {}), ("half_vectors", 5, 2, 16, dict(base=500)), ("half_pair", 5, 2, 2, {}), ("half_one", 1, 1, 4, {}),
    ("interleaved", 7, 3, 6, dict(layout="interleaved")), ("interleaved_vectors", 5, 2, 16, dict(base=500, layout="interleaved")),
    ("interleaved_eight", 3, 5, 8, dict(layout="interleaved")),
)


def split(x, heads):
    return x.unflatten(2, (heads, -1)).transpose(1, 2)


def rotary(x, heads, base=10000, layout="half"):
    """x[n, t, heads * d]: pair i of a head times exp(i t base^(-2 i / d))."""
    x = split(x, heads)
    d = x.shape[-1]
    pairs = x.unflatten(-1, (2, d // 2)).transpose(-1, -2) if layout == "half" else x.unflatten(-1, (d // 2, 2))
    angle = torch.outer(torch.arange(x.shape[2]).double(), base ** (-torch.arange(0, d, 2).double() / d))
    turned = torch.view_as_real(torch.view_as_complex(pairs.contiguous()) * torch.polar(torch.ones_like(angle), angle))
    y = turned.transpose(-1, -2) if layout == "half" else turned
    return y.flatten(-2).transpose(1, 2).flatten(2)


def main():
    print(HEAD.format(version=torch.__version__.split("+")[0]), end="")
    for name, t, heads, d, given in CASES:
        case = Case("rotary_" + name, f"fn.rotary(x, {{ heads = {heads}{options(given).replace(', { ', ', ').replace(' }', '')} }})")
        case.finish(rotary(case.real("x", 2, t, heads * d), heads, **given))
    given = "heads = %d, layout = \"interleaved\""
    case = Case("rotary_attention", f"fn.attention(fn.rotary(q, {{ {given % 4} }}), fn.rotary(k, {{ {given % 2} }}), v, "
                "{ heads = 4, kv_heads = 2, causal = true })")
    q, k, v = case.real("q", 1, 7, 16), case.real("k", 1, 7, 8), case.real("v", 1, 7, 8)
    q, k = (split(rotary(x, heads, layout="interleaved"), heads) for x, heads in ((q, 4), (k, 2)))
    case.finish(F.scaled_dot_product_attention(q, k, split(v, 2), is_causal=True, enable_gqa=True).transpose(1, 2).flatten(2))


main()
