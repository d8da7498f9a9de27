/* json.h -- arbitrary JSON. */
#ifndef GAGEN_JSON_H
#define GAGEN_JSON_H
#include "base.h"

#define GG_LARGE (INT64_C(1) << 53) /* no larger number is taken */
typedef struct {
    const char *path, *part;
    char *text, *at, *end;
} Json; /* part: "header" */
_Noreturn void gg_json_fail(const Json *j, const char *what);
bool gg_json_eat(Json *j, char c); /* whether that character comes next; skips it */
void gg_json_need(Json *j, char c);
const char *gg_json_string(Json *j); /* in place of the text */
int64_t gg_json_size(Json *j);
void gg_json_skip(Json *j, int depth); /* any value */
void gg_json_end(Json *j);
#endif
