"""Writes transformers.txt: 50 updates of the nets of tests/transformers by PyTorch, as ACCEPTANCE's case 54 asks, and of adapters. See its head.

    python3 tests/reference/transformers.py > tests/reference/transformers.txt
"""
import torch
from torch import nn
import torch.nn.functional as F
from hashed import hashes, ids, number, real

ROWS, MICRO, ACCUMULATE, UPDATES, SAMPLES = 108, 8, 4, 50, 16
HEAD = """# Transformers, 50 updates by PyTorch {version}: windows of 4 x 8 rows of 108 in sequence, so that each fourth has 12: 8 and 4.
# Rows and first weights are hashed (tests/hashed_program.h).
#
#   case NET TYPE
#   loss UPDATE VALUE                               before that update
#   gradient_norm UPDATE TENSOR VALUE               of updates 1 and 20, before clipping
#   gradient_at UPDATE TENSOR (INDEX VALUE)*        up to {samples} elements, indices in PyTorch's order
#   weight_norm TENSOR VALUE                        after the last update
#   weight_at TENSOR (INDEX VALUE)*
"""


def seed_of(name):
    """FNV-1a, 32 bits."""
    seed = 2166136261
    for byte in name.encode():
        seed = (seed ^ byte) * 16777619 & 0xFFFFFFFF
    return seed


def column(name, positions, classes):
    return ids((ROWS, positions), seed_of(name), classes)


def turned(x):
    """Rotary positions of x[n, heads, t, d], half a head apart, as complex numbers."""
    d = x.shape[-1]
    angle = torch.outer(torch.arange(x.shape[2]).to(x.dtype), 10000 ** (-torch.arange(0, d, 2).to(x.dtype) / d))
    pairs = torch.view_as_complex(x.unflatten(-1, (2, d // 2)).transpose(-1, -2).contiguous())
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(angle), angle)).transpose(-1, -2).flatten(-2)


class SwiGLU(nn.Module):
    def __init__(self, d, hidden):
        super().__init__()
        self.gate, self.up = nn.Linear(d, hidden, bias=False), nn.Linear(d, hidden, bias=False)
        self.down = nn.Linear(hidden, d, bias=False)

    def forward(self, x):
        return self.down(F.silu(self.gate(x)) * self.up(x))


class Block(nn.Module):
    d, heads, kv_heads = 12, 6, 2

    def __init__(self):
        super().__init__()
        self.kv = self.d // self.heads * self.kv_heads
        self.norm1, self.qkv, self.proj = nn.RMSNorm(self.d, eps=1e-5), nn.Linear(self.d, self.d + 2 * self.kv), nn.Linear(self.d, self.d)
        self.norm2, self.mlp = nn.RMSNorm(self.d, eps=1e-5), SwiGLU(self.d, 10)

    def forward(self, x):
        q, k, v = self.qkv(self.norm1(x)).split((self.d, self.kv, self.kv), 2)
        q, k, v = (t.unflatten(2, (n, -1)).transpose(1, 2) for t, n in ((q, self.heads), (k, self.kv_heads), (v, self.kv_heads)))
        y = F.scaled_dot_product_attention(turned(q), turned(k), v, is_causal=True, enable_gqa=True)
        x = x + self.proj(y.transpose(1, 2).flatten(2))
        return x + self.mlp(self.norm2(x))


class Gpt(nn.Module):
    clip = 0.5

    def __init__(self):
        super().__init__()
        self.wte, self.h, self.norm = nn.Embedding(13, 12), nn.Sequential(Block(), Block()), nn.RMSNorm(12, eps=1e-5)

    def data(self):
        return column("x", 9, 13), column("y", 9, 13)

    def terms(self, x, y):
        logits = F.linear(self.norm(self.h(self.wte(x))), self.wte.weight)
        return F.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="sum"), y.numel()

    def optimizer(self):
        return torch.optim.AdamW(self.parameters(), lr=1e-2, weight_decay=0.1)


class Seq2seq(nn.Module):
    clip = None

    def __init__(self):
        super().__init__()
        self.source, self.target = nn.Embedding(11, 12), nn.Embedding(7, 12)
        self.at, self.to_ = nn.Parameter(torch.zeros(5, 12)), nn.Parameter(torch.zeros(6, 12))
        self.encoder = nn.TransformerEncoderLayer(12, 3, 10, 0.0, "gelu", batch_first=True)
        self.decoder = nn.TransformerDecoderLayer(12, 3, 10, 0.0, batch_first=True, norm_first=True)
        self.head = nn.Linear(12, 7)

    def data(self):
        return column("from", 5, 11), column("into", 6, 7), column("next", 6, 7)

    def terms(self, source, into, following):
        memory, mask = self.encoder(self.source(source) + self.at), torch.triu(torch.ones(6, 6, dtype=torch.bool), 1)
        logits = self.head(self.decoder(self.target(into) + self.to_, memory, tgt_mask=mask))
        return F.cross_entropy(logits.flatten(0, 1), following.flatten(), ignore_index=0, reduction="sum"), int((following != 0).sum())

    def optimizer(self):
        return torch.optim.Adam(self.parameters(), lr=1e-2)


