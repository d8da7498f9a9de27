/* steps_cuda.c -- kernels as launches, in order: a micro-step, what is made before the window and behind it.
   One stream runs them one after another: nobody waits for anybody inside a window. */
#include "emit.h"
#include "emit_cuda.h"

typedef struct { const Kernel *kernel; const char *launch; } Done;
static VEC(Done) done;                  /* kernels whose functions are written */
static Cuda all;

static const char *launch_of(const Program *s, const Kernel *x)
{
    for (int i = 0; i < done.n; i++)
        if (done.at[i]->kernel == x) return done.at[i]->launch;
    Done *d = NEW(Done);
    cuda_kernel(s, x, &all);
    *d = (Done) { x, all.launch.s };
    vec_push(&done, d);
    return d->launch;
}

static char *launches(const Program *s, Kernel **at, int n)
{
    Text t = { 0 };
    text_put(&t, "", 0);
    for (int i = 0; i < n; i++) text_add(&t, "%s", launch_of(s, at[i]));
    return t.s;
}

/* A kernel of one thread for what is a few numbers, or nothing. */
static void set_lines(Env *e, const char *name, const char *lines)
{
    env_flag(e, text("has_%s", name), *lines != 0);
    env_set(e, text("%s_views", name), "%s", cuda_views(text("w %s", lines)));
    env_set(e, text("%s_lines", name), "%s", lines);
}

void cuda_steps(const Program *s, Env *e)
{
    const Kernels *x = s->k;
    window_facts(s, e);
    env_set(e, "prepare", "%s", launches(s, x->once.at, x->once.n));
    env_set(e, "counting", "%s", launches(s, s->counting.at, s->counting.n));
    env_set(e, "micro", "%s", launches(s, x->micro.at, x->micro.n));
    env_set(e, "forward", "%s", launches(s, x->micro.at, x->nforward));
    env_set(e, "finish", "%s", launches(s, x->finish.at, x->finish.n));
    set_lines(e, "late", any_late(s) ? late_text(s) : "");
    set_lines(e, "level", levels_text(s));
    set_lines(e, "counted", counted_text(s));
    env_set(e, "kernels", "%s", all.functions.s ? all.functions.s : "");
    env_flag(e, "blas", all.handles.n > 0);
    env_set(e, "handles", "%s", all.handles.s ? all.handles.s : "");
    env_set(e, "plans", "%s", all.plans.s ? all.plans.s : "");
    env_flag(e, "split", all.split > 0);
    env_set(e, "skips", "%s", s->count ? "true" : "false");
    env_set(e, "split", "%ld", all.split);
}
