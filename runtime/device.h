/* device.h -- the device and the host: which has the newest parameters. */
#ifndef GAGEN_DEVICE_H
#define GAGEN_DEVICE_H
#include "run.h"

void gg_run_await(Run *r);   /* a device's oldest window under way is over */
void gg_run_fetch(Run *r);   /* parameters, states and gradients are on the host */
void gg_run_prepare(Run *r); /* the device, and what is made from parameters, follow the host */
#endif
