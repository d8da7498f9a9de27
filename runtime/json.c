/* json.c -- reads arbitrary JSON from text in memory. Strings are decoded in place, as UTF-8. */
#include "json.h"

void gg_json_fail(const Json *j, const char *what)
{
    gg_fail(GG_DATA, "%s: damaged %s: %s at byte %ld", j->path, j->part, what,
            (long)(j->at - j->text));
}

static void gg_json_space(Json *j)
{
    while (j->at < j->end && *j->at && strchr(" \t\r\n", *j->at)) j->at++;
}

bool gg_json_eat(Json *j, char c)
{
    gg_json_space(j);
    if (j->at == j->end || *j->at != c) return false;
    j->at++;
    return true;
}

void gg_json_need(Json *j, char c)
{
    char what[] = "'?' is missing";
    what[1] = c;
    if (!gg_json_eat(j, c)) gg_json_fail(j, what);
}

void gg_json_end(Json *j)
{
    gg_json_space(j);
    if (j->at != j->end) gg_json_fail(j, "something follows");
}

/* ---- strings ---- */
static uint32_t gg_json_hex(Json *j)
{
    const char *digits = "0123456789abcdef0123456789ABCDEF", *at;
    uint32_t value = 0;
    for (int i = 0; i < 4; i++, j->at++) {
        if (j->at == j->end || !*j->at || !(at = strchr(digits, *j->at)))
            gg_json_fail(j, "a bad \\u");
        value = value * 16 + (uint32_t)((at - digits) % 16);
    }
    return value;
}

/* \uXXXX; two may make one character. The result is shorter than the text. */
static char *gg_json_character(Json *j, char *out)
{
    uint32_t u = gg_json_hex(j);
    if (u >= 0xd800 && u < 0xdc00 && j->end - j->at >= 6 && j->at[0] == '\\' && j->at[1] == 'u') {
        char *back = j->at;
        j->at += 2;
        const uint32_t low = gg_json_hex(j);
        if (low >= 0xdc00 && low < 0xe000) u = 0x10000 + ((u - 0xd800) << 10) + (low - 0xdc00);
        else j->at = back;
    }
    if (u > 0 && u < 0x80) return *out = (char)u, out + 1;
    /* a zero is two bytes, since it would end the string */
    const int more = u < 0x800 ? 1 : u < 0x10000 ? 2 : 3;
    *out++ = (char)((more == 1 ? 0xc0 : more == 2 ? 0xe0 : 0xf0) | u >> 6 * more);
    for (int i = more - 1; i >= 0; i--) *out++ = (char)(0x80 | (u >> 6 * i & 0x3f));
    return out;
}

const char *gg_json_string(Json *j)
{
    gg_json_need(j, '"');
    char *begin = j->at, *out = begin;
    while (j->at < j->end && *j->at != '"') {
        const char *from = "\"\\/bfnrt", *to = "\"\\/\b\f\n\r\t", *which;
        const char c = *j->at++;
        if ((unsigned char)c < ' ') gg_json_fail(j, "a control character in a string");
        if (c != '\\') {
            *out++ = c;
            continue;
        }
        const char escape = j->at < j->end ? *j->at++ : 0;
        if (escape == 'u') out = gg_json_character(j, out);
        else if (escape && (which = strchr(from, escape))) *out++ = to[which - from];
        else gg_json_fail(j, "a bad escape");
    }
    if (j->at == j->end) gg_json_fail(j, "a string without end");
    j->at++;
    *out = 0;
    return begin;
}

/* ---- numbers, and what nobody asks for ---- */
int64_t gg_json_size(Json *j)
{
    int64_t value = 0;
    gg_json_space(j);
    char *begin = j->at;
    while (j->at < j->end && *j->at >= '0' && *j->at <= '9') {
        if (value > GG_LARGE / 10) gg_json_fail(j, "too large a number");
        value = value * 10 + (*j->at++ - '0');
    }
    if (j->at == begin || (*begin == '0' && j->at > begin + 1))
        gg_json_fail(j, "a whole number is missing");
    return value;
}

void gg_json_skip(Json *j, int depth)
{
    const bool object = gg_json_eat(j, '{');
    if (depth > 32) gg_json_fail(j, "too deep a nesting");
    if (object || gg_json_eat(j, '[')) {
        const char close = object ? '}' : ']';
        if (gg_json_eat(j, close)) return;
        do {
            if (object) gg_json_string(j), gg_json_need(j, ':');
            gg_json_skip(j, depth + 1);
        } while (gg_json_eat(j, ','));
        gg_json_need(j, close);
        return;
    }
    if (j->at < j->end && *j->at == '"') {
        gg_json_string(j);
        return;
    }
    char *begin = j->at;
    while (j->at < j->end && *j->at && strchr("+-.0123456789Eaeflnrstu", *j->at)) j->at++;
    if (j->at == begin) gg_json_fail(j, "a value is missing");
}
