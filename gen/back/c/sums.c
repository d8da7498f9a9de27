/* sums.c -- which function of runtime/contract.h has the words for a product: of matrices, or of
   images.

   Each way to read the sums states the sizes that it takes them for, and what the function makes
   of those sizes. They are the same sums only if all strides are equal. */
#include <string.h>
#include "back/c/product.h"

/* The fields of a Matmul and of a Conv2d, but that depth, rows where A is turned, and channels are
   those of one column block. */
typedef struct {
    long rows, columns, depth, a_row, b_row, c_row, blocks, block, batch, step[2];
    bool turned;
} Rows;
typedef struct {
    long size[2], taps[2], in, out, stride, line, dy_line, blocks, block;
} Image;

/* What has one turn has no stride. */
static Sums plain(Sums s)
{
    for (int i = 0; i < 2; i++)
        if (s.rows[i] == 1) s.a_row[i] = s.c_row[i] = 0;
    for (int i = 0; i < 3; i++)
        if (s.depth[i] == 1) s.a_k[i] = s.b_k[i] = 0;
    memset(s.spelled, 0, sizeof s.spelled);
    return s;
}

static bool equal(const Sums *s, Sums other)
{
    const Sums a = plain(*s), b = plain(other);
    return !memcmp(&a, &b, sizeof a);
}

static void add_field(Text *t, const char *name, long value, long usual)
{
    if (value && value != usual) text_add(t, ", .%s = %ld", name, value);
}

static void add_blocks(Text *t, long blocks, long block)
{
    if (blocks > 1) text_add(t, ", .blocks = %ld, .block = %ld", blocks, block);
}

/* ---- matrices ---- */
static Sums sums_of_rows(const Rows *m)
{
    if (m->turned)
        return (Sums) { .rows = { m->blocks, m->rows },
                        .a_row = { m->block, 1 },
                        .c_row = { m->rows * m->c_row, m->c_row },
                        .depth = { 1, m->batch, m->depth },
                        .a_k = { 0, m->step[0], m->a_row },
                        .b_k = { 0, m->step[1], m->b_row },
                        .width = m->columns };
    return (Sums) { .rows = { m->batch, m->rows },
                    .a_row = { m->step[0], m->a_row },
                    .c_row = { m->step[1], m->c_row },
                    .depth = { 1, m->blocks, m->depth },
                    .a_k = { 0, m->block, 1 },
                    .b_k = { 0, m->depth * m->b_row, m->b_row },
                    .width = m->columns };
}

static const char *extent_text(long extent, long blocks, const char *spelled)
{
    return spelled && blocks == 1 ? spelled : text("%ld", extent * blocks);
}

static char *rows_text(const Rows *m, const Sums *s)
{
    Text t = { 0 };
    text_add(&t, ".rows = %s, .columns = %ld, .depth = %s",
             extent_text(m->rows, m->turned ? m->blocks : 1, s->spelled[0]), m->columns,
             extent_text(m->depth, m->turned ? 1 : m->blocks, s->spelled[1]));
    if (m->turned) text_add(&t, ", .a_turned = true");
    add_blocks(&t, m->blocks, m->block);
    add_field(&t, "a_row", m->a_row, m->turned ? m->rows : m->depth);
    add_field(&t, "b_row", m->b_row, m->columns);
    add_field(&t, "c_row", m->c_row, m->columns);
    if (m->batch > 1)
        text_add(&t, ", .batch = %s, .step = { %ld, %ld }",
                 extent_text(m->batch, 1, s->spelled[m->turned ? 3 : 2]), m->step[0], m->step[1]);
    return t.s;
}

/* A distance that is walked: 0 would be read as a field that is left out. */
static bool is_told(long distance, long turns) { return distance || turns == 1; }

/* Rows of A that overlap are those of a convolution. */
static bool is_product(const Sums *s, char **sizes, bool batch)
{
    const bool turned = s->depth[2] > 1 && s->a_k[2] != 1;
    const Rows m = { .rows = s->rows[1],
                     .columns = s->width,
                     .depth = s->depth[2],
                     .a_row = turned ? s->a_k[2] : s->a_row[1],
                     .b_row = s->b_k[2],
                     .c_row = s->c_row[1],
                     .blocks = turned ? s->rows[0] : s->depth[1],
                     .block = turned ? s->a_row[0] : s->a_k[1],
                     .batch = turned ? s->depth[1] : s->rows[0],
                     .step = { turned ? s->a_k[1] : s->a_row[0], turned ? s->b_k[1] : s->c_row[0] },
                     .turned = turned };
    if (m.a_row && m.a_row < (turned ? m.rows : m.depth)) return false;
    if (!is_told(m.a_row, turned ? m.depth : m.rows) || !is_told(m.b_row, m.depth) ||
        !is_told(m.c_row, m.rows))
        return false;
    *sizes = rows_text(&m, s);
    return (batch || m.batch == 1) && equal(s, sums_of_rows(&m));
}

static bool is_of_rows(const Sums *s, const Layout *a, char **sizes)
{
    (void)a;
    return is_product(s, sizes, false);
}

static bool is_batch(const Sums *s, const Layout *a, char **sizes)
{
    (void)a;
    return is_product(s, sizes, true);
}

