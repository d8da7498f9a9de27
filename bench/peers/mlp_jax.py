"""Peer a by JAX: the whole window is one compiled function, a scan over its micro-batches and then Adam."""
import os
os.environ.setdefault("JAX_PLATFORMS", "cpu")
from common import BATCH, MICRO, dataset, measure, weight
from functools import partial
import jax
import jax.numpy as jnp

BETA1, BETA2, EPS, LR, MICROS = 0.9, 0.999, 1e-8, 1e-3, BATCH // MICRO
sizes = (784, 256, 128, 10)
params = [(jnp.asarray(weight((o, i), 100 + 2 * k, i)), jnp.asarray(weight((o,), 101 + 2 * k, i)))
          for k, (i, o) in enumerate(zip(sizes, sizes[1:]))]
zeros = partial(jax.tree_util.tree_map, jnp.zeros_like)
state = [params, zeros(params), zeros(params)]
x, y = dataset((784,), 1)


def loss(p, x, y):
    for w, b in p[:-1]:
        x = jax.nn.relu(x @ w.T + b)
    z = x @ p[-1][0].T + p[-1][1]
    return (jax.nn.logsumexp(z, -1) - jnp.take_along_axis(z, y[:, None], -1)[:, 0]).mean()


@partial(jax.jit, donate_argnums=(0, 1, 2))
def window(p, m, v, c1, c2, x, y):
    """c1 and c2 undo the bias of the moments; 1 - beta^t needs double, so the host makes them."""
    def micro(carry, batch):
        value, grad = jax.value_and_grad(loss)(p, *batch)
        return (carry[0] + value, jax.tree_util.tree_map(jnp.add, carry[1], grad)), None

    tree = jax.tree_util.tree_map
    (total, g), _ = jax.lax.scan(micro, (jnp.float32(0), zeros(p)), (x, y))
    m = tree(lambda m, g: BETA1 * m + (1 - BETA1) / MICROS * g, m, g)
    v = tree(lambda v, g: BETA2 * v + (1 - BETA2) / MICROS ** 2 * g * g, v, g)
    p = tree(lambda p, m, v: p - c1 * m / (jnp.sqrt(c2 * v) + EPS), p, m, v)
    return p, m, v, total / MICROS


updates = 0


def update(at):
    global updates
    updates += 1
    rows = slice(at, at + BATCH)
    c1, c2 = LR / (1 - BETA1 ** updates), 1 / (1 - BETA2 ** updates)
    *state[:], value = window(*state, c1, c2, x[rows].reshape(MICROS, MICRO, -1), y[rows].reshape(MICROS, MICRO))
    return value


measure(update, "JAX " + jax.__version__)
