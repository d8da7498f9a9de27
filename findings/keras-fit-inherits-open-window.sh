#!/bin/sh
# Keras: what one fit() leaves of a window goes into the first update of the next fit(), whatever its data are.
#
# keras 3.15.1 on jax 0.10.2, numpy 2.4.6, Python 3.11, Linux on x86-64, 2026-11-29.
# With gradient_accumulation_steps = 4, six micro-batches are one update and two micro-batches that wait in the optimizer. The end of an
# epoch and of fit() neither applies nor drops them. The next fit(), with other data and even another compile-time rate schedule in mind, makes
# its first update after two micro-batches, from the old data's gradients and its own. Here the gradient is -x; the first fit has six
# micro-batches of x = 1, the second four of x = 100: its one whole window would move w by 100, and it moves it by 50.5.
#
# Output:
#   after fit() on x = 1: w 1
#   after fit() on x = 100: w 51.5
set -eu
at=$(mktemp -d)
trap 'rm -rf "$at"' EXIT
python3 -m venv "$at/venv"
"$at/venv/bin/pip" install --quiet --disable-pip-version-check keras==3.15.1 jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
cat > "$at/run.py" <<'E'
import keras
import numpy as np
from keras import ops

net = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
net.compile(optimizer=keras.optimizers.SGD(1.0, gradient_accumulation_steps=4), loss=lambda target, output: -ops.mean(output, axis=-1))
for x, micro in (1.0, 6), (100.0, 4):
    rows = np.full((2 * micro, 1), x, dtype="float32")
    net.fit(rows, rows, batch_size=2, epochs=1, shuffle=False, verbose=0)
    print("after fit() on x = %g: w %g" % (x, net.get_weights()[0][0, 0]))
E
KERAS_BACKEND=jax "$at/venv/bin/python" "$at/run.py" > "$at/out"
cat "$at/out"
sed -n 's/^#   //p' "$0" | diff - "$at/out"
