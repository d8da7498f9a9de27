/* column.c -- rows of a column in memory: their sizes, and the values that a file may have. */
#include "column.h"

long gg_row_count(const Column *c)
{
    long n = 1;
    for (int a = 0; a < c->rank; a++) n *= c->dim[a];
    return n;
}

size_t gg_element_size(const Column *c)
{
    return c->type == 'b' ? 1 : c->type == 'i' ? sizeof(int32_t) : sizeof(real);
}

size_t gg_row_bytes(const Column *c) { return (size_t)gg_row_count(c) * gg_element_size(c); }

bool gg_in_range(const Column *c, long value)
{
    return (value >= 0 && value < c->classes) || (c->ignored && value == c->ignored);
}

void gg_table_range(const char *file, const Column *c, long row, long value)
{
    if (gg_in_range(c, value)) return;
    const char *cure = value < 0 ? "for rows without a class the loss takes ignore_index"
                       : value == c->classes ? "classes that count from 1 take classes"
                                             : "ids up to that one take classes";
    char other[32] = "";
    if (c->ignored) snprintf(other, sizeof other, ", or %ld", c->ignored);
    gg_fail(GG_DATA, "%s: row %ld: %s is %ld, the model says %ld classes, 0 to %ld%s: %s = %ld",
            file, row, c->name, value, c->classes, c->classes - 1, other, cure,
            value < 0 ? value : value + 1);
}

void gg_table_check(const char *file, const Column *c, const char *data, long rows)
{
    long width = gg_row_count(c);
    for (long i = 0; c->classes && c->type != 'r' && i < rows * width; i++)
        gg_table_range(file, c, i / width,
                       c->type == 'b' ? (unsigned char)data[i]
                                      : ((const int32_t *)(const void *)data)[i]);
}

static void gg_dims_text(char *out, size_t room, const long *dim, int rank)
{
    int n = snprintf(out, room, rank ? "" : "1");
    for (int a = 0; a < rank && n < (int)room; a++)
        n += snprintf(out + n, room - (size_t)n, a ? " x %ld" : "%ld", dim[a]);
}

/* dim has no 1s, since they do not count. */
void gg_table_dims(const char *file, const Column *c, const long *dim, int rank)
{
    char in_file[192], in_model[192];
    long own[GG_RANK];
    int n = 0;
    for (int a = 0; a < c->rank; a++)
        if (c->dim[a] != 1) own[n++] = c->dim[a];
    if (n == rank && !memcmp(own, dim, (size_t)n * sizeof *own)) return;
    gg_dims_text(in_file, sizeof in_file, dim, rank);
    gg_dims_text(in_model, sizeof in_model, c->dim, c->rank);
    gg_fail(GG_DATA, "%s: its rows are %s, the model says %s for %s", file, in_file, in_model,
            c->name);
}

void gg_table_put(const Column *c, char *out, long i, double value)
{
    if (c->type == 'b') ((unsigned char *)out)[i] = (unsigned char)value;
    else if (c->type == 'i') ((int32_t *)(void *)out)[i] = (int32_t)value;
    else ((real *)(void *)out)[i] = (real)value;
}
