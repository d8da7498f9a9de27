/* peer_data.c -- writes the data and the initial weights that every peer starts from, all out of one integer hash.

       peer_data DIR        DIR/peer_a/images.idx   float32, 8192 x 784           DIR/peer_a/labels.idx
                            DIR/peer_b/images.idx   float32, 8192 x 1 x 28 x 28   DIR/peer_b/labels.idx
                            DIR/peer_a.safetensors  DIR/peer_b.safetensors        PyTorch's names and order */
#include "hashed.h"
#include <math.h>

enum { ROWS = 8192, PIXELS = 784, CLASSES = 10 };

/* Scales hold the fan-in until main() turns it into the bound 1/sqrt(fan-in). */
static HashedTensor peer_a[] = {
    { "net.0.weight", 2, { 256, 784 }, 100, 784 }, { "net.0.bias", 1, { 256 }, 101, 784 },
    { "net.2.weight", 2, { 128, 256 }, 102, 256 }, { "net.2.bias", 1, { 128 }, 103, 256 },
    { "net.4.weight", 2, { 10, 128 }, 104, 128 },  { "net.4.bias", 1, { 10 }, 105, 128 },
};
static HashedTensor peer_b[] = {
    { "net.0.weight", 4, { 6, 1, 5, 5 }, 200, 25 },   { "net.0.bias", 1, { 6 }, 201, 25 },
    { "net.3.weight", 4, { 16, 6, 5, 5 }, 202, 150 }, { "net.3.bias", 1, { 16 }, 203, 150 },
    { "net.7.weight", 2, { 120, 400 }, 204, 400 },    { "net.7.bias", 1, { 120 }, 205, 400 },
    { "net.9.weight", 2, { 84, 120 }, 206, 120 },     { "net.9.bias", 1, { 84 }, 207, 120 },
    { "net.11.weight", 2, { 10, 84 }, 208, 84 },      { "net.11.bias", 1, { 10 }, 209, 84 },
};

static void write_images(const char *dir, uint32_t seed, int rank, const long *dim)
{
    FILE *f = file_open(dir, "images.idx");
    put_idx_header(f, 13, rank, dim);
    for (uint32_t i = 0; i < ROWS * PIXELS; i++) put_big(f, float_bits(hash_uniform(i, seed)));
    file_close(f, "images.idx");
}

/* The class whose column of the teacher fits row n of the data best; margins are 2e-4 or more. */
static int label(uint32_t n, uint32_t seed)
{
    double score[CLASSES] = { 0 };
    for (uint32_t i = 0; i < PIXELS; i++)
        for (uint32_t c = 0; c < CLASSES; c++)
            score[c] += ((double)hash_uniform(n * PIXELS + i, seed) - 0.5) * ((double)hash_uniform(i * CLASSES + c, 2) - 0.5);
    int best = 0;
    for (int c = 1; c < CLASSES; c++)
        if (score[c] > score[best]) best = c;
    return best;
}

static void write_labels(const char *dir, uint32_t seed)
{
    FILE *f = file_open(dir, "labels.idx");
    put_idx_header(f, 8, 1, (const long[]) { ROWS });
    for (uint32_t n = 0; n < ROWS; n++) putc(label(n, seed), f);
    file_close(f, "labels.idx");
}

static void write_peer(const char *root, const char *name, uint32_t seed, int rank, const long *dim)
{
    char dir[2048];
    snprintf(dir, sizeof dir, "%s/%s", root, name);
    file_directory(dir);
    write_images(dir, seed, rank, dim);
    write_labels(dir, seed);
}

static void write_weights(const char *dir, const char *name, HashedTensor *t, int count)
{
    for (int i = 0; i < count; i++) t[i].scale = (float)pow((double)t[i].scale, -0.5);
    write_safetensors(dir, name, t, count);
}

int main(int argc, char **argv)
{
    if (argc != 2) return fprintf(stderr, "usage: peer_data DIR\n"), 2;
    file_directory(argv[1]);
    write_peer(argv[1], "peer_a", 1, 2, (const long[]) { ROWS, PIXELS });
    write_peer(argv[1], "peer_b", 3, 4, (const long[]) { ROWS, 1, 28, 28 });
    write_weights(argv[1], "peer_a.safetensors", peer_a, sizeof peer_a / sizeof *peer_a);
    write_weights(argv[1], "peer_b.safetensors", peer_b, sizeof peer_b / sizeof *peer_b);
    return 0;
}
