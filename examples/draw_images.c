/* draw_images.c -- draws images in the format of CIFAR-10's binary version, for a machine without the data: ten kinds of waves.
       cc -O2 -o draw_images examples/draw_images.c -lm && ./draw_images data/cifar10 1000
   writes data_batch_1.bin .. data_batch_5.bin and test_batch.bin, each of so many rows: a label, then 3 x 32 x 32 bytes. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static uint32_t state = 1;

static double draw(void)                /* in [0, 1), by G. Marsaglia, "Xorshift RNGs" (2003) */
{
    state ^= state << 13, state ^= state >> 17, state ^= state << 5;
    return (double)(state >> 8) / 16777216;
}

/* Each kind has a direction, a length and a colour of its waves; noise and the wave's start are drawn. */
static void image(FILE *f, int label)
{
    const double angle = 0.6 * label, length = 0.25 + 0.08 * label, start = 6.283 * draw(), light = 0.7 + 0.5 * draw();
    putc(label, f);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < 32; y++)
            for (int x = 0; x < 32; x++) {
                const double wave = sin(start + length * (cos(angle) * x + sin(angle) * y) + c * 0.7 * label);
                const double v = 128 + 60 * light * wave + 70 * (draw() - 0.5);
                putc(v < 0 ? 0 : v > 255 ? 255 : (int)v, f);
            }
}

int main(int argc, char **argv)
{
    static const char *const names[] = { "data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch" };
    const long rows = argc > 2 ? atol(argv[2]) : 0;
    if (argc != 3 || rows < 1) return fprintf(stderr, "draw_images DIR ROWS\n"), 2;
    mkdir(argv[1], 0777);
    for (int i = 0; i < 6; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s.bin", argv[1], names[i]);
        FILE *f = fopen(path, "wb");
        if (!f) return perror(path), 1;
        for (long n = 0; n < rows; n++) image(f, (int)(10 * draw()));
        if (fclose(f)) return perror(path), 1;
    }
    return 0;
}
