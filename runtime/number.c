/* number.c -- numbers in files, and as elements of columns and tensors. It refuses a conversion
   that changes a whole number or makes a number infinite. Fractions are rounded. */
#include "number.h"

static const struct {
    char code;
    const char *name;
    int bytes;
    bool minus, whole;
} gg_types[] = {
    { 'b', "uint8", 1, false, true },   { 'a', "int8", 1, true, true },
    { 'H', "uint16", 2, false, true },  { 'h', "int16", 2, true, true },
    { 'I', "uint32", 4, false, true },  { 'i', "int32", 4, true, true },
    { 'L', "uint64", 8, false, true },  { 'l', "int64", 8, true, true },
    { 'e', "float16", 2, true, false }, { 'E', "bfloat16", 2, true, false },
    { 'f', "float32", 4, true, false }, { 'd', "float64", 8, true, false },
};
enum { GG_TYPES = sizeof gg_types / sizeof *gg_types };

static int gg_type_at(char code)
{
    int i = 0;
    while (gg_types[i].code != code) i++;
    return i;
}

const char *gg_type_name(char type) { return gg_types[gg_type_at(type)].name; }
long gg_type_bytes(char type) { return gg_types[gg_type_at(type)].bytes; }

char gg_type_named(const char *name, size_t n)
{
    for (int i = 0; i < GG_TYPES; i++)
        if (strlen(gg_types[i].name) == n && !memcmp(gg_types[i].name, name, n))
            return gg_types[i].code;
    return 0;
}

char gg_type_of(char kind, long bytes)
{
    for (int i = 0; i < GG_TYPES; i++)
        if (gg_types[i].bytes == bytes && gg_types[i].code != 'E' &&
            kind == (gg_types[i].whole ? gg_types[i].minus ? 'i' : 'u' : 'f'))
            return gg_types[i].code;
    return 0;
}

static float gg_bits(uint32_t u)
{
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* Of IEEE 754's 16 bits: the subnormal ones are multiples of 2^-24. */
static float gg_half(uint32_t u)
{
    const uint32_t sign = (u & 0x8000) << 16, rest = u & 0x7fff;
    if (rest >= 0x7c00) return gg_bits(sign | 0x7f800000 | (rest & 0x3ff) << 13);
    if (rest < 0x400) return (sign ? -1.0f : 1.0f) * (float)rest * 5.9604644775390625e-8f;
    return gg_bits(sign | ((rest << 13) + 0x38000000));
}

/* the bytes as a number, with its sign extended */
static int64_t gg_integer(const unsigned char *at, int n, bool big, bool minus)
{
    uint64_t u = 0;
    for (int i = 0; i < n; i++) u |= (uint64_t)at[big ? n - 1 - i : i] << 8 * i;
    if (minus && n < 8 && u >> (8 * n - 1)) u |= ~(uint64_t)0 << 8 * n;
    return (int64_t)u;
}

Number gg_number(char type, bool big, const unsigned char *at)
{
    const int k = gg_type_at(type);
    const int64_t i =
        gg_integer(at, gg_types[k].bytes, big, gg_types[k].minus && gg_types[k].whole);
    double d;
    if (gg_types[k].whole) {
        const bool minus = gg_types[k].minus && i < 0;
        const uint64_t size = minus ? 0 - (uint64_t)i : (uint64_t)i;
        return (Number) { true, minus, size, minus ? -(double)size : (double)size };
    }
    switch (type) {
        case 'e':
            d = (double)gg_half((uint32_t)i);
            break;
        case 'E':
            d = (double)gg_bits((uint32_t)i << 16);
            break;
        case 'f':
            d = (double)gg_bits((uint32_t)i);
            break;
        default:
            memcpy(&d, &i, sizeof d);
    }
    return (Number) { .value = d };
}

void gg_number_text(char out[32], const Number *n)
{
    if (n->whole) snprintf(out, 32, "%s%llu", n->minus ? "-" : "", (unsigned long long)n->size);
    else snprintf(out, 32, "%.9g", n->value);
}

/* NULL, or why a real is not this number */
const char *gg_number_wrong(const Number *n)
{
    const real near = (real)n->value;
    const bool exact = !n->whole || ((double)fabs((double)near) < 18446744073709551616.0 &&
                                     (uint64_t)fabs((double)near) == n->size);
    if (!exact)
        return sizeof(real) == 8 ? "which float64 cannot hold exactly"
                                 : "which float32 cannot hold exactly";
    return isinf(near) && !isinf(n->value) ? "beyond float32" : NULL;
}

static const char *gg_whole_wrong(const Column *c, const Number *n)
{
    const bool whole = n->whole || n->value == rint(n->value);
    if (!whole)
        return c->classes ? "no class: classes are whole numbers; a column of numbers has no "
                            "classes in the model"
                          : "and the model says whole numbers for it: say type = \"float32\"";
    if (c->type == 'b' && !(n->value >= 0 && n->value <= 255))
        return "and type = \"uint8\" holds 0 to 255: say type = \"float32\"";
    if (n->value < INT32_MIN || n->value > INT32_MAX)
        return "whole numbers go to 2147483647: number them anew, numpy.unique(a, "
               "return_inverse=True)[1]";
    return NULL;
}

static void gg_number_store(const char *file, const Column *c, long row, char *out, long i,
                            const Number *n)
{
    const char *wrong = c->type == 'r' ? gg_number_wrong(n) : gg_whole_wrong(c, n);
    char text[32];
    if (!wrong) {
        gg_table_put(c, out, i, n->value);
        return;
    }
    gg_number_text(text, n);
    gg_fail(GG_DATA, "%s: row %ld: %s is %s, %s%s", file, row, c->name, text, wrong,
            c->type == 'r' && n->whole ? ": save a.astype('float32') to round it" : "");
}

void gg_number_convert(const char *file, const Column *c, long row, char type, bool big,
                       const unsigned char *in, long n, char *out)
{
    const long unit = gg_type_bytes(type);
    if (type == 'b' && c->type == 'b') memcpy(out, in, (size_t)n);
    else if (type == 'b' && c->type == 'r')
        for (long i = 0; i < n; i++) ((real *)(void *)out)[i] = (real)in[i];
    else
        for (long i = 0; i < n; i++) {
            Number x = gg_number(type, big, in + i * unit);
            gg_number_store(file, c, row, out, i, &x);
        }
}
