/* attention.h -- shared by attention.c, which has the two passes, attention_tiles.c, tiles, their
   elements, loops and products, attention_bend.c, scores, and
   attention_scores.c, the keys that a query sees. */
#ifndef LOWER_ATTENTION_H
#define LOWER_ATTENTION_H
#include "lower/build.h"

typedef struct {
    long all, tile, tiles;
} Tiles; /* positions, those of a tile, and how many tiles there are */
typedef struct {
    int buffer;
    long row;
} Local; /* a matrix of the unit's own, with rows of that many numbers */
/* the options that are tensors, by bit of the attribute `given`: arguments after v */
enum { BIAS, LENGTHS, MASK, DOCUMENTS, NOISE, TENSORS };
typedef struct {
    Build *b;
    Node *q, *k, *v, *rows, *y, *gy;
    long heads, shared; /* of queries; how many of them read one head of keys */
    long each, values;  /* channels of a head of q and k; of v and y */
    Tiles query, key;
    const Val *n, *head, *of_keys; /* the sample, and the heads at hand */
    const Val *at, *from;          /* numbers of the tiles at hand */
    Node *given[TENSORS];
    const Val *length; /* keys of the sample that are valid */
    Local documents;   /* of the tile's queries */
    Local bias;        /* of the pairs of the tiles at hand, by distance */
    bool bends;        /* a score is not linear in q k' */
    Local slopes;      /* backward: then its derivative, like a tile of scores */
} Attention;

/* The loops over the numbers of a tile's queries in x, those that exist. */
typedef struct {
    const Val *i, *c, *d;
} InHead;

Attention attention_of(Build *b);
/* The node of that role in this kernel, or NULL. */
Node *made_here(const Attention *a, const char *role);
/* How many numbers of a head lie side by side in x: all, or a block of them. */
long piece_of(const Attention *a, Node *x, long each);
At of_query(const Attention *a, Node *x, const Val *i, long each, const Val *c, const Val *d);
At of_key(const Attention *a, Node *x, const Val *j, long each, const Val *c, const Val *d);
/* The element of an option that belongs to the head, to query i and to key j; its axes are 1 where
   they do not matter. */
At of_pair(const Attention *a, Node *x, const Val *i, const Val *j);
/* number i of the tile, of an option [N, positions] */
At of_position(const Attention *a, Node *x, const Val *tile, const Tiles *in, const Val *i);
/* That number of the head, in x [heads, numbers] or [N, heads, numbers]. */
At of_number(const Attention *a, Node *x, const Val *at);
/* rows of query i of the tile */
At row_of(const Attention *a, Node *x, const Val *i);
Local local_new(const Attention *a, const char *wish, long rows, long row);
At local_at(const Local *m, const Val *row, const Val *column);
At local_column(const Local *m, const Val *row, const Val *c, long piece, const Val *d);
const Val *load_from(const Attention *a, At at);
void store_to(const Attention *a, At at, const Val *v);
/* A loop of the statements that follow, until the list before is put back. */
const Val *loop_of(const Attention *a, const char *wish, const Val *to, Deal deal);
const Val *turns(const Attention *a, const char *wish, long to);
const Val *serial_turns(const Attention *a, const char *wish, long to);
const Val *lane_turns(const Attention *a, const char *wish, long to);
const Val *position(const Val *tile, long size, const Val *i);
/* The statements that follow are for queries that exist. */
void only_real(const Attention *a, const Val *i);
const Val *scale_of(const Attention *a);
void fill(const Attention *a, const Local *m, long rows, double x);
InHead open_numbers(const Attention *a, long each, long piece);
/* x of the tile's queries, transposed and perhaps as it is; times: or NULL. */
void take_queries(const Attention *a, Node *x, long each, const Local *turned, const Local *plain,
                  const Val *times);
/* to[key][query] = SUM x[key][d] * turned[d][query] */
void score(const Attention *a, Node *x, long each, const Local *turned, const Local *to);
/* to[query][d] += SUM p[key][query] * x[key][d] */
void add_values(const Attention *a, const Local *p, Node *x, long each, const Local *to);
/* to, a gradient of keys or values: [key][d] += SUM p[key][query] * x[query][d] */
void add_queries(const Attention *a, const Local *p, const Local *x, Node *to, long each);
void open_query_tiles(Attention *a);
/* A unit: a sample and a head; heads: their number in what the kernel makes. */
void open_unit(Attention *a, long heads, const Val **head);
long round_up(long n, long by);

/* ---- attention_bend.c ---- */
void open_bias(Attention *a);
/* Products become scores; backward their slopes, too. */
void bend(const Attention *a, const Local *scores);
/* to, the gradient of a bias; NULL: there is none */
void zero_bias(const Attention *a, Node *to);
void add_bias(const Attention *a, const Local *ds, Node *to);

/* ---- attention_scores.c ---- */
/* What scores of a unit need, and of a tile of queries. */
void open_options(Attention *a);
void take_options(const Attention *a);
/* Scores of keys that a query does not see become -inf. */
void mask(const Attention *a, const Local *scores);
/* 0 where dropout drops the weight of that pair, else 1 / (1 - p); NULL: there is no dropout */
const Val *kept(const Attention *a, const Val *i, const Val *j);
/* Weights of pairs that dropout drops become 0; others grow. */
void drop(const Attention *a, const Local *weights);
/* The loop over tiles of keys, those with a key that some query of the tile may see. */
void open_keys(Attention *a);
#endif
