/*
 * Theory of operation of the covers. Bitten faults are sorted by (whom they hit, begin), and each
 * carries the one that ends last among those of the same victim up to it. A fault over [from, to]
 * exists iff the last one that began by `to` carries one that ends at or after `from`: a binary
 * search, however many faults there were.
 */
#include "checker/holds/covers.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "checker/holds/aftermath.h"

enum { LOADED_MEMBERS = -2 }; /* as RUN_MEMBERS, by a fault that only makes them work */

static int compare_bites(const void *left, const void *right)
{
	const struct bite *a = left, *b = right;

	return array_order(a->victim, b->victim)
		       ?: array_order(a->fault->began_ns, b->fault->began_ns)
			       ?: array_order(a->fault->id, b->fault->id);
}

static bool hits_member(const struct history *history, const struct fault_row *fault)
{
	for (int i = 0; i < history->hosts; i++)
		if (history->host[i].id == fault->host)
			return !strcmp(history->host[i].role, "member");
	return false;
}

bool run_is_load(const struct fault_row *fault)
{
	return fault->effect == EFFECT_LOAD;
}

/* A fault of no host (a partition, a moved leader) is one of all members. False for a fault that
 * lies over nobody here: the store's. */
static bool find_victim(const struct history *history, const struct fault_row *fault, int *victim)
{
	if (hits_member(history, fault))
		*victim = RUN_MEMBERS;
	else if (fault->process > 0)
		*victim = fault->process;
	else if (fault->host < 0)
		*victim = run_is_load(fault) ? LOADED_MEMBERS : RUN_MEMBERS;
	else
		return false;
	return true;
}

void covers_open(struct run *run)
{
	const struct history *history = run->history;

	ARRAY_NEW(run->bite, history->faults);
	for (int i = 0; i < history->faults; i++) {
		const struct fault_row *fault = &history->fault[i];
		struct bite *bite = &run->bite[run->bites];

		if (!fault->bitten || !find_victim(history, fault, &bite->victim))
			continue;
		bite->fault = fault;
		run->bites++;
	}
	qsort(run->bite, (size_t)run->bites, sizeof(*run->bite), compare_bites);
	for (int i = 0; i < run->bites; i++) {
		struct bite *bite = &run->bite[i];
		const struct bite *before = i ? bite - 1 : NULL;
		bool older = before && before->victim == bite->victim &&
			     before->longest->ended_ns > bite->fault->ended_ns;

		bite->longest = older ? before->longest : bite->fault;
		CHECK(bite->fault->began_ns <= bite->fault->ended_ns);
		CHECK(bite->longest->ended_ns >= bite->fault->ended_ns);
	}
}

static bool comes_by(const struct bite *bite, int victim, int64_t at_ns)
{
	return bite->victim < victim || (bite->victim == victim && bite->fault->began_ns <= at_ns);
}

static const struct fault_row *find_cover(const struct run *run, int victim, int64_t from_ns,
					  int64_t to_ns)
{
	size_t bites = ARRAY_BEFORE(run->bites, i, comes_by(&run->bite[i], victim, to_ns));
	const struct bite *last = bites ? &run->bite[bites - 1] : NULL;

	if (!last || last->victim != victim || last->longest->ended_ns < from_ns)
		return NULL;
	CHECK(last->longest->began_ns <= to_ns);
	return last->longest;
}

const struct fault_row *run_cover(const struct run *run, int process, int64_t from_ns,
				  int64_t to_ns)
{
	const struct fault_row *fault = find_cover(run, process, from_ns, to_ns);

	if (!fault && process == RUN_MEMBERS)
		fault = find_cover(run, LOADED_MEMBERS, from_ns, to_ns);
	return fault;
}

const struct fault_row *run_members_cover(const struct run *run, int64_t from_ns, int64_t to_ns)
{
	int64_t reach_ns = aftermath_ns(run, EFFECT_STOP, 0);
	int64_t first_ns = from_ns < to_ns - reach_ns ? from_ns : to_ns - reach_ns;

	return run_cover(run, RUN_MEMBERS, first_ns, to_ns);
}
