#!/bin/sh
# list.sh CHECKOUT PROGRAMS -- prints the programs to compare, one a line: those of the file PROGRAMS, then every other model of examples/,
# tests/models/ and tests/golden/ with nothing but its name, which means the defaults of emit.sh.
cd "$1" || exit 2
grep -v '^ *#' "$2" | grep .
for model in examples/*.lua tests/models/*.lua tests/golden/*.lua; do
    grep -q '^ *train *{' "$model" || continue
    grep -q "^$model\( \|\$\)" "$2" || echo "$model"
done
