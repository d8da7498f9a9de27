"""Writes attention.txt: fn.attention by PyTorch in double, in the words of ops.txt.

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


def split(x, heads):
    return x.unflatten(2, (heads, -1)).transpose(1, 2)


def attention(q, k, v, heads, kv_heads, causal=False, scale=None):
    y = F.scaled_dot_product_attention(split(q, heads), split(k, kv_heads), split(v, kv_heads), is_causal=causal, scale=scale,
                                       enable_gqa=True)
    return y.transpose(1, 2).flatten(2)


def text(heads, kv_heads, given):
    words = [f"heads = {heads}"] + ([f"kv_heads = {kv_heads}"] if kv_heads != heads else [])
    words += [f"{k} = {str(v).lower()}" for k, v in given.items()]
    return "{ " + ", ".join(words) + " }"


def main():
    print(HEAD.format(version=torch.__version__.split("+")[0]), end="")
    for name, t, s, heads, kv_heads, each, values, given in CASES:
        case = Case("attention_" + name, f"fn.attention(q, k, v, {text(heads, kv_heads, given)})")
        n = 2 if max(t, s) * heads * each < SMALL else 1
        q, k = case.real("q", n, t, heads * each), case.real("k", n, s, kv_heads * each)
        v = case.real("v", n, s, kv_heads * values)
        case.finish(attention(q, k, v, heads, kv_heads, **given))
    case = Case("attention_thirds", "fn.attention(x, { heads = 2, causal = true })")
    x = case.real("x", 1, 9, 48)
    case.finish(attention(*x.chunk(3, 2), 2, 2, causal=True))


main()
