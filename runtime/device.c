/* device.c -- the device and the host: which has the newest parameters, and when its work is over. Without a device both are one. */
#include "device.h"

void gg_run_prepare(Run *r)
{
    if (r->prepared) return;
    if (r->p->send) r->p->send();
    if (r->p->prepare) gg_team_call(r->team, r->p->prepare);
    r->prepared = r->fetched = true;
}

void gg_run_fetch(Run *r)
{
    if (r->p->fetch && r->prepared && !r->fetched) r->p->fetch();
    r->fetched = true;
}

/* The sums of a round are those of its steps' last windows. */
void gg_run_await(Run *r)
{
    const Program *p = r->p;
    const bool merges = p->nsteps && r->turn.closes && (p->await || !r->merged);
    if (p->await) p->await();
    for (int i = 0; merges && i < p->nsums; i++) p->sums[i] += r->kept[i];
    r->merged = true;
}
