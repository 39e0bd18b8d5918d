#include "history/traces/relay.h"

#include "base/array.h"
#include "history/traces/builder.h"

/* So many events wait for an answer at most; then the operation is told as open. */
enum { PATIENCE = 1 << 20 };

enum state { FREE, PENDING, RESOLVED, PRESUMED /* told as open, without an answer */ };

struct relay {
	struct trace_listener *listener;
	struct stock stock;
	uint32_t position; /* of the next event */
	uint32_t ops;      /* told */
	uint32_t *event;   /* those that wait: a ring of `room`, a power of 2 */
	uint32_t first, events, room;
	uint8_t *state; /* of each place */
	uint32_t places, places_room;
	uint32_t *place; /* free ones */
	uint32_t frees, frees_room;
};

struct relay *relay_open(struct trace_listener *listener)
{
	struct relay *relay;

	ARRAY_NEW(relay, 1);
	relay->listener = listener;
	relay->room = ARRAY_FIRST_ROOM;
	ARRAY_NEW(relay->event, relay->room);
	return relay;
}

uint32_t relay_place(struct relay *relay)
{
	if (relay->frees > 0) {
		relay->state[relay->place[--relay->frees]] = PENDING;
		return relay->place[relay->frees];
	}
	ARRAY_GROW(relay->state, relay->places, relay->places_room);
	relay->state[relay->places++] = PENDING;
	return TRACE_NEVER;
}

static void free_place(struct relay *relay, uint32_t place)
{
	relay->state[place] = FREE;
	ARRAY_GROW(relay->place, relay->frees, relay->frees_room);
	relay->place[relay->frees++] = place;
}

static void tell(struct relay *relay, struct trace *trace, uint32_t event)
{
	const struct trace_op *op = &trace->op[event >> 1];

	if (!(event & 1) && op->outcome != TRACE_DROPPED) {
		relay->ops++;
		stock_add(&relay->stock, trace, op);
	}
	if (op->outcome != TRACE_DROPPED)
		relay->listener->event(relay->listener->context, op, event & 1);
	/* with its last event it is of no more use */
	if (event & 1 || (relay->state[event >> 1] == RESOLVED && op->outcome != TRACE_OK &&
			  op->outcome != TRACE_FAILED))
		free_place(relay, event >> 1);
}

/* Tells what can be told; nothing is left when `most` is 0. */
static void tell_on(struct relay *relay, struct trace *trace, uint32_t most)
{
	while (relay->events > 0 && !relay->listener->stopped) {
		uint32_t event = relay->event[relay->first];

		if (relay->state[event >> 1] == PENDING && relay->events <= most)
			return;
		if (relay->state[event >> 1] == PENDING)
			relay->state[event >> 1] = PRESUMED;
		relay->first = (relay->first + 1) & (relay->room - 1);
		relay->events--;
		tell(relay, trace, event);
	}
}

static uint32_t patience_of(const struct relay *relay)
{
	return relay->listener->patience ? relay->listener->patience : PATIENCE;
}

/* The ring is full: it begins at its array's begin again. */
static void grow(struct relay *relay)
{
	uint32_t *event;

	ARRAY_NEW(event, 2 * (size_t)relay->room);
	for (uint32_t i = 0; i < relay->events; i++)
		event[i] = relay->event[(relay->first + i) & (relay->room - 1)];
	free(relay->event);
	relay->event = event;
	relay->first = 0;
	relay->room *= 2;
}

void relay_add(struct relay *relay, struct trace *trace, uint32_t event)
{
	struct trace_op *op = &trace->op[event >> 1];

	if (relay->listener->stopped)
		return;
	*(event & 1 ? &op->returned : &op->invoked) = relay->position++;
	if (relay->events == relay->room)
		grow(relay);
	relay->event[(relay->first + relay->events++) & (relay->room - 1)] = event;
	if (!(event & 1)) /* what returns is resolved next */
		tell_on(relay, trace, patience_of(relay));
}

bool relay_awaits(struct relay *relay, uint32_t place, enum trace_outcome outcome,
		  const struct trace_op *answer)
{
	if (relay->state[place] != PRESUMED)
		return true;
	if (outcome != TRACE_OPEN ||
	    (answer && (answer->attempt || answer->has_token || answer->token)))
		relay->listener->stopped = "an operation was answered very late";
	free_place(relay, place);
	return false;
}

void relay_resolve(struct relay *relay, struct trace *trace, uint32_t place)
{
	if (relay->state[place] == PRESUMED)
		relay->listener->stopped = "an operation was left out very late";
	relay->state[place] = RESOLVED;
	tell_on(relay, trace, patience_of(relay));
}

void relay_close(struct relay *relay, struct trace *trace)
{
	tell_on(relay, trace, 0);
	trace->ops = relay->ops;
	trace->has_attempts = relay->stock.acquires && !relay->stock.nameless;
	free(relay->event);
	free(relay->state);
	free(relay->place);
	free(relay);
}
