/* Private to the room: for how long workers stood still while they had a lock, or tried to. */
#ifndef TUNING_STANDSTILLS_H
#define TUNING_STANDSTILLS_H

#include "history/reader.h"

/* For so long a worker stood still at one attempt. */
struct standstill {
	int64_t attempt, from_ns, to_ns;
	int lane;
};

struct standstills {
	int count;
	struct standstill *at; /* by attempt, then from_ns; owned */
};

/* Of an arm: pauses that are proved, and over. Those with less than `apart_ns` between them are
 * one: no renewal need have come through. */
void standstills_gather(const struct history *history, int arm, int64_t apart_ns,
			struct standstills *standstills);
void standstills_free(struct standstills *standstills);

/* True of pauses alone: a host that stops and goes on by turns renews in between. */
bool fault_is_standstill(const struct fault_row *fault);

#endif
