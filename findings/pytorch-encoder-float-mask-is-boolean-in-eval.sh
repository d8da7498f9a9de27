#!/bin/sh
# PyTorch: nn.TransformerEncoderLayer adds a float mask to the scores in training and reads it as a boolean in evaluation.
#
# torch 2.15.0, numpy 2.4.6, Python 3.11, Linux on x86-64, CPU, 2026-11-30.
# The documentation says of src_mask and src_key_padding_mask: a boolean mask forbids, a float mask is added to the scores. So
# float masks carry biases by position. In training, and in evaluation with gradients, they do. In eval() under no_grad the
# layer takes its fast path, and there every number other than 0 forbids: the output is that of the mask's .bool(). A bias without
# zeros forbids everything, and all outputs are NaN. Masks of 0 and -inf alone mean the same in both, so that common use hides it.
# Below: dropout is 0, a bias of 0.5 for each pair; a padding mask with one number of -2. Printed: the largest difference from
# training, whether it exceeds 0.001, and whether it equals the output of .bool().
#
# Output:
#   training: finite
#   eval with gradients, equal to training: True
#   eval under no_grad, src_mask of 0.5: all NaN True
#   eval under no_grad, src_mask of 0.5 for one pair: equal to training False, to .bool() True
#   eval under no_grad, src_key_padding_mask with a -2: equal to training False, to .bool() True
#   eval under no_grad, src_mask of 0 and -inf: equal to training True
set -eu
at=$(mktemp -d)
trap 'rm -rf "$at"' EXIT
python3 -m venv "$at/venv"
"$at/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.15.0 numpy==2.4.6
cat > "$at/run.py" <<'E'
import torch

torch.manual_seed(0)
layer = torch.nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0, batch_first=True)
x = torch.randn(2, 4, 16)

def in_training(**mask):
    layer.train()
    return layer(x, **mask).detach()

def in_evaluation(**mask):
    layer.eval()
    with torch.no_grad():
        return layer(x, **mask)

def equal(a, b):
    return bool((a - b).abs().max() < 1e-5)

bias = torch.full((4, 4), 0.5)
trained = in_training(src_mask=bias)
print("training:", "finite" if trained.isfinite().all() else "not finite")
layer.eval()
print("eval with gradients, equal to training:", equal(layer(x, src_mask=bias), trained))
print("eval under no_grad, src_mask of 0.5: all NaN", bool(in_evaluation(src_mask=bias).isnan().all()))

def told(what, name, mask):
    got = in_evaluation(**{name: mask})
    print("eval under no_grad, %s: equal to training %s, to .bool() %s"
          % (what, equal(got, in_training(**{name: mask})), equal(got, in_evaluation(**{name: mask.bool()}))))

pair = torch.zeros(4, 4)
pair[0, 3] = 0.5
told("src_mask of 0.5 for one pair", "src_mask", pair)
padding = torch.zeros(2, 4)
padding[1, 3] = -2.0
told("src_key_padding_mask with a -2", "src_key_padding_mask", padding)
later = torch.full((4, 4), float("-inf")).triu(1)
print("eval under no_grad, src_mask of 0 and -inf: equal to training",
      equal(in_evaluation(src_mask=later), in_training(src_mask=later)))
E
"$at/venv/bin/python" -W ignore "$at/run.py" > "$at/out"
cat "$at/out"
sed -n 's/^#   //p' "$0" | diff - "$at/out"
