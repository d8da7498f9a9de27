/* verify.c -- takes tests/verify.lua through the stages of front/ and middle/, breaks the graph in one way, and asks that stage's
   verifier, which ends with a bug that says the rule. Linked with gagen's objects but main.o.
       verify           lists them: name, stage, rule
       verify NAME      breaks that way; "nothing" breaks nothing and asks all verifiers */
#include <stdio.h>
#include <string.h>
#include "front/front.h"
#include "middle/middle.h"

static bool simple;                     /* simplify has run: nodes that count are live */

static Node *of_kind(Graph *g, Kind kind)
{
    for (int i = 0; i < g->nodes.n; i++)
        if (g->nodes.at[i]->kind == kind && (!simple || is_live(g, g->nodes.at[i]))) return g->nodes.at[i];
    BUG("the model has no such node");
}

static Node *with_role(Graph *g, const char *role)
{
    for (int i = g->nodes.n; i-- > 0; )
        if (has_role(g->nodes.at[i], role) && (!simple || is_live(g, g->nodes.at[i]))) return g->nodes.at[i];
    BUG("the model has no node of that role");
}

static Node *made_again(Graph *g, Kind kind)
{
    for (int i = 0; i < g->nodes.n; i++)
        if (first_of(g, g->nodes.at[i]) && g->nodes.at[i]->kind == kind) return g->nodes.at[i];
    BUG("nothing is rematerialised");
}

static Node *copy_of(const Node *n)
{
    Node *c = NEW(Node);
    *c = *n;
    return c;
}

/* ---- of any graph ---- */
static void number(Graph *g)      { g->nodes.at[1]->id = 2; }
static void stranger(Graph *g)    { Node *n = of_kind(g, K_MAP); n->arg[0] = copy_of(n->arg[0]); }
static void later(Graph *g)       { Node *n = of_kind(g, K_MAP); n->arg[0] = g->nodes.at[n->id + 1]; }
static void no_op(Graph *g)       { of_kind(g, K_INPUT)->op = of_kind(g, K_MAP)->op; }
static void few(Graph *g)         { of_kind(g, K_MAP)->nargs--; }
static void early(Graph *g)       { of_kind(g, K_MAP)->when = WHEN_CONST; }
static void map_shape(Graph *g)   { of_kind(g, K_MAP)->shape.dim[1]++; }

static void axes(Graph *g)        { of_kind(g, K_REDUCE)->axes = 1u << 5; }
static void kept(Graph *g)        { of_kind(g, K_REDUCE)->shape.dim[1]++; }
static void extent(Graph *g)      { of_kind(g, K_MATMUL)->labels = "ni,on->no"; }
static void label(Graph *g)       { of_kind(g, K_MATMUL)->labels = "ni,o->no"; }
static void result(Graph *g)      { of_kind(g, K_MATMUL)->labels = "ni,oi->nz"; }
static void view(Graph *g)        { with_role(g, "reshape")->shape.dim[1]++; }
static void gathered(Graph *g)    { with_role(g, "gather")->shape.dim[1]++; }
static void channels(Graph *g)    { with_role(g, "forward")->shape.dim[1]++; }
static void rows(Graph *g)        { of_kind(g, K_INPUT)->shape.dim[0]++; }
static void empty(Graph *g)       { of_kind(g, K_INPUT)->shape.dim[1] = 0; }
static void rank(Graph *g)        { of_kind(g, K_INPUT)->shape.rank = RANK + 1; }
static void param(Graph *g)       { g->params.at[0]->shape.dim[0]++; }
static void param_index(Graph *g) { g->params.at[0]->index = 1; }
static void ident(Graph *g)       { g->params.at[1]->ident = g->params.at[0]->ident; }
static void noise(Graph *g)       { for (int i = 0; i < g->nodes.n; i++) if (g->nodes.at[i]->kind == K_NOISE) g->nodes.at[i]->path = "one#1"; }
static void report(Graph *g)      { g->reports.at[0]->node = copy_of(g->reports.at[0]->node); }

