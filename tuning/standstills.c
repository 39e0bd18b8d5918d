#include "tuning/standstills.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/invariant.h"
#include "campaign/fault.h"

bool fault_is_standstill(const struct fault_row *fault)
{
	return fault->effect == EFFECT_STOP && fault->bitten && fault->ended_ns != NEVER_NS &&
	       strcmp(fault->kind, fault_traits(FAULT_PAUSE)->word) == 0;
}

static int by_attempt(const void *a, const void *b)
{
	const struct standstill *x = a, *y = b;

	if (x->attempt != y->attempt)
		return x->attempt < y->attempt ? -1 : 1;
	return x->from_ns < y->from_ns ? -1 : x->from_ns > y->from_ns;
}

static void list(const struct history *history, int arm, struct standstills *standstills)
{
	ARRAY_NEW(standstills->at, history->faults);
	for (int i = 0; i < history->faults; i++) {
		const struct fault_row *fault = &history->fault[i];

		if (fault->arm == arm && fault->attempt && fault_is_standstill(fault))
			standstills->at[standstills->count++] = (struct standstill){
				fault->attempt, fault->began_ns, fault->ended_ns, fault->lane};
	}
	array_sort(standstills->at, (size_t)standstills->count, sizeof(*standstills->at),
		   by_attempt);
}

static void join(struct standstills *standstills, int64_t apart_ns)
{
	int joined = 0;

	for (int i = 0; i < standstills->count; i++) {
		const struct standstill *next = &standstills->at[i];
		struct standstill *last = joined ? &standstills->at[joined - 1] : NULL;

		CHECK(next->from_ns <= next->to_ns);
		if (!last || last->attempt != next->attempt ||
		    next->from_ns - last->to_ns >= apart_ns)
			standstills->at[joined++] = *next;
		else if (next->to_ns > last->to_ns)
			last->to_ns = next->to_ns;
	}
	standstills->count = joined;
}

void standstills_gather(const struct history *history, int arm, int64_t apart_ns,
			struct standstills *standstills)
{
	*standstills = (struct standstills){0};
	list(history, arm, standstills);
	join(standstills, apart_ns);
}

void standstills_free(struct standstills *standstills)
{
	free(standstills->at);
	*standstills = (struct standstills){0};
}
