/* tile.h -- contract() for one vector type; contract.h includes this file for vec and for vec8. */

/* q += one term: row n's number of A, broadcast, times the row of B at b. The empty asm hides
   the target of a (rule 3). It clobbers no memory, which would cost minutes of compilation;
   stored() in kernel.h declares that stores are read. */
INLINE void V(term)(const Contract d, const int rows, const int inner, const int nv, const real *a,
                    const real *b, VEC *q)
{
    VEC row[4];
    __asm__("" : "+r"(a));
    UNROLL for (int j = 0; j < nv; j++) row[j] = V(factor)(V(load)(b + j * V_LANES));
    UNROLL for (int n = 0; n < rows; n++)
    {
        const VEC x = V(factor)(V(set)(a[n / inner * d.a_row[0] + n % inner * d.a_row[1]]));
        UNROLL for (int j = 0; j < nv; j++) q[n * nv + j] = V(fma)(x, row[j], q[n * nv + j]);
    }
}

/* brings the next run of A's rows closer */
INLINE void V(fetch)(const Contract d, const int rows, const int inner, const real *a)
{
    UNROLL for (int n = 0; n < rows; n++)
        UNROLL for (int z = 0; z < d.depth[2]; z += 64 / REAL_BYTES)
            __builtin_prefetch(a + n / inner * d.a_row[0] + n % inner * d.a_row[1] + z);
}

/* `rows` rows of C from c on, `inner` of them to an outer one, nv vectors wide */
INLINE void V(tile)(const Contract d, const int rows, const int inner, const int nv, const real *a,
                    const real *b, real *c, const int beta)
{
    VEC q[32];
    UNROLL for (int n = 0; n < rows * nv; n++) q[n] = (VEC) { 0 };
    UNROLL for (int n = 0; n < rows && beta == 2; n++) UNROLL for (int j = 0; j < nv; j++)
        q[n * nv + j] = V(load)(c + n / inner * d.c_row[0] + n % inner * d.c_row[1] + j * V_LANES);
    for (int x = 0; x < d.depth[0]; x++)
        for (int y = 0; y < d.depth[1]; y++) {
            const real *ay = a + x * d.a_k[0] + y * d.a_k[1], *by = b + x * d.b_k[0] + y * d.b_k[1];
            if (d.a_k[2] == 1 && d.depth[2] >= 32 && d.depth[2] <= 128 && y + 1 < d.depth[1])
                V(fetch)(d, rows, inner, ay + d.a_k[1]);
            for (int z = 0; z < d.depth[2]; z++)
                V(term)(d, rows, inner, nv, ay + z * d.a_k[2], by + z * d.b_k[2], q);
        }
    UNROLL for (int n = 0; n < rows && beta == 1; n++) UNROLL for (int j = 0; j < nv; j++)
        q[n * nv + j] = V(load)(c + n / inner * d.c_row[0] + n % inner * d.c_row[1] + j * V_LANES) +
                        q[n * nv + j];
    UNROLL for (int n = 0; n < rows; n++) UNROLL for (int j = 0; j < nv; j++)
        V(store)(c + n / inner * d.c_row[0] + n % inner * d.c_row[1] + j * V_LANES, q[n * nv + j]);
}

/* All rows, nv vectors wide, in nearly equal tiles. Registers hold a tile's sums, nv vectors of
   B, one of A, and a product where it is not fused. Outer rows are in one tile if they fit;
   otherwise inner rows are divided. */
INLINE void V(rows)(const Contract d, const int nv, const real *a, const real *b, real *c,
                    const int beta)
{
    const int room = (REGISTERS - (FUSED ? 1 : 2) - nv) / nv, outer = d.rows[0], inner = d.rows[1],
              whole = inner <= room;
    const int count = whole ? outer : inner, unit = whole ? inner : 1, most = room / unit;
    const int tiles = (count + most - 1) / most, low = count / tiles, high = low + 1,
              larger = count % tiles;
    const long a_outer = d.a_row[0], a_inner = d.a_row[1], c_outer = d.c_row[0],
               c_inner = d.c_row[1];
    const long a_unit = whole ? a_outer : a_inner, c_unit = whole ? c_outer : c_inner;
    for (int r = 0; r < (whole ? 1 : outer); r++) {
        const real *ar = a + r * a_outer;
        real *cr = c + r * c_outer;
        for (int i = 0; i < larger; i++, ar += high * a_unit, cr += high * c_unit)
            V(tile)(d, high * unit, inner, nv, ar, b, cr, beta);
        for (int i = larger; i < tiles; i++, ar += low * a_unit, cr += low * c_unit)
            V(tile)(d, low * unit, inner, nv, ar, b, cr, beta);
    }
}

#include "deep.h"

INLINE void V(contract)(const Contract d, const real *a, const real *b, real *c, const int beta)
{
    const int n = d.width / V_LANES, most = V(VECTORS);
    const int parts = (n + most - 1) / most, low = n / parts, larger = n % parts;
    if (d.depth[0] * d.depth[1] * d.depth[2] > PIECE && d.rows[0] * d.rows[1] >= DEEP_ROWS &&
        d.width % V(GROUP) == 0) {
        V(deep)(&d, a, b, c, beta);
        return;
    }
    for (int j = 0; j < larger; j++, b += (low + 1) * V_LANES, c += (low + 1) * V_LANES)
        V(rows)(d, low + 1, a, b, c, beta);
    for (int j = larger; j < parts; j++, b += low * V_LANES, c += low * V_LANES)
        V(rows)(d, low, a, b, c, beta);
}