/* ---- of one stage's ---- */
static void batch(Graph *g)       { g->train.batch++; }
static void column(Graph *g)      { g->data.columns.at[0]->index = 1; }
static void made(Graph *g)        { g->nodes.at[g->nodes.n - 1]->backward = true; }
static void forward(Graph *g)     { g->nforward--; }
static void loss(Graph *g)        { g->steps.at[0]->minimize = of_kind(g, K_INPUT); }
static void no_step(Graph *g)     { g->params.at[0]->step = 1; }
static void sum(Graph *g)         { g->sums.at[1] = g->sums.at[0]; }
static void no_sum(Graph *g)      { g->sums.at[0] = of_kind(g, K_INPUT); }
static void mine(Graph *g)        { g->params.at[0]->mine = false; }
static void root(Graph *g)        { of_kind(g, K_ROOT)->value = 1; }
static void piece(Graph *g)       { g->gradients.at[0]->param = g->gradients.at[1]->param; }
static void whose(Graph *g)       { g->nodes.at[g->nforward + 9]->of = NULL; }
static void mixed(Graph *g)       { Node *n = g->nodes.at[g->nodes.n - 1]; n->backward = false, n->of = NULL; }
static void same(Graph *g)        { Node *n = of_kind(g, K_MAP); set_same(g, n->arg[0], g->nodes.at[0]); }
static void replaced(Graph *g)    { set_same(g, g->sums.at[0], g->nodes.at[0]); }
static void uses(Graph *g)        { const Node *n = of_kind(g, K_MAP); set_uses(g, n, uses_of(g, n) + 1); }
static void chain(Graph *g)       { g->nodes.at[2]->arg[0] = g->nodes.at[1], set_uses(g, g->nodes.at[1], 1); }
static void permuted(Graph *g)    /* a dead node before the contraction becomes the view */
{
    int i = g->nodes.n;
    while (g->nodes.at[--i]->kind != K_MATMUL) { }
    Node *n = g->nodes.at[i], *x = n->arg[0];
    while (is_live(g, g->nodes.at[--i])) { }
    *g->nodes.at[i] = (Node){ .id = i, .kind = K_VIEW, .op = op_with_role(g->ops, "permute"), .nargs = 1, .arg = { x }, .perm = { 0, 1 },
                              .shape = x->shape, .when = x->when, .backward = true };
    set_uses(g, g->nodes.at[i], 1), set_same(g, g->nodes.at[i], NULL);
    n->arg[0] = g->nodes.at[i];
}
static void equal(Graph *g)       /* a contribution comes twice, of two nodes */
{
    Node *n = g->gradients.at[0]->value, *c = copy_of(n);
    Contribution *more = NEW(Contribution);
    c->id = g->nodes.n;
    set_uses(g, c, 1);
    vec_push(&g->nodes, c);
    for (int i = 0; i < c->nargs; i++) set_uses(g, c->arg[i], uses_of(g, c->arg[i]) + 1);
    *more = (Contribution){ g->gradients.at[0]->param, c, NULL };
    vec_push(&g->gradients, more);
}
static void outputs(Graph *g)     { set_predicted(g, g->outputs.at[0]->node, false); }
static void level(Graph *g)       { g->train.recompute_level = 0; }
static void again_op(Graph *g)    { made_again(g, K_MAP)->attr[0] += 1; }
static void again_reads(Graph *g) { Node *n = made_again(g, K_REDUCE); Node *c = copy_of(first_of(g, n)); c->arg[0] = g->nodes.at[0], set_first(g, n, c); }
static void again_late(Graph *g)  { Node *n = made_again(g, K_MAP); Node *c = copy_of(first_of(g, n)); c->id = n->id + 1, set_first(g, n, c); }
static void turns(Graph *g)       { g->in_turn = true; }
static void last(Graph *g)
{
    Node *n = g->outputs.at[0]->node;
    Node **at = NEW_ARRAY(Node *, g->nodes.n);
    for (int i = 0; i < g->nodes.n; i++) at[i] = i + 1 == g->nodes.n ? n : g->nodes.at[i + (i >= n->id)];
    renumber(g, at, g->nodes.n);
}

static void uncut(Graph *g)
{
    Head *h = NEW(Head);
    *h = (Head){ copy_of(g->minimize), 2, 1 };
    h->product->id = g->minimize->id;
    vec_push(&g->heads, h);
}

/* ---- the stages ---- */
static OpGradient host;
static int of_no_shape(void *h, Graph *g, Node *y, Node *gy, const bool need[ARGS], Node *out[ARGS])
{
    const int n = host.ask(h, g, y, gy, need, out);
    for (int i = 0; i < y->nargs; i++)
        if (out[i]) out[i] = gy;
    return n;
}

