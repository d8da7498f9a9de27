#!/bin/sh
# Indices made simpler: builds tests/linear.c with the compiler's own objects and runs it.
mkdir -p build/tests
at=build/gen/ir
${CC:-cc} -std=gnu11 -Igen -o build/tests/linear tests/linear.c $at/linear.o $at/intervals.o $at/loops.o $at/calls.o $at/layout.o $at/shape.o $at/print_loops.o \
  $at/parse_loops.o $at/parse_vals.o $at/op.o $at/expr.o build/gen/base/memory.o build/gen/base/number.o build/gen/base/diag.o -lm &&
exec build/tests/linear
