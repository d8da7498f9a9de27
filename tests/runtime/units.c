/* units.c -- the parts of the runtime that are functions: calendar, order, Philox, tensors' order, weights, window_row. */
#include "mlp.h"
#include "schedule.h"
#include "tensor.h"
#include "tap.h"

/* ---- Philox: the known answers of Random123's kat_vectors ---- */
static void test_philox(void)
{
    static const uint32_t known[3][10] = {
        { 0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 },
        { ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd },
        { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb, 0x5001e420,
          0x24126ea1 } };
    for (int k = 0; k < 3; k++) {
        uint32_t c[4] = { known[k][0], known[k][1], known[k][2], known[k][3] };
        philox4x32(c, known[k][4], known[k][5]);
        ok(!memcmp(c, known[k] + 6, sizeof c), "Philox4x32-10 known answer %d", k);
        philox4x32(c, known[k][4], known[k][5] ^ 1);
        ok(memcmp(c, known[k] + 6, sizeof c) != 0, "control: another key is caught");
    }
}

static bool fill_agrees(int n, uint32_t from, uint32_t stride, uint32_t off)
{
    static real out[4096];
    noise_fill(out, n, 7, 1ull << 40, 3, from, stride);
    for (int i = 0; i < n; i++)
        if (out[i] != noise_uniform(7, 1ull << 40, 3, from + (uint32_t)i * stride + off)) return false;
    return true;
}

static void test_noise(void)
{
    bool all = true;
    for (int n = 0; n < 300; n += 7)
        for (uint32_t from = 0; from < 9; from++)
            for (uint32_t stride = 1; stride < 70; stride += 23) all &= fill_agrees(n, from, stride, 0);
    ok(all, "noise_fill gives noise_uniform's numbers");
    ok(!fill_agrees(300, 0, 1, 1), "control: numbers shifted by one element are caught");
    double sum = 0, square = 0;
    long hits = 0, n = 200000;
    for (long i = 0; i < n; i++) {
        double u = noise_uniform(1, (uint64_t)i / 50, 5, (uint32_t)(i % 50));
        sum += u, square += u * u, hits += u < 0.1;
    }
    ok(fabs(sum / n - 0.5) < 3 * sqrt(1.0 / 12 / n) && fabs(square / n - 1.0 / 3) < 0.003, "noise is uniform: mean %.4f", sum / n);
    ok(fabs((double)hits / n - 0.1) < 3 * sqrt(0.09 / n), "a tenth of it is below 0.1: %.4f", (double)hits / n);
}

/* ---- calendar: ACCEPTANCE 11 to 14 ---- */
static Schedule planned(long K, char tail)
{
    Schedule q = mlp.schedule;
    q.micro_batch = 1, q.accumulate = K, q.batch = q.round = K, q.tail = tail;
    return q;
}

static bool sizes_are(const Calendar *calendar, int n, const long *sizes)
{
    if (calendar->T != n) return false;
    for (int i = 0; i < n; i++)
        if (gg_position(calendar, i).samples != sizes[i]) return false;
    return true;
}

static void test_tails(void)
{
    Schedule s = planned(4, 's'), d = planned(4, 'd'), c = planned(4, 'c');
    Calendar ps = gg_calendar(&s, 10, 2, -1), pd = gg_calendar(&d, 10, 2, -1), pc = gg_calendar(&c, 10, 2, -1);
    ok(sizes_are(&ps, 6, (long[]){ 4, 4, 2, 4, 4, 2 }), "10 micros, K = 4, 2 epochs, step: 4 4 2 4 4 2");
    ok(sizes_are(&pd, 4, (long[]){ 4, 4, 4, 4 }) && pd.unread == 2, "drop: 4 4 4 4, two unread an epoch");
    ok(sizes_are(&pc, 5, (long[]){ 4, 4, 4, 4, 4 }) && pc.total == 20, "carry: five of 4, none left");
    ok(!sizes_are(&ps, 5, (long[]){ 4, 4, 4, 4, 4 }), "control: the leaking tail is caught");
    Calendar p3 = gg_calendar(&s, 3, 4, -1), c3 = gg_calendar(&c, 3, 4, -1), d3 = gg_calendar(&d, 3, 4, -1);
    ok(sizes_are(&p3, 4, (long[]){ 3, 3, 3, 3 }), "epochs of 3, K = 4, step: four of 3");
    ok(sizes_are(&c3, 3, (long[]){ 4, 4, 4 }), "carry: three of 4");
    ok(d3.E == 0 && d3.T == 0, "drop: not one window, and the calendar says so");
}

