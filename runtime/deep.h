/* deep.h -- contract() of many rows and many terms; tile.h includes this file for each vector type.
   It is one function for all shapes.

   The depth is taken in pieces, so that what a tile reads of B stays in the first cache and what
   all columns read of A in the second. The numbers of B that a tile reads are copied to lie close
   together. A chain goes on in C from piece to piece, so its bits are those of one pass. With
   beta 1 it goes on in an array of its own, which is added to C at the end. */

enum { V(VECTORS) = REGISTERS == 32 ? 4 : 2, V(GROUP) = V(VECTORS) * V_LANES };

/* Copies a piece of a group of B's columns. */
INLINE void V(pack)(const Contract *d, const real *b, real *panel)
{
    for (int x = 0; x < d->depth[0]; x++)
        for (int y = 0; y < d->depth[1]; y++)
            for (int z = 0; z < d->depth[2]; z++, panel += V(GROUP)) {
                const real *from = b + x * d->b_k[0] + y * d->b_k[1] + z * d->b_k[2];
                UNROLL for (int j = 0; j < V(VECTORS); j++)
                    V(store)(panel + j * V_LANES, V(factor)(V(load)(from + j * V_LANES)));
            }
}

/* One tile over one piece: the rows at a[n] of A times the panel of B. The chains of C begin at 0,
   or go on. */
INLINE void V(deep_tile)(const Contract *d, const int rows, const real *const *a, const real *b,
                         real *const *c, const bool go_on)
{
    VEC q[DEEP_TILE * V(VECTORS)];
    UNROLL for (int n = 0; n < rows; n++) UNROLL for (int j = 0; j < V(VECTORS); j++)
        q[n * V(VECTORS) + j] = go_on ? V(load)(c[n] + j * V_LANES) : (VEC) { 0 };
    const long step = d->a_k[2];
    for (int x = 0; x < d->depth[0]; x++)
        for (int y = 0; y < d->depth[1]; y++) {
            const real *p[DEEP_TILE];
            UNROLL for (int n = 0; n < rows; n++) p[n] = a[n] + x * d->a_k[0] + y * d->a_k[1];
            for (int z = 0; step == 1 && y + 1 < d->depth[1] && z < d->depth[2];
                 z += 64 / REAL_BYTES)
                UNROLL for (int n = 0; n < rows; n++) __builtin_prefetch(p[n] + d->a_k[1] + z);
            long z = 0;
            for (int k = 0; k < d->depth[2]; k++, z += step) {
                VEC row[V(VECTORS)];
                UNROLL for (int j = 0; j < V(VECTORS); j++) row[j] = V(load)(b + j * V_LANES);
                b += V(GROUP);
                __asm__("" : "+r"(b)); /* so that row stays in registers */
                UNROLL for (int n = 0; n < rows; n++)
                {
                    const VEC u = V(factor)(V(set)(p[n][z]));
                    UNROLL for (int j = 0; j < V(VECTORS); j++) q[n * V(VECTORS) + j] =
                        V(fma)(u, row[j], q[n * V(VECTORS) + j]);
                }
            }
        }
    UNROLL for (int n = 0; n < rows; n++) UNROLL for (int j = 0; j < V(VECTORS); j++)
        V(store)(c[n] + j * V_LANES, q[n * V(VECTORS) + j]);
}

/* how far row n is from the first one */
INLINE long V(row_at)(const int n, const int inner, const long step[2])
{
    return n / inner * step[0] + n % inner * step[1];
}

/* Rows `first` to `last` - 1 over one piece, a group of columns. c is where row `first` begins. */
INLINE void V(deep_rows)(const Contract *d, const int first, const int last, const real *a,
                         const real *panel, real *c, const bool go_on)
{
    const int tiles = (last - first + DEEP_TILE - 1) / DEEP_TILE, inner = d->rows[1];
    const int low = (last - first) / tiles, larger = (last - first) % tiles;
    const long a_wrap = d->a_row[0] - inner * d->a_row[1],
               c_wrap = d->c_row[0] - inner * d->c_row[1];
    int left = inner - first % inner; /* inner rows up to the next outer one */
    a += V(row_at)(first, inner, d->a_row);
    for (int i = 0; i < tiles; i++) {
        const real *an[DEEP_TILE];
        real *cn[DEEP_TILE];
        const int rows = low + (i < larger);
        for (int j = 0; j < rows; j++) {
            an[j] = a, cn[j] = c;
            a += d->a_row[1], c += d->c_row[1];
            if (--left) continue;
            a += a_wrap, c += c_wrap, left = inner;
        }
        if (rows == DEEP_TILE) V(deep_tile)(d, DEEP_TILE, an, panel, cn, go_on);
        else if (rows == DEEP_TILE - 1) V(deep_tile)(d, DEEP_TILE - 1, an, panel, cn, go_on);
        else
            for (int j = 0; j < rows; j++) V(deep_tile)(d, 1, an + j, panel, cn + j, go_on);
    }
}

/* The same over the whole depth and all columns. */
INLINE void V(deep_block)(const Contract *d, const int first, const int last, const real *a,
                          const real *b, real *c, const int beta)
{
    _Alignas(64) real panel[PIECE * V(GROUP)];
    const int yz = d->depth[1] * d->depth[2];
    const int axis = d->depth[2] >= PIECE ? 2 : yz >= PIECE ? 1 : 0; /* the pieces are cut along */
    const int inside = axis == 2 ? 1 : axis == 1 ? d->depth[2] : yz, count = d->depth[axis];
    const int room = PIECE / inside, pieces = (count + room - 1) / room;
    const int most = (count + pieces - 1) / pieces;
    bool go_on = beta == 2;
    Contract e = *d;
    for (int i = 0; i < axis; i++) e.depth[i] = 1;
    for (int x = 0; x < (axis > 0 ? d->depth[0] : 1); x++)
        for (int y = 0; y < (axis > 1 ? d->depth[1] : 1); y++)
            for (int z = 0; z < count; z += most) {
                const real *ap = a + x * d->a_k[0] + y * d->a_k[1] + z * d->a_k[axis];
                const real *bp = b + x * d->b_k[0] + y * d->b_k[1] + z * d->b_k[axis];
                e.depth[axis] = z + most < count ? most : count - z;
                for (int j = 0; j < d->width; j += V(GROUP)) {
                    V(pack)(&e, bp + j, panel);
                    V(deep_rows)(&e, first, last, ap, panel, c + j, go_on);
                }
                go_on = true;
            }
}

static __attribute__((noinline, unused)) void V(deep)(const Contract *d, const real *a,
                                                      const real *b, real *c, const int beta)
{
    _Alignas(64) real sums[DEEP_SUMS];
    const int inner = d->rows[1], all = d->rows[0] * inner;
    const int most = d->width < DEEP_SUMS ? DEEP_SUMS / d->width : 1;
    Contract apart = *d;
    apart.c_row[0] = (long)inner * d->width, apart.c_row[1] = d->width;
    for (int first = 0; first < all; first += most) {
        const int last = first + most < all ? first + most : all;
        if (beta != 1) {
            V(deep_block)(d, first, last, a, b, c + V(row_at)(first, inner, d->c_row), beta);
            continue;
        }
        V(deep_block)(&apart, first, last, a, b, sums, 0);
        for (int n = first; n < last; n++)
            for (int j = 0; j < d->width; j += V_LANES) {
                real *at = c + V(row_at)(n, inner, d->c_row) + j;
                V(store)(at, V(load)(at) + V(load)(sums + (long)(n - first) * d->width + j));
            }
    }
}
