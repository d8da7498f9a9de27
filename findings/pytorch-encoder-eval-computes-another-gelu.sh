#!/bin/sh
# PyTorch: nn.TransformerEncoderLayer with the tanh form of GELU trains with it and evaluates with the exact form.
#
# torch 2.15.0, numpy 2.4.6, Python 3.11, Linux on x86-64, CPU, 2026-11-30.
# activation may be a module: nn.GELU(approximate="tanh") is what GPT-2 and its kin have. In eval() under no_grad the layer takes its
# fast path, which knows two activations by the class of the module and not by its options. The output is then, to rounding, that of
# a layer with exact GELU and the same weights. A lambda, or a subclass, has the fast path off and its own numbers.
# The difference is about 1e-4 of the output: a comparison of two programs at 1e-5 fails in evaluation alone.
#
# Output:
#   training, tanh form and exact form equal to 2e-6: False
#   eval with gradients, equal to training to 2e-6: True
#   eval under no_grad, equal to training to 2e-6: False
#   eval under no_grad, equal to the exact form in training to 2e-6: True
#   eval under no_grad with a lambda, equal to training to 2e-6: True
set -eu
at=$(mktemp -d)
trap 'rm -rf "$at"' EXIT
python3 -m venv "$at/venv"
"$at/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.15.0 numpy==2.4.6
cat > "$at/run.py" <<'E'
import torch
from torch.nn import functional as F

torch.manual_seed(0)
x = torch.randn(2, 4, 16)

def layer(activation):
    return torch.nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0, batch_first=True, activation=activation)

tanh = layer(torch.nn.GELU(approximate="tanh"))
exact, own = layer("gelu"), layer(lambda h: F.gelu(h, approximate="tanh"))
for other in (exact, own):
    other.load_state_dict(tanh.state_dict())

def equal(a, b):
    return bool((a - b).abs().max() < 2e-6)

trained, trained_exact = tanh.train()(x).detach(), exact.train()(x).detach()
print("training, tanh form and exact form equal to 2e-6:", equal(trained, trained_exact))
print("eval with gradients, equal to training to 2e-6:", equal(tanh.eval()(x), trained))
with torch.no_grad():
    fast = tanh(x)
    print("eval under no_grad, equal to training to 2e-6:", equal(fast, trained))
    print("eval under no_grad, equal to the exact form in training to 2e-6:", equal(fast, trained_exact))
    print("eval under no_grad with a lambda, equal to training to 2e-6:", equal(own.eval()(x), trained))
E
"$at/venv/bin/python" -W ignore "$at/run.py" > "$at/out"
cat "$at/out"
sed -n 's/^#   //p' "$0" | diff - "$at/out"
