/* export.c -- writes the weights under another program's names, in its order of axes: a file of one
   naming, such as gpt2, with the format that PyTorch's programs expect. */
#include "weights.h"
#include "tensor.h"

static void gg_export_header(Run *r, const Naming *of)
{
    Line *h = &r->model.header;
    long at = 0;
    h->n = 0;
    gg_add(h, "{\"__metadata__\":{\"format\":\"pt\"}");
    for (int i = 0; i < of->nsources; i++) {
        const Source *s = &of->sources[i];
        const Tensor *t = &r->p->model.tensors[s->tensor];
        const long bytes = gg_count(t) * (long)sizeof(real);
        gg_add(h, ",");
        gg_add_quoted(h, s->key);
        gg_add(h, ":{\"dtype\":\"%s\",\"shape\":[", sizeof(real) == 8 ? "F64" : "F32");
        for (int a = 0; a < t->rank; a++)
            gg_add(h, a ? ",%ld" : "%ld", t->dim[s->turned ? t->rank - 1 - a : a]);
        gg_add(h, "],\"data_offsets\":[%ld,%ld]}", at, at + bytes);
        at += bytes;
    }
    gg_add(h, "}");
}

static bool gg_export_plain(const Tensor *t, const real *flat, int fd)
{
    real chunk[GG_CHUNK];
    for (long at = 0, count = gg_count(t); at < count; at += GG_CHUNK) {
        const long n = count - at < GG_CHUNK ? count - at : GG_CHUNK;
        gg_read_tensor(t, flat, at, n, chunk);
        if (!gg_write(fd, chunk, (size_t)n * sizeof *chunk)) return false;
    }
    return true;
}

/* Row i of the file is column i of t; a block is some of these rows. */
static bool gg_export_turned(const Tensor *t, const real *flat, int fd)
{
    enum { ROWS = 64 };
    const long rows = t->dim[0], columns = t->dim[1];
    real line[ROWS], *block = gg_alloc((size_t)rows * ROWS, sizeof *block);
    bool good = true;
    for (long at = 0; at < columns && good; at += ROWS) {
        const long n = columns - at < ROWS ? columns - at : ROWS;
        for (long o = 0; o < rows; o++) {
            gg_read_tensor(t, flat, o * columns + at, n, line);
            for (long i = 0; i < n; i++) block[i * rows + o] = line[i];
        }
        good = gg_write(fd, block, (size_t)(n * rows) * sizeof *block);
    }
    free(block);
    return good;
}

static bool gg_export_tensors(Run *r, int fd)
{
    const Model *m = &r->p->model;
    const Naming *of = gg_naming(m, r->o.key);
    for (int i = 0; i < of->nsources; i++) {
        const Source *s = &of->sources[i];
        const Tensor *t = &m->tensors[s->tensor];
        if (!(s->turned ? gg_export_turned : gg_export_plain)(t, gg_params(m), fd)) return false;
    }
    return true;
}

void gg_export(Run *r)
{
    const Naming *of = gg_naming(&r->p->model, r->o.key);
    gg_export_header(r, of);
    gg_replace_file(r, r->o.exported, gg_export_tensors);
    printf("%d tensors of %s in %s\n", of->nsources, of->name, r->o.exported);
}
