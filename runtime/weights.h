/* weights.h -- weights between a run and files: averages, checkpoints, files of other programs. */
#ifndef GAGEN_WEIGHTS_H
#define GAGEN_WEIGHTS_H
#include "run.h"

void gg_average_start(Run *r); /* sets the averages to the weights */
void gg_average_swap(Run *r);  /* exchanges the averages and the weights */
/* the averages, m->elements reals; NULL: there are none */
real *gg_averages(const Model *m);
bool gg_average_has(const Model *m, const Archive *a); /* whether the file has averages */

long gg_checkpoint_bytes(const Model *m); /* the bytes of a checkpoint's tensors */
/* writes a new file, which then replaces the old one; a failure leaves the old one */
void gg_save_run(Run *r, const char *path);
/* the same of a header and what `write` adds to the file; it returns false where it failed */
void gg_replace_file(Run *r, const char *path, bool (*write)(Run *r, int fd));
bool gg_write(int fd, const void *data, size_t n);
enum { GG_CHUNK = 4096 }; /* most reals in memory at once */
/* flat array 0: the parameters, 1: the first state ... */
real *gg_array(const Model *m, int array);
/* whether the array has t: a frozen tensor has no states */
bool gg_in_array(const Model *m, int array, const Tensor *t);
void gg_array_name(char *out, size_t room, const Model *m, int array, const Tensor *t);

/* fails where the file's tensor e cannot be t; s: how it is in the file, NULL: as it is in t */
void gg_check_entry(const Archive *a, const Entry *e, const Tensor *t, const Source *s);
const Entry *gg_match(const Archive *a, const char *name, const Tensor *t, const Source *s);
/* n <= GG_CHUNK elements of e, from `from` on */
void gg_read_chunk(const Archive *a, const Entry *e, int64_t from, long n, real *out);
void gg_read_entry(const Archive *a, const Entry *e, const Tensor *t, const Source *s, real *flat);

/* the naming that --key names, if the file is no checkpoint of gagen; or NULL */
const Naming *gg_names_of(const Run *r, const Archive *a);
void gg_load_named(const Archive *a, const Model *m, const Naming *of);
/* writes the weights of --load or --save in a file of another program; fails by gg_fail */
void gg_export(Run *r);

/* loads the files of the model's rules; fails by gg_fail, as the next three do */
void gg_load_sources(Run *r);
/* loads all parameters, and the averages if the file has them */
void gg_load_weights(Run *r, const char *path);
/* loads the CSV column names and the vocabulary of a checkpoint into r->data */
void gg_load_fields(Run *r, const char *path);
/* loads weights, states and position of a run */
/* false: there is no such file; any other fault fails */
bool gg_load_run(Run *r, const char *path);
#endif
