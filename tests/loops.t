#!/bin/sh
# loops.t -- the loop IR: what is printed is read back, what is no kernel's text is refused by its line, and what breaks a rule of
# loops is caught by the rule's name.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
ASAN_OPTIONS=detect_leaks=0
export ASAN_OPTIONS
sources="gen/ir/tidy.c gen/ir/inline.c gen/ir/linear.c gen/ir/dividend.c gen/ir/loops.c gen/ir/calls.c gen/ir/print_loops.c gen/ir/parse_loops.c gen/ir/parse_vals.c gen/ir/verify_loops.c gen/ir/verify_accesses.c gen/ir/accesses.c
    gen/ir/intervals.c gen/ir/layout.c gen/ir/shape.c gen/ir/op.c gen/ir/expr.c"
# shellcheck disable=SC2086
$CC -std=gnu11 -O1 -g -Wall -Wextra -fsanitize=address,undefined -fno-sanitize-recover=undefined -Igen -o "$work/loops" tests/loops.c $sources \
    gen/base/memory.c gen/base/number.c gen/base/diag.c -lm 2> "$work/errors"; tell $? "the driver builds, with sanitizers"
"$work/loops" fields > "$work/fields"; tell $? "trees come back: $(grep -c '^ok' "$work/fields") facts"
grep -v '^ok' "$work/fields" | sed 's/^/# /'

