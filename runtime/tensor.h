/* tensor.h -- conversion between the stored and the logical order of tensors; the first weights. */
#ifndef GAGEN_TENSOR_H
#define GAGEN_TENSOR_H
#include "base.h"
#include "program.h"

static inline real *gg_params(const Model *m) { return m->flat[0]; }
static inline real *gg_gradients(const Model *m) { return m->flat[1]; }
static inline real *gg_states(const Model *m, int i) { return m->flat[2 + i]; }

long gg_count(const Tensor *t);
/* logical elements */
void gg_read_tensor(const Tensor *t, const real *flat, long from, long n, real *out);
void gg_write_tensor(const Tensor *t, real *flat, long from, long n, const real *in);
const Tensor *gg_tensor(const Model *m, const char *name); /* NULL: none */
void gg_init_weights(const Model *m, uint64_t seed);
#endif
