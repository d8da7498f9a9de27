#!/bin/sh
# gcc 12 at -O3 with AVX reads another row than the program says: if-conversion, then vectorisation, loses the stride of a load.
#
# gcc 12.2.0-14+deb12u1 (Debian 12, packages gcc and libc6-dev), x86-64, 2026-11-29.
# A row of eight has four values, `gate > 0 ? slope : 0`, and a second loop zeroes the other four. Gate, slope and result are members of
# one static union. The load of the slope stands in an arm of the choice. With -O3 -mavx (or -mavx2, or -march=x86-64-v3) the loop
# over the rows reads slope[r * 4 + c] in place of slope[r * 8 + c]: row 1 is 104 to 107 where it should be 110 to 113. gcc is silent
# with -Wall -Wextra.
# One would expect 0 wrong everywhere, as -O2 gives, or -O3 without AVX, -O3 with -fno-tree-loop-if-convert, or the slope read
# into a variable before the choice (-DFIRST). A file protects itself by #pragma GCC optimize ("no-tree-loop-if-convert") (-DPRAGMA).
#
# Output:
#   -O3 -mavx: 28 of 64 wrong; row 1: 104 105 106 107 0 0 0 0
#   -O3 -march=x86-64-v3: 28 of 64 wrong; row 1: 104 105 106 107 0 0 0 0
#   -O2 -mavx: 0 of 64 wrong; row 1: 110 111 112 113 0 0 0 0
#   -O3: 0 of 64 wrong; row 1: 110 111 112 113 0 0 0 0
#   -O3 -mavx -fno-tree-loop-if-convert: 0 of 64 wrong; row 1: 110 111 112 113 0 0 0 0
#   -O3 -mavx -DFIRST: 0 of 64 wrong; row 1: 110 111 112 113 0 0 0 0
#   -O3 -mavx -DPRAGMA: 0 of 64 wrong; row 1: 110 111 112 113 0 0 0 0
set -eu
at=$(mktemp -d)
trap 'rm -rf "$at"' EXIT
cat > "$at/rows.c" <<'E'
#ifdef PRAGMA
#pragma GCC optimize ("no-tree-loop-if-convert")
#endif
#include <stdio.h>
static union {
    float all[192];
    struct { float gate[8][8]; };
    struct { float before_slope[64], slope[8][8]; };
    struct { float before_result[128], result[8][8]; };
} memory;
#define GATE(r, c)   memory.gate[r][c]
#define SLOPE(r, c)  memory.slope[r][c]
#define RESULT(r, c) memory.result[r][c]
__attribute__((noinline)) static void gate(int from, int to)
{
    for (int q = from; q < to; q++)
        for (int r = q; r < q + 1; r++) {
#ifdef FIRST
            for (int c = 0; c < 4; c++) {
                const float slope = SLOPE(r, c);
                RESULT(r, c) = GATE(r, c) > 0 ? slope : 0;
            }
#else
            for (int c = 0; c < 4; c++) RESULT(r, c) = GATE(r, c) > 0 ? SLOPE(r, c) : 0;
#endif
            for (int c = 4; c < 8; c++) RESULT(r, c) = 0;
        }
}
int main(void)
{
    int wrong = 0;
    for (int r = 0; r < 8; r++)
        for (int c = 0; c < 8; c++) GATE(r, c) = 1, SLOPE(r, c) = (float)(100 + 10 * r + c);
    gate(0, 8);
    for (int r = 0; r < 8; r++)
        for (int c = 0; c < 8; c++) wrong += RESULT(r, c) != (c < 4 ? SLOPE(r, c) : 0);
    printf("%d of 64 wrong; row 1:", wrong);
    for (int c = 0; c < 8; c++) printf(" %g", (double)RESULT(1, c));
    putchar('\n');
    return 0;
}
E
for flags in "-O3 -mavx" "-O3 -march=x86-64-v3" "-O2 -mavx" "-O3" "-O3 -mavx -fno-tree-loop-if-convert" "-O3 -mavx -DFIRST" "-O3 -mavx -DPRAGMA"; do
    gcc -Wall -Wextra $flags -o "$at/rows" "$at/rows.c"
    echo "$flags: $("$at/rows")"
done > "$at/out"
cat "$at/out"
sed -n 's/^#   //p' "$0" | diff - "$at/out"
