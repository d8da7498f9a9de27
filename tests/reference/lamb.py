"""LAMB in PyTorch, written from the paper: arXiv 1904.00962 (version 5), algorithm 2 with phi(z) = z, with bias correction.

m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  r = (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps);  u = r + weight_decay p
p = p - lr * |p| / |u| * u, tensor by tensor; a quotient with a length of 0 is 1.
"""
import torch


class LAMB(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-6, weight_decay=0.01, adapt=True):
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, adapt=adapt))

    @torch.no_grad()
    def step(self):
        for o in self.param_groups:
            for p in o["params"]:
                s, (b1, b2) = self.state[p], o["betas"]
                s["t"] = s.get("t", 0) + 1
                s["m"] = b1 * s.get("m", 0) + (1 - b1) * p.grad
                s["v"] = b2 * s.get("v", 0) + (1 - b2) * p.grad * p.grad
                r = s["m"] / (1 - b1 ** s["t"]) / ((s["v"] / (1 - b2 ** s["t"])).sqrt() + o["eps"])
                u = r + o["weight_decay"] * p
                x, y = p.norm(), u.norm()
                p -= o["lr"] * (x / y if o["adapt"] and x > 0 and y > 0 else 1) * u
