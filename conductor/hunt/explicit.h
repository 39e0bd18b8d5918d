/*
 * A run as an explicit campaign: one block for each occasion that really became a fault, at its
 * place in time, with the lanes, members and lengths that were drawn. What is left to chance is the
 * timing of the machine alone.
 */
#ifndef CONDUCTOR_HUNT_EXPLICIT_H
#define CONDUCTOR_HUNT_EXPLICIT_H

#include "conductor/hunt/rounds.h"

/* Of the run's faults those that began before the violation; fills `into` (arms, cluster and
 * blocks; nothing is expected of them). */
int explicit_campaign(const struct past *past, struct campaign *into, struct error *err);

/* The number within its arm of the violation's lane, and its arm; -1 of no lane. */
void explicit_place(const struct past *past, int *arm, int *lane);

/* The index of the block that stands for this fault; -1: none. */
int explicit_block_of(const struct past *past, const struct campaign *campaign, int64_t fault);

#endif
