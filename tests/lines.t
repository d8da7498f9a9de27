#!/bin/sh
# lines.t -- the lines of programs: comments stand in a column, and what is too long breaks, never inside a subscript.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
$CC -std=gnu11 -g -Igen -o "$work/lines" tests/lines.c build/gen/back/lines.o build/gen/base/memory.o build/gen/base/diag.o 2> "$work/errors"
tell $? "the driver builds"
y=the_gradient_of_all_layers_before_the_last_one_and_after_it
fits() {
    printf '%s\n' "$2" > "$work/in"
    printf '%s\n' "$3" > "$work/expected"
    "$work/lines" < "$work/in" > "$work/out" && cmp -s "$work/out" "$work/expected"; tell $? "$1"
    diff "$work/expected" "$work/out" | sed 's/^/# /'
}
fits "words after a mark are a comment in a column" '    x = 1; @@ one' '    x = 1;                                              /* one */'
fits "a mark in a comment moves its words there" '/* k1 @@ here */' '/* k1                                                                   here */'
words="these are words that a column has no room for, they are too many"
fits "words that do not fit in the column begin earlier" "    x = 1; @@ $words" "    x = 1;                                        /* $words */"
fits "or further right" "    $y; @@ one" "    $y;  /* one */"
fits "or stand before the code" "    $y; @@ $words" "    /* $words */
    $y;"
fits "and on a line of their own in a comment" "/* k1  ${y}_again = $y @@ model.lua:1000 */" "/* k1  ${y}_again =
   $y
   model.lua:1000 */"
fits "a comment breaks at a space" "/* $words, $words, $words */" "/* $words, ${words% are too many}
   are too many, $words */"
fits "one of several lines, too, under its own beginning" "/* k1
   $words, $words, $words */" "/* k1
   $words, ${words% are too many}
   are too many, $words */"
fits "no mark in a string" 's = "@@ no";' 's = "@@ no";'
x=arena.copy_of_the_layer_before_the_last_one
fits "a long line breaks at the outermost place, two levels deeper" "    $x[n][r * 2 + c] = r_max(r_min(y[n][r], y[n][c]), r_min(z[n][r], z[n][c]) + 1);" \
"    $x[n][r * 2 + c] =
            r_max(r_min(y[n][r], y[n][c]), r_min(z[n][r], z[n][c]) + 1);"
fits "never inside a subscript" "    $x[n][(r * 1000 + c * 100) / 1000 + 7] = ${x}_again[n][(r * 1000 + c * 100) / 1000 + 8];" \
"    $x[n][(r * 1000 + c * 100) / 1000 + 7] =
            ${x}_again[n][(r * 1000 + c * 100) / 1000 + 8];"
fits "never between a name and its subscript, between two only if there is no other place" \
    "f(${x}_and_after_it_and_after_that[n][r * 2 + c][channel * 64 + lane_of_the_vector][row_of_a_tap][column_of_a_tap]);" \
"f(${x}_and_after_it_and_after_that[n][r * 2 + c]
        [channel * 64 + lane_of_the_vector][row_of_a_tap][column_of_a_tap]);"
long="$x[(r * 1000 + c * 100 + j * 10 + lane * 2) / 1000 % 17 + (r * 1000 + c * 100 + j * 10) / 1000 * 16 + 7]"
fits "inside one only where there is none between them" "f($long);" "f($x[(r * 1000 + c * 100 + j * 10 + lane * 2) / 1000 % 17
        + (r * 1000 + c * 100 + j * 10) / 1000 * 16 + 7]);"
fits "nothing breaks in a line of the preprocessor" "#define A $long + $long" "#define A $long + $long"
fits "one empty line stays" "a;


b;" "a;

b;"

# ---- programs: none has a line of more than 120 characters
fit() { awk 'length > 120 { print FILENAME ":" FNR ": " $0; bad = 1 } END { exit bad }' "$1" > "$work/long"; }
for model in examples/*.lua; do
    grep -q '^return train\|train {' "$model" || continue
    for target in c cuda; do
        ./gagen -t $target "$model" > "$work/program" 2> "$work/errors" && fit "$work/program"; tell $? "$model, $target: 120 characters in a line at most"
        sed 's/^/# /' "$work/long"
    done
done
sed "s|^static Window w;\$|&  /* $(printf '%097d' 0) */|" "$work/program" > "$work/wide"
! cmp -s "$work/program" "$work/wide" && ! fit "$work/wide"; tell $? "control: a line of 121 is found"
finish
