/* base.h -- the base of every file of the runtime: the system's headers, errors, memory, text
   that grows (base.c). */
#ifndef GAGEN_BASE_H
#define GAGEN_BASE_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif
#include <math.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>
#include "real.h"

/* exit statuses: data or file, command line, memory or device */
enum { GG_DATA = 1, GG_USAGE = 2, GG_MACHINE = 3 };
_Noreturn void gg_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* where gg_fail jumps in a library, instead of exiting */
extern jmp_buf *gg_trap;
extern int gg_status;                      /* the status for it */
extern char gg_message[1024];              /* prints the message first */
void *gg_alloc(size_t count, size_t size); /* zeroed; fails by gg_fail */
void *gg_resize(void *memory, size_t count, size_t size);
double gg_seconds(void); /* seconds of a monotonic clock */

bool gg_ends(const char *s, const char *end); /* whether s ends with that suffix */

typedef struct {
    char *s;
    size_t n, room;
} Line;
void gg_add(Line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
void gg_add_quoted(Line *line, const char *s); /* as a JSON string */
void gg_add_number(Line *line, double x); /* as JSON with 17 digits; null if it is not finite */
#endif