/* updates, sizes and cursors of one calendar, against counting */
static bool plan_holds(long L, long K, char tail, long epochs)
{
    Schedule q = planned(K, tail);
    Calendar calendar = gg_calendar(&q, L, epochs, -1);
    long expected = tail == 's' ? epochs * ((L + K - 1) / K) : tail == 'd' ? epochs * (L / K) : (epochs * L + K - 1) / K;
    long consumed = 0, ends = 0;
    if (calendar.T != expected) return false;
    for (long u = 0; u < calendar.T; u++) {
        Position position = gg_position(&calendar, u);
        if (position.first != consumed || position.samples < 1 || position.samples > K || position.at >= L) return false;
        if (tail == 's' && position.at + position.samples > L) return false;
        consumed += position.samples, ends += position.ends;
    }
    long all = tail == 'd' ? epochs * (L / K) * K : epochs * L;
    bool every_end = tail == 'd' ? ends == (L >= K ? epochs : 0) : tail == 's' ? ends == epochs : ends >= 1 && ends <= epochs;
    return consumed == all && calendar.total == consumed && every_end;
}

static void test_sweep(void)
{
    static const char tails[] = "sdc";
    for (int k = 0; k < 3; k++) {
        long wrong = 0;
        for (long L = 1; L < 200; L++)
            for (long K = 2; K <= 16; K++) wrong += !plan_holds(L, K, tails[k], 3);
        ok(wrong == 0, "tail '%c': lengths 1 to 199, K 2 to 16, 3 epochs: %ld wrong", tails[k], wrong);
    }
    Schedule q = planned(4, 's');
    Calendar calendar = gg_calendar(&q, 7, 1, -1);
    ok(sizes_are(&calendar, 2, (long[]){ 4, 3 }), "7 micros, K = 4: exactly two updates, 4 and 3");
}

static void test_steps(void)
{
    Schedule s = mlp.schedule, d;
    s.micro_batch = 8, s.accumulate = 4, s.batch = s.round = 32, d = s, d.tail = 'd';
    Calendar ps = gg_calendar(&s, 1003, 1, -1), pd = gg_calendar(&d, 1003, 1, -1), p5 = gg_calendar(&s, 1003, -1, 40);
    ok(ps.T == 32 && ps.last == 11 && gg_position(&ps, 31).samples == 11, "1003 samples, 4 x 8: 32 updates, the last of 11");
    ok(pd.T == 31 && pd.unread == 11, "drop: 31 updates, 11 unread");
    ok(p5.T == 40 && gg_position(&p5, 39).epoch == 1 && gg_position(&p5, 39).first == 1003 + 7 * 32, "40 steps end in epoch 2");
}

/* ---- rounds ---- */
/* Two steps of their own times and batches, the first takes most: in a round of `samples` each takes neighbouring windows up to its
   end, whole ones but for the round's last and what lies ahead of a short round; `shift`: a control, windows that many samples off. */
static bool round_holds(const Step *steps, long samples, long shift)
{
    Schedule q = mlp.schedule;
    q.steps = steps, q.nsteps = 2, q.round = steps[0].times * steps[0].batch, q.batch = steps[0].batch;
    const bool whole = samples == q.round;
    for (long n = 0, taken = 0, end = 0; ; n++) {
        const StepWindow t = gg_step_window(&q, samples, n);
        const long batch = steps[t.step].batch, from = t.from + shift;
        if (from < 0 || t.samples < 1 || t.samples > batch || from + t.samples > samples) return false;
        if (t.nth > 0 && from != end) return false;
        if (whole && t.samples != batch) return false;
        end = from + t.samples, taken++;
        if (taken > steps[t.step].times || (t.closes && end != samples)) return false;
        if (whole && t.closes && taken != steps[t.step].times) return false;
        if (t.last) return t.step == 1;
        if (t.closes) taken = 0;
    }
}