/* ---- images ---- */
static Sums sums_of_images(const Image *c)
{
    const long row = c->taps[1] * c->in * c->out;
    const bool one = c->taps[0] == 1;
    return (
        Sums) { .rows = { c->size[0], c->size[1] },
                .a_row = { c->stride * c->line, c->stride * c->in },
                .c_row = { c->size[1] * c->out, c->out },
                .depth = { one ? 1 : c->blocks, one ? c->blocks : c->taps[0], c->taps[1] * c->in },
                .a_k = { c->block, one ? c->block : c->line, 1 },
                .b_k = { c->taps[0] * row, row, c->out },
                .width = c->out };
}

static Sums sums_to_images(const Image *c)
{
    const long tap = c->in * c->out;
    return (Sums) { .rows = { c->size[0], c->size[1] },
                    .a_row = { c->line, c->in },
                    .c_row = { c->size[1] * c->out, c->out },
                    .depth = { c->taps[0], c->taps[1], c->in },
                    .a_k = { -c->line, -c->in, 1 },
                    .b_k = { c->taps[1] * tap, tap, c->out },
                    .width = c->out };
}

static Sums sums_to_taps(const Image *c)
{
    const bool one = c->taps[0] == 1;
    return (Sums) { .rows = { one ? c->blocks : c->taps[0], c->taps[1] * c->in },
                    .a_row = { one ? c->block : c->line, 1 },
                    .c_row = { c->taps[1] * c->in * c->out, c->out },
                    .depth = { 1, c->size[0], c->size[1] },
                    .a_k = { 0, c->stride * c->line, c->stride * c->in },
                    .b_k = { 0, c->dy_line, c->out },
                    .width = c->out };
}

static char *image_text(const Image *c)
{
    Text t = { 0 };
    text_add(&t, ".size = { %ld, %ld }", c->size[0], c->size[1]);
    if (c->taps[0] > 1 || c->taps[1] > 1)
        text_add(&t, ", .taps = { %ld, %ld }", c->taps[0], c->taps[1]);
    text_add(&t, ", .in = %ld, .out = %ld", c->in * c->blocks, c->out);
    add_field(&t, "stride", c->stride, 1);
    add_field(&t, "line", c->line, 0);
    add_field(&t, "dy_line", c->dy_line, c->size[1] * c->out);
    add_blocks(&t, c->blocks, c->block);
    return t.s;
}

/* Takes the image that A is from its layout, and the stride from the distance of two columns that
   neighbouring results read. False: A is no image. */
static bool find_image(Image *c, const Layout *a, long column, long row_of_taps)
{
    c->in = a->plane[2], c->line = a->plane[1] * a->plane[2];
    if (!c->in || column % c->in || row_of_taps % c->in) return false;
    c->stride = column / c->in, c->taps[1] = row_of_taps / c->in;
    return is_told(c->stride, c->size[1]);
}

/* Of one channel the gradient of a weight has the same form: its taps are more than its results. */
static bool is_of_images(const Sums *s, const Layout *a, char **sizes)
{
    Image c = { .size = { s->rows[0], s->rows[1] }, .out = s->width };
    if (!find_image(&c, a, s->a_row[1], s->depth[2]) || c.taps[1] > c.size[1]) return false;
    c.taps[0] = s->depth[1], c.blocks = s->depth[0], c.block = s->a_k[0];
    *sizes = image_text(&c);
    if (equal(s, sums_of_images(&c))) return true;
    c.taps[0] = 1, c.blocks = s->depth[1], c.block = s->a_k[1];
    *sizes = image_text(&c);
    return equal(s, sums_of_images(&c));
}

static bool is_to_images(const Sums *s, const Layout *a, char **sizes)
{
    (void)a;
    const Image c = { .size = { s->rows[0], s->rows[1] },
                      .taps = { s->depth[0], s->depth[1] },
                      .in = s->depth[2],
                      .out = s->width,
                      .line = s->a_row[0],
                      .blocks = 1 };
    *sizes = image_text(&c);
    return equal(s, sums_to_images(&c));
}

static bool is_to_taps(const Sums *s, const Layout *a, char **sizes)
{
    Image c = { .size = { s->depth[1], s->depth[2] }, .out = s->width, .dy_line = s->b_k[1] };
    if (!find_image(&c, a, s->a_k[2], s->rows[1]) || !is_told(c.dy_line, c.size[0])) return false;
    c.taps[0] = s->rows[0], c.blocks = 1;
    *sizes = image_text(&c);
    if (equal(s, sums_to_taps(&c))) return true;
    c.taps[0] = 1, c.blocks = s->rows[0], c.block = s->a_row[0];
    *sizes = image_text(&c);
    return equal(s, sums_to_taps(&c));
}

Named sums_name(const Sums *s, const Layout *a)
{
    static const struct {
        const char *flag;
        unsigned product;
        bool (*is)(const Sums *, const Layout *, char **);
    } ways[] = { { "of_rows", PRODUCT_OF_ROWS, is_of_rows },
                 { "of_images", PRODUCT_OF_IMAGES, is_of_images },
                 { "to_images", PRODUCT_OF_IMAGES, is_to_images },
                 { "to_taps", PRODUCT_OF_IMAGES, is_to_taps },
                 { "of_rows", PRODUCT_OF_ROWS, is_batch } };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char *sizes;
        if (ways[i].is(s, a, &sizes)) return (Named) { ways[i].flag, sizes, ways[i].product };
    }
    return (Named) { "of_sums", "", PRODUCT_OF_SUMS };
}
