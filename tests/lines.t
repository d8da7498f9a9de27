#!/bin/sh
# lines.t -- the lines of programs: comments stand in a column, and what is too long breaks, never inside a subscript.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
$CC -std=gnu11 -g -Igen -o "$work/lines" tests/lines.c build/gen/back/lines.o build/gen/base/memory.o build/gen/base/diag.o 2> "$work/errors"
tell $? "the driver builds"
fits() {
    printf '%s\n' "$2" > "$work/in"
    printf '%s\n' "$3" > "$work/expected"
    "$work/lines" < "$work/in" > "$work/out" && cmp -s "$work/out" "$work/expected"; tell $? "$1"
    diff "$work/expected" "$work/out" | sed 's/^/# /'
}
fits "words after a mark are a comment in a column" '    x = 1; @@ one' '    x = 1;                                                              /* one */'
fits "a mark in a comment moves its words there" '/* k1 @@ here */' '/* k1                                                                   here */'
fits "no mark in a string" 's = "@@ no";' 's = "@@ no";'
x=arena.copy_of_the_layer_before_the_last_one
fits "a long line breaks at the outermost place, two levels deeper" "    $x[n][r * 2 + c] = r_max(r_min(y[n][r], y[n][c]), r_min(z[n][r], z[n][c]) + 1);" \
"    $x[n][r * 2 + c] =
            r_max(r_min(y[n][r], y[n][c]), r_min(z[n][r], z[n][c]) + 1);"
fits "never inside a subscript" "    $x[n][(r * 1000 + c * 100 + j * 10) / 1000 + 7] = ${x}_again[n][(r * 1000 + c * 100 + j * 10) / 1000 + 8];" \
"    $x[n][(r * 1000 + c * 100 + j * 10) / 1000 + 7] =
            ${x}_again[n][(r * 1000 + c * 100 + j * 10) / 1000 + 8];"
long="$x[(r * 1000 + c * 100 + j * 10) / 1000 % 17 + (r * 1000 + c * 100 + j * 10) / 1000 * 16 + 7]"
fits "nor where there is no other place" "f($long);" "f($long);"
fits "nor in a comment of several lines, nor in one of the preprocessor's" "/* $long,
   $long, $x */
#define A $long + $long" "/* $long,
   $long, $x */
#define A $long + $long"
fits "one empty line stays" "a;


b;" "a;

b;"
finish