static void test_rounds(void)
{
    long wrong = 0, tried = 0, missed = 0;
    for (long a = 1; a <= 7; a++)
        for (long b = 1; b <= 7; b++)
            for (long times = 1; times <= 3; times++)
                for (long samples = 1; samples <= a * 3; samples++) {
                    const Step steps[2] = { { .times = 3, .batch = a }, { .times = times, .batch = b } };
                    if (times * b > a * 3) continue;
                    tried++, wrong += !round_holds(steps, samples, 0), missed += round_holds(steps, samples, 1);
                }
    ok(tried > 500 && wrong == 0, "%ld rounds of two steps with windows of their own: %ld wrong", tried, wrong);
    ok(missed == 0, "control: windows one sample off are caught");
}

/* ---- order ---- */
static bool is_permutation(const uint32_t *order, long n)
{
    static char seen[100000];
    memset(seen, 0, (size_t)n);
    for (long i = 0; i < n; i++)
        if (order[i] >= (uint64_t)n || seen[order[i]]++) return false;
    return true;
}

static void test_permutation(void)
{
    static uint32_t a[60000], b[60000];
    bool all = true;
    for (long n = 1; n < 70; n++) gg_permute(a, n, 5, n), all &= is_permutation(a, n);
    gg_permute(a, 60000, 1, 0), all &= is_permutation(a, 60000);
    ok(all, "orders are permutations");
    a[17] = a[18];
    ok(!is_permutation(a, 60000), "control: a repeated row is caught");
    gg_permute(a, 1000, 1, 2), gg_permute(b, 1000, 1, 2);
    ok(!memcmp(a, b, 1000 * sizeof *a), "seed and epoch decide the order");
    gg_permute(b, 1000, 1, 3);
    bool epoch = memcmp(a, b, 1000 * sizeof *a) != 0;
    gg_permute(b, 1000, 2, 2);
    ok(epoch && memcmp(a, b, 1000 * sizeof *a) != 0, "another epoch or seed gives another order");
}

/* chi squared of who comes to place 0, 1 and 4 of 5 in 50,000 orders; 4 degrees of freedom: 23.5 is passed once in 10,000 */
static void test_fairness(void)
{
    long count[5][5] = { { 0 } };
    uint32_t a[5];
    for (long e = 0; e < 50000; e++) {
        gg_permute(a, 5, 9, e);
        for (int i = 0; i < 5; i++) count[i][a[i]]++;
    }
    for (int i = 0; i < 5; i += i ? 3 : 1) {
        double chi = 0;
        for (int r = 0; r < 5; r++) chi += ((double)count[i][r] - 10000) * ((double)count[i][r] - 10000) / 10000;
        ok(chi < 23.5, "place %d gets every row as often: chi squared %.1f", i, chi);
    }
}

/* Rows that a run of carried epochs reads, against perm(seed, s div n)[s mod n] of every sample s. */
static long carried_wrong(long n, long batch, long epochs, uint64_t seed)
{
    Schedule q = planned(batch, 'c');
    uint32_t *perm = gg_alloc((size_t)n, sizeof *perm);
    Rows rows = { 0, n, NULL };
    Calendar calendar = gg_calendar(&q, n, epochs, -1);
    Order o;
    long wrong = 0;
    gg_order_start(&o, &calendar, &rows, true, 3);
    for (long u = 0; u < calendar.T; u++) {
        Position position = gg_position(&calendar, u);
        gg_order_group(&o, position.epoch / o.epochs);
        Window v = { .order = o.now, .order_next = o.next, .places = o.epochs * n, .at = position.epoch % o.epochs * n + position.at };
        for (long i = 0; i < position.samples; i++) {
            gg_permute(perm, n, seed, (position.first + i) / n);
            wrong += window_row(&v, i) != (long)perm[(position.first + i) % n];
        }
    }
    gg_order_free(&o);
    free(perm);
    return wrong;
}

