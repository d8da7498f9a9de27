/* window_data.c -- writes the data and the weights of tests/reference/windows.py.

       window_data DIR      DIR/rows_24 64 77 80 1003 1024             images.idx float32 N x 16, labels.idx 0 .. 5
                            DIR/rows_zero       64 rows of zeros       DIR/rows_nan    64 rows, row 40 of NaN
                            DIR/clip.csv        gradients (2, 0) and (0, 2)
                            DIR/masked_1.csv    800 rows, their labels and a mask of ones; masked_2.csv    the same with 8
                                                rows of mask 0 after every 8       DIR/onehot.csv    64 rows of a 1 each
                            DIR/ragged.csv      8 rows of 128 tokens of 12 numbers, then 128 targets, -100 where none
                            DIR/{perceptron,ragged,tied,clip,decay}.safetensors */
#include "hashed.h"

enum { INPUTS = 16, CLASSES = 6, TOKENS = 128, FEATURES = 12, WORDS = 5 };

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

static const HashedTensor perceptron[] = {
    { "net.0.weight", 2, { 12, 16 }, 3100, 0.25f }, { "net.0.bias", 1, { 12 }, 3101, 0.25f },
    { "net.2.weight", 2, { 6, 12 }, 3102, 0.25f },  { "net.2.bias", 1, { 6 }, 3103, 0.25f },
};
static const HashedTensor ragged[] = {
    { "net.0.weight", 2, { 16, 12 }, 3200, 0.25f }, { "net.0.bias", 1, { 16 }, 3201, 0.25f },
    { "net.2.weight", 2, { 5, 16 }, 3202, 0.25f },  { "net.2.bias", 1, { 5 }, 3203, 0.25f },
};
static const HashedTensor tied[] = {
    { "layer.weight", 2, { 16, 16 }, 3300, 0.25f }, { "layer.bias", 1, { 16 }, 3301, 0.25f },
    { "head.weight", 2, { 6, 16 }, 3302, 0.25f },   { "head.bias", 1, { 6 }, 3303, 0.25f },
};
static const int valid[] = { 128, 3, 64, 17, 100, 1, 40, 90 };

/* Rows of hashed images and labels; with scale 0 the images are zeros. Row `bad` is of NaN; -1: none. */
static void write_rows(const char *root, const char *name, long n, float scale, long bad)
{
    char dir[2048];
    snprintf(dir, sizeof dir, "%s/%s", root, name);
    file_directory(dir);
    FILE *images = file_open(dir, "images.idx"), *labels = file_open(dir, "labels.idx");
    put_idx_header(images, 13, 2, (const long[]) { n, INPUTS });
    put_idx_header(labels, 8, 1, &n);
    for (uint32_t i = 0; i < (uint32_t)n * INPUTS; i++)
        put_big(images, i / INPUTS == bad ? 0x7fc00000 : float_bits(hash_real(i, 3001, scale)));
    for (uint32_t i = 0; i < (uint32_t)n; i++) putc((int)(hash(i, 3002) % CLASSES), labels);
    file_close(images, "images.idx");
    file_close(labels, "labels.idx");
}

static void write_ragged(const char *root)
{
    FILE *f = file_open(root, "ragged.csv");
    for (int c = 0; c < TOKENS * FEATURES; c++) fprintf(f, "x%d,", c + 1);
    for (int c = 0; c < TOKENS; c++) fprintf(f, "t%d%c", c + 1, c + 1 < TOKENS ? ',' : '\n');
    for (uint32_t row = 0; row < (uint32_t)COUNT(valid); row++) {
        for (uint32_t c = 0; c < TOKENS * FEATURES; c++)
            fprintf(f, "%.9g,", (double)hash_real(row * TOKENS * FEATURES + c, 3201, 1));
        for (uint32_t c = 0; c < TOKENS; c++) {
            int target = (int)(hash(row * TOKENS + c, 3202) % WORDS);
            fprintf(f, "%d%c", (int)c < valid[row] ? target : -100, c + 1 < TOKENS ? ',' : '\n');
        }
    }
    file_close(f, "ragged.csv");
}

static void write_masked_row(FILE *f, uint32_t row, int mask)
{
    for (uint32_t c = 0; c < INPUTS; c++)
        fprintf(f, "%.9g,", (double)hash_real(row * INPUTS + c, mask ? 3001 : 3009, mask ? 1 : 1000));
    fprintf(f, "%d,%d\n", (int)(hash(row, 3002) % CLASSES), mask);
}

/* 100 groups of 8 rows; with two copies each is followed by 8 rows that count for nothing. */
static void write_masked(const char *root, const char *name, int copies)
{
    FILE *f = file_open(root, name);
    for (int c = 0; c < INPUTS; c++) fprintf(f, "x%d,", c + 1);
    fputs("label,mask\n", f);
    for (uint32_t i = 0; i < 100u * 8 * (uint32_t)copies; i++) {
        uint32_t group = i / 8 / (uint32_t)copies, copy = i / 8 % (uint32_t)copies;
        write_masked_row(f, group * 8 + i % 8, copy == 0);
    }
    file_close(f, name);
}

static void write_onehot(const char *root)
{
    FILE *f = file_open(root, "onehot.csv");
    for (int c = 0; c < 64; c++) fprintf(f, "c%d%c", c + 1, c < 63 ? ',' : '\n');
    for (int i = 0; i < 64 * 64; i++) fprintf(f, "%d%c", i / 64 == i % 64, i % 64 < 63 ? ',' : '\n');
    file_close(f, "onehot.csv");
}

static void write_clip(const char *root)
{
    FILE *f = file_open(root, "clip.csv");
    fputs("g1,g2\n2,0\n0,2\n", f);
    file_close(f, "clip.csv");
}

/* A file of one fp32 tensor [1, columns] of equal values. */
static void write_constant(const char *root, const char *name, const char *tensor, long columns, float value)
{
    char text[256];
    HashedTensor t = { tensor, 2, { 1, columns }, 0, 0 };
    safetensors_header(text, sizeof text, &t, 1);
    FILE *f = file_open(root, name);
    put_little(f, strlen(text), 8);
    fputs(text, f);
    for (long c = 0; c < columns; c++) put_little(f, float_bits(value), 4);
    file_close(f, name);
}

int main(int argc, char **argv)
{
    static const long sizes[] = { 24, 64, 77, 80, 1003, 1024 };
    if (argc != 2) return fprintf(stderr, "usage: window_data DIR\n"), 2;
    file_directory(argv[1]);
    for (int i = 0; i < COUNT(sizes); i++) {
        char name[32];
        snprintf(name, sizeof name, "rows_%ld", sizes[i]);
        write_rows(argv[1], name, sizes[i], 1, -1);
    }
    write_rows(argv[1], "rows_zero", 64, 0, -1);
    write_rows(argv[1], "rows_nan", 64, 1, 40);
    write_masked(argv[1], "masked_1.csv", 1);
    write_masked(argv[1], "masked_2.csv", 2);
    write_onehot(argv[1]);
    write_ragged(argv[1]);
    write_clip(argv[1]);
    write_safetensors(argv[1], "perceptron.safetensors", perceptron, COUNT(perceptron));
    write_safetensors(argv[1], "ragged.safetensors", ragged, COUNT(ragged));
    write_safetensors(argv[1], "tied.safetensors", tied, COUNT(tied));
    write_constant(argv[1], "clip.safetensors", "net.weight", 2, 0);
    write_constant(argv[1], "decay.safetensors", "net.weight", INPUTS, 1);
    return 0;
}
