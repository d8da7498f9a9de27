/* hostile.c FILE -- thousands of damaged copies of a checkpoint, and of an index of it: each is taken or refused with a message, none
   crashes. What is taken must hold the weights of the original, unless the damage lies in the data itself. */
#include <fcntl.h>
#include "mlp.h"
#include "start.h"
#include "weights.h"
#include "tap.h"

static unsigned char good[1 << 16], bad[1 << 16];
static size_t size;
static Run run;
static const char *path = "build/tests/hostile.safetensors";

static uint32_t next(uint32_t n)
{
    static uint32_t state = 1;
    state = state * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)state * n >> 32);
}

static void write_file(const char *name, const void *from, size_t n)
{
    FILE *f = fopen(name, "wb");
    fwrite(from, 1, n, f);
    fclose(f);
}

/* 0 refused, 1 taken */
static int load_file(const char *name, size_t n)
{
    jmp_buf here;
    write_file(name, bad, n);
    gg_trap = &here, *gg_message = 0;
    if (setjmp(here)) return 0;
    gg_load_weights(&run, name);
    return 1;
}

static int load(size_t n) { return load_file(path, n); }

static size_t header_end(void)
{
    size_t n = 8;
    for (int i = 0; i < 8; i++) n += (size_t)good[i] << 8 * i;
    return n;
}

static void test_truncated(void)
{
    long taken = 0, silent = 0;
    for (size_t n = 0; n < size; n += n < 3000 ? 7 : 61) {
        memcpy(bad, good, size);
        if (load(n)) taken++;
        else silent += !strstr(gg_message, path);
    }
    ok(taken == 0 && silent == 0, "truncated files are refused, with the file's name: %ld taken", taken);
    memcpy(bad, good, size);
    ok(load(size) == 1, "control: the whole file is taken");
    ok(load(size + 4) == 0 && strstr(gg_message, "oversized"), "a longer file is refused: %s", gg_message);
}

static void test_bytes(void)
{
    long taken = 0, wrong = 0;
    static Weights before;
    memcpy(&before, &p, sizeof p);
    for (int i = 0; i < 6000; i++) {
        memcpy(bad, good, size);
        for (uint32_t k = 0, hits = 1 + next(3); k < hits; k++)
            bad[next((uint32_t)header_end())] = next(2) ? (unsigned char)next(256) : (unsigned char)"{}[]:,\"\\019-eEn"[next(15)];
        if (!load(size)) continue;
        taken++;
        wrong += memcmp(&before, &p, sizeof p) != 0;
    }
    ok(wrong == 0, "6,000 headers with one to three wrong bytes: %ld taken, %ld of them wrongly", taken, wrong);
}

/* the good data after another header */
static int load_header(const char *header)
{
    size_t n = strlen(header), data = size - header_end();
    for (int i = 0; i < 8; i++) bad[i] = (unsigned char)(n >> 8 * i);
    memcpy(bad + 8, header, n);
    memcpy(bad + 8 + n, good + header_end(), data);
    return load(8 + n + data);
}

static void test_headers(void)
{
    static const char *const headers[] = {
        "", "{", "[]", "{}", "null", "{\"a\":1}", "{\"a\":{}}", "{\"a\":{\"dtype\":\"F32\"}}", "{\"__metadata__\":{\"a\":1}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[9007199254740991,9007199254740991,9,9,9,9],\"data_offsets\":[0,0]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[4,0]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,4]}}",
        "{\"a\":{\"dtype\":\"Q4\",\"shape\":[1],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"dtype\":\"F32\"}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[2,6]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":{\"y\":", "{\"a\":{\"x\":}}", "{\"a\":{\"x\":tru\001e}}",
        "{\"a\":{\"dtype\":\"F4\",\"shape\":[1],\"data_offsets\":[0,1]}}", "{\"a\":{\"dtype\":\"F6_E2M3\",\"shape\":[9007199254740991],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"NEW\",\"shape\":[1],\"data_offsets\":[9007199254740990,9007199254740991]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4]}}", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}",
        "{\"\\ud83d\":{}}", "{\"\\ud83d\\u\":{}}", "{\"\\ud83d\\ude00\":{}}", "{\"\\u0000\":{}}", "{\"\\uffff", "{\"__metadata__\":[]}", "{\"__metadata__\":{\"a\":\"b\",}}",
        "{\"\\u12\":{}}", "{\"\\", "{\"a", "{\"a\":{\"dtype\":\"F32\",\"shape\":[", "{\"a\\q\":{}}" };
    int n = sizeof headers / sizeof *headers, taken = 0;
    for (int i = 0; i < n; i++) taken += load_header(headers[i]);
    ok(taken == 0, "%d headers of malice are refused: %d taken", n, taken);
    memset(bad, 0xff, 8);
    ok(load(size) == 0, "a header of 2^64 - 1 bytes: %s", gg_message);
}

/* An index that says each tensor is in the good file: whole, cut short, with wrong bytes. */
static void test_index(void)
{
    static const char *const index = "build/tests/hostile.index.json";
    static Weights before;
    char text[4096];
    int n = snprintf(text, sizeof text, "{\"metadata\":{\"total_size\":1},\"weight_map\":{");
    for (int i = 0; i < mlp.model.ntensors; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%s\"%s\":\"hostile.whole\"", i ? "," : "", mlp.model.tensors[i].name);
    n += snprintf(text + n, sizeof text - (size_t)n, "}}");
    write_file("build/tests/hostile.whole", good, size);
    memcpy(&before, &p, sizeof p);
    memset(&p, 0, sizeof p);
    memcpy(bad, text, (size_t)n);
    ok(load_file(index, (size_t)n) == 1 && !memcmp(&before, &p, sizeof p), "an index of the file gives its weights");
    long taken = 0, wrong = 0;
    for (int cut = 0; cut < n; cut++) taken += load_file(index, (size_t)cut);
    ok(taken == 0, "an index that is cut short is refused: %ld taken", taken);
    for (int i = 0; i < 2000; i++) {
        memcpy(bad, text, (size_t)n);
        for (uint32_t k = 0, hits = 1 + next(3); k < hits; k++)
            bad[next((uint32_t)n)] = next(2) ? (unsigned char)next(256) : (unsigned char)"{}[]:,\"\\/.u0"[next(13)];
        if (!load_file(index, (size_t)n)) continue;
        taken++;
        wrong += memcmp(&before, &p, sizeof p) != 0;
    }
    ok(wrong == 0, "2,000 indices with one to three wrong bytes: %ld taken, %ld of them wrongly", taken, wrong);
}

int main(int argc, char **argv)
{
    FILE *f = fopen(argc > 1 ? argv[1] : "", "rb");
    if (!f) return 1;
    size = fread(good, 1, sizeof good, f);
    fclose(f);
    run.p = &mlp;
    test_truncated();
    test_headers();
    memcpy(bad, good, size), load(size);
    test_bytes();
    test_index();
    gg_archive_close(&run.model.archive);
    return done();
}
