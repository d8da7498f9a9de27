/* number.h -- numbers in files. */
#ifndef GAGEN_NUMBER_H
#define GAGEN_NUMBER_H
#include "base.h"
#include "column.h"

/* size: of a whole number, without its sign */
typedef struct {
    bool whole, minus;
    uint64_t size;
    double value;
} Number;
/* b uint8, a int8, H uint16, h int16, I uint32, i int32, L uint64, l int64, */
const char *gg_type_name(char type);
long gg_type_bytes(char type);                  /* e float16, E bfloat16, f float32, d float64 */
char gg_type_named(const char *name, size_t n); /* 0: none is */
char gg_type_of(char kind, long bytes);         /* 'u', 'i' or 'f', as in NumPy; 0: none */
#if defined __BYTE_ORDER__ && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define GG_BIG true /* this machine's order of bytes */
#else
#define GG_BIG false
#endif
/* big: the first byte is the highest */
Number gg_number(char type, bool big, const unsigned char *at);
void gg_number_text(char out[32], const Number *n);
const char *gg_number_wrong(const Number *n); /* NULL, or why no real is this number */
void gg_number_convert(const char *file, const Column *c, long row, char type, bool big,
                       const unsigned char *in, long n,
                       /* converts n elements of a row; fails, with the row, if the column cannot
                          hold one of them */
                       char *out);
#endif
