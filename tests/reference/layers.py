"""Writes layers.txt: the layers of a transformer by PyTorch in double, in the words of ops.txt. Parameters have PyTorch's names.

    python3 tests/reference/layers.py > tests/reference/layers.txt
"""
import torch
from torch import nn
import torch.nn.functional as F
from cases import Case, options

HEAD = """# Layers of a transformer by PyTorch {version} in double; the words are those of ops.txt.
"""
Case.first = 500000
E, FF = 6, 5


def ours(case, kind, heads, **given):
    return f"nn.{kind}({heads}{options(given | dict(name=case))})"


def causal_mask(t):
    return torch.triu(torch.ones(t, t, dtype=torch.bool), 1)


def attention(name, heads, shapes, causal=False, bias=True):
    """self-attention, attention to a memory, or of q, k and v"""
    case = Case(name, f"layer({', '.join(n for n, _ in shapes)})",
                ours(name, "MultiheadAttention", heads, **({} if bias else dict(bias=False)), **(dict(causal=True) if causal else {})))
    x = [case.real(n, 2, t, E) for n, t in shapes]
    layer = case.layer(nn.MultiheadAttention(E, heads, bias=bias, batch_first=True))
    q, k, v = x * 3 if len(x) == 1 else [x[0], x[1], x[1]] if len(x) == 2 else x
    mask = causal_mask(q.shape[1]) if causal else None
    case.finish(layer(q, k, v, attn_mask=mask, need_weights=False)[0])


class Grouped(nn.Module):
    """Attention whose heads share keys and values; PyTorch's layer has none."""

    def __init__(self, heads, kv_heads):
        super().__init__()
        self.heads, self.kv_heads, self.kv = heads, kv_heads, E // heads * kv_heads
        self.in_proj_weight = nn.Parameter(torch.empty(E + 2 * self.kv, E))
        self.in_proj_bias = nn.Parameter(torch.empty(E + 2 * self.kv))
        self.out_proj = nn.Linear(E, E)

    def forward(self, x):
        q, k, v = F.linear(x, self.in_proj_weight, self.in_proj_bias).split((E, self.kv, self.kv), 2)
        q, k, v = (t.unflatten(2, (n, -1)).transpose(1, 2) for t, n in ((q, self.heads), (k, self.kv_heads), (v, self.kv_heads)))
        return self.out_proj(F.scaled_dot_product_attention(q, k, v, enable_gqa=True).transpose(1, 2).flatten(2))


def block(kind, name, heads, t, s=None, causal=False, activation=F.relu, text=None, seen=None, **given):
    """An encoder's or a decoder's block without dropout; `seen` positions of the memory may be attended to."""
    words = dict(dim_feedforward=FF, dropout=0) | given | (dict(causal=True) if causal else {})
    line = ours(name, kind, heads, **words)
    if text:
        line = line.replace("{ ", f"{{ activation = {text}, ", 1)
    mask = f", {{ memory_mask = fn.lt(fn.arange({s}), {seen}) }}" if seen else ""
    case = Case(name, f"layer(x, m{mask})" if s else "layer(x)", line)
    x = [case.real("x", 2, t, E)] + ([case.real("m", 2, s, E)] if s else [])
    layer = case.layer(getattr(nn, kind)(E, heads, FF, 0.0, activation, batch_first=True, **given))
    masks = {"tgt_mask" if s else "src_mask": causal_mask(t)} if causal else {}
    case.finish(layer(*x, **masks, **(dict(memory_mask=(torch.arange(s) >= seen).expand(t, s)) if seen else {})))


def main():
    print(HEAD.format(version=torch.__version__.split("+")[0]), end="")
    attention("mha_causal", 2, [("x", 7)], causal=True, bias=False)
    attention("mha_memory", 2, [("x", 3), ("m", 5)])
    attention("mha_three", 1, [("q", 5), ("k", 3), ("v", 3)])
    case = Case("mha_grouped", "layer(x)", ours("mha_grouped", "MultiheadAttention", 6, kv_heads=2))
    x = case.real("x", 2, 5, E)
    case.finish(case.layer(Grouped(6, 2))(x))
    block("TransformerEncoderLayer", "encoder_plain", 2, 5, activation=F.silu, text="fn.silu")
    block("TransformerEncoderLayer", "encoder_causal", 3, 5, causal=True, norm_first=True, bias=False, layer_norm_eps=0.01)
    block("TransformerDecoderLayer", "decoder_plain", 2, 3, 5, seen=3)
    block("TransformerDecoderLayer", "decoder_causal", 3, 5, 2, causal=True, norm_first=True, activation="gelu", text='"gelu"')


main()
