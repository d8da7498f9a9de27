#!/bin/sh
# The formulas of ops: builds tests/expr.c with the compiler's own objects and runs it.
mkdir -p build/tests
${CC:-cc} -std=gnu11 -o build/tests/expr tests/expr.c build/gen/expr.o build/gen/util.o build/gen/diag.o -lm &&
exec build/tests/expr
