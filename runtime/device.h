/* device.h -- the device and the host: which one has the newest parameters. */
#ifndef GAGEN_DEVICE_H
#define GAGEN_DEVICE_H
#include "run.h"

void gg_run_await(Run *r); /* waits for the oldest window that a device runs; no device: nothing */
void gg_run_fetch(Run *r); /* copies parameters, states and gradients to the host */
/* updates the device, and values made from parameters, from the host */
void gg_run_prepare(Run *r);
#endif
