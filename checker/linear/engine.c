#include "checker/linear/engine.h"

#include "base/clock.h"

enum { LOOK_EVERY = 256 /* expansions: some 100 us */ };

void search_open(struct search *search, const struct problem *problem,
		 const struct search_leash *leash)
{
	*search = (struct search){
		.problem = problem, .leash = *leash, .budget.limit = leash->bytes, .stuck = NO_OP};
	space_open(&search->space, problem, &search->budget);
	memo_open(&search->memo, problem, &search->budget);
}

void search_close(struct search *search)
{
	space_close(&search->space);
	memo_close(&search->memo);
}

bool search_may_go_on(struct search *search, enum search_end *end)
{
	const struct search_leash *leash = &search->leash;

	if (search->budget.refused)
		*end = SEARCH_BEYOND_BYTES;
	else if (leash->configurations != 0 && search->configurations >= leash->configurations)
		*end = SEARCH_BEYOND_CONFIGURATIONS;
	else if (search->configurations >= leash->pause_at)
		*end = SEARCH_PAUSED;
	else if (++search->looks % LOOK_EVERY != 0)
		return true;
	else if (leash->stop && atomic_load_explicit(leash->stop, memory_order_relaxed))
		*end = SEARCH_STOPPED;
	else if (leash->deadline_ns != 0 && clock_now_ns() >= leash->deadline_ns)
		*end = SEARCH_BEYOND_DEADLINE;
	else
		return true;
	return false;
}
