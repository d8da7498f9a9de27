"""Writes peers.txt: 50 updates of the peers a and b by PyTorch, in double and in float. See the head of that file.

    python3 tests/reference/peers.py > tests/reference/peers.txt
"""
import torch
from torch import nn
import torch.nn.functional as F
from hashed import hashes, number, real, uniform

ROWS, BATCH, MICRO, UPDATES, SAMPLES = 8192, 256, 32, 50, 64
HEAD = """# Peers a and b, 50 updates by PyTorch {version}: batch 256 = 8 x 32, rows in sequence, Adam lr 1e-3.
# Data and initial weights are those that tests/peer_data.c writes; the double run starts from the same fp32 numbers.
#
#   loss PEER TYPE UPDATE VALUE                      mean over the window's 256 rows, before update UPDATE = 1 .. 50
#   gradient PEER TYPE UPDATE TENSOR NORM            L2 norm of the window's mean gradient at updates 1 and 20
#   gradient_at PEER TYPE UPDATE TENSOR (INDEX VALUE)*
#   weight PEER TYPE TENSOR COUNT SUM NORM           after the last update
#   weight_at PEER TYPE TENSOR (INDEX VALUE)*        up to 64 elements, indices in PyTorch's order
"""


def perceptron():
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))


PEERS = {"a": (perceptron, 100, 1, (ROWS, 784)), "b": (lenet, 200, 3, (ROWS, 1, 28, 28))}


def initialise(net, seed):
    """Uniform in +-1/sqrt(fan_in), rounded once to fp32 as every peer does."""
    layers = [m for m in net if hasattr(m, "weight")]
    with torch.no_grad():
        for i, m in enumerate(layers):
            bound = m.weight[0].numel() ** -0.5
            m.weight.copy_(real(m.weight.shape, seed + 2 * i).float() * bound)
            m.bias.copy_(real(m.bias.shape, seed + 2 * i + 1).float() * bound)


def dataset(seed, shape):
    x = uniform(shape, seed)
    return x, ((x.flatten(1) - 0.5) @ (uniform((784, 10), 2) - 0.5)).argmax(1)


def sampled(t, seed):
    """Every element of a small tensor; of a large one those whose indices a hash picks."""
    t = t.detach().reshape(-1)
    n = t.numel()
    picks = range(n) if n <= SAMPLES else (int(h) % n for h in hashes((SAMPLES,), seed))
    return " ".join(f"{i} {number(t[i])}" for i in picks)


def show_gradients(tag, update, net):
    for i, (name, p) in enumerate(net.named_parameters()):
        print(f"gradient {tag} {update} net.{name} {number(p.grad.double().norm())}")
        print(f"gradient_at {tag} {update} net.{name} {sampled(p.grad, 900 + i)}")


def show_weights(tag, net):
    for i, (name, p) in enumerate(net.named_parameters()):
        d = p.detach().double()
        print(f"weight {tag} net.{name} {d.numel()} {number(d.sum())} {number(d.norm())}")
        print(f"weight_at {tag} net.{name} {sampled(p, 900 + i)}")


def window(net, x, y):
    """Leaves the mean gradient of the rows in net and returns their mean loss."""
    total = 0.0
    for k in range(0, BATCH, MICRO):
        loss = F.cross_entropy(net(x[k:k + MICRO]), y[k:k + MICRO])
        (loss * (MICRO / BATCH)).backward()
        total += loss.item() * MICRO / BATCH
    return total


def run(peer, kind):
    make, weight_seed, data_seed, shape = PEERS[peer]
    tag, net = f"{peer} {kind}", make().to(getattr(torch, kind))
    initialise(net, weight_seed)
    x, y = dataset(data_seed, shape)
    x = x.to(getattr(torch, kind))
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    for update in range(1, UPDATES + 1):
        at = (update - 1) * BATCH % ROWS
        loss = window(net, x[at:at + BATCH], y[at:at + BATCH])
        print(f"loss {tag} {update} {number(loss)}")
        if update in (1, 20):
            show_gradients(tag, update, net)
        optimizer.step()
        optimizer.zero_grad()
    show_weights(tag, net)


print(HEAD.format(version=torch.__version__.split("+")[0]), end="")
for peer in PEERS:
    for kind in ("double", "float"):
        run(peer, kind)
