/* build.h -- what the files of the stage lower share: a kernel's nodes become the statements of a
   tree. lower.c dispatches. */
#ifndef BUILD_H
#define BUILD_H
#include "ir/loops.h"
#include "lower/lower.h"

/* ---- scope.c: loops over the factors of a layout, and the address of an element inside them ----
   A loop's variable is a factor of an axis: the index of the axis is the sum of index * div over
   its loops. */
/* index: the variable, or what stands for it; NULL: zero */
typedef struct {
    int axis;
    long div, extent;
    const Val *index;
    int var;
} ScopeLoop;
typedef struct {
    const Shape *domain; /* what the loops run over */
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
int scope_batch(const Scope *s); /* of the loop over the rows of the batch, or -1 */
/* the innermost loop is contiguous and its extent is whole vectors */
bool scope_wide(const Scope *s);
void scope_add(Scope *s, int axis, long div, long extent, const Val *index);
const Val *coordinate(const Scope *s, int axis); /* s * 64 + j */
/* of the element that meets the domain's */
At address_of(const Scope *s, const Layout *l, const Shape *shape, int buffer);
/* row-major in a sample, the batch left out */
At flat_address(const Scope *s, const Shape *shape, int buffer);
const Val *flat_index(const Scope *s, const Shape *shape); /* the same as a value */
/* between neighbouring lanes; -1: uneven; 0: there are none */
long lane_stride(const Scope *s, const At *at);
/* its indices up to where the next factor of its axis begins: what pads rows left out */
long loop_length(const Scope *s, int at);
const Val *loop_turns(const Scope *s, int at); /* the same, as what a loop runs to */
bool loop_overlaps(const Scope *s, int at);    /* its padding would be the next factor's elements */
const Val *loop_end(const Scope *s, int at);   /* where scalars stop: at the logical extent */
/* how many steps of div there are from coordinate c to the extent */
const Val *elements_left(long extent, const Val *c, long div);
bool loop_pads(const Scope *s, int at); /* that is before the end of what lies in memory */
/* axes of extent 1 put back */
Layout with_ones(const Layout *l, const Shape *s, unsigned axes, Shape *out);

enum { IN_ROW = 8 };
enum { LONG_SUM = 4096 }; /* on a device: terms of a column that 32 shares add, not 8 */

/* ---- build.c: a kernel under way ---- */
typedef struct {
    Kernels *k;
    Kernel *x;
    Loops *l;
    Scope scope;
    StmtList *out; /* where statements go */
    /* where the row of the batch is known: what is the same in all of it is read at its beginning,
       in constants */
    StmtList *rows;
    struct {
        const Val *value, *is;
    } in_row[IN_ROW];
    int nin_row;
    const Val **value; /* by node number: what stands for a node computed in this kernel */
    const Node *fold;  /* the fold whose arguments may lack the folded axes */
    const Val *fold_value[LETS]; /* what its folds have become */
    const Val *fold_index;
    long fold_count; /* `i` and `n` of its formulas */
} Build;

void build_start(Build *b, Kernels *k, Kernel *x);
int formal_of(Build *b, const Buffer *buffer); /* its number */
/* of an optimizer's state, as long as that gradient */
int formal_state(Build *b, const Buffer *gradient, const char *state);
int formal_column(Build *b, const Column *c);
/* a flat array: parameters, gradients, an optimizer's state */
int formal_array(Build *b, const char *name);
int formal_sum(Build *b); /* the parts of the kernel's sum, or the sum itself */
int formal_table(Build *b, const Node *n);
const Val *argument_of(Build *b, const Node *noise); /* the stream that a draw comes from */
int grad_formal(Build *b);                           /* of what the kernel adds to */
/* a constant of that value, of its type */
const Val *let(Build *b, const char *wish, const Val *v);
/* which fold_into changes */
int variable(Build *b, const char *wish, ValType type, const Val *start);
void fold_into(Build *b, int var, Fold fold, const Val *v);
/* one loop of the scope, whose body it gives */
StmtList *open_loop(Build *b, StmtList *into, int at, Deal deal);
/* those loops, outermost first */
StmtList *open_loops(Build *b, StmtList *into, unsigned which, Deal deal);
StmtList *open_range(Build *b, StmtList *into, int var, const Val *from, const Val *to, Deal deal);
StmtList *open_units(Build *b, StmtList *into, const char *wish, long count, const Val **index);
StmtList *open_one(Build *b); /* the unit that is all there is: one thread does it */
/* C: the loop over parts of rows, and that over the rows of one */
StmtList *open_parts(Build *b, const Val **part);
/* the scope's loops but those in skip, as the kernel is dealt */
StmtList *open_dealt(Build *b, unsigned skip);
const Val *beta_of(const Build *b);        /* NULL where it has none */
const Layout *main_layout(const Build *b); /* of what the kernel stores first */
const Val *load_at(Build *b, const At *at);

/* ---- zero.c ---- */
/* the borders of that sample's images, of all stores */
void zero_halos(Build *b, StmtList *into, const Val *row);
/* zeros after n's last columns: in all rows, or in the row at hand */
void zero_padding(Build *b, StmtList *into, Node *n, bool row);
/* zeros where other factors than the innermost pass the end of their axis, in the row at hand */
void zero_factors(Build *b, StmtList *into, Node *n);
void zero_others(Build *b); /* the same for the stores that lie otherwise than the first */
/* C: a loop over the padding after the innermost one; padded: has its zeros, or NULL */
void zero_loop(Build *b, StmtList *into, const Scope *s, const Node *padded);

/* ---- value.c: reading; formula.c: computing and storing ---- */
const Val *load_node(Build *b, Node *n); /* n's element at the scope's place */
/* a formula; lookup: what a name stands for */
const Val *value_of(const Expr *e, const Val *(*lookup)(const void *context, const char *name),
                    const void *context);
/* a formula of n's op, its names put in */
const Val *formula_of(Build *b, const Node *n, const Expr *e);
const Val *map_value(Build *b, const Node *n);
/* maps, stored where others read them; later: maps that run after */
void build_maps(Build *b, Node *const *at, int n, Node *const *later, int nlater);
/* n is v from here on; name: in a constant of its own */
void define(Build *b, const Node *n, const Val *v, bool name);
/* into its buffer or its parameter's gradient, if it has one */
void store_node(Build *b, const Node *n, const Val *v);
/* where n's sum begins: at zero, or at the gradient whose chain it is */
const Val *start_of(Build *b, const Node *n);
bool goes_on(const Build *b, const Node *n);    /* the sum begins with the gradient: a chain */
bool is_stored(const Kernel *k, const Node *n); /* others read it, or it is a gradient */
bool is_column(const Node *f); /* a sum that leaves a tensor: over the batch, or of parameters */
bool folds_in_training(const Node *f); /* its value in evaluation asks for none of its folds */
/* lanes can read what n is made of */
bool lanes_read(const Build *b, const Scope *s, const Node *n);
bool lanes_store(Build *b, const Node *n); /* neighbouring lanes of it are neighbours in memory */
bool lanes_do(Build *b, const Scope *s, Node *const *at, int n); /* lanes can compute these maps */

/* ---- tap.c, taps.c: windows over images ---- */
/* sizes, strides, padding, dilation, of rows and of columns; the taps' variables ky and kx */
typedef struct {
    double a[8];
    const Val *tap[2];
} Window;
/* var runs over those of 0 .. count - 1 whose place var * step + at * stride - pad in an image
   of that extent is inside; at is below `most` */
typedef struct {
    const Val *var, *at;
    long count, step, stride, most, pad, extent;
} Along;
Window window_of(Build *b, const Node *f);
/* the loops over an image's places as loops over the other image */
Scope stride_scope(const Scope *out, const Shape *domain, const double *a);
/* the same with the loops over the taps */
Scope taps_scope(const Scope *out, const Shape *domain, const Window *w);
/* of x's element under the tap of the window at a place of the scope */
At tap_address(Build *b, const Scope *out, Node *x, const Window *w);
/* lanes are neighbours in x, too */
bool tap_lanes(Build *b, const Scope *out, Node *x, const Window *w);
StmtList *open_taps_along(Build *b, StmtList *into, const Along *x);
StmtList *open_taps(Build *b, StmtList *into, const Scope *s, const Window *w, const Shape *in,
                    const Shape *out);
bool taps_vectorise(Build *b, const Node *f);
const Val *taps_sum(Build *b, const Node *f); /* of a convolution in groups */

/* ---- epilogue.c: a product of the library, and what follows it ---- */
/* how many of the kernel's maps the product takes over; the node whose place it goes to */
int epilogue_of(const Build *b, Node **to);
void build_epilogue(Build *b, const Val *v, int taken, Node *to); /* those maps, of result v */
void build_behind(Build *b, int taken, Node *to); /* the other maps, over all of the result */

/* ---- the kinds of kernel ---- */
void build_map(Build *b);
/* the innermost loop becomes lanes where they can compute the kernel's maps */
void choose_lanes(Build *b);
void build_fold(Build *b);   /* along axes of a sample */
void build_total(Build *b);  /* over the batch, down to a number */
void build_column(Build *b); /* over the batch, down to a tensor */
void build_pool(Build *b);   /* also a convolution in groups */
void build_pool_grad(Build *b);
void build_spread(Build *b);      /* an image's rows and columns, apart */
void build_weight_taps(Build *b); /* the weight's gradient of a convolution in groups */
void build_scatter(Build *b);     /* rows added to rows of a table, by number */
void build_product(Build *b);     /* a contraction */
#endif
