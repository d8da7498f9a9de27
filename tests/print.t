#!/bin/sh
# print.t -- C: what the statements of a tree become. Trees are given as text.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
objects=
for name in back/c/print back/c/lanes back/c/product back/c/sums back/print back/value back/words back/index back/template resources base/memory base/number base/diag base/resource ir/loops ir/calls \
    ir/print_loops ir/parse_loops ir/parse_vals ir/layout ir/shape ir/op ir/expr; do objects="$objects build/gen/$name.o"; done
# shellcheck disable=SC2086
$CC -std=gnu11 -g -Igen -o "$work/print" tests/print.c $objects -lm 2> "$work/errors"; tell $? "the driver builds"
sed 's/^/# /' "$work/errors"

# prints WHAT TREE C: statements of the tree, which has these buffers
buffers='args 1
buffer x: real [4][8][64]
buffer y: real [4][8][64]
buffer b: real [256]
buffer p: double [8]
'
prints() {
    printf '%s%s' "$buffers" "$2" > "$work/in"
    printf '%s\n' "$3" > "$work/expected"
    "$work/print" "$work/in" > "$work/out" 2>&1; cmp -s "$work/out" "$work/expected"; tell $? "$1"
    diff "$work/expected" "$work/out" | sed 's/^/# /'
}
prints "units, rows, lanes; a padded axis keeps zeros" 'units s 4, for n 8, lanes j 64: y[s][n][j] = keep(x[s][n][j] * b[64*s + j], 250 - (64*s + j))' \
'for_span (s, t, 4)
    for (int n = 0; n < 8; n++)
        for (int j = 0; j < 64; j += LANES)
            v_store(&y[s][n][j], v_keep(v_load(&x[s][n][j]) * v_load(&b[s * 64 + j]), 250 - (64 * s + j)));'
prints "eight lanes are narrow vectors" 'units s 4, lanes j 8: y[s][0][j] = x[s][0][j]' \
'for_span (s, t, 4)
    for (int j = 0; j < 8; j += LANES8)
        v8_store(&y[s][0][j], v8_load(&x[s][0][j]));'
prints "folds" 'units one 1
  variable m = -inf
  for j 64: m max= x[0][0][j]
  variable s = 0.0
  for j 64: s += exp(x[0][0][j] - m)
  b[0] = s' \
'for_span (one, t, 1) {
    real m2 = -INFINITY;
    for (int j = 0; j < 64; j++)
        m2 = r_max(m2, x[0][0][j]);
    real s2 = 0;
    for (int j = 0; j < 64; j++)
        s2 += r_exp(x[0][0][j] - m2);
    b[0] = s2;
}'
prints "lanes fold into variables from outside" 'units one 1
  variable m = -inf
  for s 4, lanes j 64: m max= x[s][0][j]
  variable s = 0.0
  variable p = 1.0
  lanes j 8
    s += exp(x[0][0][j] - m)
    p *= x[0][0][j]
  b[0] = s * p' \
'for_span (one, t, 1) {
    vec lane_m = v_set(-INFINITY);
    for (int s = 0; s < 4; s++)
        for (int j = 0; j < 64; j += LANES)
            lane_m = v_max(lane_m, v_load(&x[s][0][j]));
    const real m2 = v_hmax(lane_m);
    vec8 lane_s = v8_set(0);
    vec8 lane_p = v8_set(1);
    for (int j = 0; j < 8; j += LANES8) {
        lane_s += v8_exp(v8_load(&x[0][0][j]) - m2);
        lane_p *= v8_load(&x[0][0][j]);
    }
    const real s2 = v8_sum(lane_s);
    const real p2 = v8_product(lane_p);
    b[0] = s2 * p2;
}'
prints "real rows, in double" 'units q 2
  variable total = 0:double
  for n 4*q..min(4*q + 4, ROWS): total += b[n]
  p[q] = total' \
'const int rows = m->rows;
for_span (q, t, 2) {
    double total = 0;
    for (int n = 4 * q; n < 4 * q + 4 && n < rows; n++)
        total += b[n];
    p[q] = total;
}
uses m'
prints "stores with beta" 'units s 4, lanes j 64
  let v = x[s][0][j]
  y[s][0][j] by_beta v
  y[s][1][j] by_beta v * 2.0
  y[s][2][j] add v' \
'for_span (s, t, 4)
    for (int j = 0; j < 64; j += LANES) {
        const vec v = v_load(&x[s][0][j]);
        const vec old = v_load(&y[s][0][j]);
        v_store(&y[s][0][j], beta ? old + v : v);
        const vec old2 = v_load(&y[s][1][j]), more = v * 2;
        v_store(&y[s][1][j], beta ? old2 + more : more);
        v_store(&y[s][2][j], v_load(&y[s][2][j]) + v);
    }'
prints "added numbers, a condition" 'units one 1
  if BETA == 0: b[0] = 0.0
  for n 8
    let r = row(n)
    b[n] add x[0][n][0]' \
'for_span (one, t, 1) {
    if (beta == 0)
        b[0] = 0;
    for (int n = 0; n < 8; n++) {
        const long r = data_row(&w, m, n);
        b[n] += x[0][n][0];
    }
}
uses m'
prints "a value that is added to or multiplied in its place, and what is not" 'units n 4
  b[n] = b[n]*2.0
  b[n] = b[n] + x[0][n][0]
  b[n] = b[n + 4]*2.0
  b[n] = 2.0*b[n]
  b[n] = b[n] - 2.0' \
'for_span (n, t, 4) {
    b[n] *= 2;
    b[n] += x[0][n][0];
    b[n] = b[n + 4] * 2;
    b[n] = 2 * b[n];
    b[n] = b[n] - 2;
}'
prints "the frame of an image" 'units n 4: zero y[n][0][0] box 4:128(1, 1), 8:16(2, 2), 16' \
'for_span (n, t, 4)
    zero_halo((real *)y + n * 512, 4, 8, 1, 1, 2, 2, 16);'
