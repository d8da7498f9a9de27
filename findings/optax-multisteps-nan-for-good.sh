#!/bin/sh
# optax: one NaN micro-batch stops MultiSteps for good where the optimizer inside is guarded.
#
# optax 0.2.8, jax and jaxlib 0.10.2, numpy 2.4.6, Python 3.11, Linux on x86-64, 2026-11-29.
# optax.MultiSteps adds up the gradients of four micro-batches and then calls the optimizer inside of it. Around
# optax.apply_if_finite(optax.sgd(1), 100) one reads: a window with a NaN is left out, the next one counts. It does not: the mean
# is kept by "acc + (g - acc) / n" and is cleared by a product with 0, and NaN times 0 is NaN. So every later window is NaN, too, and is
# left out: the weight never moves again, and nothing tells. optax.zero_nans(), chained before sgd, fares the same.
# Without MultiSteps both guards go on after the NaN. Here w = 0, the gradient is 1 in each micro-batch but the sixth,
# which is NaN, and eight windows should end at -7.
#
# Output:
#   apply_if_finite in MultiSteps: -1 -1 -1 -1 -1 -1 -1 -1
#   zero_nans in MultiSteps: -1 -1 -1 -1 -1 -1 -1 -1
#   apply_if_finite alone, 8 gradients: -1 -1 -2 -3 -4 -5 -6 -7
set -eu
at=$(mktemp -d)
trap 'rm -rf "$at"' EXIT
python3 -m venv "$at/venv"
"$at/venv/bin/pip" install --quiet --disable-pip-version-check optax==0.2.8 jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
cat > "$at/run.py" <<'E'
import jax.numpy as jnp
import optax

def weights(optimizer, gradients):
    w = jnp.zeros(())
    state = optimizer.init(w)
    for g in gradients:
        step, state = optimizer.update(jnp.asarray(g), state, w)
        w = optax.apply_updates(w, step)
        yield "%g" % w

micro = [1.0] * 32
micro[5] = float("nan")
guards = {"apply_if_finite": optax.apply_if_finite(optax.sgd(1.0), 100), "zero_nans": optax.chain(optax.zero_nans(), optax.sgd(1.0))}
for name, inside in guards.items():
    multi = optax.MultiSteps(inside, every_k_schedule=4)
    print(name, "in MultiSteps:", *list(weights(multi, micro))[3::4])
alone = [1.0, float("nan")] + [1.0] * 6
print("apply_if_finite alone, 8 gradients:", *weights(guards["apply_if_finite"], alone))
E
"$at/venv/bin/python" "$at/run.py" > "$at/out"
cat "$at/out"
sed -n 's/^#   //p' "$0" | diff - "$at/out"
