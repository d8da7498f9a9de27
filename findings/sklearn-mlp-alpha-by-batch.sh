#!/bin/sh
# scikit-learn: how much alpha of an MLP decays depends on the batch, and a short last batch decays its weights most.
#
# scikit-learn 1.9.1, numpy 2.4.6, Python 3.11, Linux on x86-64, 2026-11-29.
# MLPRegressor(alpha=...) is "strength of the L2 regularization term"; the loss is a mean over the rows of a batch, and the term is
# divided by the rows of that batch as well. So batches of 1 decay a weight four times as much in each step as batches of 4 do,
# and sixteen times as much in an epoch; a tail of one row decays it as much as four full batches. Here x = 0, so nothing but alpha moves
# the weight (SGD, rate 0.1, no momentum, alpha 1, identity): a step of a batch of n rows is a factor of 1 - 0.1 / n.
#
# Output:
#   16 rows in batches of 4, one epoch: 0.903688
#   16 rows in batches of 1, one epoch: 0.185302
#   17 rows in batches of 4, one epoch: 0.813319
set -eu
at=$(mktemp -d)
trap 'rm -rf "$at"' EXIT
python3 -m venv "$at/venv"
"$at/venv/bin/pip" install --quiet --disable-pip-version-check scikit-learn==1.9.1 numpy==2.4.6
cat > "$at/run.py" <<'E'
import warnings
import numpy as np
from sklearn.neural_network import MLPRegressor

warnings.filterwarnings("ignore")

def weight(rows, batch, alpha, rate):
    net = MLPRegressor(hidden_layer_sizes=(1,), activation="identity", solver="sgd", alpha=alpha, batch_size=batch, learning_rate_init=rate, momentum=0.0,
                       max_iter=1, shuffle=False, random_state=1)
    return net.fit(np.zeros((rows, 1)), np.zeros(rows)).coefs_[0][0, 0]

def decayed(rows, batch):
    return weight(rows, batch, 1.0, 0.1) / weight(rows, batch, 0.0, 1e-12)

for rows, batch in (16, 4), (16, 1), (17, 4):
    print("%d rows in batches of %d, one epoch: %.6g" % (rows, batch, decayed(rows, batch)))
E
"$at/venv/bin/python" "$at/run.py" > "$at/out"
cat "$at/out"
sed -n 's/^#   //p' "$0" | diff - "$at/out"
