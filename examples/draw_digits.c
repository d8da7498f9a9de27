/* draw_digits.c -- draws handwritten-looking digits and writes them as MNIST's four IDX files.
   usage: draw_digits DIR [TRAIN [TEST [SEED]]]      8000, 2000 and 1 unless told; seed and row decide an image. */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SIDE = 28, POINTS = 24, STROKES = 3, TRACE = 96 };

/* ---- numbers from a row's own stream ---- */
static uint64_t state;

static double uniform(double from, double to)
{
    uint64_t x = state += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return from + (to - from) * (double)((x ^ (x >> 31)) >> 11) / 9007199254740992.0;
}

static double normal(double deviation)
{
    double sum = 0;
    for (int i = 0; i < 4; i++) sum += uniform(-1, 1);
    return deviation * sum * 0.8660254;
}

/* ---- shapes: strokes through points in a square of 100, x to the right, y down; -1 ends a stroke ---- */
typedef struct { signed char at[2 * POINTS]; } Shape;
#define END -1, -1
static const Shape shapes[][3] = {
    { { { 50,10, 25,25, 20,50, 28,80, 50,90, 74,78, 80,50, 72,22, 50,10, END } },
      { { 62,12, 35,15, 22,50, 35,86, 55,88, 76,60, 74,30, 56,14, END } },
      { { 45,12, 30,40, 30,70, 48,90, 66,70, 68,35, 52,12, END } } },
    { { { 50,8, 50,92, END } },
      { { 34,28, 54,8, 54,92, END } },
      { { 34,26, 52,10, 50,90, END, 30,90, 72,90, END } } },
    { { { 24,28, 36,12, 60,10, 74,28, 64,50, 40,70, 22,90, 50,88, 80,90, END } },
      { { 22,30, 46,10, 72,26, 60,56, 34,86, 24,78, 38,72, 60,88, 82,84, END } },
      { { 28,14, 70,14, 66,40, 26,88, 78,88, END } } },
    { { { 24,18, 48,8, 72,22, 66,40, 44,48, 70,56, 76,76, 52,92, 22,82, END } },
      { { 26,12, 74,12, 46,42, 72,56, 70,82, 44,92, 22,80, END } },
      { { 30,14, 62,12, 68,32, 42,46, 68,60, 62,86, 30,90, END } } },
    { { { 62,10, 20,62, 84,62, END, 64,34, 62,92, END } },
      { { 28,10, 24,50, 74,50, END, 74,10, 72,92, END } },
      { { 56,90, 60,10, 22,66, 80,68, END } } },
    { { { 76,12, 32,12, 28,46, 56,40, 76,58, 70,82, 46,92, 22,82, END } },
      { { 34,14, 30,48, 60,46, 74,68, 52,90, 24,84, END, 34,14, 74,10, END } },
      { { 72,16, 38,14, 34,42, 64,50, 66,76, 30,90, END } } },
    { { { 66,10, 40,30, 24,60, 30,84, 52,92, 72,80, 72,62, 52,52, 28,66, END } },
      { { 50,8, 30,46, 28,78, 48,90, 68,78, 62,58, 34,62, END } },
      { { 74,16, 44,18, 24,56, 34,88, 66,88, 74,66, 46,56, 26,70, END } } },
    { { { 22,14, 78,14, 60,50, 44,92, END } },
      { { 24,24, 26,12, 76,14, 52,56, 48,92, END, 36,50, 70,50, END } },
      { { 20,20, 48,14, 76,16, 64,50, 40,90, END } } },
    { { { 50,48, 28,34, 32,14, 52,8, 72,18, 68,36, 50,48, 26,64, 26,84, 50,92, 76,82, 72,62, 50,48, END } },
      { { 70,16, 44,8, 28,24, 48,46, 74,66, 62,90, 34,88, 26,70, 52,46, 74,28, 66,12, END } },
      { { 48,46, 34,28, 50,10, 66,28, 48,46, END, 50,46, 30,68, 50,90, 72,70, 50,46, END } } },
    { { { 72,32, 56,48, 32,42, 26,24, 44,10, 66,14, 74,34, 70,66, 60,92, END } },
      { { 70,14, 40,10, 26,32, 44,50, 70,36, 72,14, 70,60, 66,92, END } },
      { { 68,40, 38,48, 28,26, 50,10, 72,30, 66,70, 36,90, END } } },
};

typedef struct { double x, y; } Point;

/* a point of the Catmull-Rom curve between b and c */
static Point curve(Point a, Point b, Point c, Point d, double t)
{
    double t2 = t * t, t3 = t2 * t;
    double ka = -t3 + 2 * t2 - t, kb = 3 * t3 - 5 * t2 + 2, kc = -3 * t3 + 4 * t2 + t, kd = t3 - t2;
    return (Point){ (ka * a.x + kb * b.x + kc * c.x + kd * d.x) / 2, (ka * a.y + kb * b.y + kc * c.y + kd * d.y) / 2 };
}

/* ---- one image ---- */
typedef struct { double m[4], x, y; } Affine;

/* A turn, a slant and a size, each a little; the middle lies near one of four places. */
static Affine affine(void)
{
    double turn = normal(0.09), shear = normal(0.1), wide = 19 * uniform(0.9, 1.1), high = 20 * uniform(0.9, 1.08);
    double right = uniform(0, 1) < 0.5 ? 3 : -3, down = uniform(0, 1) < 0.5 ? 2 : -2, c = cos(turn), s = sin(turn);
    return (Affine){ { c * wide, (shear * c - s) * high, s * wide, (shear * s + c) * high },
                     SIDE / 2.0 + right + normal(0.35), SIDE / 2.0 + down + normal(0.35) };
}

