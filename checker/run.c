/*
 * Theory of operation of the covers. Bitten faults are sorted by (whom they hit, begin), and each
 * carries the one that ends last among those of the same victim up to it. A fault over [from, to]
 * exists iff the last one that began by `to` carries one that ends at or after `from`: a binary
 * search, however many faults there were.
 */
#include "checker/run.h"

#include <string.h>

#include "checker/array.h"

struct bite {
	int victim; /* process.id or RUN_MEMBERS */
	const struct fault_row *fault, *longest;
};

static int compare_actors(const void *left, const void *right)
{
	return array_order(((const struct actor *)left)->id, ((const struct actor *)right)->id);
}

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

static void collect_bites(struct run *run)
{
	const struct history *history = run->history;

	ARRAY_NEW(run->bite, history->faults);
	for (int i = 0; i < history->faults; i++) {
		const struct fault_row *fault = &history->fault[i];
		struct bite *bite = &run->bite[run->bites];

		if (!fault->bitten)
			continue;
		if (hits_member(history, fault))
			bite->victim = RUN_MEMBERS;
		else if (fault->process > 0)
			bite->victim = fault->process;
		else
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
	}
}

static struct actor *find_actor(const struct run *run, int process)
{
	const struct actor wanted = {.id = process};

	return bsearch(&wanted, run->actor, (size_t)run->actors, sizeof(*run->actor),
		       compare_actors);
}

/* The conductor sees the end of a killed process only when it reaps it; between the kill and that
 * moment the process believes nothing any more. */
static void end_killed_actors(struct run *run)
{
	for (int i = 0; i < run->bites; i++) {
		const struct fault_row *fault = run->bite[i].fault;
		struct actor *actor = find_actor(run, run->bite[i].victim);

		if (actor && !strcmp(fault->kind, "kill") && fault->began_ns < actor->ended_ns)
			actor->ended_ns = fault->began_ns;
	}
}

void run_open(const struct history *history, int64_t ended_ns, int64_t settle_ns, struct run *run)
{
	*run = (struct run){
		.history = history,
		.ended_ns = ended_ns,
		.settle_ns = settle_ns,
		.actors = history->processes,
	};
	ARRAY_NEW(run->actor, history->processes);
	for (int i = 0; i < history->processes; i++) {
		const struct process_row *row = &history->process[i];

		run->actor[i] = (struct actor){row->id, row->name, row->ended_ns};
	}
	qsort(run->actor, (size_t)run->actors, sizeof(*run->actor), compare_actors);
	collect_bites(run);
	end_killed_actors(run);
}

void run_close(struct run *run)
{
	free(run->actor);
	free(run->bite);
	*run = (struct run){0};
}

const struct actor *run_actor(const struct run *run, int process)
{
	return find_actor(run, process);
}

const struct fault_row *run_cover(const struct run *run, int process, int64_t from_ns,
				  int64_t to_ns)
{
	int low = 0, high = run->bites; /* the first bite that comes after (process, to) */

	while (low < high) {
		int middle = low + (high - low) / 2;
		const struct bite *bite = &run->bite[middle];

		if (bite->victim < process ||
		    (bite->victim == process && bite->fault->began_ns <= to_ns))
			low = middle + 1;
		else
			high = middle;
	}
	const struct bite *last = low ? &run->bite[low - 1] : NULL;

	if (!last || last->victim != process || last->longest->ended_ns < from_ns)
		return NULL;
	return last->longest;
}
