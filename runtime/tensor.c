/* tensor.c -- between the stored and the logical order of a tensor; the first weights. */
#include "tensor.h"
#include "philox.h"

long gg_count(const Tensor *t)
{
    long n = 1;
    for (int a = 0; a < t->rank; a++) n *= t->dim[a];
    return n;
}

/* the part of the stored position that index i of an axis adds */
static long gg_axis(const Factor *factor, long index)
{
    long place = 0;
    for (int d = 0; d < GG_FACTORS && factor[d].stride; d++) {
        long value = index / factor[d].div;
        place += (factor[d].mod ? value % factor[d].mod : value) * factor[d].stride;
    }
    return place;
}

static long gg_outer(const Tensor *t, long row)
{
    long place = t->offset;
    for (int a = t->rank - 2; a >= 0; row /= t->dim[a--])
        place += gg_axis(t->factor[a], row % t->dim[a]);
    return place;
}

/* The stored positions of logical elements from .. from + n - 1, n <= GG_WALK. It calls and
   allocates nothing. */
enum { GG_WALK = 4096 };
static void gg_places(const Tensor *t, long from, long n, long *out)
{
    const int last = t->rank - 1;
    const long width = last < 0 ? 1 : t->dim[last];
    long place = gg_outer(t, from / width), column = from % width;
    for (long i = 0; i < n; i++) {
        out[i] = place + (last < 0 ? 0 : gg_axis(t->factor[last], column));
        if (++column == width) column = 0, place = gg_outer(t, (from + i + 1) / width);
    }
}

void gg_read_tensor(const Tensor *t, const real *flat, long from, long n, real *out)
{
    long place[GG_WALK];
    for (; n > 0; from += GG_WALK, n -= GG_WALK, out += GG_WALK) {
        long some = n < GG_WALK ? n : GG_WALK;
        gg_places(t, from, some, place);
        for (long i = 0; i < some; i++) out[i] = flat[place[i]];
    }
}

void gg_write_tensor(const Tensor *t, real *flat, long from, long n, const real *in)
{
    long place[GG_WALK];
    for (; n > 0; from += GG_WALK, n -= GG_WALK, in += GG_WALK) {
        long some = n < GG_WALK ? n : GG_WALK;
        gg_places(t, from, some, place);
        for (long i = 0; i < some; i++) flat[place[i]] = in[i];
    }
}

const Tensor *gg_tensor(const Model *m, const char *name)
{
    for (int i = 0; i < m->ntensors; i++)
        if (!strcmp(m->tensors[i].name, name)) return &m->tensors[i];
    return NULL;
}

static uint64_t gg_name_hash(const char *name)
{
    uint64_t h = 0xcbf29ce484222325u;
    while (*name) h = (h ^ (unsigned char)*name++) * 0x100000001b3u;
    return h;
}

/* element k of a tensor whose name hashes to h; two words of the four are used */
static real gg_first_value(const Tensor *t, uint64_t seed, uint64_t h, long k)
{
    uint32_t c[4] = { (uint32_t)k, (uint32_t)((uint64_t)k >> 32) ^ 0x696e6974u, (uint32_t)h,
                      (uint32_t)(h >> 32) };
    if (t->init == 'c') return (real)t->a;
    if (t->init == 'm' || t->init == 'd') return t->init == 'd';
    philox4x32(c, (uint32_t)seed, (uint32_t)(seed >> 32));
    double u = (double)(c[0] >> 8) / 16777216, v = ((double)(c[1] >> 8) + 0.5) / 16777216;
    if (t->init == 'u') return (real)(float)(t->a + (t->b - t->a) * u);
    return (real)(float)(t->a + t->b * sqrt(-2 * log(v)) * cos(6.283185307179586 * u));
}

static void gg_zero_row(const Model *m, const ZeroRow *z)
{
    const Tensor *t = &m->tensors[z->tensor];
    const real zero = 0;
    const long width = gg_count(t) / t->dim[0];
    for (long k = 0; k < width; k++) gg_write_tensor(t, gg_params(m), z->row * width + k, 1, &zero);
}

void gg_init_weights(const Model *m, uint64_t seed)
{
    for (int i = 0; i < m->ntensors; i++) {
        const Tensor *t = &m->tensors[i];
        uint64_t h = gg_name_hash(t->name);
        for (long k = 0, n = gg_count(t); k < n; k++) {
            real x = gg_first_value(t, seed, h, k);
            gg_write_tensor(t, gg_params(m), k, 1, &x);
        }
    }
    for (int i = 0; i < m->nzero_rows; i++) gg_zero_row(m, &m->zero_rows[i]);
}