static void test_carry(void)
{
    long wrong = 0;
    for (long n = 1; n < 14; n++)
        for (long batch = 1; batch < 20; batch++) wrong += carried_wrong(n, batch, 5, 3);
    ok(wrong == 0, "carry reads sample s at perm(seed, s div n)[s mod n]: %ld wrong", wrong);
    ok(carried_wrong(13, 4, 5, 4) > 0, "control: another seed's order is caught");
}

/* ---- tensors ---- */
static void test_tensor(void)
{
    static real out[HIDDEN * IN], part[HIDDEN * IN], flat[sizeof p / sizeof(real)];
    const Tensor *t = gg_tensor(&mlp.model, "net.0.weight");
    bool right = true;
    for (size_t i = 0; i < sizeof p / sizeof(real); i++) ((real *)&p)[i] = (real)i;
    gg_read_tensor(t, (real *)&p, 0, gg_count(t), out);
    for (int o = 0; o < HIDDEN; o++)
        for (int i = 0; i < IN; i++) right &= out[o * IN + i] == p.w1[o / 8][i][o % 8];
    ok(right, "a tensor in strips is read in logical order");
    ok(out[1] != ((real *)&p)[1], "control: the stored order is another");
    gg_read_tensor(t, (real *)&p, 100, 1000, part);
    ok(!memcmp(part, out + 100, 1000 * sizeof(real)), "any part of it too");
    gg_write_tensor(t, flat, 0, gg_count(t), out);
    right = true;
    for (int k = 0; k < STRIPS * IN * 8; k++) right &= flat[k] == (k / (IN * 8) * 8 + k % 8 < HIDDEN ? ((real *)&p)[k] : 0);
    ok(right, "and written; padding stays zero");
    ok(gg_tensor(&mlp.model, "net.9") == NULL, "an unknown name is no tensor");
}

static void test_weights(void)
{
    static Weights again;
    static real w2[CLASSES * HIDDEN];
    memset(&p, 0, sizeof p);
    gg_init_weights(&mlp.model, 1);
    memcpy(&again, &p, sizeof p);
    double sum = 0, square = 0, most = 0;
    for (int o = 0; o < HIDDEN; o++)
        for (int i = 0; i < IN; i++) {
            double x = p.w1[o / 8][i][o % 8];
            sum += x, square += x * x, most = fmax(most, fabs(x));
        }
    ok(most <= 0.125 && most > 0.12 && fabs(sum) < 8 && fabs(square / 1280 - 0.125 * 0.125 / 3) < 5e-4, "uniform in its bounds");
    gg_read_tensor(gg_tensor(&mlp.model, "net.2.weight"), (real *)&p, 0, CLASSES * HIDDEN, w2);
    for (int i = square = 0; i < CLASSES * HIDDEN; i++) square += (double)(w2[i] * w2[i]);
    ok(fabs(sqrt(square / (CLASSES * HIDDEN)) - 0.2) < 0.05, "normal with its deviation");
    ok(p.w1[2][0][4] == 0 && p.b2[1] == 0, "padding and constants are zero");
    memset(&p, 0, sizeof p), gg_init_weights(&mlp.model, 1);
    ok(!memcmp(&p, &again, sizeof p), "the same seed gives the same weights");
    gg_init_weights(&mlp.model, 2);
    ok(memcmp(&p, &again, sizeof p) != 0, "control: another seed does not");
}

int main(void)
{
    test_philox(), test_noise();
    test_tails(), test_sweep(), test_steps(), test_rounds();
    test_permutation(), test_fairness(), test_carry();
    test_tensor(), test_weights();
    return done();
}
