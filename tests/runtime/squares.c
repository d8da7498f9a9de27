/* squares.c -- writes 500 rows of 8 x 8 bytes whose bright quarter is their class, as IDX files, into a directory. */
#include <stdint.h>
#include <stdio.h>

static uint32_t hash(uint32_t x)
{
    x = (x ^ (x >> 16)) * 0x7feb352du;
    x = (x ^ (x >> 15)) * 0x846ca68bu;
    return x ^ (x >> 16);
}

static FILE *create(const char *dir, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return fopen(path, "wb");
}

int main(int argc, char **argv)
{
    static const unsigned char image_head[] = { 0, 0, 8, 3, 0, 0, 1, 244, 0, 0, 0, 8, 0, 0, 0, 8 };
    static const unsigned char label_head[] = { 0, 0, 8, 1, 0, 0, 1, 244 };
    FILE *image = create(argc > 1 ? argv[1] : ".", "train-images-idx3-ubyte");
    FILE *label = create(argc > 1 ? argv[1] : ".", "train-labels-idx1-ubyte");
    if (!image || !label) return 1;
    fwrite(image_head, 1, sizeof image_head, image);
    fwrite(label_head, 1, sizeof label_head, label);
    for (uint32_t row = 0; row < 500; row++) {
        uint32_t class = hash(row) % 4;
        for (uint32_t i = 0; i < 64; i++) {
            uint32_t quarter = i / 32 * 2 + i % 8 / 4;
            fputc((int)(hash(row * 64 + i + 7) % (quarter == class ? 256 : 200)), image);
        }
        fputc((int)class, label);
    }
    return fclose(image) || fclose(label);
}
