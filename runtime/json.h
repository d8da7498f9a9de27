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
bool gg_json_eat(Json *j, char c); /* skips that character; false: another one comes next */
void gg_json_need(Json *j, char c);
/* decodes the string inside the text, as UTF-8, and returns it */
const char *gg_json_string(Json *j);
int64_t gg_json_size(Json *j);
void gg_json_skip(Json *j, int depth); /* skips a value of any kind */
void gg_json_end(Json *j);
#endif