prints "a box, in one piece and in several" 'units n 4
  zero y[n][0][0] box 8, 64
  zero x[n][2][16] box 3, 8' \
'for_span (n, t, 4) {
    for (long i = 0; i < 512; i++)
        ((real *)y)[n * 512 + i] = 0;
    for (long i = 0; i < 3; i++)
        for (long i2 = 0; i2 < 8; i2++)
            ((real *)x)[n * 512 + 144 + i * 64 + i2] = 0;
}'
prints "loops over taps stay inside the image: compilers shall unroll them" 'units n 4, for c 8
  variable sum = 0.0
  for kx max(1 - c, 0)..min(9 - c, 3): sum += x[n][c + kx - 1][0] * b[kx]
  y[n][c][0] = sum' \
'for_span (n, t, 4)
    for (int c = 0; c < 8; c++) {
        real sum = 0;
        TAPS for (int kx = 1 - c > 0 ? 1 - c : 0, kx_to = 9 - c < 3 ? 9 - c : 3; kx < kx_to; kx++)
            sum += x[n][c + kx - 1][0] * b[kx];
        y[n][c][0] = sum;
    }'
prints "draws for lanes; names of loops are free again, others are not" 'units s 4
  lanes j 64
    let u = uniform(s, ARG0, j)
    y[s][0][j] = select(u < 0.5, 0.0, x[s][0][j.1] * u)
  for j 64
    let u = 1.0
    y[s][1][j] = u' \
'const uint64_t consumed = (uint64_t)(w.first + m->from);
const uint64_t seed = w.seed;
for_span (s, t, 4) {
    for (int j = 0; j < 64; j += LANES) {
        real u[LANES];
        noise_fill(u, LANES, seed, consumed + s, 0x12u, (uint32_t)j, 1);
        const vec u2 = v_load(u);
        v_store(&y[s][0][j], v_select(u2 < R(0.5), v_set(0), v_load(&x[s][0][j]) * u2));
    }
    for (int j = 0; j < 64; j++) {
        const real u3 = 1;
        y[s][1][j] = u3;
    }
}
uses m'
prints "a table of the model, an array of the unit's own" 'buffer t: real table 1.0, 0.5
buffer a: real
units s 4
  local a 64
  for j 64: a[j] = t[s] * x[s][0][j]' \
'static const real table[2] = { R(1.0), R(0.5) };
for_span (s, t, 4) {
    real a[64];
    for (int j = 0; j < 64; j++)
        a[j] = table[s] * x[s][0][j];
}'
product='units s 4, for n 2
  product r 8, j 64 : k 4, i 64  v = x[k][r][i] * b[j + 64*i]
    y[s][r][j] = v'
call() {
    printf 'for_span (s, t, 4)
    for (int n = 0; n < 2; n++)
        contract((Contract) { .rows = { 1, 8 }, .a_row = { 0, 64 }, .c_row = { 0, 64 },
                              .depth = { 1, 4, 64 },
                              .a_k = { 0, 512, 1 }, .b_k = { 0, 0, 64 }, .width = 64 },
                 x[0][0], b, y[s][0], %s);' "$1"
}
prints "a product is a call" "$product" "$(call 0)"
prints "with beta" "$(printf '%s' "$product" | sed 's/\] = v$/] by_beta v/')" "$(call beta)"
prints "later turns add" "$(printf '%s' "$product" | sed 's/\] = v$/] beta(select(n != 0, 1, BETA)) v/')" "$(call 'n ? 1 : beta')"
prints "a chain goes on with what is there" "$(printf '%s' "$product" | sed 's/product r/product chain r/; s/\] = v$/] beta(select(n != 0, 1, BETA)) v/')" "$(call 'n ? 2 : 2 * beta')"
# matrix WHAT PRODUCT CALL
matrix() {
    prints "$1" "units s 4
  product $2
    y[s][r][j] = v" "for_span (s, t, 4)
    matmul((Matmul) { $3 }, $4, 0);"
}
matrix "of matrices it is in words" 'r 8, j 64 : i 64  v = x[s][r][i] * b[j + 64*i]' \
    '.rows = 8, .columns = 64, .depth = 64' 'x[s][0], b, y[s][0]'
matrix "of column blocks" 'r 8, j 64 : k 4, i 64  v = x[k][r][i] * b[j + 4096*k + 64*i]' \
    '.rows = 8, .columns = 64, .depth = 256, .blocks = 4, .block = 512' 'x[0][0], b, y[s][0]'
matrix "of a turned matrix" 'r 8, j 64 : i 8  v = x[s][i][r] * b[j + 64*i]' \
    '.rows = 8, .columns = 64, .depth = 8, .a_turned = true, .a_row = 64' 'x[s][0], b, y[s][0]'
prints "a product of another shape is loops" 'units s 4
  product r 8, j 60 : i 64  v = x[s][r][i] * b[j + 64*i]
    y[s][r][j] = v' \
'for_span (s, t, 4)
    for (int r = 0; r < 8; r++)
        for (int j = 0; j < 60; j++) {
            real v = 0;
            for (int i = 0; i < 64; i++)
                v += x[s][r][i] * b[j + i * 64];
            y[s][r][j] = v;
        }'
for file in tests/loops/*.loops; do
    yes "$file is printed" "$work/print" "$file"
done
finish
