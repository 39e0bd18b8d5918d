/*
 * Private to conductor/: do those whom the run depends on still live? Recorder, store, witness and
 * nemesis each move a counter in shared memory whenever they look at their stop flag, several times
 * a second; one that stands still (stopped, deadlocked) is named, and ends the run.
 */
#ifndef CONDUCTOR_WATCHDOG_H
#define CONDUCTOR_WATCHDOG_H

#include <stdbool.h>

#include "conductor/crew.h"

struct pulse;

struct pulse *pulse_open(const struct plan *plan, struct hosts *hosts, struct switches *switches,
			 struct live *live);
void pulse_close(struct pulse *pulse);

/* To be called again and again. Fails when one of them has stood still for longer than anything
 * that they do takes; of the store, which a fault may pause, only while no fault is under way. */
int pulse_look(struct pulse *pulse, int64_t now_ns, struct error *err);

/* A roll call: from here on, has each that runs moved? *silent (may be NULL) names one that has
 * not. */
void pulse_call(struct pulse *pulse);
bool pulse_all_answered(const struct pulse *pulse, const char **silent);

#endif
