/* A run as the checks know it. */
#include "checker/holds/run_facts.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/array.h"
#include "checker/holds/covers.h"

enum { DEFAULT_ELECTION_MS = 1000, GREATEST_ELECTION_MS = 50000 }; /* etcd's */

static int compare_actors(const void *left, const void *right)
{
	return array_order(((const struct actor *)left)->id, ((const struct actor *)right)->id);
}

/* They come by began_ns. */
static void collect_suspects(struct run *run)
{
	const struct history *history = run->history;
	int64_t latest_ns = INT64_MIN;

	ARRAY_NEW(run->suspect, history->faults);
	for (int i = 0; i < history->faults; i++) {
		const struct fault_row *fault = &history->fault[i];

		CHECK(!i || fault[-1].began_ns <= fault->began_ns);
		if (!fault->bitten || run_is_load(fault))
			continue;
		if (fault->ended_ns > latest_ns)
			latest_ns = fault->ended_ns;
		run->suspect[run->suspects++] = (struct run_suspect){fault, latest_ns};
	}
}

static struct actor *find_actor(const struct run *run, int process)
{
	const struct actor wanted = {.id = process};

	if (process > 0 && process <= run->actors && run->actor[process - 1].id == process)
		return &run->actor[process - 1]; /* they count from 1 */
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

		if (actor && fault->effect == EFFECT_KILL && fault->began_ns < actor->ended_ns)
			actor->ended_ns = fault->began_ns;
	}
}

static int64_t find_election_ms(const struct history *history)
{
	int64_t election_ms = history->election_ms ?: DEFAULT_ELECTION_MS;

	return election_ms < GREATEST_ELECTION_MS ? election_ms : GREATEST_ELECTION_MS;
}

void run_open(const struct history *history, int64_t ended_ns, int64_t settle_ns, struct run *run)
{
	CHECK(settle_ns >= 0 && ended_ns >= 0);
	*run = (struct run){
		.history = history,
		.ended_ns = ended_ns,
		.settle_ns = settle_ns,
		.election_ns = find_election_ms(history) * NS_PER_MS,
		.actors = history->processes,
	};
	ARRAY_NEW(run->actor, history->processes);
	for (int i = 0; i < history->processes; i++) {
		const struct process_row *row = &history->process[i];

		run->actor[i] = (struct actor){row->id, row->name, row->ended_ns};
	}
	qsort(run->actor, (size_t)run->actors, sizeof(*run->actor), compare_actors);
	covers_open(run);
	end_killed_actors(run);
	collect_suspects(run);
	leaders_open(history, &run->leaders);
}

void run_close(struct run *run)
{
	free(run->actor);
	free(run->bite);
	free(run->suspect);
	leaders_close(&run->leaders);
	acknowledged_close(&run->acknowledged);
	*run = (struct run){0};
}

const struct actor *run_actor(const struct run *run, int process)
{
	return find_actor(run, process);
}
