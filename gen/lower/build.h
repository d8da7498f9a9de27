/* build.h -- the functions of the stage lower: a kernel's nodes become the statements of a tree.
   lower.c calls the function of the kernel's kind. */
#ifndef BUILD_H
#define BUILD_H
#include "ir/loops.h"
#include "lower/lower.h"

/* ---- scope.c: loops over the factors of a layout, and the address of an element inside them ----
   A loop's variable is a factor of an axis: the index of the axis is the sum of index * div over
   its loops. */
/* a loop of a scope; index: its variable, or a value in place of it; NULL: zero */
typedef struct {
    int axis;
    long div, extent;
    const Val *index;
    int var;
} ScopeLoop;
typedef struct {
    const Shape *domain; /* the shape over which the loops run */
    int n;
    ScopeLoop loop[12]; /* outermost first */
    int lanes;          /* index of the loop whose elements are lanes, or -1 */
    int blocks;         /* index of the loop over blocks of the contiguous axis, or -1 */
    bool contiguous;    /* the innermost loop's elements are neighbours in memory */
} Scope;

const Val *both(Call call, const Val *a, const Val *b);
const Val *choose(const Val *c, const Val *yes, const Val *no);
const Val *times(const Val *v, long factor);
/* all factors of the layout, outermost first; variables are new */
Scope scope_of(Loops *l, const Layout *layout, const Shape *domain);
int scope_loop(const Scope *s, int axis, long div); /* index of the loop of that factor, or -1 */
int scope_batch(const Scope *s); /* index of the loop over the rows of the batch, or -1 */
/* the innermost loop is contiguous and its extent is whole vectors */
bool scope_wide(const Scope *s);
void scope_add(Scope *s, int axis, long div, long extent, const Val *index);
/* the index along an axis of the domain: s * 64 + j */
const Val *coordinate(const Scope *s, int axis);
/* the address of the element of `shape` that belongs to the domain's, by broadcasting */
At address_of(const Scope *s, const Layout *l, const Shape *shape, int buffer);
/* the same, row-major in a sample and without the batch */
At flat_address(const Scope *s, const Shape *shape, int buffer);
const Val *flat_index(const Scope *s, const Shape *shape); /* the same as a value */
/* the distance of neighbouring lanes, in elements; -1: not constant; 0: there are no lanes */
long lane_stride(const Scope *s, const At *at);
/* the number of its turns up to the next factor of its axis, without the padding of rows */
long loop_length(const Scope *s, int at);
const Val *loop_turns(const Scope *s, int at); /* the same as a loop's bound */
bool loop_overlaps(const Scope *s, int at);    /* its padding would be the next factor's elements */
const Val *loop_end(const Scope *s, int at);   /* the bound for scalars: the logical extent */
/* the number of steps of div from coordinate c to the extent */
const Val *elements_left(long extent, const Val *c, long div);
bool loop_pads(const Scope *s, int at); /* its logical extent ends before its elements in memory */
/* l with these axes of extent 1 inserted, and its shape */
Layout with_ones(const Layout *l, const Shape *s, unsigned axes, Shape *out);

enum { IN_ROW = 8 };
enum { LONG_SUM = 4096 }; /* on a device: terms of a column that 32 shares add, not 8 */

/* ---- build.c: a kernel under way ---- */
typedef struct {
    Kernels *k;
    Kernel *x;
    Loops *l;
    Scope scope;
    StmtList *out; /* new statements are appended here */
    /* where the row of the batch is known: what is the same in all of it is read at its beginning,
       in constants */
    StmtList *rows;
    struct {
        const Val *value, *is;
    } in_row[IN_ROW];
    int nin_row;
    const Val **value; /* by node number: the value of a node that this kernel has computed */
    const Node *fold;  /* the fold whose arguments may lack the folded axes */
    const Val *fold_value[LETS]; /* the results of its folds */
    const Val *fold_index;
    long fold_count; /* `i` and `n` of its formulas */
} Build;

void build_start(Build *b, Kernels *k, Kernel *x);
int formal_of(Build *b, const Buffer *buffer); /* the number of its formal; new if need be */
/* the formal of an optimizer's state, as long as that gradient */
int formal_state(Build *b, const Buffer *gradient, const char *state);
int formal_column(Build *b, const Column *c);
/* a flat array: parameters, gradients, an optimizer's state */
int formal_array(Build *b, const char *name);
int formal_sum(Build *b); /* the parts of the kernel's sum, or the sum itself */
int formal_table(Build *b, const Node *n);
int formal_local(Build *b, const char *wish);        /* memory of a unit, which a LOCAL declares */
const Val *argument_of(Build *b, const Node *noise); /* the key of its random draws */
/* the formal of the gradient to which the kernel adds */
int grad_formal(Build *b);
/* a constant of that value, of its type */
const Val *let(Build *b, const char *wish, const Val *v);
/* a variable that begins with `start`; fold_into changes it */
int variable(Build *b, const char *wish, ValType type, const Val *start);
void fold_into(Build *b, int var, Fold fold, const Val *v);
/* opens loop `at` of the scope and returns its body */
StmtList *open_loop(Build *b, StmtList *into, int at, Deal deal);
/* opens these loops, outermost first, and returns the body of the last */
StmtList *open_loops(Build *b, StmtList *into, unsigned which, Deal deal);
StmtList *open_range(Build *b, StmtList *into, int var, const Val *from, const Val *to, Deal deal);
StmtList *open_units(Build *b, StmtList *into, const char *wish, long count, const Val **index);
StmtList *open_one(Build *b); /* a single unit: one thread executes the kernel */
/* C: opens the loop over parts of the rows, and that over the rows of a part */
StmtList *open_parts(Build *b, const Val **part);
/* opens the scope's loops except those in skip, as the kernel is dealt */
StmtList *open_dealt(Build *b, unsigned skip);
const Val *beta_of(const Build *b);        /* NULL: the kernel has none */
const Layout *main_layout(const Build *b); /* the layout of the kernel's first store */
const Val *load_at(Build *b, const At *at);

