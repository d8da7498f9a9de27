/* update.c -- an optimizer's pass over the flat arrays as a tree. Each element is independent,
   from RUN_BEGIN to RUN_END: lanes of vectors in C, a unit each on a device.

   1. The parameter's value is x and its gradient dx, unscaled and clipped. Then come the op's
      lets, the new states in order, and the new value.
   2. If steps depend on lengths of tensors, there are two passes. One makes new states and the
      direction u, whose length the program measures beside that of x. The other makes the step,
      with `trust`, the quotient of the two.
   3. States that micro-steps have changed are used as they are, and left as the next window
      needs them. */
#include <string.h>
#include "lower/build.h"

typedef struct {
    Build b;
    const Program *s;
    const Optimizer *o;
    const Val *i;         /* the element */
    VEC(const char) name; /* the names in formulas, */
    VEC(const Val) value; /* and their values */
} Pass;

static void give(Pass *p, const char *name, const Val *v)
{
    vec_push(&p->name, name);
    vec_push(&p->value, v);
}

/* The last value of that name. */
static const Val *given(const void *context, const char *name)
{
    const Pass *p = context;
    if (!strcmp(name, "p")) name = "x";
    if (!strcmp(name, "g")) name = "dx";
    for (int i = p->name.n; i-- > 0;)
        if (!strcmp(p->name.at[i], name)) return p->value.at[i];
    BUG("optim.%s: a formula speaks of %s", p->o->name, name);
}

static const Val *formula(const Pass *p, const Expr *e) { return value_of(e, given, p); }

/* ---- arrays ---- */
static At element_of(Pass *p, const char *array)
{
    return (At) { .buffer = formal_array(&p->b, array), .n = 1, .term = { { p->i, 1, 0 } } };
}

static const Val *read(Pass *p, const char *array)
{
    const At at = element_of(p, array);
    return load_at(&p->b, &at);
}

static void name_as(Pass *p, const char *name, const char *wish, const Val *v)
{
    give(p, name, v->kind == VAL_VAR ? v : let(&p->b, wish, v));
}

static void name_value(Pass *p, const char *name, const Val *v)
{
    give(p, name, let(&p->b, name, v));
}

/* old_m before the update, new_m after it */
static void name_state(Pass *p, const char *state, const char *time, const Val *v)
{
    name_as(p, state, text("%s_%s", time, state), v);
}

static void write(Pass *p, const char *array, const Val *v)
{
    Stmt *s = stmt_new(p->b.out, STMT_STORE);
    s->at = element_of(p, array), s->value = v;
}

/* ---- what is the same for all elements ---- */
static bool uses(const Optimizer *o, bool states, bool step, const char *name)
{
    bool any = step && expr_uses(o->step, name);
    if (!states) return any;
    if (!step) any = expr_uses(o->direction, name);
    for (int i = 0; i < o->nlets; i++) any |= expr_uses(o->let[i].e, name);
    for (int i = 0; i < o->nstates; i++) any |= expr_uses(o->next[i], name);
    return any;
}

/* The factor of every gradient; NULL: 1. */
static const Val *scale_of(const Program *s)
{
    const bool scaled = s->late || s->g->train.loss_scale > 0;
    const Val *out = val_run(RUN_SCALE_OUT, AS_REAL),
              *clip = val_call(CALL_REAL, val_run(RUN_CLIP, AS_DOUBLE), NULL, NULL);
    if (s->g->step->optimizer.clip > 0) return scaled ? both(CALL_MUL, out, clip) : clip;
    return scaled ? out : NULL;
}

static void give_constants(Pass *p, bool states, bool step)
{
    const Optimizer *o = p->o;
    const Val *scale = scale_of(p->s);
    if (scale && states && !o->fold[0]) name_value(p, "scale", scale);
    if (uses(o, states, step, "rate"))
        name_value(p, "rate",
                   val_run(o->rate_slot < 0 ? RUN_RATE : RUN_CONSTANT + o->rate_slot, AS_REAL));
    for (int i = 0; i < o->nscalars; i++)
        if (uses(o, states, step, o->scalar[i]))
            name_value(p, o->scalar[i], val_run(RUN_CONSTANT + o->slot[i], AS_REAL));
    if (o->direction && step) give(p, "trust", val_run(RUN_TRUST, AS_REAL));
}

