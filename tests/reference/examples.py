"""Writes examples.txt: the four larger examples by PyTorch, in double and in float, as ACCEPTANCE's case 54 asks. See its head.

    python3 tests/reference/examples.py > tests/reference/examples.txt
"""
import math
import sys
import torch
from torch import nn
import torch.nn.functional as F
from hashed import hashes, ids, number, real

SAMPLES = 16
HEAD = """# Four examples by PyTorch {version}, rows and first weights hashed (tests/hashed_program.h), rows split and shuffled as gagen does.
#
#   case NET TYPE
#   loss UPDATE VALUE                               before that update
#   gradient_norm UPDATE TENSOR VALUE               of two updates, before clipping
#   gradient_at UPDATE TENSOR (INDEX VALUE)*        up to {samples} elements, indices in PyTorch's order
#   weight_norm TENSOR VALUE                        after the last update; running statistics, too
#   weight_at TENSOR (INDEX VALUE)*
"""
MASK32, MASK64 = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF


def seed_of(name):
    """FNV-1a, 32 bits."""
    seed = 2166136261
    for byte in name.encode():
        seed = (seed ^ byte) * 16777619 & MASK32
    return seed


# ---- rows: which train, and in what order --------------------------------------------------------
def row_hash(row, stream):
    x = row * 2 + stream + 0x9E3779B97F4A7C15 & MASK64
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & MASK64
    x = (x ^ x >> 27) * 0x94D049BB133111EB & MASK64
    return x ^ x >> 31


def without(rows, part, stream):
    """The rows that a split of this fraction or count leaves: it takes those with the smallest hashes."""
    if part < 1:
        return [r for r in rows if row_hash(r, stream) >= int(part * 2 ** 64)]
    chosen = set(sorted(rows, key=lambda r: row_hash(r, stream))[:part])
    return [r for r in rows if r not in chosen]


def philox(c, seed):
    k = [seed & MASK32, seed >> 32]
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [b >> 32 ^ c[1] ^ k[0], b & MASK32, a >> 32 ^ c[3] ^ k[1], a & MASK32]
        k = [k[0] + 0x9E3779B9 & MASK32, k[1] + 0xBB67AE85 & MASK32]
    return c


