#!/bin/sh
# polars: read_csv takes +5.0 for a number and +5 for text, so one whole number with a plus sign makes strings of a column of floats.
#
# polars 2.1.0, Python 3.11, Linux on x86-64, 2026-11-29.
# Catalogues of stars, spreadsheets and Fortran with SP write positive numbers with their sign. In a column of floats polars infers
# from +5.0 that it holds numbers, and from +5 that it holds text: all of its values become strings, without an error or a warning.
# Told that the column is Float64 or Int64, the same reader takes +5 for the number 5, so only the inference knows no sign. One
# would expect that inference takes for a number what the parser reads as one, -5 and +5 alike.
#
# Output:
#   6.5 and -5: Float64 [6.5, -5.0]
#   6.5 and +5.0: Float64 [6.5, 5.0]
#   6.5 and +5: String ['6.5', '+5']
#   6.5 and +5 as Float64: Float64 [6.5, 5.0]
#   6 and +5: String ['6', '+5']
#   6 and +5 as Int64: Int64 [6, 5]
set -eu
at=$(mktemp -d)
trap 'rm -rf "$at"' EXIT
python3 -m venv "$at/venv"
"$at/venv/bin/pip" install --quiet --disable-pip-version-check polars==2.1.0
cat > "$at/run.py" <<'E'
import polars

def read(a, b, dtype=None):
    told = {"x": dtype} if dtype else None
    x = polars.read_csv(("x\n%s\n%s\n" % (a, b)).encode(), schema_overrides=told)["x"]
    print("%s and %s%s: %s %s" % (a, b, " as %s" % dtype if dtype else "", x.dtype, x.to_list()))

read("6.5", "-5")
read("6.5", "+5.0")
read("6.5", "+5")
read("6.5", "+5", polars.Float64)
read("6", "+5")
read("6", "+5", polars.Int64)
E
"$at/venv/bin/python" "$at/run.py" > "$at/out"
cat "$at/out"
sed -n 's/^#   //p' "$0" | diff - "$at/out"
