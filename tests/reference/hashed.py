"""Numbers that any language can rebuild: a 32-bit integer hash of an index and a seed, and what is made of it.

hash(i, seed):   x = i + seed * 0x9E3779B9;  x = (x ^ x >> 16) * 0x7feb352d;  x = (x ^ x >> 15) * 0x846ca68b;  x ^ x >> 16
                 in unsigned 32-bit arithmetic; i is the row-major index of the element
uniform:         (hash >> 8) / 2^24                      in [0, 1), exact in fp32
real:            shift + scale * (2 * uniform - 1)       exact in fp32 where scale is a power of 2 and shift is 0
steps n:         scale * (hash % n - (n - 1) / 2)        few values, so that ties occur
ids n, bits:     hash % n, hash & 1                      integers
"""
import numpy as np
import torch

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)


def hashes(shape, seed):
    n = int(np.prod(shape))
    x = (np.arange(n, dtype=np.uint64) + np.uint64(seed * 0x9E3779B9 & 0xFFFFFFFF)) & np.uint64(0xFFFFFFFF)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x = ((x ^ (x >> np.uint64(shift))) * np.uint64(factor)) & np.uint64(0xFFFFFFFF)
    return (x ^ (x >> np.uint64(16))).reshape(shape)


def uniform(shape, seed):
    return torch.from_numpy((hashes(shape, seed) >> np.uint64(8)).astype(np.float64) / 16777216.0)


def real(shape, seed, scale=1.0, shift=0.0):
    return shift + scale * (2 * uniform(shape, seed) - 1)


def steps(shape, seed, n, scale=1.0):
    return torch.from_numpy((hashes(shape, seed) % np.uint64(n)).astype(np.float64) - (n - 1) / 2) * scale


def ids(shape, seed, n):
    return torch.from_numpy((hashes(shape, seed) % np.uint64(n)).astype(np.int64))


def bits(shape, seed):
    return torch.from_numpy((hashes(shape, seed) & np.uint64(1)).astype(np.float64))


def number(x):
    return "%.17g" % float(x.detach() if isinstance(x, torch.Tensor) else x)


def numbers(t):
    return " ".join(number(x) for x in t.detach().reshape(-1).tolist())
