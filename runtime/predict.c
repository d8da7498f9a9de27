/* predict.c -- a prediction: the outputs of every row, as CSV or in NumPy's format.

   1. Rows come from a file, by the model's own reader, which needs only the columns of the
      outputs. All others are zero, since kernels that outputs share with training may read them.
      Outputs without data get a number of rows.
   2. CSV has a column for each element, code_1, code_2 ..., with the fewest digits that read
      back as the number. FILE.npy holds a single output; any other name is a directory with a
      file NAME.npy for each. */
#include "start.h"
#include "tensor.h"
#include "window.h"
#include <errno.h>
#include <sys/stat.h>

typedef struct {
    const Output *output;
    long width;
    real *value;
    FILE *file;
    char path[4096];
} Sink;

static void gg_sink_open(Sink *s, const char *path)
{
    if (snprintf(s->path, sizeof s->path, "%s", path) >= (int)sizeof s->path)
        gg_fail(GG_DATA, "%s: too long a name", path);
    if (!(s->file = fopen(path, "wb"))) gg_fail(GG_DATA, "%s: %s", path, strerror(errno));
}

/* An incomplete file of predictions would look like a whole one, so it is removed. */
static void gg_sink_close(Sink *s)
{
    struct stat st;
    if (!s->file) return;
    const bool own = s->file != stdout, failed = ferror(s->file);
    const bool bad = (own ? fclose(s->file) : fflush(stdout)) || failed;
    s->file = NULL;
    if (bad && own && !stat(s->path, &st) && S_ISREG(st.st_mode)) unlink(s->path);
    if (bad) gg_fail(GG_DATA, "%s: it cannot be written: %s", s->path, strerror(errno));
}

/* ---- CSV ---- */
static void gg_put_text(FILE *to, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, to);
        return;
    }
    putc('"', to);
    for (; *text; text++) {
        if (*text == '"') putc('"', to);
        putc(*text, to);
    }
    putc('"', to);
}

static void gg_put_number(FILE *to, real value)
{
    char text[40];
    const int most = sizeof(real) == 8 ? 17 : 9;
    int digits = most == 17 ? 15 : 6;
    do snprintf(text, sizeof text, "%.*g", digits, (double)value);
    while ((real)strtod(text, NULL) != value && ++digits <= most);
    fputs(isnan(value) ? "nan" : text, to);
}

static void gg_put_class(FILE *to, const Output *o, real value)
{
    long n = 0;
    while (o->names && o->names[n] && n != (long)value) n++;
    if (o->names && o->names[n]) gg_put_text(to, o->names[n]);
    else gg_put_number(to, value);
}

static void gg_csv_header(FILE *to, const Sink *sink, int n)
{
    for (int i = 0; i < n; i++)
        for (long k = 0; k < sink[i].width; k++) {
            fprintf(to, "%s%s", i || k ? "," : "", sink[i].output->tensor.name);
            if (sink[i].width > 1) fprintf(to, "_%ld", k + 1);
        }
    putc('\n', to);
}

static void gg_csv_write(FILE *to, const Sink *sink, int n, long rows)
{
    for (long row = 0; row < rows; row++) {
        for (int i = 0; i < n; i++)
            for (long k = 0; k < sink[i].width; k++) {
                if (i || k) putc(',', to);
                gg_put_class(to, sink[i].output, sink[i].value[row * sink[i].width + k]);
            }
        putc('\n', to);
    }
}

/* ---- NumPy ---- */
/* Version 1.0: 10 bytes, then the text, which ends a block of 64. */
static void gg_npy_begin(const Sink *s, long rows)
{
    const Tensor *t = &s->output->tensor;
    char text[512];
    int n = snprintf(text, sizeof text, "{'descr': '<%s', 'fortran_order': False, 'shape': (%ld,",
                     s->output->whole    ? "i8"
                     : sizeof(real) == 8 ? "f8"
                                         : "f4",
                     rows);
    for (int a = 1; a < t->rank; a++)
        n += snprintf(text + n, sizeof text - (size_t)n, a > 1 ? ", %ld" : " %ld", t->dim[a]);
    n += snprintf(text + n, sizeof text - (size_t)n, "), }");
    while ((10 + n + 1) % 64) text[n++] = ' ';
    text[n++] = '\n';
    fwrite("\x93NUMPY\x01\x00", 1, 8, s->file);
    putc(n & 255, s->file), putc(n >> 8, s->file);
    fwrite(text, 1, (size_t)n, s->file);
}

static void gg_npy_write(const Sink *s, long values)
{
    if (!s->output->whole) fwrite(s->value, sizeof(real), (size_t)values, s->file);
    else
        for (long i = 0; i < values; i++) {
            const int64_t x = (int64_t)s->value[i];
            fwrite(&x, sizeof x, 1, s->file);
        }
}

/* ---- where to ---- */
static void gg_open_arrays(Sink *sink, int n, const char *path, long rows)
{
    char file[4096];
    bool one = gg_ends(path, ".npy");
    if (!one && mkdir(path, 0777) && errno != EEXIST)
        gg_fail(GG_DATA, "%s: %s", path, strerror(errno));
    for (int i = 0; i < n; i++) {
        snprintf(file, sizeof file, "%s/%s.npy", path, sink[i].output->tensor.name);
        gg_sink_open(&sink[i], one ? path : file);
        gg_npy_begin(&sink[i], rows);
    }
}

static void gg_predict_rows(Run *r, Sink *sink, bool csv, long rows)
{
    const Program *p = r->p;
    for (long from = 0; from < rows; from += p->schedule.micro_batch) {
        long n = rows - from < p->schedule.micro_batch ? rows - from : p->schedule.micro_batch;
        gg_run_predict(r, from, n);
        for (int i = 0; i < p->model.noutputs; i++) {
            gg_read_tensor(&sink[i].output->tensor, sink[i].output->at, 0, n * sink[i].width,
                           sink[i].value);
            if (!csv) gg_npy_write(&sink[i], n * sink[i].width);
        }
        if (csv) gg_csv_write(sink[0].file, sink, p->model.noutputs, n);
    }
}

void gg_predict(Run *r)
{
    const Program *p = r->p;
    const char *path = r->o.output;
    const bool csv = !path || gg_ends(path, ".csv");
    Sink *sink = gg_alloc((size_t)p->model.noutputs, sizeof *sink);
    long rows = r->data.rows;
    for (int i = 0; i < p->model.noutputs; i++) {
        const Output *o = &p->model.outputs[i];
        sink[i].output = o, sink[i].width = gg_count(&o->tensor) / o->tensor.dim[0];
        sink[i].value = gg_alloc((size_t)gg_count(&o->tensor), sizeof(real));
    }
    if (!path)
        sink[0].file = stdout, snprintf(sink[0].path, sizeof sink[0].path, "standard output");
    else if (csv) gg_sink_open(&sink[0], path);
    else gg_open_arrays(sink, p->model.noutputs, path, rows);
    if (csv) gg_csv_header(sink[0].file, sink, p->model.noutputs);
    gg_predict_rows(r, sink, csv, rows);
    for (int i = 0; i < p->model.noutputs; i++) gg_sink_close(&sink[i]), free(sink[i].value);
    free(sink);
}
