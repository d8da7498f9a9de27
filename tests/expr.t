#!/bin/sh
# The formulas of ops: builds tests/expr.c with the compiler's own objects and runs it.
mkdir -p build/tests
${CC:-cc} -std=gnu11 -Igen -o build/tests/expr tests/expr.c build/gen/ir/expr.o build/gen/ir/calls.o build/gen/base/memory.o build/gen/base/number.o build/gen/base/diag.o -lm &&
exec build/tests/expr
