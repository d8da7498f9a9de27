/* device.c -- the device and the host: which one has the newest parameters, and when the device
   has finished. Without a device both are one. */
#include "device.h"

void gg_run_prepare(Run *r)
{
    if (r->device.prepared) return;
    if (r->p->device.send) r->p->device.send();
    if (r->p->device.prepare) gg_team_call(r->device.team, r->p->device.prepare);
    r->device.prepared = r->device.fetched = true;
}

void gg_run_fetch(Run *r)
{
    if (r->p->device.fetch && r->device.prepared && !r->device.fetched) r->p->device.fetch();
    r->device.fetched = true;
}

/* The sums of a round are those of its steps' last windows. */
void gg_run_await(Run *r)
{
    const Program *p = r->p;
    const bool merges = gg_several_steps(&p->schedule) && r->schedule.step_window.closes &&
                        (p->device.await || !r->sums.merged);
    if (p->device.await) p->device.await();
    for (int i = 0; merges && i < p->model.nsums; i++) p->device.sums[i] += r->sums.kept[i];
    r->sums.merged = true;
}
