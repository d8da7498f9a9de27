/* pictures.c -- writes hashed pictures of 3 x 32 x 32 bytes that are a little brighter the higher their class.

       pictures DIR      DIR/images.idx, DIR/labels.idx: 4,096 rows, classes 0 .. 9 */
#include "hashed.h"

enum { ROWS = 4096, BYTES = 3 * 32 * 32 };

int main(int argc, char **argv)
{
    static const long dim[] = { ROWS, 3, 32, 32 };
    if (argc != 2) return fprintf(stderr, "usage: pictures DIR\n"), 2;
    file_directory(argv[1]);
    FILE *images = file_open(argv[1], "images.idx"), *labels = file_open(argv[1], "labels.idx");
    put_idx_header(images, 8, 4, dim);
    put_idx_header(labels, 8, 1, dim);
    for (uint32_t n = 0; n < ROWS; n++) {
        const uint32_t class = hash(n, 4001) % 10;
        putc((int)class, labels);
        for (uint32_t i = 0; i < BYTES; i++) putc((int)(hash(n * BYTES + i, 4002) % 128 + 12 * class), images);
    }
    file_close(images, "images.idx");
    file_close(labels, "labels.idx");
    return 0;
}
