#!/bin/sh
# Keras: with gradient_accumulation_steps, schedules and averages of the weights count micro-batches, while iterations counts updates.
#
# keras 3.15.1 on jax 0.10.2, numpy 2.4.6, Python 3.11, Linux on x86-64, 2026-11-29.
# optimizer.iterations says how many updates there were, and a LearningRateSchedule is documented as a function of the step. With
# gradient_accumulation_steps = 4 it is called with the number of micro-batches at hand instead: a warm-up or a decay is four times
# as short as the same schedule without accumulation. use_ema moves the average after each micro-batch, too, so an update moves it by
# ema_momentum to the fourth power. Here the rate is 1 / (step + 1), the gradient is 1, and 12 micro-batches make 3 updates. The steps of the
# weight are 1/4, 1/8 and 1/12 where 1, 1/2 and 1/3 are expected. In the second part the weight goes
# to -1, -2 and -3 at micro-batches 4, 8 and 12 and the average takes the first value as it is. With momentum 0.5 once an update it would be -1.5
# after the eighth and -2.25 after the twelfth.
#
# Output:
#   iterations 3, steps of the weight: 0.25 0.125 0.083333
#   average after 8 and 12 micro-batches: -1.5 -2.46875
set -eu
at=$(mktemp -d)
trap 'rm -rf "$at"' EXIT
python3 -m venv "$at/venv"
"$at/venv/bin/pip" install --quiet --disable-pip-version-check keras==3.15.1 jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
cat > "$at/run.py" <<'E'
import keras
from keras import ops

class OneOver(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return 1.0 / (ops.cast(step, "float32") + 1.0)

    def get_config(self):
        return {}

w = keras.Variable(0.0)
sgd = keras.optimizers.SGD(OneOver(), gradient_accumulation_steps=4)
sgd.build([w])
steps, before = [], 0.0
for k in range(1, 13):
    sgd.apply([ops.ones(())])
    if k % 4 == 0:
        now = float(ops.convert_to_numpy(w))
        steps.append("%.5g" % (before - now))
        before = now
print("iterations %d, steps of the weight:" % int(sgd.iterations), *steps)

w = keras.Variable(0.0)
sgd = keras.optimizers.SGD(1.0, gradient_accumulation_steps=4, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=None)
sgd.build([w])
averages = []
for k in range(1, 13):
    sgd.apply([ops.ones(())])
    averages.append("%g" % float(ops.convert_to_numpy(sgd._model_variables_moving_average[0])))
print("average after 8 and 12 micro-batches:", averages[7], averages[11])
E
KERAS_BACKEND=jax "$at/venv/bin/python" "$at/run.py" > "$at/out"
cat "$at/out"
sed -n 's/^#   //p' "$0" | diff - "$at/out"
