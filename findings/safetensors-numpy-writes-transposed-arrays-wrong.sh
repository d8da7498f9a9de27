#!/bin/sh
# safetensors: save_file of NumPy arrays writes other numbers, without a word, where an array is a transpose, a slice or in Fortran's order.
#
# safetensors 0.8.0 beside 0.7.0, numpy 2.4.6, Python 3.11, Linux on x86-64, 2026-11-29.
# The docstring of safetensors.numpy.save_file says that tensors need to be contiguous, in both versions. 0.7.0 wrote such arrays rightly all
# the same; 0.8.0 writes the bytes as they lie in memory under the array's shape, and raises nothing (safetensors.torch raises an error).
# So the usual way to turn weights of [in, out] into PyTorch's, save_file({"weight": kernel.T}), gives a file of the right shape with wrong
# weights. numpy.ascontiguousarray(kernel.T), or kernel.T.copy(), is written rightly.
#
# Output:
#   0.7.0: a.T as it is: True, a.T.copy(): True
#   0.7.0: numpy.asfortranarray(a) as it is: True, .copy(): True
#   0.7.0: a[:, ::2] as it is: True, .copy(): True
#   0.8.0: a.T as it is: False, a.T.copy(): True
#   0.8.0: numpy.asfortranarray(a) as it is: False, .copy(): True
#   0.8.0: a[:, ::2] as it is: False, .copy(): True
set -eu
at=$(mktemp -d)
trap 'rm -rf "$at"' EXIT
cat > "$at/run.py" <<'E'
import sys
import numpy
import safetensors
from safetensors.numpy import load_file, save_file

def kept(array):
    save_file({"x": array}, sys.argv[1])
    return numpy.array_equal(load_file(sys.argv[1])["x"], array)

a = numpy.arange(6, dtype="float32").reshape(2, 3)
for array, name, copy in (a.T, "a.T", "a.T.copy()"), (numpy.asfortranarray(a), "numpy.asfortranarray(a)", ".copy()"), (a[:, ::2], "a[:, ::2]", ".copy()"):
    print("%s: %s as it is: %s, %s: %s" % (safetensors.__version__, name, kept(array), copy, kept(array.copy())))
E
for version in 0.7.0 0.8.0; do
    python3 -m venv "$at/$version"
    "$at/$version/bin/pip" install --quiet --disable-pip-version-check safetensors==$version numpy==2.4.6
    "$at/$version/bin/python" "$at/run.py" "$at/x.safetensors"
done > "$at/out"
cat "$at/out"
sed -n 's/^#   //p' "$0" | diff - "$at/out"
