#!/bin/sh
# loops.t -- the loop IR's text: what is printed is read back, and what is no kernel's text is refused by its line.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
ASAN_OPTIONS=detect_leaks=0
export ASAN_OPTIONS
sources="gen/ir/loops.c gen/ir/print_loops.c gen/ir/parse_loops.c gen/ir/parse_vals.c gen/ir/layout.c gen/ir/shape.c gen/ir/op.c gen/ir/expr.c"
# shellcheck disable=SC2086
$CC -std=gnu11 -O1 -g -Wall -Wextra -fsanitize=address,undefined -fno-sanitize-recover=undefined -Igen -o "$work/loops" tests/loops.c $sources \
    gen/base/memory.c gen/base/diag.c -lm 2> "$work/errors"; tell $? "the driver builds, with sanitizers"
"$work/loops" fields > "$work/fields"; tell $? "trees come back: $(grep -c '^ok' "$work/fields") facts"
grep -v '^ok' "$work/fields" | sed 's/^/# /'

# ---- kernels written by hand
for file in tests/loops/*.loops; do
    "$work/loops" print "$file" > "$work/out" 2>&1 && cmp -s "$file" "$work/out"; tell $? "$file: parsed and printed it is the same"
    diff "$file" "$work/out" | sed 's/^/# /'
done
"$work/loops" damage tests/loops/cross_entropy_grad.loops > "$work/out" 2>&1; tell $? "no damage makes the parser fall: $(cat "$work/out")"

# reads WHAT TEXT PRINTED: another way to write the same;  refuses TEXT MESSAGE: it is no kernel's
head='buffer x: real [4][16] read written
'
reads() {
    printf '%s' "$head$2" > "$work/in"
    "$work/loops" print "$work/in" > "$work/out" 2>&1
    [ "$(tail -n +2 "$work/out")" = "$3" ]; tell $? "$1"
    [ "$(tail -n +2 "$work/out")" = "$3" ] || sed 's/^/# /' "$work/out"
}
refuses() {
    printf '%s' "$head$1" > "$work/in"
    "$work/loops" print "$work/in" > "$work/out" 2>&1
    [ $? -eq 1 ] && grep -qxF "$2" "$work/out"; tell $? "refused: $2"
    grep -qxF "$2" "$work/out" || sed 's/^/# /' "$work/out"
}
reads "statements on one line" 'for n 4: let a = 1.0; x[n][0] = a; x[n][1] = a*a' 'for n 4
  let a = 1.0
  x[n][0] = a
  x[n][1] = a*a'
reads "lines of a body, and a loop's own after it" 'for n 4
    for j 16
          x[n][j] = 0.0

    x[n][0] = 1.0
x[0][0] = 2.0' 'for n 4
  for j 16: x[n][j] = 0.0
  x[n][0] = 1.0
x[0][0] = 2.0'
reads "terms in any order" 'for n 4, for j 2: x[1 + n*1][8*j + 7 - 3*n] = 0.0' 'for n 4, for j 2: x[n + 1][8*j - 3*n + 7] = 0.0'
reads "the same name twice" 'for n 4
  for n 2: x[n][0] = 0.0
  x[n.0][1] = 0.0' 'for n 4
  for n 2: x[n][0] = 0.0
  x[n][1] = 0.0'
reads "what binds how tightly" 'x[0][0] = -(x[0][1] + 2.0)*3.0 - (4.0 - x[0][2])' 'x[0][0] = -(x[0][1] + 2.0)*3.0 - (4.0 - x[0][2])'
reads "numbers as they were written" 'x[0][0] = 0.10
x[0][1] = 1e3
x[0][2] = 100000.0' 'x[0][0] = 0.10
x[0][1] = 1e3
x[0][2] = 100000.0'
refuses 'for n 4: x[n][0] = y' "line 2: there is no variable 'y'"
refuses 'for n 4: x[n][0] = 1.0
x[n][0] = 2.0' "line 3: there is no variable 'n'"
refuses 'y[0] = 1.0' "line 2: there is no buffer 'y'"
refuses 'x[0][0][0] = 1.0' "line 2: 'x' has not 3 dimensions"
refuses 'x[0][0] = tan(1.0)' "line 2: there is no function 'tan'"
refuses 'x[0][0] = exp(1.0, 2.0)' "line 2: ')' expected before ', 2.0)'"
refuses 'x[0][0] = pow(1.0)' "line 2: ',' expected before ')'"
refuses 'x[0][0] = 1.0.0' "line 2: '1.0.0' is not a number"
refuses 'x[0][0] =' "line 2: unexpected the end of the line"
refuses 'x[0][0] 1.0' "line 2: '=' expected before '1.0'"
refuses 'x[0][0] = 1.0 2.0' "line 2: unexpected '2.0'"
refuses 'for n 4
    x[n][0] = 1.0
  x[n][0] = 1.0' "line 4: its indentation is no block's"
refuses 'for n 4, x[n][0' "line 2: ']' expected before the end of the line"
refuses 'x[0][99999999999999999999] = 1.0' "line 2: a whole number expected"
refuses 'buffer y: real [4][1000000000]
y[1000000000000][0] = 1.0' "line 3: an index is too large"
refuses 'x[0][0] = a.70000' "line 2: there is no variable 'a.70000'"
refuses 'let a.70000 = 1.0' "line 2: a variable's number is too large"
refuses 'let a.3 = 1.0' "line 2: there is no variable .0"
refuses 'let a = ARG999' "line 2: 'ARG999' has too large a number"
refuses 'buffer y: float' "line 2: a type expected"
refuses 'buffer y: real [0]' "line 2: a buffer is too large"
refuses 'zero x[0][0] box 1, 1, 1, 1, 1' "line 2: a box has too many sides"
refuses 'product a 1, b 1, c 1, d 1, e 1, f 1, g 1, h 1, i 1, j 1, k 1, l 1, m 1  v = x[0][0] * x[0][0]' "line 2: a product has too many ranges"
refuses "let a = $(printf '(%.0s' $(seq 200))" "line 2: it is nested too deeply"
refuses "$(printf 'for i 1, %.0s' $(seq 200))" "line 2: it is nested too deeply"
finish
