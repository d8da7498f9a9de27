#!/bin/sh
# NumPy and ml_dtypes: numpy.save takes an array of bfloat16 or float8, numpy.load gives bytes without a type, or refuses the file.
#
# ml_dtypes 0.6.0, numpy 2.4.6, Python 3.11, Linux on x86-64, 2026-11-29.
# ml_dtypes gives NumPy the types that JAX computes in. numpy.save writes arrays of them without a warning. The header of bfloat16 says '<V2', so
# numpy.load returns two-byte voids, and the file does not tell which type they were: float8_e4m3fn and int4 are both '<V1'. The header of
# float8_e5m2 alone says '<f1', a type that numpy.load does not have: it refuses the file that numpy.save wrote. The elements are all
# there: .view(the type) brings back those that load.
#
# Output:
#   bfloat16: '<V2', loaded as |V2, with .view right
#   float8_e4m3fn: '<V1', loaded as |V1, with .view right
#   int4: '<V1', loaded as |V1, with .view right
#   float8_e5m2: '<f1', ValueError
set -eu
at=$(mktemp -d)
trap 'rm -rf "$at"' EXIT
python3 -m venv "$at/venv"
"$at/venv/bin/pip" install --quiet --disable-pip-version-check ml_dtypes==0.6.0 numpy==2.4.6
cat > "$at/run.py" <<'E'
import sys
import ml_dtypes
import numpy

for name in "bfloat16", "float8_e4m3fn", "int4", "float8_e5m2":
    array = numpy.array([1, 2, 3], dtype=getattr(ml_dtypes, name))
    numpy.save(sys.argv[1], array)
    header = open(sys.argv[1], "rb").read().split(b"'descr': ")[1].split(b",")[0].decode()
    try:
        back = numpy.load(sys.argv[1])
        same = numpy.array_equal(back.view(array.dtype).astype("float32"), [1, 2, 3])
        print("%s: %s, loaded as %s, with .view %s" % (name, header, back.dtype.str, "right" if same else "wrong"))
    except ValueError as e:
        print("%s: %s, %s" % (name, header, type(e).__name__))
E
"$at/venv/bin/python" "$at/run.py" "$at/x.npy" > "$at/out"
cat "$at/out"
sed -n 's/^#   //p' "$0" | diff - "$at/out"