# ---- kernels written by hand
for file in tests/loops/*.loops; do
    "$work/loops" print "$file" > "$work/out" 2>&1 && cmp -s "$file" "$work/out"; tell $? "$file: parsed and printed it is the same"
    diff "$file" "$work/out" | sed 's/^/# /'
done
"$work/loops" damage tests/loops/cross_entropy_grad.loops > "$work/out" 2>&1; tell $? "no damage makes the parser fall: $(cat "$work/out")"

# reads WHAT TEXT PRINTED: another way to write the same;  refuses TEXT MESSAGE: it is no kernel's
head='buffer x: real [4][16]
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

# ---- rules. breaks FILE SED RULE: the kernel that sed makes of it is caught by that rule
for file in tests/loops/*.loops; do
    yes "$file holds" "$work/loops" verify "$file"
done
printf '%s' "${head}for r 4, for k min(1 - r, 1): x[47*r + k] = 0.0" > "$work/in"
yes "a loop without turns touches nothing" "$work/loops" verify "$work/in"
printf '%s' "${head}for r 4, for k min(3 - r, 1): x[63*r + k] = 0.0" > "$work/in"
"$work/loops" verify "$work/in" > "$work/out" 2>&1
yes "control: one more" grep -q "an index out of range: x\[0\]\[63\*r + k\] is element 126 of 64" "$work/out"
breaks() {
    sed "$2" "tests/loops/$1.loops" > "$work/broken.loops"
    cmp -s "tests/loops/$1.loops" "$work/broken.loops" && tell 1 "$2 changes $1"
    "$work/loops" verify "$work/broken.loops" > "$work/out" 2>&1
    [ $? -gt 128 ] && grep -qF "broken.loops: $3" "$work/out"; tell $? "control: $1: $3"
    grep -qF "broken.loops: $3" "$work/out" || { sed -n '/^[^b]/p' "$work/broken.loops"; cat "$work/out"; } | sed 's/^/# /'
}
breaks product 's/w\[s\]\[i\]\[j\]/w[50177*s + 64*i + j]/' 'an index out of range: w['
breaks product 's/b\[64\*s + j\]/b[65*s + j]/' 'an index out of range: b[65*s + j.6] is element 258 of 256'
breaks product 's/i 784/i 785/' 'an index out of range: x[n][i] is element 25088 of 25088'
breaks product 's/y\[s\]\[n\]\[j\] = v/y[n][s][j] = v/' 'an index out of range'
breaks product 's/y\[s\]\[n\]\[j\] = v/y[n + 32*j] = v/' 'units race: y[0][0][n + 32*j] writes element 0'
breaks product 's/let u = y\[s\]/let u = y[3 - 1*s]/' 'units race: y[-1*s + 3][n.5][j.6] reads element'
breaks product 's/units s 4/units s 5/' 'an index out of range'
breaks product 's/lanes j 64/lanes j s..64/' 'lanes do not run from 0 to a constant'
breaks product 's/lanes j 64/lanes j s/' 'lanes do not run from 0 to a constant'
breaks product 's/u <= 0.0, 0.0, u/u <= 0.0, 0.0, y[s][n][j]/' 'an arm of a choice loads: y[s][n.5][j.6]'
breaks product 's/product/product chain/' 'a chain that nothing adds to: v'
breaks product 's/n 32, j/n 0, j/' 'an extent is not positive: n'
breaks product 's/u <= 0.0/u/' 'types do not fit: select(u, 0.0, u)'
breaks product 's/64\*s + j/64*s + (u.8)/; /^units/i unused u.8' 'an undefined variable: u.8'
breaks product 's/y\[s\]\[n\]\[j\] = v/y[s][n][(v)] = v/' 'types do not fit: y[s][n][v] has an index that is none'
breaks cross_entropy_grad 's/FROM + n/FROM + u.12/; /^units/i unused u.12' 'an undefined variable: u'
breaks product 's/lanes j 64/lanes n.5 64/; s/\[j\]/[n]/g; s/+ j\]/+ n]/' 'a variable is defined twice: n.5'
breaks cross_entropy_grad 's/4\*q + 4/4*q + 5/' 'an index out of range: l[n][j'
breaks cross_entropy_grad 's/^buffer d: real \[32\]/buffer d: real [40]/; s/^buffer l: real \[32\]/buffer l: real [40]/; s/4\*q + 4/4*q + 5/' 'units race: d[n]'
breaks cross_entropy_grad 's/box 6/box 7/' 'an index out of range: d[n][10] is element 512 of 512'
breaks cross_entropy_grad 's/box 6/box 0/' 'a side of a box is none: d[n][10]'
breaks cross_entropy_grad 's/j == t, 1.0/j == l[n][0], 1.0/' 'types do not fit: j.9 == l[n][0]'
breaks cross_entropy_grad 's/zero d\[n\]\[10\] box 6/zero label[n] box 1/' 'constants or a column are written: label[n]'
breaks cross_entropy_grad 's/let c = /let c = ARG0*/' 'an argument that calls do not have: ARG0'
breaks max_pool_grad 's/2\*r + ky\]/3*r + ky]/' 'an index out of range: x[n]'
breaks max_pool_grad 's/d\[n\]\[2\*r/d[0][2*r/' 'units race: d[0]'
breaks max_pool_grad 's/ = open - sh/ = sh/; s/variable open/let open/' 'a constant changes: open'
breaks bias_grad 's/g\[j\] by_beta/g[0] by_beta/' 'units race: g[0] writes element 0'
breaks bias_grad 's/s += /s = /' 'lanes set a variable from outside: s'
breaks bias_grad 's/s += /s += s*/' 'lanes read what they fold into: s'
breaks bias_grad 's/\[n\]\[r\]\[c\]/[(n + r)][r][c]/' 'an index out of range: d[(n + r)][r][c]'
breaks scatter 's/lanes j 8/lanes j 9/; s/gy\[n\]\[8/gy[n][7/' 'units race: g[t]'
breaks scatter 's/8\*b + j\] add/9*b + j] add/' 'units race: g[t]'
breaks scatter 's/box 96, 8/box 97, 8/' 'an index out of range: g[0][8*b] is element 6144 of 6144'
breaks sum 's/part\[q\]/part[0]/' 'units race: part[0] writes element 0'
breaks sum 's/part\[q\] = t/part[q] = t < 1.0/' 'types do not fit: part[q] becomes what it cannot be'

# ---- a tree in fewer words. tidies WHAT TEXT RESULT: the kernel of that text becomes that one; where both are equal, it stays
tidies() {
    printf '%s' "$tidy_head$2" > "$work/in"
    "$work/loops" tidy "$work/in" > "$work/out" 2>&1
    [ "$(sed '/^buffer/d' "$work/out")" = "$3" ]; tell $? "tidy: $1"
    [ "$(sed '/^buffer/d' "$work/out")" = "$3" ] || sed 's/^/# /' "$work/out"
}
stays() { tidies "$1 stays" "$2" "$2"; }
tidy_head='buffer x: real [4][16]
buffer y: real [4][16]
buffer column: real
'
tidies "views that cancel" 'for n 4, for j 16: y[(16*n + j) div 16][(16*n + j) mod 16] = x[n][j mod 4 + j div 4*4]' 'for n 4, for j 16: y[n][j] = x[n][j]'
stays "an index that runs over two dimensions" 'for i 64: y[i div 16][i mod 16] = 0.0'
tidies "a condition that holds" 'for n 4
  let in = n >= 0 and n < 4
  y[n][0] = select(in, 1.0, 2.0)
  if n < 4: y[n][1] = 1.0
  if n > 3: y[n][2] = 1.0' 'for n 4
  y[n][0] = 1.0
  y[n][1] = 1.0'