class Encoder(nn.Module):
    clip = None

    def __init__(self):
        super().__init__()
        self.emb, self.at = nn.Embedding(11, 12), nn.Parameter(torch.zeros(7, 12))
        self.layers = nn.ModuleList(nn.TransformerEncoderLayer(12, 2, 10, 0.0, batch_first=True) for _ in range(2))
        self.head = nn.Linear(12, 5)

    def data(self):
        n, label = ids((ROWS,), seed_of("n"), 8).clamp(min=1), ids((ROWS,), seed_of("label"), 5)
        return column("x", 7, 11), n, label

    def terms(self, x, n, label):
        y, padding = self.emb(x) + self.at, torch.arange(7) >= n[:, None]
        for layer in self.layers:
            y = layer(y, src_key_padding_mask=padding)
        mean = y.masked_fill(padding[:, :, None], 0).sum(1) / n[:, None]
        return F.cross_entropy(self.head(mean), label, reduction="sum"), len(label)

    def optimizer(self):
        return torch.optim.SGD(self.parameters(), lr=0.05, momentum=0.9)


class Adapted(nn.Linear):
    def __init__(self, i, o, rank, alpha, bias=True):
        super().__init__(i, o, bias=bias)
        self.requires_grad_(False)
        self.lora_A, self.lora_B = nn.Linear(i, rank, bias=False), nn.Linear(rank, o, bias=False)
        self.scale = alpha / rank

    def forward(self, x):
        return super().forward(x) + self.scale * self.lora_B(self.lora_A(x))


class Lora(nn.Module):
    clip = 0.5

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(Adapted(7, 10, 3, 6), nn.Tanh(), nn.Linear(10, 5), nn.Tanh(), Adapted(5, 3, 2, 2, bias=False))

    def data(self):
        return real((ROWS, 7), seed_of("x")), real((ROWS, 3), seed_of("y"))

    def terms(self, x, y):
        x, y = x.to(self.net[0].weight.dtype), y.to(self.net[0].weight.dtype)
        return F.mse_loss(self.net(x), y, reduction="sum"), y.numel()

    def optimizer(self):
        return torch.optim.AdamW((p for p in self.parameters() if p.requires_grad), lr=1e-2, weight_decay=0.1)


def initialise(net):
    for name, t in net.named_parameters():
        seed, scale = seed_of(name.replace("to_", "to")), 1.0
        while t.dim() > 1 and scale * scale * t[0].numel() > 1:
            scale /= 2
        if t.dim() > 1:
            value = real(tuple(t.shape), seed, scale)
        elif name.endswith("weight"):
            value = real(tuple(t.shape), seed, 0.25, 1.0)
        else:
            value = real(tuple(t.shape), seed, 0.125)
        t.data.copy_(value.float())


def sampled(t, seed):
    t = t.detach().reshape(-1)
    picks = range(t.numel()) if t.numel() <= SAMPLES else (int(h) % t.numel() for h in hashes((SAMPLES,), seed))
    return " ".join(f"{i} {number(t[i])}" for i in picks)


def show(kind, update, tensors):
    for name, t in tensors:
        name = name.replace("to_", "to")
        print(f"{kind}_norm{update} {name} {number(t.double().norm())}")
        print(f"{kind}_at{update} {name} {sampled(t, seed_of(name))}")


def windows():
    while True:
        for at in range(0, ROWS, MICRO * ACCUMULATE):
            yield at, min(at + MICRO * ACCUMULATE, ROWS)


def backward(net, data, first, end):
    """The window's gradient by micro-batches over the window's count; returns the loss."""
    parts = [[c[at:min(at + MICRO, end)] for c in data] for at in range(first, end, MICRO)]
    with torch.no_grad():
        count = sum(net.terms(*part)[1] for part in parts)
    total = 0.0
    for part in parts:
        loss = net.terms(*part)[0] / count
        loss.backward()
        total += float(loss.detach())
    return total


def run(name, make, kind):
    print(f"case {name} {kind}")
    net = make()
    initialise(net)
    net = net.to(getattr(torch, kind)).train()
    data, optimizer, at = net.data(), net.optimizer(), windows()
    for update in range(1, UPDATES + 1):
        optimizer.zero_grad()
        print(f"loss {update} {number(backward(net, data, *next(at)))}")
        if update in (1, 20) and kind == "double":
            show("gradient", f" {update}", ((key, p.grad) for key, p in net.named_parameters() if p.requires_grad))
        if net.clip:
            nn.utils.clip_grad_norm_(net.parameters(), net.clip)
        optimizer.step()
    if kind == "double":
        show("weight", "", net.named_parameters())


if __name__ == "__main__":
    print(HEAD.format(version=torch.__version__.split("+")[0], samples=SAMPLES), end="")
    for name, make in (("gpt", Gpt), ("seq2seq", Seq2seq), ("encoder", Encoder), ("lora", Lora)):
        for kind in ("double", "float"):
            run(name, make, kind)
