#!/bin/sh
# Values of trees as text: builds tests/value.c with the compiler's own objects and runs it.
mkdir -p build/tests
${CC:-cc} -std=gnu11 -Igen -o build/tests/value tests/value.c build/gen/back/value.o build/gen/back/words.o build/gen/back/index.o \
  build/gen/ir/loops.o build/gen/ir/calls.o build/gen/ir/layout.o build/gen/ir/shape.o build/gen/base/memory.o build/gen/base/number.o build/gen/base/diag.o -lm &&
exec build/tests/value