typedef struct { const char *name, *stage; void (*damage)(Graph *g); const char *rule; } Damage;
static const Damage damages[] = {
    { "number", "read_model", number, "a node's number is its place" },
    { "stranger", "read_model", stranger, "arguments are nodes of the same graph" },
    { "later", "read_model", later, "arguments come before their users" },
    { "no_op", "read_model", no_op, "a node has an op of its own kind" },
    { "few", "read_model", few, "a node has its op's arguments" },
    { "early", "read_model", early, "a node is known no earlier than its arguments" },
    { "map_shape", "read_model", map_shape, "a map has the shape that its arguments broadcast to" },
    { "axes", "read_model", axes, "a fold folds axes that there are" },
    { "kept", "read_model", kept, "a fold has its argument's axes" },
    { "extent", "read_model", extent, "a label of a contraction has one extent" },
    { "label", "read_model", label, "a contraction has a label for each axis" },
    { "result", "read_model", result, "a result's label is an operand's" },
    { "view", "read_model", view, "a view shows its argument's elements" },
    { "gathered", "read_model", gathered, "a view shows its argument's elements" },
    { "channels", "read_model", channels, "a convolution's image, weights and result" },
    { "rows", "read_model", rows, "the batch axis has the micro-batch's rows" },
    { "empty", "read_model", empty, "an axis has elements" },
    { "rank", "read_model", rank, "a shape has no more axes than there may be" },
    { "param", "read_model", param, "a parameter has a node of its shape" },
    { "param_index", "read_model", param_index, "a parameter's number is its place" },
    { "ident", "read_model", ident, "no two parameters have one identifier" },
    { "noise", "read_model", noise, "no two draws of noise have one key" },
    { "report", "read_model", report, "reports, sums, roots" },
    { "batch", "read_model", batch, "a batch is its micro-batches" },
    { "column", "read_model", column, "a column's number is its place" },
    { "made", "read_model", made, "a model has forward nodes alone" },
    { "forward", "check", forward, "all nodes are forward ones" },
    { "loss", "check", loss, "a loss is one number of a window" },
    { "no_step", "check", no_step, "a trained parameter has a step" },
    { "sum", "objective", sum, "a sum stands there once" },
    { "no_sum", "objective", no_sum, "a sum is one over the batch" },
    { "mine", "objective", mine, "a step has the parameters that it trains" },
    { "objective", "objective", forward, "a step has forward nodes alone" },
    { "root", "differentiate", root, "roots are numbered in order" },
    { "piece", "differentiate", piece, "a contribution has its parameter's shape" },
    { "contribution", "differentiate", mine, "a contribution is to a parameter that the step trains" },
    { "whose", "differentiate", whose, "what is made for gradients says of which forward node it is" },
    { "mixed", "differentiate", mixed, "what is made for gradients is read by that alone" },
    { "adjoint", "differentiate", NULL, "has an adjoint of shape" },
    { "same", "simplify", same, "no argument has another node that stands for it" },
    { "replaced", "simplify", replaced, "no result has another node that stands for it" },
    { "uses", "simplify", uses, "uses are the readers that count, and the results" },
    { "chain", "simplify", chain, "a view is of no view that it could skip" },
    { "permuted", "simplify", permuted, "labels have absorbed what permutes an operand" },
    { "equal", "simplify", equal, "no two nodes are equal" },
    { "outputs", "simplify", outputs, "what outputs alone need" },
    { "level", "recompute", level, "values are rematerialised where that is asked for" },
    { "again_op", "recompute", again_op, "a value rematerialised has the first one's op and shape" },
    { "again_reads", "recompute", again_reads, "a value rematerialised reads the same values" },
    { "again_late", "recompute", again_late, "a value is rematerialised for gradients, after the first one" },
    { "turns", "order", turns, "terms in turn stand in the order of their roots" },
    { "last", "order", last, "forward comes before backward" },
    { "uncut", "pieces", uncut, "training reads pieces alone of logits that are cut" },
};

/* The stage's verifier, of the graph that this damage was done to first. */
static void verify(const char *stage, Graph *g, void (*verifier)(const Graph *g), const Damage *d)
{
    if (d && !strcmp(stage, d->stage) && d->damage) d->damage(g);
    verifier(g);
}

static void compile(Opts *o, const Damage *d)
{
    static Whole made;
    Graph *model = read_model(o, &host);
    verify("read_model", model, verify_read_model, d);
    check(model);
    verify("check", model, verify_check, d);
    Graph *g = objective(model, &made);
    verify("objective", g, verify_objective, d);
    differentiate(g, d && !d->damage ? (OpGradient){ host.host, of_no_shape } : host);
    verify("differentiate", g, verify_differentiate, d);
    simplify(g);
    simple = true;
    verify("simplify", g, verify_simplify, d);
    recompute(g);
    verify("recompute", g, verify_recompute, d);
    order(g);
    verify("order", g, verify_order, d);
    pieces(g);
    verify("pieces", g, verify_pieces, d);
}

int main(int argc, char **argv)
{
    char *command[] = { "gagen", "-t", "c", "tests/verify.lua" };
    const Damage *d = NULL;
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        if (argc < 2) printf("%s|%s|%s\n", damages[i].name, damages[i].stage, damages[i].rule);
        else if (!strcmp(argv[1], damages[i].name)) d = &damages[i];
    }
    if (argc < 2) return 0;
    if (!d && strcmp(argv[1], "nothing")) return 2;
    Opts o = options(4, command);
    compile(&o, d);
    return 0;
}