/* ---- zero.c ---- */
/* zeroes the borders of that sample's images, in all stores */
void zero_halos(Build *b, StmtList *into, const Val *row);
/* zeroes n's row after the last column; row: in the current row alone */
void zero_padding(Build *b, StmtList *into, Node *n, bool row);
/* in the current row, zeroes the elements where a factor other than the innermost passes the end
   of its axis */
void zero_factors(Build *b, StmtList *into, Node *n);
void zero_others(Build *b); /* the same for stores with another layout than the first */
/* C: a loop over the padding after the innermost one; padded: has its zeros, or NULL */
void zero_loop(Build *b, StmtList *into, const Scope *s, const Node *padded);

/* ---- value.c: reading; formula.c: computing and storing ---- */
const Val *load_node(Build *b, Node *n); /* n's element at the position of the scope */
/* whether lanes can read a slice or a placing: it moves whole blocks of neighbours */
bool lanes_move(Build *b, const Scope *s, Node *n);
/* n's shape for the scope: a fold's argument with one value per row gets axes of size 1 in place
   of the folded ones */
Shape seen_shape(const Build *b, const Node *n);
/* the value of a formula; lookup returns the value of a name */
const Val *value_of(const Expr *e, const Val *(*lookup)(const void *context, const char *name),
                    const void *context);
/* the value of a formula of n's op, with n's arguments and attributes */
const Val *formula_of(Build *b, const Node *n, const Expr *e);
const Val *map_value(Build *b, const Node *n);
/* computes maps, and stores those that others read; later: maps that run afterwards */
void build_maps(Build *b, Node *const *at, int n, Node *const *later, int nlater);
/* v becomes the value of n; name: through a constant */
void define(Build *b, const Node *n, const Val *v, bool name);
/* stores v into n's buffer or parameter's gradient, if it has one */
void store_node(Build *b, const Node *n, const Val *v);
/* the start of n's sum: zero, or the gradient if the sum continues its chain */
const Val *start_of(Build *b, const Node *n);
bool goes_on(const Build *b, const Node *n);    /* the sum begins with the gradient: a chain */
bool is_stored(const Kernel *k, const Node *n); /* others read it, or it is a gradient */
bool is_column(const Node *f); /* a sum that leaves a tensor: over the batch, or of parameters */
bool folds_in_training(const Node *f); /* its value in evaluation needs none of its folds */
/* whether lanes can read n's arguments */
bool lanes_read(Build *b, const Scope *s, const Node *n);
/* whether neighbouring lanes of n are neighbours in memory */
bool lanes_store(Build *b, const Node *n);
/* whether lanes can compute these maps */
bool lanes_do(Build *b, const Scope *s, Node *const *at, int n);

/* ---- tap.c, taps.c: windows over images ---- */
/* sizes, strides, padding, dilation, of rows and of columns; the taps' variables ky and kx */
typedef struct {
    double a[8];
    const Val *tap[2];
} Window;
/* var runs over the taps 0 .. count - 1 whose position var * step + at * stride - pad is inside
   an image of that extent; at is below `most` */
typedef struct {
    const Val *var, *at;
    long count, step, stride, most, pad, extent;
} Along;
Window window_of(Build *b, const Node *f);
/* the loops over an image's positions as loops over the other image */
Scope stride_scope(const Scope *out, const Shape *domain, const double *a);
/* the same with the loops over the taps */
Scope taps_scope(const Scope *out, const Shape *domain, const Window *w);
/* the address of x's element under the window's tap, at the position of the scope */
At tap_address(Build *b, const Scope *out, Node *x, const Window *w);
/* whether neighbouring lanes are neighbours in x, too */
bool tap_lanes(Build *b, const Scope *out, Node *x, const Window *w);
StmtList *open_taps_along(Build *b, StmtList *into, const Along *x);
StmtList *open_taps(Build *b, StmtList *into, const Scope *s, const Window *w, const Shape *in,
                    const Shape *out);
bool taps_vectorise(Build *b, const Node *f);
const Val *taps_sum(Build *b, const Node *f); /* of a convolution in groups */

/* ---- epilogue.c: a product of the library, and what follows it ---- */
/* the number of the kernel's maps that join the product; to: the node in whose buffer the
   product is stored */
int epilogue_of(const Build *b, Node **to);
void build_epilogue(Build *b, const Val *v, int taken, Node *to); /* those maps, of result v */
void build_behind(Build *b, int taken, Node *to); /* the other maps, over all of the result */

/* ---- the kinds of kernel ---- */
void build_map(Build *b);
/* the innermost loop becomes lanes, if lanes can compute the kernel's maps */
void choose_lanes(Build *b);
void build_fold(Build *b);   /* folds along axes of a sample */
void build_total(Build *b);  /* over the batch, down to a number */
void build_column(Build *b); /* over the batch, down to a tensor */
void build_pool(Build *b);   /* also a convolution in groups */
void build_pool_grad(Build *b);
void build_spread(Build *b);      /* an image's rows and columns, apart */
void build_weight_taps(Build *b); /* the weight's gradient of a convolution in groups */
void build_scatter(Build *b);     /* rows added to rows of a table, by number */
void build_product(Build *b);     /* a contraction */
void build_attention(Build *b);   /* both passes, in tiles */
#endif
