/* embed.c DIR -- the library: rows from files and from memory, gradients, updates, states, saving and going on. With DEVICE
   the program is another file's (tests/cuda/runtime/mlp.cu). */
#ifdef DEVICE
#include "program.h"
enum { IN = 64, HIDDEN = 20, CLASSES = 4 };
extern const Program mlp;
#else
#include "mlp.h"
#endif
#include "library.h"
#include "start.h"
#include "weights.h"
#include "tap.h"

enum { ROWS = 40, MANY = HIDDEN * IN };
#ifndef SAVED
#define SAVED "build/tests/runtime/embed.safetensors"
#endif
static const char *saved = SAVED;

static void test_window(const char *dir)
{
    static real g1[MANY], g2[MANY], before[MANY], after[MANY], m[MANY];
    double r1[2], r2[2];
    bool right = true;
    ok(gg_window(&mlp, r1) && strstr(gg_error(), "not open"), "closed: %s", gg_error());
    ok(!gg_open(&mlp, dir, 2, -1), "gg_open reads the files");
    gg_window(&mlp, r1), gg_gradient(&mlp, "net.0.weight", g1);
    gg_window(&mlp, r2), gg_gradient(&mlp, "net.0.weight", g2);
    ok(!memcmp(g1, g2, sizeof g1) && r1[0] == r2[0], "the same window again gives the same gradient");
    gg_parameter(&mlp, "net.0.weight", before), gg_update(&mlp), gg_parameter(&mlp, "net.0.weight", after);
    gg_state(&mlp, "m", "net.0.weight", m);
    for (int i = 0; i < MANY; i++) right &= m[i] == g1[i] && after[i] == before[i] - (real)0.1 * m[i];
    ok(right, "the first update is lr times it, and the momentum holds it");
    gg_window(&mlp, NULL), gg_gradient(&mlp, "net.0.weight", g2);
    ok(memcmp(g1, g2, sizeof g1) != 0, "control: the next window's is another");
    ok(gg_gradient(&mlp, "net.9", g1) && strstr(gg_error(), "net.9"), "no such tensor: %s", gg_error());
    gg_close(&mlp);
}

static void test_resume(const char *dir)
{
    static real a[MANY], b[MANY], ones[MANY];
    double r[2], all[2];
    gg_open(&mlp, dir, 1, 5);
    gg_train(&mlp, 30, NULL), gg_save(&mlp, saved), gg_train(&mlp, 20, r), gg_parameter(&mlp, "net.0.weight", a);
    for (int i = 0; i < MANY; i++) ones[i] = 1;
    gg_set_parameter(&mlp, "net.0.weight", ones), gg_parameter(&mlp, "net.0.weight", b);
    ok(!memcmp(b, ones, sizeof b), "parameters can be set");
    gg_close(&mlp), gg_open(&mlp, dir, 2, 5);
    ok(!gg_resume(&mlp, saved) && !gg_train(&mlp, 20, all), "gg_resume, in a session opened anew");
    gg_parameter(&mlp, "net.0.weight", b);
    ok(!memcmp(a, b, sizeof a) && all[0] == r[0], "goes on bit for bit");
    ok(gg_train(&mlp, 29, r) && strstr(gg_error(), "all 78 updates"), "and ends: %s", gg_error());
    ok(gg_resume(&mlp, "/nowhere") == 1 && gg_load(&mlp, "/nowhere") == 1, "no file: %s", gg_error());
    gg_evaluate(&mlp, "test", r);
    ok(r[1] > 0.6, "the test: %.2f", r[1]);
    ok(!gg_steps(&mlp, 100) && !gg_train(&mlp, 22, r), "more steps can be planned");
    gg_close(&mlp);
}

static void test_memory(void)
{
    static uint8_t rows[ROWS][IN];
    static int32_t classes[ROWS];
    const void *const given[] = { rows, classes };
    Program q = mlp;
    double r[2];
    for (int n = 0; n < ROWS; n++) {
        classes[n] = n % CLASSES;
        for (int i = 0; i < IN; i++) rows[n][i] = i % CLASSES == classes[n] ? 255 : 0;
    }
    q.data.valid = q.data.test = 0;
    ok(!gg_open_rows(&q, ROWS, given, 2, -1), "rows can be given in memory");
    gg_steps(&q, 400), gg_train(&q, 400, r);
    ok(r[1] > 0.9, "and learned: %.2f", r[1]);
    ok(gg_evaluate(&q, "valid", r) == 1, "without a split: %s", gg_error());
    gg_close(&q);
    q.data.test = ROWS;
    ok(gg_open_rows(&q, ROWS, given, 2, -1) == 1, "a split of all: %s", gg_error());
}

int main(int argc, char **argv)
{
    test_window(argc > 1 ? argv[1] : ".");
    test_resume(argv[1]);
    test_memory();
    return done();
}
