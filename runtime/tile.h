/* tile.h -- contract() for one vector type; contract.h includes this file for vec and for vec8. */

/* q += one term: the row of B at b, times the tile's numbers of A at a */
INLINE void V(term)(const Contract d, const int outer, const int inner, const int nv, const real *a, const real *b, VEC *q)
{
    VEC row[4];
    UNROLL for (int j = 0; j < nv; j++) row[j] = V(load)(b + j * V_LANES);
    UNROLL for (int r = 0; r < outer; r++)
        UNROLL for (int i = 0; i < inner; i++) {
            const VEC x = V(set)(a[r * d.a_row[0] + i * d.a_row[1]]);
            UNROLL for (int j = 0; j < nv; j++, q++) *q = V(fma)(x, row[j], *q);
        }
}

/* outer x inner rows of C, nv vectors wide */
INLINE void V(tile)(const Contract d, const int outer, const int inner, const int nv,
                    const real *a, const real *b, real *c, const int beta)
{
    VEC q[32];
    UNROLL for (int i = 0; i < outer * inner * nv; i++) q[i] = (VEC){ 0 };
    for (int x = 0; x < d.depth[0]; x++)
        for (int y = 0; y < d.depth[1]; y++) {
            const real *ay = a + x * d.a_k[0] + y * d.a_k[1], *by = b + x * d.b_k[0] + y * d.b_k[1];
            if (d.depth[2] <= 8)
                UNROLL for (int z = 0; z < d.depth[2]; z++)
                    V(term)(d, outer, inner, nv, ay + z * d.a_k[2], by + z * d.b_k[2], q);
            else
                for (int z = 0; z < d.depth[2]; z++)
                    V(term)(d, outer, inner, nv, ay + z * d.a_k[2], by + z * d.b_k[2], q);
        }
    UNROLL for (int r = 0; r < outer; r++)
        UNROLL for (int i = 0; i < inner; i++)
            UNROLL for (int j = 0; j < nv; j++) {
                real *to = c + r * d.c_row[0] + i * d.c_row[1] + j * V_LANES;
                const VEC sum = q[(r * inner + i) * nv + j];
                V(store)(to, beta ? V(load)(to) + sum : sum);
            }
}

/* n units down C in equal tiles of at most `most`; a unit is a row, or with `whole` all inner rows of an outer one */
INLINE void V(down)(const Contract d, const int whole, const int n, const int most, const int nv,
                    const real *a, const real *b, real *c, const int beta)
{
    const int tiles = (n + most - 1) / most, low = n / tiles, high = low + 1, larger = n % tiles;
    const long a_unit = d.a_row[!whole], c_unit = d.c_row[!whole];
    for (int i = 0; i < larger; i++, a += high * a_unit, c += high * c_unit)
        V(tile)(d, whole ? high : 1, whole ? d.rows[1] : high, nv, a, b, c, beta);
    for (int i = larger; i < tiles; i++, a += low * a_unit, c += low * c_unit)
        V(tile)(d, whole ? low : 1, whole ? d.rows[1] : low, nv, a, b, c, beta);
}

/* all rows, nv vectors of the columns: nv rows * nv accumulators, nv vectors of B, one of A */
INLINE void V(column)(const Contract d, const int nv, const real *a, const real *b, real *c, const int beta)
{
    const int most = (REGISTERS - 1 - nv) / nv;
    if (d.rows[1] <= most)
        V(down)(d, 1, d.rows[0], most / d.rows[1], nv, a, b, c, beta);
    else
        for (int r = 0; r < d.rows[0]; r++)
            V(down)(d, 0, d.rows[1], most, nv, a + r * d.a_row[0], b, c + r * d.c_row[0], beta);
}

INLINE void V(contract)(const Contract d, const real *a, const real *b, real *c, const int beta)
{
    const int n = d.width / V_LANES, most = REGISTERS == 32 ? 4 : 2;
    const int columns = (n + most - 1) / most, low = n / columns, larger = n % columns;
    for (int j = 0; j < larger; j++, b += (low + 1) * V_LANES, c += (low + 1) * V_LANES)
        V(column)(d, low + 1, a, b, c, beta);
    for (int j = larger; j < columns; j++, b += low * V_LANES, c += low * V_LANES)
        V(column)(d, low, a, b, c, beta);
}
