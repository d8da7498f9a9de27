"""What the peers share: hashed data and weights (tests/reference/hashed.py explains the hash), and how an update is timed."""
import json
import os
import resource
import struct
import sys
import time

THREADS = os.environ.setdefault("OMP_NUM_THREADS", os.environ.get("THREADS", "2"))
import numpy as np

ROWS, BATCH, MICRO, WARM = 8192, 256, 32, 5


def hashes(n, seed, start=0):
    x = (np.arange(start, start + n, dtype=np.uint64) + np.uint64(seed * 0x9E3779B9 & 0xFFFFFFFF)) & np.uint64(0xFFFFFFFF)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x = ((x ^ (x >> np.uint64(shift))) * np.uint64(factor)) & np.uint64(0xFFFFFFFF)
    return x ^ (x >> np.uint64(16))


def uniform(shape, seed, start=0):
    """float32 in [0, 1), 24 bits"""
    u = (hashes(int(np.prod(shape)), seed, start) >> np.uint64(8)).astype(np.float32)
    return (u / np.float32(16777216)).reshape(shape)


def weight(shape, seed, fan):
    """float32 in +-1/sqrt(fan)"""
    return (uniform(shape, seed) * 2 - 1) * np.float32(fan ** -0.5)


def dataset(shape, seed):
    """Rows and the classes that a linear teacher gives them; made in pieces, so that peak memory tells of training."""
    x, y = np.empty((ROWS, 784), np.float32), np.empty(ROWS, np.int64)
    teacher = uniform((784, 10), 2) - 0.5
    for n in range(0, ROWS, BATCH):
        x[n:n + BATCH] = uniform((BATCH, 784), seed, n * 784)
        y[n:n + BATCH] = ((x[n:n + BATCH] - 0.5).astype(np.float64) @ teacher).argmax(1)
    return x.reshape((ROWS,) + shape), y


def safetensors(path):
    """The fp32 tensors of a file, by name; a checkpoint's optimizer states are among them."""
    with open(path, "rb") as f:
        raw = f.read()
    size = struct.unpack("<Q", raw[:8])[0]
    tensors = {}
    for key, t in json.loads(raw[8:8 + size]).items():
        if key != "__metadata__" and t["dtype"] == "F32":
            a, b = (8 + size + x for x in t["data_offsets"])
            tensors[key] = np.frombuffer(raw[a:b], "<f4").copy().reshape(t["shape"])
    return tensors


def measure(update, version):
    """Calls update(first row), which returns the window's loss, as often as the command line says; prints what was seen."""
    updates = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    print("version", version)
    for i in range(updates):
        begin = time.perf_counter()
        loss = float(update(i * BATCH % ROWS))
        ms = (time.perf_counter() - begin) * 1e3
        if i >= WARM:
            print(f"ms {ms:.4f}")
        print(f"loss {i + 1} {loss:.9g}")
    print("rss_kb", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)    # leaving the interpreter would add to it
