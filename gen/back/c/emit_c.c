/* emit_c.c -- the function of a kernel. */
#include "back/c/emit_c.h"
#include "back/c/print.h"
#include "back/loops.h"

Statements kernel_statements(const Kernel *x)
{
    Words *w = words_of(x, "part");
    const char *body = print_body(w);
    return (Statements) { body, w->micro };
}

void emit_kernel(const Program *s, const Kernel *kernel, const Statements *x, const char *parameters, const char *also, Text *out)
{
    S = s, k = kernel;
    Env *e = env_new(0);
    const bool beta = kernel_has_beta(s, k);
    env_set(e, "title", "%s", kernel_title());
    env_set(e, "loc", "%s", k->out->loc.file ? text("%s:%d", c_comment(k->out->loc.file), k->out->loc.line) : "");
    env_set(e, "also", "%s", also);
    env_set(e, "linkage", "%s", *also || *parameters ? "SHARED void" : beta ? "INLINE void" : "static void");
    env_set(e, "ident", "%s", k->ident);
    env_set(e, "parameters", "%s%s", parameters, beta ? ", const int beta" : "");
    env_set(e, "body", "%s", x->text);
    env_set(e, "unused", "%s", x->micro ? "" : "(void)m;");
    text_add(out, "%s\n", template_render("c/kernel.c", e));
}
