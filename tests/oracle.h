/* oracle.h -- the compiled program beside the interpreter: what one window of it was given and left behind. */
#ifndef ORACLE_H
#define ORACLE_H
#include <stdbool.h>
#include <stdint.h>

typedef struct { long micros, rows, samples; const double *scale_in; const double *sums; } Given;      /* rows: of the last micro-batch */

void   program_open(const char *data, const char *weights);     /* hashed=ROWS or ROWS:DIR; hashed, - or a file */
double *program_flat(int i, long *n);                   /* parameters, gradients (NULL: the first state has them), states */
double program_element(const char *column, long i);     /* of the data in memory, row by row */
long   program_elements(const char *column);
Given  program_window(void);                            /* runs it: gradients and sums are there after it */
long   program_row(long sample);                        /* the data's row of a sample of the window */
double program_uniform(long sample, uint32_t stream, uint32_t element);
#endif
