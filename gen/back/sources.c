/* sources.c -- the tables of tensors in files of other programs: those that rules load, and the
   namings for the command line. */
#include "back/emit.h"

static char *piece_text(int tensor, const Source *p)
{
    Text t = { 0 };
    text_add(&t, "{ %d, ", tensor);
    if (p->file) text_add(&t, "\"%s\", ", c_string(p->file));
    else text_add(&t, "NULL, ");
    text_add(&t, "\"%s\"", c_string(p->key));
    text_add(&t, ", %s", p->naming ? text("&namings[%d]", p->naming - 1) : "NULL");
    text_add(&t, ", %s, ", p->turned ? "true" : "false");
    text_add(&t, "%s },", p->rows ? text("%ld, %ld, %ld", p->row, p->rows, p->from) : "WHOLE");
    return t.s;
}

/* the pieces as items, in the order of the parameters in the program */
static void put_pieces(const Graph *g, Source *const *at, int n, Env *e, const char *list)
{
    for (int i = 0; i < g->params.n; i++)
        for (int k = 0; k < n; k++)
            if (at[k]->param->index == i)
                env_set(env_item(e, list), "text", "%s", piece_text(i, at[k]));
}

static void put_naming(const Graph *g, const FileNaming *n, Env *e)
{
    Text t = { 0 };
    for (int i = 0; i < n->buffers.n; i++) text_add(&t, "\"%s\", ", c_string(n->buffers.at[i]));
    env_set(e, "buffers", "%sNULL", t.s ? t.s : "");
    env_set(e, "naming", "%s", n->name);
    env_flag(e, "named", n->pieces.n > 0);
    put_pieces(g, n->pieces.at, n->pieces.n, e, "pieces");
    env_set(e, "row", "{ \"%s\", \"%s\", \"%s\", \"%s\", %s_buffers, %s, %d },", n->name, n->prefix,
            n->head, n->tied, n->name, n->pieces.n ? text("%s_sources", n->name) : "NULL",
            n->pieces.n);
}

void sources(const Graph *g, Env *e)
{
    put_pieces(g, g->sources.at, g->sources.n, e, "sources");
    env_flag(e, "loads", g->sources.n > 0);
    env_set(e, "sources_are", "%s%s",
            g->sources.n ? text(" .sources = sources, .nsources = %d,", g->sources.n) : "",
            g->namings.n ? text("\n.namings = namings, .nnamings = %d,", g->namings.n) : "");
    for (int i = 0; i < g->namings.n; i++) put_naming(g, g->namings.at[i], env_item(e, "namings"));
    env_flag(e, "has_namings", g->namings.n > 0);
}
