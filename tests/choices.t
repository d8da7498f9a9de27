#!/bin/sh
# choices.t -- no program reads memory in an arm of a choice, for a compiler may put such a read elsewhere (findings/): the programs of
# the golden models, the examples, the tests' models and the benchmarks, in C and in CUDA, and the headers that programs include.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
free() { lua5.4 tests/choices.lua "$@"; }

for target in c cuda; do
    extension=$target
    if [ $target = cuda ]; then extension=cu; fi
    rm -f "$work"/*.$extension
    for model in tests/golden/*.lua examples/*.lua tests/models/*.lua bench/models/*.lua; do
        ./gagen -t $target -o "$work/$(basename "$model" .lua).$extension" "$model" 2> /dev/null
    done
    count=$(find "$work" -name "*.$extension" | wc -l)
    [ "$count" -gt 50 ]; tell $? "$target: there are $count programs"
    yes "$target: none of them has a load in an arm of a choice" free "$work"/*.$extension
done
yes "nor has a header that programs include" free runtime/real.h runtime/scalar.h runtime/vector.h runtime/elementary.h runtime/contract.h \
    runtime/tile.h runtime/kernel.h runtime/philox.h runtime/program.h runtime/team.h

# planted KIND LINE: the line, added to a program, is found
planted() {
    { cat "$work/unet.c"; echo "void planted(void) { $2 }"; } > "$work/planted.txt"
    no "$1" free "$work/planted.txt"
}
planted "an index" 'x = c ? 0 : a[i];'
planted "an index of a choice within a choice" 'x = c ? d ? 1 : a[i] : 2;'
planted "a vector's load" 'v_store(&to, beta ? v_load(&to[j]) + v : v);'
planted "a scalar of the window" 'x = n < rows ? w.count : 0;'
planted "a scalar of the micro-batch" 'x = (c ? (real)m->rows : 0);'
planted "a dereference" 'x = c ? *p : 0;'
planted "a loop that goes on early" 'for (;;) { if (c) continue; sum += a[i]; }'
{ cat "$work/unet.c"; echo 'void fine(void) { const real v = a[c ? 1 : 2]; x = a[i] <= 0 ? -v * u : v, y = b[i]; f(c ? 0 : 2, *p); }'; } > "$work/fine.txt"
yes "a load in a condition, in an index or after a choice is none" free "$work/fine.txt"

# gcc is told that it must not make loops free of branches, and takes intrinsics and what is always inlined all the same
grep -q '^#pragma GCC optimize("no-tree-loop-if-convert")' runtime/real.h; tell $? "a program switches that pass of gcc's off"
finish