/* ---- the passes ---- */
static void read_states(Pass *p, bool used)
{
    for (int i = 0; i < p->o->nstates; i++)
        if (!used || expr_uses(p->o->step, p->o->state[i]))
            name_state(p, p->o->state[i], used ? "new" : "old", read(p, p->o->state[i]));
}

static void make_states(Pass *p)
{
    const Optimizer *o = p->o;
    const Val *dx = o->fold[0] ? NULL : read(p, "dx");
    name_value(p, "x", read(p, "x"));
    if (o->fold[0]) {
        read_states(p, false);
        for (int i = 0; i < o->nstates; i++) write(p, o->state[i], formula(p, o->next[i]));
        return;
    }
    name_value(p, "dx", scale_of(p->s) ? both(CALL_MUL, dx, given(p, "scale")) : dx);
    for (int i = 0; i < o->nlets; i++)
        name_as(p, o->let[i].name, o->let[i].name, formula(p, o->let[i].e));
    for (int i = 0; i < o->nstates; i++) {
        if (!o->in_place) name_state(p, o->state[i], "old", read(p, o->state[i]));
        name_state(p, o->state[i], "new", formula(p, o->next[i]));
        write(p, o->state[i], given(p, o->state[i]));
    }
}

/* The new value, and its moving average. */
static void make_step(Pass *p)
{
    const double ema = p->s->g->train.ema;
    const char *error;
    if (ema <= 0) {
        write(p, "x", formula(p, p->o->step));
        return;
    }
    name_value(p, "now", formula(p, p->o->step));
    name_value(p, "ema", read(p, "ema"));
    write(p, "x", given(p, "now"));
    write(p, "ema",
          formula(p, expr_parse(text("ema + (1 - %s) * (now - ema)", decimal(ema)), &error)));
}

static Kernel *pass_new(Pass *p, const Program *s, const Optimizer *o, const char *ident)
{
    Kernel *x = NEW(Kernel);
    x->ident = ident, x->sum = -1, x->when = WHEN_WINDOW;
    *p = (Pass) { .s = s, .o = o };
    build_start(&p->b, s->k, x);
    return x;
}

static void open_elements(Pass *p)
{
    const int var = loops_var(p->b.l, "i", AS_LONG);
    p->i = val_var(p->b.l, var);
    p->b.out = open_range(&p->b, p->b.out, var, val_run(RUN_BEGIN, AS_LONG),
                          val_run(RUN_END, AS_LONG), p->s->k->target->launches ? UNITS : LANES);
}

static Kernel *finished(Pass *p, Kernel *x)
{
    loops_number(p->b.l);
    loops_touch(p->b.l);
    return x;
}

static Kernel *measure_pass(const Program *s, const Optimizer *o, const char *ident)
{
    Pass p;
    Kernel *x = pass_new(&p, s, o, ident);
    give_constants(&p, true, false);
    open_elements(&p);
    make_states(&p);
    name_value(&p, "u", formula(&p, o->direction));
    return finished(&p, x);
}

static Kernel *step_pass(const Program *s, const Optimizer *o, const char *ident)
{
    Pass p;
    Kernel *x = pass_new(&p, s, o, ident);
    const bool whole = o->direction == NULL;
    give_constants(&p, whole, true);
    open_elements(&p);
    if (whole) make_states(&p);
    else name_value(&p, "x", read(&p, "x")), read_states(&p, true);
    make_step(&p);
    return finished(&p, x);
}

void build_updates(Program *s)
{
    const Objective *t = s->g->step;
    for (int i = 0; i < t->groups.n; i++) {
        const Optimizer *o = t->groups.at[i];
        const char *ident =
            text("%s%s", t->prefix, t->groups.n > 1 ? text("optimize_%d", i + 1) : "optimize");
        Kernel *step = step_pass(s, o, ident),
               *measure = o->direction ? measure_pass(s, o, text("%s_measure", ident)) : NULL;
        vec_push(&s->optimize, step);
        vec_push(&s->measure, measure);
    }
}
