/* peer_data.c -- writes the data and the initial weights that every peer starts from, all out of one integer hash.

       peer_data DIR        DIR/peer_a/images.idx   float32, 8192 x 784           DIR/peer_a/labels.idx
                            DIR/peer_b/images.idx   float32, 8192 x 1 x 28 x 28   DIR/peer_b/labels.idx
                            DIR/peer_a.safetensors  DIR/peer_b.safetensors        PyTorch's names and order

   Every number but the bounds of the weights is exact in fp32, so any language reproduces the files bit for bit. */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { ROWS = 8192, PIXELS = 784, CLASSES = 10 };

typedef struct { const char *name; int rank; long dim[4]; uint32_t seed; long fan; } Weight;

static const Weight peer_a[] = {
    { "net.0.weight", 2, { 256, 784 }, 100, 784 }, { "net.0.bias", 1, { 256 }, 101, 784 },
    { "net.2.weight", 2, { 128, 256 }, 102, 256 }, { "net.2.bias", 1, { 128 }, 103, 256 },
    { "net.4.weight", 2, { 10, 128 }, 104, 128 },  { "net.4.bias", 1, { 10 }, 105, 128 },
};
static const Weight peer_b[] = {
    { "net.0.weight", 4, { 6, 1, 5, 5 }, 200, 25 },   { "net.0.bias", 1, { 6 }, 201, 25 },
    { "net.3.weight", 4, { 16, 6, 5, 5 }, 202, 150 }, { "net.3.bias", 1, { 16 }, 203, 150 },
    { "net.7.weight", 2, { 120, 400 }, 204, 400 },    { "net.7.bias", 1, { 120 }, 205, 400 },
    { "net.9.weight", 2, { 84, 120 }, 206, 120 },     { "net.9.bias", 1, { 84 }, 207, 120 },
    { "net.11.weight", 2, { 10, 84 }, 208, 84 },      { "net.11.bias", 1, { 10 }, 209, 84 },
};

static void fail(const char *path)
{
    fprintf(stderr, "peer_data: %s: %s\n", path, strerror(errno));
    exit(1);
}

/* lowbias32 of index + seed * golden ratio */
static uint32_t hash(uint32_t index, uint32_t seed)
{
    uint32_t x = index + seed * 0x9E3779B9u;
    x = (x ^ x >> 16) * 0x7feb352du;
    x = (x ^ x >> 15) * 0x846ca68bu;
    return x ^ x >> 16;
}

/* in [0, 1), 24 bits */
static float uniform(uint32_t index, uint32_t seed)
{
    return (float)(hash(index, seed) >> 8) / 16777216.0f;
}

static void put_big(FILE *f, uint32_t x)
{
    for (int shift = 24; shift >= 0; shift -= 8) putc((int)(x >> shift & 255), f);
}

static void put_little(FILE *f, uint64_t x, int bytes)
{
    for (int b = 0; b < bytes; b++) putc((int)(x >> 8 * b & 255), f);
}

static uint32_t bits(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static FILE *open_in(const char *dir, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "wb");
    if (!f) fail(path);
    return f;
}

static void close_file(FILE *f, const char *name)
{
    if (ferror(f) | fclose(f)) fail(name);
}

static void write_images(const char *dir, uint32_t seed, int rank, const uint32_t *dim)
{
    FILE *f = open_in(dir, "images.idx");
    put_big(f, 0x0d00u + (uint32_t)rank);
    for (int r = 0; r < rank; r++) put_big(f, dim[r]);
    for (uint32_t i = 0; i < ROWS * PIXELS; i++) put_big(f, bits(uniform(i, seed)));
    close_file(f, "images.idx");
}

/* The class whose column of the teacher fits row n of the data best. */
static int label(uint32_t n, uint32_t seed)
{
    double score[CLASSES] = { 0 };
    for (uint32_t i = 0; i < PIXELS; i++)
        for (uint32_t c = 0; c < CLASSES; c++)
            score[c] += ((double)uniform(n * PIXELS + i, seed) - 0.5) * ((double)uniform(i * CLASSES + c, 2) - 0.5);
    int best = 0;
    for (int c = 1; c < CLASSES; c++)
        if (score[c] > score[best]) best = c;
    return best;
}

static void write_labels(const char *dir, uint32_t seed)
{
    FILE *f = open_in(dir, "labels.idx");
    put_big(f, 0x0801u);
    put_big(f, ROWS);
    for (uint32_t n = 0; n < ROWS; n++) putc(label(n, seed), f);
    close_file(f, "labels.idx");
}

static long elements(const Weight *w)
{
    long n = 1;
    for (int r = 0; r < w->rank; r++) n *= w->dim[r];
    return n;
}

/* The header of a safetensors file, padded with spaces to a multiple of 8 bytes. */
static void header(char *text, size_t room, const Weight *w, int count)
{
    size_t at = 0;
    long offset = 0;
    for (int i = 0; i < count; i++) {
        at += (size_t)snprintf(text + at, room - at, "%c\"%s\":{\"dtype\":\"F32\",\"shape\":[", i ? ',' : '{', w[i].name);
        for (int r = 0; r < w[i].rank; r++)
            at += (size_t)snprintf(text + at, room - at, "%s%ld", r ? "," : "", w[i].dim[r]);
        at += (size_t)snprintf(text + at, room - at, "],\"data_offsets\":[%ld,%ld]}", offset, offset + 4 * elements(w + i));
        offset += 4 * elements(w + i);
    }
    at += (size_t)snprintf(text + at, room - at, "}");
    while (at % 8) text[at++] = ' ';
    text[at] = 0;
}

static void write_weights(const char *dir, const char *name, const Weight *w, int count)
{
    char text[4096];
    header(text, sizeof text, w, count);
    FILE *f = open_in(dir, name);
    put_little(f, strlen(text), 8);
    fputs(text, f);
    for (int i = 0; i < count; i++) {
        float bound = (float)pow((double)w[i].fan, -0.5);
        for (long e = 0; e < elements(w + i); e++)
            put_little(f, bits((uniform((uint32_t)e, w[i].seed) * 2 - 1) * bound), 4);
    }
    close_file(f, name);
}

static void write_peer(const char *root, const char *name, uint32_t seed, int rank, const uint32_t *dim)
{
    char dir[2048];
    snprintf(dir, sizeof dir, "%s/%s", root, name);
    if (mkdir(dir, 0777) && errno != EEXIST) fail(dir);
    write_images(dir, seed, rank, dim);
    write_labels(dir, seed);
}

int main(int argc, char **argv)
{
    if (argc != 2) return fprintf(stderr, "usage: peer_data DIR\n"), 2;
    if (mkdir(argv[1], 0777) && errno != EEXIST) fail(argv[1]);
    write_peer(argv[1], "peer_a", 1, 2, (const uint32_t[]) { ROWS, PIXELS });
    write_peer(argv[1], "peer_b", 3, 4, (const uint32_t[]) { ROWS, 1, 28, 28 });
    write_weights(argv[1], "peer_a.safetensors", peer_a, sizeof peer_a / sizeof *peer_a);
    write_weights(argv[1], "peer_b.safetensors", peer_b, sizeof peer_b / sizeof *peer_b);
    return 0;
}