def permuted(rows, seed, epoch):
    """Fisher and Yates from the end, by Philox at counter (place / 4, epoch)."""
    out = list(rows)
    for i in range(len(out) - 1, 0, -1):
        j = philox([i // 4, 0x6F726472, epoch, 0], seed)[i % 4] * (i + 1) >> 32
        out[i], out[j] = out[j], out[i]
    return out


def windows(rows, batch):
    epoch = 0
    while True:
        order = permuted(rows, 0, epoch)
        for at in range(0, len(order), batch):
            yield order[at:at + batch]
        epoch += 1


# ---- the nets, with the names that the examples give ---------------------------------------------
def hashed_bytes(name, shape):
    return ids(shape, seed_of(name), 256)


def conv_bn(inputs, c, k, stride):
    return nn.Sequential(nn.Conv2d(inputs, c, k, stride, k // 2, bias=False), nn.BatchNorm2d(c))


class Block(nn.Module):
    def __init__(self, inputs, c, stride, project):
        super().__init__()
        self.body = nn.Sequential(conv_bn(inputs, c, 3, stride), nn.ReLU(), conv_bn(c, c, 3, 1))
        self.shortcut = conv_bn(inputs, c, 1, stride) if project else nn.Identity()

    def forward(self, x):
        return F.relu(self.body(x) + self.shortcut(x))


def stage(inputs, c, stride):
    return nn.Sequential(Block(inputs, c, stride, stride > 1), Block(c, c, 1, False))


class GlobalAvgPool(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


class ResNet18(nn.Module):
    rows, splits, batch, micro, updates, at = 16, [(0.1, 0)], 8, 4, 4, 4

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            conv_bn(3, 64, 3, 1), nn.ReLU(), stage(64, 64, 1), stage(64, 128, 2), stage(128, 256, 2), stage(256, 512, 2),
            GlobalAvgPool(), nn.Linear(512, 10))

    def data(self):
        return hashed_bytes("image", (self.rows, 3, 32, 32)), ids((self.rows,), seed_of("label"), 10)

    def terms(self, image, label):
        x = (image.to(self.net[-1].weight.dtype) / 255 - 0.47) / 0.25
        return F.cross_entropy(self.net(x), label, reduction="sum"), len(label)

    def optimizer(self):
        return torch.optim.SGD(self.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4), cosine(0.1, 390)


def double_conv(inputs, c):
    return nn.Sequential(
        nn.Conv2d(inputs, c, 3, padding=1), nn.GroupNorm(4, c), nn.ReLU(), nn.Conv2d(c, c, 3, padding=1), nn.GroupNorm(4, c), nn.ReLU())


class UNet(nn.Module):
    rows, splits, batch, micro, updates, at = 165, [(100, 1), (50, 0)], 6, 2, 50, 20

    def __init__(self):
        super().__init__()
        self.unet = nn.ModuleDict(dict(
            down1=double_conv(1, 8), down2=double_conv(8, 16), bottom=double_conv(16, 48), up2=nn.ConvTranspose2d(48, 16, 2, 2),
            join2=double_conv(32, 16), up1=nn.ConvTranspose2d(16, 8, 2, 2), join1=double_conv(16, 8), head=nn.Conv2d(8, 4, 1)))

    def data(self):
        mask = ids((self.rows, 48, 48), seed_of("mask"), 5)
        return hashed_bytes("image", (self.rows, 1, 48, 48)), torch.where(mask == 4, 255, mask)

    def terms(self, image, mask):
        m = self.unet
        a = m["down1"](image.to(m["head"].weight.dtype) / 255)
        b = m["down2"](F.max_pool2d(a, 2))
        c = m["bottom"](F.max_pool2d(b, 2))
        d = m["join2"](torch.cat([m["up2"](c), b], 1))
        logits = m["head"](m["join1"](torch.cat([m["up1"](d), a], 1)))
        return F.cross_entropy(logits, mask, ignore_index=255, reduction="sum"), int((mask != 255).sum())

    def optimizer(self):
        return torch.optim.AdamW(self.parameters(), lr=1e-2), cosine(1e-2, 20)


class Autoencoder(nn.Module):
    rows, splits, batch, micro, updates, at = 2170, [(2000, 1), (0.1, 0)], 64, 16, 50, 20

    def __init__(self):
        super().__init__()
        self.enc1, self.enc2 = nn.Linear(784, 128), nn.Linear(128, 32)
        self.bias2, self.bias1 = nn.Parameter(torch.zeros(128)), nn.Parameter(torch.zeros(784))

    def data(self):
        return (hashed_bytes("image", (self.rows, 784)),)

    def terms(self, image):
        pixels = image.to(self.bias1.dtype) / 255
        code = self.enc2(F.relu(self.enc1(pixels)))
        hidden = F.relu(F.linear(code, self.enc2.weight.T, self.bias2))
        drawn = torch.sigmoid(F.linear(hidden, self.enc1.weight.T, self.bias1))
        return F.mse_loss(drawn, pixels, reduction="sum"), pixels.numel()

    def optimizer(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3), cosine(2e-3, 50)


class CharMlp(nn.Module):
    rows, splits, batch, micro, updates, at = 500, [(0.1, 1), (0.05, 0)], 256, 64, 50, 20

    def __init__(self):
        super().__init__()
        self.letters = nn.Embedding(27, 16)
        self.net = nn.Sequential(
            nn.Flatten(), nn.Linear(80, 128), nn.Tanh(), nn.Linear(128, 128), nn.Tanh(), nn.Linear(128, 27))

    def data(self):
        return ids((self.rows, 5), seed_of("before"), 27), ids((self.rows,), seed_of("next"), 27)

    def terms(self, before, following):
        return F.cross_entropy(self.net(self.letters(before)), following, reduction="sum"), len(following)

    def optimizer(self):
        return torch.optim.AdamW(self.parameters(), lr=3e-3, weight_decay=0.01), cosine(3e-3, 100)


# ---- training ------------------------------------------------------------------------------------
def cosine(base, warmup):
    """optim.cosine: lr t / W during the warm-up, then half a wave down."""
    def rate(t, updates):
        if t <= warmup:
            return base * t / warmup
        return base / 2 * (1 + math.cos(math.pi * (t - 1 - warmup) / (updates - warmup)))
    return rate


def initialise(net):
    for name, t in net.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        seed, scale = seed_of(name), 1.0
        while t.dim() > 1 and scale * scale * t[0].numel() > 1:
            scale /= 2
        if t.dim() > 1:
            value = real(tuple(t.shape), seed, scale)
        elif name.endswith(("weight", "var")):
            value = real(tuple(t.shape), seed, 0.25, 1.0)
        else:
            value = real(tuple(t.shape), seed, 0.125)
        t.copy_(value.float())


def sampled(t, seed):
    t = t.detach().reshape(-1)
    n = t.numel()
    picks = range(n) if n <= SAMPLES else (int(h) % n for h in hashes((SAMPLES,), seed))
    return " ".join(f"{i} {number(t[i])}" for i in picks)


def show(kind, update, tensors):
    for name, t in tensors:
        print(f"{kind}_norm{update} {name} {number(t.double().norm())}")
        print(f"{kind}_at{update} {name} {sampled(t, seed_of(name))}")


def backward(net, data, rows):
    parts = [[column[rows[at:at + net.micro]] for column in data] for at in range(0, len(rows), net.micro)]
    with torch.no_grad():
        count = sum(counted(net, part) for part in parts)
    total = 0.0
    for part in parts:
        loss = net.terms(*part)[0] / count
        loss.backward()
        total += float(loss.detach())
    return total


def counted(net, part):
    """The denominator alone: batch norm's statistics stay."""
    net.eval()
    n = net.terms(*part)[1]
    net.train()
    return n


def run(name, make, kind):
    print(f"case {name} {kind}")
    net = make()
    initialise(net)
    net = net.to(getattr(torch, kind)).train()
    data, rows = net.data(), range(net.rows)
    for part, stream in net.splits:
        rows = without(rows, part, stream)
    print(f"# {len(rows)} rows train", file=sys.stderr)
    (optimizer, rate), at = net.optimizer(), windows(rows, net.batch)
    for update in range(1, net.updates + 1):
        for group in optimizer.param_groups:
            group["lr"] = rate(update, net.updates)
        optimizer.zero_grad()
        print(f"loss {update} {number(backward(net, data, next(at)))}")
        if update in (1, net.at) and kind == "double":
            show("gradient", f" {update}", ((key, p.grad) for key, p in net.named_parameters()))
        optimizer.step()
    if kind == "double":
        show("weight", "", ((key, t) for key, t in net.state_dict().items() if not key.endswith("num_batches_tracked")))


print(HEAD.format(version=torch.__version__.split("+")[0], samples=SAMPLES), end="")
for name, make in (("autoencoder", Autoencoder), ("char_mlp", CharMlp), ("unet", UNet), ("resnet18", ResNet18)):
    for kind in ("double", "float"):
        run(name, make, kind)