static Point place(const Affine *a, const signed char *at)
{
    double x = at[0] / 100.0 - 0.5 + normal(0.026), y = at[1] / 100.0 - 0.5 + normal(0.026);
    return (Point){ a->m[0] * x + a->m[1] * y + a->x, a->m[2] * x + a->m[3] * y + a->y };
}

/* Inks the pixels around a point of the pen's path; ink does not add up. */
static void dab(double ink[SIDE][SIDE], Point p, double radius)
{
    int reach = (int)radius + 2;
    for (int y = (int)p.y - reach; y <= (int)p.y + reach; y++)
        for (int x = (int)p.x - reach; x <= (int)p.x + reach; x++) {
            if (x < 0 || y < 0 || x >= SIDE || y >= SIDE) continue;
            double value = radius + 0.5 - hypot(x + 0.5 - p.x, y + 0.5 - p.y);
            value = value < 0 ? 0 : value > 1 ? 1 : value;
            if (value > ink[y][x]) ink[y][x] = value;
        }
}

static void stroke(double ink[SIDE][SIDE], const Point *p, int n, double radius)
{
    for (int i = 0; i + 1 < n; i++)
        for (int step = 0; step < 12; step++)
            dab(ink, curve(p[i ? i - 1 : 0], p[i], p[i + 1], p[i + 2 < n ? i + 2 : n - 1], step / 12.0), radius);
    dab(ink, p[n - 1], radius);
}

static void draw(double ink[SIDE][SIDE], int digit)
{
    const signed char *at = shapes[digit][(int)uniform(0, 3)].at;
    Affine a = affine();
    double radius = uniform(0.7, 1.75);
    Point p[POINTS];
    memset(ink, 0, sizeof(double[SIDE][SIDE]));
    for (const signed char *end = at + 2 * POINTS; at < end && at[0] > 0; at += 2) {
        int n = 0;
        for (; at[0] >= 0; at += 2) p[n++] = place(&a, at);
        stroke(ink, p, n, radius);
    }
}

/* a small bar or dot somewhere: what a scan leaves */
static void smudge(double ink[SIDE][SIDE])
{
    Point p[2] = { { uniform(1, SIDE - 1), uniform(1, SIDE - 1) }, { 0, 0 } };
    p[1] = (Point){ p[0].x + normal(3), p[0].y + normal(3) };
    stroke(ink, p, 2, uniform(0.3, 0.8));
}

static double blurred(double ink[SIDE][SIDE], int y, int x, double blur)
{
    double sum = 0, weights = 0;
    for (int j = y - 1; j <= y + 1; j++)
        for (int i = x - 1; i <= x + 1; i++) {
            double weight = (i == x ? 1 : blur) * (j == y ? 1 : blur);
            weights += weight;
            if (i >= 0 && j >= 0 && i < SIDE && j < SIDE) sum += weight * ink[j][i];
        }
    return sum / weights;
}

static void image(unsigned char out[SIDE][SIDE], int digit)
{
    static double ink[SIDE][SIDE];
    draw(ink, digit);
    if (uniform(0, 1) < 0.3) smudge(ink);
    double blur = uniform(0, 0.45), tone = uniform(0.65, 1), noise = uniform(0, 0.09);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            double value = tone * blurred(ink, y, x, blur) + normal(noise);
            out[y][x] = (unsigned char)(255 * (value < 0 ? 0 : value > 1 ? 1 : value) + 0.5);
        }
}

/* ---- files ---- */
static void fail(const char *path)
{
    fprintf(stderr, "draw_digits: %s: %s\n", path, strerror(errno));
    exit(1);
}

static FILE *create(const char *dir, const char *set, const char *what, long rows)
{
    char path[4096];
    int rank = strcmp(what, "images") ? 1 : 3;
    snprintf(path, sizeof path, "%s/%s-%s-idx%d-ubyte", dir, set, what, rank);
    FILE *f = fopen(path, "wb");
    if (!f) fail(path);
    unsigned char head[16] = { 0, 0, 8, (unsigned char)rank, 0, 0, 0, 0, 0, 0, 0, SIDE, 0, 0, 0, SIDE };
    for (int i = 0; i < 4; i++) head[4 + i] = (unsigned char)(rows >> (24 - 8 * i));
    fwrite(head, 1, rank == 3 ? 16 : 8, f);
    return f;
}

static void write_set(const char *dir, const char *set, long first, long rows, long seed)
{
    FILE *images = create(dir, set, "images", rows), *labels = create(dir, set, "labels", rows);
    unsigned char pixels[SIDE][SIDE];
    for (long row = first; row < first + rows; row++) {
        state = (uint64_t)seed * 0xd1342543de82ef95u + (uint64_t)row * 0xaf251af3b0f025b5u;
        int digit = (int)uniform(0, 10);
        image(pixels, digit);
        fwrite(pixels, 1, sizeof pixels, images);
        fputc(digit, labels);
    }
    if (ferror(images) || ferror(labels) || fclose(images) || fclose(labels)) fail(dir);
}

int main(int argc, char **argv)
{
    long train = argc > 2 ? atol(argv[2]) : 8000, test = argc > 3 ? atol(argv[3]) : 2000;
    long seed = argc > 4 ? atol(argv[4]) : 1;
    if (argc < 2 || argc > 5 || train < 1 || test < 1) {
        fprintf(stderr, "usage: %s DIR [TRAIN [TEST [SEED]]]\n", argv[0]);
        return 2;
    }
    if (mkdir(argv[1], 0777) && errno != EEXIST) fail(argv[1]);
    write_set(argv[1], "train", 0, train, seed);
    write_set(argv[1], "t10k", train, test, seed);
    return 0;
}
