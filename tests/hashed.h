/* hashed.h -- the numbers of tests/reference/hashed.py in C, and the files that trainers read them from. */
#ifndef HASHED_H
#define HASHED_H
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct { const char *name; int rank; long dim[4]; uint32_t seed; float scale; } HashedTensor;

/* lowbias32 of index + seed * golden ratio */
static inline uint32_t hash(uint32_t index, uint32_t seed)
{
    uint32_t x = index + seed * 0x9E3779B9u;
    x = (x ^ x >> 16) * 0x7feb352du;
    x = (x ^ x >> 15) * 0x846ca68bu;
    return x ^ x >> 16;
}

/* in [0, 1), 24 bits */
static inline float hash_uniform(uint32_t index, uint32_t seed)
{
    return (float)(hash(index, seed) >> 8) / 16777216.0f;
}

static inline float hash_real(uint32_t index, uint32_t seed, float scale)
{
    return (hash_uniform(index, seed) * 2 - 1) * scale;
}

static inline void file_fail(const char *path)
{
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    exit(1);
}

static inline void file_directory(const char *path)
{
    if (mkdir(path, 0777) && errno != EEXIST) file_fail(path);
}

static inline FILE *file_open(const char *dir, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "wb");
    if (!f) file_fail(path);
    return f;
}

static inline void file_close(FILE *f, const char *name)
{
    int failed = ferror(f);
    if (fclose(f) || failed) file_fail(name);
}

static inline void put_big(FILE *f, uint32_t x)
{
    for (int shift = 24; shift >= 0; shift -= 8) putc((int)(x >> shift & 255), f);
}

static inline void put_little(FILE *f, uint64_t x, int bytes)
{
    for (int b = 0; b < bytes; b++) putc((int)(x >> 8 * b & 255), f);
}

static inline uint32_t float_bits(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

/* Writes the magic number and the dimensions of an IDX file; type 8 is unsigned byte, 13 float32. */
static inline void put_idx_header(FILE *f, uint32_t type, int rank, const long *dim)
{
    put_big(f, type << 8 | (uint32_t)rank);
    for (int r = 0; r < rank; r++) put_big(f, (uint32_t)dim[r]);
}

static inline long hashed_elements(const HashedTensor *t)
{
    long n = 1;
    for (int r = 0; r < t->rank; r++) n *= t->dim[r];
    return n;
}

/* Fills `text` with the header of a safetensors file, padded with spaces to a multiple of 8 bytes. */
static inline void safetensors_header(char *text, size_t room, const HashedTensor *t, int count)
{
    size_t at = 0;
    long offset = 0;
    for (int i = 0; i < count; i++) {
        at += (size_t)snprintf(text + at, room - at, "%c\"%s\":{\"dtype\":\"F32\",\"shape\":[", i ? ',' : '{', t[i].name);
        for (int r = 0; r < t[i].rank; r++)
            at += (size_t)snprintf(text + at, room - at, "%s%ld", r ? "," : "", t[i].dim[r]);
        at += (size_t)snprintf(text + at, room - at, "],\"data_offsets\":[%ld,%ld]}", offset, offset + 4 * hashed_elements(t + i));
        offset += 4 * hashed_elements(t + i);
    }
    at += (size_t)snprintf(text + at, room - at, "}");
    while (at % 8) text[at++] = ' ';
    text[at] = 0;
}

/* Writes tensors of hash_real values as fp32. */
static inline void write_safetensors(const char *dir, const char *name, const HashedTensor *t, int count)
{
    char text[4096];
    safetensors_header(text, sizeof text, t, count);
    FILE *f = file_open(dir, name);
    put_little(f, strlen(text), 8);
    fputs(text, f);
    for (int i = 0; i < count; i++)
        for (long e = 0; e < hashed_elements(t + i); e++)
            put_little(f, float_bits(hash_real((uint32_t)e, t[i].seed, t[i].scale)), 4);
    file_close(f, name);
}
#endif