stays "one that does not" 'for n 4
  if n < 3: y[n][0] = 1.0'
stays "one of the run" 'for n 4
  if n < ROWS: y[n][0] = 1.0'
tidies "a loop of one turn" 'units q 4, for n q..q + 1: y[n][0] = 1.0' 'units n 4: y[n][0] = 1.0'
tidies "with the real rows" 'units q 4, for n q..min(q + 1, ROWS): y[n][0] = 1.0' 'units n 4
  if n < ROWS: y[n][0] = 1.0'
tidies "a loop of one turn whose variable another loop has, too" 'for j 1: y[0][j] = 1.0
for j.0 1..16: y[0][j] = 0.0' 'y[0][0] = 1.0
for j 1..16: y[0][j] = 0.0'
stays "two turns" 'units q 2, for n q*2..q*2 + 2: y[n][0] = 1.0'
tidies "another name" 'for n 4
  let a = x[n][0]
  let b = a
  y[n][0] = b*b' 'for n 4
  let a = x[n][0]
  y[n][0] = a*a'
tidies "what all turns share" 'for n 4, for j 16
  let max = x[n][0]
  y[n][j] = max*x[n][j]' 'for n 4
  let max = x[n][0]
  for j 16: y[n][j] = max*x[n][j]'
stays "what the loop writes" 'for n 4, for j 16
  let max = y[n][0]
  y[n][j] = max*x[n][j]'
stays "what depends on the loop" 'for n 4, for j 16
  let max = x[n][j]
  y[n][j] = max*max'
stays "what a fold changes" 'variable s = 0.0
for j 16
  let max = s*2.0
  s += max*max*x[0][j]'
stays "what a loop without turns might read outside" 'for n 4, for j min(n, 3)
  let max = x[n][j] + column[n]
  let sum = column[n]
  y[n][j] = max*sum*sum*max'
tidies "an index that is divided twice" 'for s 2, for j 32: y[(s*32 + j) div 12 mod 4][(s*32 + j) mod 12] = x[(s*32 + j) div 12 mod 4][j mod 16]*2.0' 'for s 2, for j 32
  let e = s*32 + j
  y[e div 12 mod 4][e mod 12] = x[e div 12 mod 4][j mod 16]*2.0'
stays "one that is divided once" 'for s 2, for j 12: y[((s*32 + j) mod 12)][0] = 1.0'
stays "an index of lanes" 'for s 2, lanes j 32: y[((s*32 + j) div 12 mod 4)][((s*32 + j) mod 12)] = x[((s*32 + j) div 12 mod 4)][j mod 16]'
tidies "an id that is divided, in all turns" 'for n 4, for j 2
  y[n][j] = x[int(column[n]) div 16][int(column[n]) mod 16]' 'for n 4
  let id = int(column[n])
  for j 2: y[n][j] = x[id div 16][id mod 16]'
tidies "a constant that is read once" 'for n 4
  let v = x[n][0]*2.0
  y[n][0] = v + 1.0' 'for n 4: y[n][0] = x[n][0]*2.0 + 1.0'
stays "one that is read twice" 'for n 4
  let v = x[n][0]*2.0
  y[n][0] = v*v'
stays "one that a store divides from its reader" 'for n 4
  let v = y[n][0]*2.0
  y[n][0] = 1.0
  y[n][1] = v'
stays "a load for an arm of a choice" 'for n 4
  let v = y[n][0]
  y[n][1] = select(n < 2, v, 0.0)'
stays "a load for an index" 'for n 4
  let v = int(x[n][0])
  y[v][1] = 1.0'
stays "a name that explains" 'for n 4
  let scale = x[n][0]
  y[n][1] = scale*2.0'
stays "what comes from the data" 'for n 4
  let v = column[n]
  y[n][1] = v*2.0'
stays "a long statement" 'for n 4
  let v = x[n][0]*x[n][1] + x[n][2]*x[n][3] + x[n][4]*x[n][5]
  y[n][1] = v*2.0'
finish
