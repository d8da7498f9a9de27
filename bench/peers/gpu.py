"""The nets of bench/models by PyTorch, for bench/gpu/turns.c: in turns with our programs, on the same data, from the same weights.

    gpu.py PREFIX NET BATCH MICRO PRECISION DATA WEIGHTS [SECONDS]      DATA: a directory of IDX files, WEIGHTS: safetensors

Offers PREFIX/torch-eager, -graph (the whole window captured once), -compiled (mode reduce-overhead) and -compiled-graph (compiled,
then the whole window captured). Data lies on the device; losses are read once per turn. PEER_CPU=1: eager, on the CPU."""
import os
import struct
import sys
import time
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from common import safetensors

prefix, name, batch, micro, precision, data, weights = sys.argv[1:8]
batch, micro, limit = int(batch), int(micro), float(sys.argv[8]) if len(sys.argv) > 8 else 0.25
cuda = not os.environ.get("PEER_CPU")
device = torch.device("cuda" if cuda else "cpu")
SHOWN, WARM = 10, 30


def say(*words):
    print(*words, flush=True)


def idx(path):
    with open(path, "rb") as f:
        raw = f.read()
    kind, rank = raw[2], raw[3]
    dims = struct.unpack(f">{rank}I", raw[4:4 + 4 * rank])
    values = np.frombuffer(raw, {8: "u1", 13: ">f4"}[kind], offset=4 + 4 * rank)
    return values.astype({8: np.uint8, 13: np.float32}[kind]).reshape(dims)


class Block(nn.Module):
    def __init__(self, inputs, channels, stride):
        super().__init__()
        self.first = nn.Conv2d(inputs, channels, 3, stride, 1)
        self.second = nn.Conv2d(channels, channels, 3, 1, 1)
        self.scale = nn.Parameter(torch.full((1,), 0.1))
        self.skip = nn.Conv2d(inputs, channels, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, x):
        return F.relu(self.skip(x) + self.scale * self.second(F.relu(self.first(x))))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        if name == "mlp":
            self.net = nn.Sequential(nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 10))
        elif name == "lenet":
            self.net = nn.Sequential(
                nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
                nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))
        else:
            self.net = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), Block(16, 16, 1), Block(16, 32, 2), Block(32, 64, 2))
            self.head = nn.Linear(64, 10)

    def forward(self, x):
        if name != "resnet":
            return self.net(x)
        return self.head(self.net(x.float() / 255).mean((2, 3)))


class Trainer:
    """A net with its first weights, and one window as a function of its rows."""

    def __init__(self, mode=None):
        self.net = Net().to(device)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=1e-3, **(dict(fused=True, capturable=True) if cuda else {}))
        self.place, self.marks = 0, mode == "reduce-overhead"
        self.loss_of = lambda x, y: F.cross_entropy(self.net(x), y)
        if mode:
            self.loss_of = torch.compile(self.loss_of, mode=mode)
        self.restart()

    def restart(self):
        own = self.net.state_dict()
        self.net.load_state_dict({k: first[k] for k in own})
        for state in self.optimizer.state.values():
            for t in state.values():
                t.zero_()
        self.place = 0

    def rows(self):
        at = self.place * batch % len(x_all)
        self.place += 1
        return x_all[at:at + batch], y_all[at:at + batch]

    def window(self, x, y):
        total = 0
        for k in range(0, batch, micro):
            if self.marks:
                torch.compiler.cudagraph_mark_step_begin()
            loss = self.loss_of(x[k:k + micro], y[k:k + micro])
            (loss * (micro / batch)).backward()
            total = total + loss.detach().clone()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return total * (micro / batch)

    def update(self):
        return self.window(*self.rows())


class Captured(Trainer):
    """The window as a CUDA graph over one place for its rows."""

    def __init__(self, mode=None):
        super().__init__(mode)
        self.x, self.y = (t.clone() for t in self.rows())
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                self.window(self.x, self.y)
        torch.cuda.current_stream().wait_stream(side)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.loss = self.window(self.x, self.y)
        self.restart()

    def update(self):
        x, y = self.rows()
        self.x.copy_(x)
        self.y.copy_(y)
        self.graph.replay()
        return self.loss


def wait():
    if cuda:
        torch.cuda.synchronize()


def prepare(trainer):
    """Made and warm; its first losses, by value. What was compiled and captured stays when the weights are set back."""
    for _ in range(3):
        trainer.update()
    trainer.restart()
    shown = [float(trainer.update()) for _ in range(SHOWN)]
    for _ in range(WARM):
        trainer.update()
    wait()
    return shown


def awake(name, limit):
    """As bench/gpu/time.c has it."""
    begin, n = time.perf_counter(), 0
    while True:
        for _ in range(10):
            trainers[name].update()
        wait()
        n += 10
        spent = time.perf_counter() - begin
        if spent >= limit:
            return int(n * limit / spent) + 10


def turn(name):
    updates = 2 * awake(name, limit / 2)
    begin = time.perf_counter()
    for _ in range(updates):
        loss = trainers[name].update()
    wait()
    us = 1e6 * (time.perf_counter() - begin) / updates
    say("end", name, f"{float(loss):.9g}")
    say("us", name, f"{us:.3f}")


torch.set_num_threads(2)
torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
torch.backends.cudnn.allow_tf32 = precision == "tf32"
torch.backends.cudnn.benchmark = True
say("version", "PyTorch", torch.__version__, torch.cuda.get_device_name() if cuda else "on the CPU")
first = {key: torch.from_numpy(t) for key, t in safetensors(weights).items()}
x_all = torch.from_numpy(idx(data + "/images.idx")).to(device)
y_all = torch.from_numpy(idx(data + "/labels.idx").astype(np.int64)).to(device)
kinds = {"torch-eager": lambda: Trainer()}
if cuda:
    kinds["torch-graph"] = lambda: Captured()
    kinds["torch-compiled"] = lambda: Trainer("reduce-overhead")
    kinds["torch-compiled-graph"] = lambda: Captured("default")
trainers = {}
for kind, make in kinds.items():
    full = prefix + "/" + kind
    try:
        trainers[full] = make()
        shown = prepare(trainers[full])
    except Exception as e:
        trainers.pop(full, None)
        say("failed", full, repr(e).replace("\n", " ")[:300])
        continue
    say("offer", full)
    for u, loss in enumerate(shown):
        say("loss", full, u + 1, f"{loss:.9g}")
say("ready")
for line in sys.stdin:
    turn(line.split()[1])
