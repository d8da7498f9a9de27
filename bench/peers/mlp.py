"""Peer a: a perceptron 784-256-128-10."""
from torch_peer import run
from torch import nn

run(nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)), 100, (784,), 1)
