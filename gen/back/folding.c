/* folding.c -- functions of several calls. Blocks of a net are the same calls over and over,
   with other buffers. From three times on such a sequence is a function, in both targets. It is
   named by the layers that the buffers are named by: h_0, h_1, ... give k5_to_k20_h. */
#include <ctype.h>
#include <string.h>
#include "back/repeats.h"
#include "back/template.h"

static int first_of(const Lines *c)
{
    int first = 0;
    for (int i = 0; !first && i < c->n; i++) first = c->at[i]->first;
    return first;
}

static int last_of(const Lines *c)
{
    int last = 0;
    for (int i = 0; i < c->n; i++)
        if (c->at[i]->last) last = c->at[i]->last;
    return last;
}

/* The kernels of the calls: "k2 to k9". */
static char *range_text(const Lines *c)
{
    const int first = first_of(c), last = last_of(c);
    return first == last ? text("k%d", first) : text("k%d to k%d", first, last);
}

void declare_function(Text *to, const char *name, const char *parameters)
{
    text_add(to, "%s%s(%s)", to->n ? ", " : "", name, *parameters ? parameters : "void");
}

/* "k2_to_k9_h" */
static const char *function_name(const Lines *const *at, const Folding *f)
{
    const char *layer = lines_layer(at, 0);
    const size_t n = layer ? strlen(layer) : 0;
    size_t stem = n;
    while (stem && isdigit((unsigned char)layer[stem - 1])) stem--;
    char *range = range_text(at[0]);
    for (char *c = range; *c; c++)
        if (*c == ' ') *c = '_';
    return stem > 1 ? text("%s_%.*s", range, (int)stem - 1, layer) : text("%s_%s", range, f->what);
}

/* A function of that text; k2_to_k9_h_2 where another has the wish. */
static const char *write_function(Written *out, const char *wish, const char *title,
                                  const Common *common, const char *body)
{
    const char *name = wish, *params = params_text(common), *rest = text("(%s)\n%s", params, body);
    for (int i = 0, again = 2; i < out->names.n; i++) {
        if (strcmp(out->names.at[i], name)) continue;
        if (!strcmp(out->texts.at[i], rest)) return name;
        name = text("%s_%d", wish, again++), i = -1;
    }
    vec_push(&out->names, name);
    vec_push(&out->texts, rest);
    declare_function(&out->steps, name, params_types_text(common));
    text_add(&out->functions, "%sstatic void %s(%s)\n{\n", title, name, params);
    put_lines(&out->functions, body, 4);
    text_add(&out->functions, "}\n\n");
    return name;
}

/* The calls of a function that does what each of these does. */
static Lines fold_one(const Lines *const *at, int times, const Folding *f, Written *out)
{
    Lines calls = { 0 };
    const Common common = lines_common(at, times);
    const char *title = text("/* %s, and what is like them up to %s */\n", range_text(at[0]),
                             range_text(at[times - 1]));
    const char *name = write_function(out, function_name(at, f), title, &common,
                                      lines_text(&common.body, f->memory));
    for (int i = 0; i < times; i++) {
        const char *layer = lines_layer(at, i);
        Line *call = line_add(&calls, text("%s(", name), ");");
        call->note = layer ? text("%s: %s", layer, range_text(at[i])) : range_text(at[i]);
        call->folded = true;
        call->first = first_of(at[i]), call->last = last_of(at[i]);
        params_given(&common, at[i], call);
    }
    return calls;
}

/* Calls of one function stand where the sequences were. */
static void fold_all(Lines *c, const Found *x, const Folding *f, Written *out)
{
    Lines to = { 0 }, *each = NEW_ARRAY(Lines, x->times);
    const Lines **at = NEW_ARRAY(const Lines *, x->times);
    for (int i = 0; i < x->times; i++) each[i] = lines_slice(c, x->at[i], x->n), at[i] = &each[i];
    const Lines calls = fold_one(at, x->times, f, out);
    for (int i = 0, done = 0; i < c->n;) {
        const bool here = done < x->times && x->at[done] == i;
        vec_push(&to, here ? calls.at[done++] : c->at[i]);
        i += here ? x->n : 1;
    }
    *c = to;
}

void lines_fold(Lines *c, const Folding *f, Written *out)
{
    for (Found x; (x = repeat_of(c, f->memory != NULL)).n;) fold_all(c, &x, f, out);
}
