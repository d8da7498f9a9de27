/* read.c -- reads files into columns and prints them: read idx|csv|npy|raw|cifar10 PATH TEST VALID COLUMN...
   A column is name:type:classes:source:dim,dim[:class,class...]; classes 0 is none. After a type d drops rows with missing fields, v5
   makes them 5. TEST or VALID below 0 are the last rows. tokens:KIND:STRIDE:CLASSES reads a stream in rows as long as x.
   CSV_FORM=n;, says header, separator, decimal of CSV, a point says nothing; what the reader tells is printed, too. */
#include "data.h"
#include "tokens.h"

enum { COLUMNS = 8, NAMES = 8 };
static Column columns[COLUMNS];
static const void *base[COLUMNS];
static const char *names[COLUMNS][NAMES + 1];

static void column(int i, char *text)
{
    char *part[6] = { strtok(text, ":") };
    for (int k = 1; k < 6; k++) part[k] = strtok(NULL, ":");
    columns[i] = (Column){ part[0], *part[1], 0, { 0 }, atol(part[2]), 0, part[3], part[5] ? names[i] : NULL, &base[i], false,
                           part[1][1], part[1][1] ? atof(part[1] + 2) : 0 };
    for (char *d = strtok(part[4], ","); d; d = strtok(NULL, ",")) columns[i].dim[columns[i].rank++] = atol(d);
    int n = 0;
    for (char *s = part[5] ? strtok(part[5], ",") : NULL; s; s = strtok(NULL, ",")) names[i][n++] = s;
}

static void print_row(const Dataset *set, long row)
{
    for (int i = 0; i < set->ncolumns; i++)
        for (long k = 0, n = gg_row_count(&columns[i]); k < n; k++) {
            long at = row * n + k;
            if (columns[i].type == 'b') printf("%d ", ((const unsigned char *)base[i])[at]);
            else if (columns[i].type == 'i') printf("%d ", ((const int32_t *)base[i])[at]);
            else printf("%.6g ", (double)((const real *)base[i])[at]);
        }
    printf("\n");
}

static void print_tokens(const Table *d, long row)
{
    const Dataset *set = d->set;
    for (int i = 0; i < set->ncolumns; i++) {
        int32_t *out = gg_alloc((size_t)set->tokens.length, sizeof *out);
        gg_tokens_row(d->tokens, &set->tokens, &columns[i], gg_tokens_begin(d->tokens, &set->tokens, row), out);
        for (long k = 0; k < set->tokens.length; k++) printf("%d ", out[k]);
        free(out);
    }
    printf("\n");
}

static void print_rows(const Table *d, const char *name, const Rows *rows)
{
    printf("%s %ld\n", name, rows->count);
    for (long i = 0; i < rows->count && i < 20; i++) {
        const long row = rows->list ? (long)rows->list[i] : rows->from + i;
        if (d->tokens) print_tokens(d, row);
        else print_row(d->set, row);
    }
}

/* "tokens:H:3:50" */
static void stream(Dataset *set, char *text)
{
    if (strncmp(text, "tokens:", 7)) return;
    set->reader = "tokens";
    set->tokens = (TokenForm){ .kind = text[7], .length = columns[0].dim[0], .mark = -1 };
    sscanf(text + 9, "%ld:%ld", &set->tokens.stride, &set->tokens.classes);
}

int main(int argc, char **argv)
{
    Dataset set = { .reader = argv[1], .path = argv[2], .columns = columns };
    Table d;
    if (*argv[3] == '/' || *argv[3] == '.') set.test_path = argv[3];
    else set.test = fabs(atof(argv[3])), set.test_last = argv[3][0] == '-';
    set.valid = fabs(atof(argv[4])), set.valid_last = argv[4][0] == '-';
    const char *form = getenv("CSV_FORM");
    for (int i = 0; form && i < 3 && form[i]; i++) ((char *)&set.csv)[i] = form[i] == '.' ? 0 : form[i];
    for (int i = 5; i < argc; i++) column(set.ncolumns++, argv[i]);
    stream(&set, argv[1]);
    gg_table_load(&d, &set, NULL);
    print_rows(&d, "train", &d.train), print_rows(&d, "valid", &d.valid), print_rows(&d, "test", &d.test);
    for (int i = 0; i < set.ncolumns; i++)
        if (d.map[i].n) printf("%s mapped\n", columns[i].name);
    if (form && d.notes.n) fputs(d.notes.s, stdout);
    gg_table_free(&d);
    return 0;
}
