/*
 * Rings: how events leave a process without waiting for anything.
 *
 * Theory of operation. One shared mapping, the *area*, is made before the producers are forked and
 * is inherited by all of them; it has no name and no file, so nothing is left behind. It holds one
 * ring per producer, single producer, single consumer: the producer fills the slot at `head` and
 * then publishes it by moving `head` (release); the recorder reads up to `head` and moves `tail`.
 * A producer that is stopped or killed in the middle of a push has not moved `head`: the half-made
 * event is invisible, everything before it is whole and is still drained. A full ring drops the
 * event and counts it in `lost`; any loss makes the run BROKEN. A restarted producer takes its
 * predecessor's ring over (the predecessor must be dead) and goes on at `head`.
 *
 * A producer with several threads serialises its pushes itself.
 */
#ifndef HISTORY_RING_H
#define HISTORY_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "history/event.h"
#include "history/live.h"

struct area; /* owns the mapping */
struct ring; /* lives in the area */

/* Maps an area of `rings` rings with `slots` events each (a power of two). */
int area_open(struct area **area, int rings, uint32_t slots, struct error *err);
/* The same, with so many slots in each. Memory is taken only as slots are used. */
int area_open_sized(struct area **area, int rings, const uint32_t *slots, struct error *err);
void area_close(struct area *area);

int area_rings(const struct area *area);
struct ring *area_ring(struct area *area, int index);
struct live *area_live(struct area *area);

/* Copies the event into the ring. False, and counted as lost, when the ring is full. Never blocks,
 * makes no system call. */
bool ring_push(struct ring *ring, const struct event *event);

/* Copies at most `limit` events out and frees their slots; for the one consumer. Returns how many.
 */
uint32_t ring_drain(struct ring *ring, struct event *into, uint32_t limit);

/* Events that found the ring full, so far. */
uint64_t ring_lost(const struct ring *ring);

#endif
