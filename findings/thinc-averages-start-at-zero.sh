#!/bin/sh
# thinc: the averages of the weights begin at 0, not at the weights, so that the first ones are far from every weight there was.
#
# thinc 8.3.14, numpy 2.4.6, Python 3.11, Linux on x86-64, 2026-11-29.
# Optimizer(use_averages=True) keeps a running average of each parameter, which spaCy's nlp.use_params(optimizer.averages) puts in the weights'
# place. The average starts at 0 and takes (1 + t) / (10 + t) of itself after update t, without a correction: of a weight that stays 1 it is
# 9/11 = 0.818 after the first update and reaches 0.99 at the seventh. A bias or a scale that barely moves is evaluated too small early in a run.
# Here the rate is 0, so the weight stays 1.
#
# Output:
#   OUT
set -eu
at=$(mktemp -d)
trap 'rm -rf "$at"' EXIT
python3 -m venv "$at/venv"
"$at/venv/bin/pip" install --quiet --disable-pip-version-check thinc==8.3.14 numpy==2.4.6
cat > "$at/run.py" <<'E'
import numpy as np
from thinc.api import SGD

sgd = SGD(0.0, use_averages=True, L2=0.0)
w = np.ones(1, dtype="f")
seen = []
for _ in range(8):
    w, _ = sgd((1, "w"), w, np.zeros(1, dtype="f"))
    seen.append("%.4f" % sgd.averages[(1, "w")][0])
print("weight %g, its average:" % w[0], *seen)
E
"$at/venv/bin/python" "$at/run.py" > "$at/out"
cat "$at/out"
sed -n 's/^#   //p' "$0" | diff - "$at/out"
