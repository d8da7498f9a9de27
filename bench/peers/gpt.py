"""Peers c to e: bench/models/gpt.lua by PyTorch. From the environment: MODE, eager (attention out of products and a softmax), sdpa
(scaled_dot_product_attention) or compile (that, compiled); SIZES, "vocabulary positions layers heads width micro accumulate";
TEXT, a directory of bench/text.lua; FIRST, the weights that our program began with."""
import os
from common import THREADS, measure, safetensors
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

V, T, L, H, D, MICRO, ACCUMULATE = map(int, os.environ["SIZES"].split())
mode, text = os.environ["MODE"], os.environ["TEXT"]
mask = torch.triu(torch.ones(T, T, dtype=torch.bool), 1)


def attend(q, k, v):
    if mode != "eager":
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    scores = (q @ k.transpose(-2, -1)) * (D // H) ** -0.5
    return F.softmax(scores.masked_fill(mask, float("-inf")), -1) @ v


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.in_proj_weight, self.in_proj_bias = nn.Parameter(torch.empty(3 * D, D)), nn.Parameter(torch.empty(3 * D))
        self.out_proj = nn.Linear(D, D)

    def forward(self, x):
        q, k, v = (t.unflatten(2, (H, D // H)).transpose(1, 2) for t in F.linear(x, self.in_proj_weight, self.in_proj_bias).chunk(3, 2))
        return self.out_proj(attend(q, k, v).transpose(1, 2).flatten(2))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.self_attn, self.linear1, self.linear2 = Attention(), nn.Linear(D, 4 * D), nn.Linear(4 * D, D)
        self.norm1, self.norm2 = nn.LayerNorm(D), nn.LayerNorm(D)

    def forward(self, x):
        x = x + self.self_attn(self.norm1(x))
        return x + self.linear2(F.gelu(self.linear1(self.norm2(x)), approximate="tanh"))


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(V, D), nn.Parameter(torch.empty(T, D))
        self.h, self.norm = nn.Sequential(*(Block() for _ in range(L))), nn.LayerNorm(D)

    def forward(self, x):
        return F.linear(self.norm(self.h(self.wte(x) + self.wpe)), self.wte.weight)


torch.set_num_threads(int(THREADS))
net = Gpt()
first = safetensors(os.environ["FIRST"])
net.load_state_dict({key: torch.from_numpy(first[key]) for key in net.state_dict()})
del first
x, y = (torch.from_numpy(np.fromfile(f"{text}/{name}.bin", "<i4").reshape(-1, T)).long() for name in "xy")
optimizer = torch.optim.AdamW(net.parameters(), lr=3e-4, weight_decay=0.1)
row = 0


def loss_of(x, y):
    return F.cross_entropy(net(x).flatten(0, 1), y.flatten())


if mode == "compile":
    loss_of = torch.compile(loss_of)


def update(_):
    global row
    total = 0
    for _ in range(ACCUMULATE):
        loss = loss_of(x[row:row + MICRO], y[row:row + MICRO])
        (loss / ACCUMULATE).backward()
        total = total + loss.detach()
        row = (row + MICRO) % len(x)
    optimizer.step()
    optimizer.zero_grad()
    return total / ACCUMULATE


measure(update, f"PyTorch {torch.__version__.split('+')[0]} {mode}")
