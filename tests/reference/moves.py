"""Writes gradients of tests/models/moves.lua and embedding.lua by PyTorch in double, at the weights that a program made.

    ./gagen --library -t c ...; probe - - 1 0 save=W.safetensors     as tests/moves.t does
    python3 tests/reference/moves.py moves W.safetensors > tests/reference/moves.txt
"""
import sys
import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import load_file

torch.set_default_dtype(torch.float64)
model, weights = sys.argv[1:]
rows = np.loadtxt(f"tests/models/{'upconv' if model == 'edges' else model}.csv", delimiter=",")[:8]
p = {k: torch.tensor(v.astype("f8"), requires_grad=True) for k, v in load_file(weights).items() if "." in k and not k.startswith("optim")}


def linear(name, x):
    return x @ p[name + ".weight"].T + p[name + ".bias"]


def moves():
    x, t = torch.tensor(rows[:, :12]).reshape(8, 3, 4), torch.tensor(rows[:, 12])
    left, right = linear("a", x).chunk(2, 2)
    g = left * torch.sigmoid(right)
    c = torch.cat([g, x, g.flip(1)], 1)
    y = linear("b", F.pad(c, (1, 2), value=0.5)[:, 1:9:3])
    z = linear("out", torch.tanh(torch.stack([y, y * 2], 1)).reshape(8, -1)).squeeze(1)
    return ((z - t) ** 2).mean()


def embedding():
    c, t = torch.tensor(rows[:, :6]).long(), torch.tensor(rows[:, 6]).long()
    table = p["emb.weight"]
    x = torch.cat([table[c].reshape(8, -1), table[c[:, 1:3]].reshape(8, -1)], 1)
    return F.cross_entropy(linear("net.2", torch.tanh(linear("net.0", x))), t)


def upconv():
    x, t = torch.tensor(rows[:, :24]).reshape(8, 2, 3, 4), torch.tensor(rows[:, 24])
    y = F.conv_transpose2d(x, p["a.weight"], p["a.bias"], stride=2, padding=1, output_padding=1)
    y = F.conv_transpose2d(torch.tanh(y), p["b.weight"], p["b.bias"], stride=(1, 2))
    y = F.conv2d(torch.tanh(y), p["c.weight"], p["c.bias"], stride=2)
    return ((linear("out", y.reshape(8, -1)).squeeze(1) - t) ** 2).mean()


def corners():
    x, t = torch.tensor(rows[:, :24]).reshape(8, 2, 1, 12), torch.tensor(rows[:, 24])
    y = torch.tanh(F.conv2d(x, p["a.weight"], p["a.bias"], padding=(0, 1)))
    z = linear("out", linear("b", y.reshape(8, -1))).squeeze(1)
    penalty = 0.01 * (p["b.weight"].sum(1) ** 2).sum() + 0.05 * (torch.softmax(p["a.bias"], 0) ** 2).sum()
    return ((z - t) ** 2).mean() + 0.1 * p["out.weight"].norm() + penalty


def edges():
    x, t = torch.tensor(rows[:, :24]).reshape(8, 4, 6), torch.tensor(rows[:, 24])
    u, v = linear("a", x), linear("b", x)
    small = F.conv2d(torch.tanh(u).reshape(8, 8, 2, 2), p["narrow.weight"], p["narrow.bias"])
    large = F.conv2d(torch.relu(v.reshape(8, 16, 2, 2)), p["wide.weight"], p["wide.bias"], padding=1)
    tokens = F.conv2d(linear("c", x).permute(0, 2, 1).reshape(8, 8, 2, 2), p["patches.weight"], p["patches.bias"])
    product = torch.tanh((x.transpose(1, 2) @ u).reshape(8, 12, 4, 1))
    strip, square = torch.tanh(linear("a", x * 2).reshape(8, 8, 4, 1)), torch.sigmoid(linear("b", x * 3).reshape(8, 4, 4, 4))
    z = linear("out", torch.cat([y.flatten(1) for y in (small, large, tokens, product, strip, square)], 1)).squeeze(1)
    cosine = F.cosine_similarity(small.flatten(1), large.flatten(1), dim=1, eps=2)
    return ((z - t) ** 2).mean() + 0.3 * cosine.mean() + F.cosine_similarity(u, linear("c", x) * 0.1, dim=2, eps=0.3).mean()


loss = globals()[model]()
loss.backward()
print(f"loss 1 {loss.item():.17g}")
for name, value in p.items():
    print("gradient 1", name, value.numel(), *(f"{v:.17g}" for v in value.grad.flatten().tolist()))
