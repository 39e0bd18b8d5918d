#include "checker/starved.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "checker/holds/covers.h"
#include "history/guard.h"

/* What a fault leads to outlasts it: connections that come back, a program that starts. */
static const int64_t aftermath_ns = 2 * NS_PER_S;

enum { KEPT_LEAST = 2 /* one connection that fails is an accident */ };

enum end { END_STORE, END_SERVICE, ENDS };

struct worker { /* of the lane */
	int64_t requests[ENDS], kept[ENDS];
};

static bool is_request(const struct op_row *op)
{
	return op->f != F_LOSE;
}

static enum end end_of(const struct op_row *op, bool in_service)
{
	return (op->f == F_READ || op->f == F_WRITE) && !in_service ? END_STORE : END_SERVICE;
}

/* libcurl's words (curl_easy_strerror) when no connection came about, in its several versions. */
static bool has_no_connection(const struct op_row *op, enum end end)
{
	static const char *const words[] = {"Timeout was reached", "Couldn't connect to server",
					    "Could not connect to server"};

	if (!op->error || op->outcome == OUTCOME_OK)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(op->error, words[i]))
			return op->outcome == OUTCOME_FAIL || end == END_STORE;
	return false;
}

static bool is_store(const struct history *history, int host)
{
	for (int i = 0; i < history->hosts; i++)
		if (history->host[i].id == host)
			return !strcmp(history->host[i].role, "store");
	return false;
}

/* Faults on the store lie over nobody (run_cover); here they lie over every request to it. */
static bool store_is_hit(const struct fault_row *const *faults, int count, int64_t from_ns,
			 int64_t to_ns)
{
	for (int i = 0; i < count; i++)
		if (faults[i]->began_ns <= to_ns && faults[i]->ended_ns >= from_ns)
			return true;
	return false;
}

static int find_faults_of_store(const struct history *history, const struct fault_row **faults)
{
	int count = 0;

	for (int i = 0; i < history->faults; i++)
		if (history->fault[i].host >= 0 && is_store(history, history->fault[i].host))
			faults[count++] = &history->fault[i];
	return count;
}

static int count_workers(const struct lane_history *rows)
{
	int workers = 0;

	for (int i = 0; i < rows->ops; i++)
		if (rows->op[i].worker >= workers)
			workers = rows->op[i].worker + 1; /* the reader bounds them */
	return workers;
}

static int64_t end_ns(const struct lane_facts *facts, const struct op_row *op)
{
	const struct actor *actor = run_actor(facts->run, op->process);
	int64_t until_ns = op->returned_ns;

	return actor && actor->ended_ns < until_ns ? actor->ended_ns : until_ns;
}

static void count_requests(const struct lane_facts *facts, struct worker *workers)
{
	const struct history *history = facts->run->history;
	const struct guard_kind *guard = guard_find(facts->arm->guard);
	bool in_service = guard && guard->in_service; /* its resource: then there is no store */
	const struct fault_row **faults;

	ARRAY_NEW(faults, history->faults);
	int count = find_faults_of_store(history, faults);

	for (int i = 0; i < facts->rows->ops; i++) {
		const struct op_row *op = &facts->rows->op[i];
		int64_t from_ns = op->invoked_ns - aftermath_ns, to_ns = end_ns(facts, op);
		enum end end = end_of(op, in_service);

		if (!is_request(op) ||
		    op->returned_ns == NEVER_NS || /* it died, or the run ended */
		    run_cover(facts->run, op->process, from_ns, to_ns) ||
		    (end == END_STORE && store_is_hit(faults, count, from_ns, to_ns)) ||
		    (end == END_SERVICE && run_members_cover(facts->run, from_ns, to_ns)))
			continue;
		CHECK(op->worker >= 0);
		workers[op->worker].requests[end]++;
		workers[op->worker].kept[end] += has_no_connection(op, end);
	}
	free(faults);
}

void starved_count(struct reach *reach, const struct lane_facts *facts)
{
	int count = count_workers(facts->rows);
	struct worker *workers;

	ARRAY_NEW(workers, count);
	count_requests(facts, workers);
	for (int i = 0; i < count; i++) {
		bool kept = false;

		for (int end = 0; end < ENDS; end++) {
			reach->requests += workers[i].requests[end];
			reach->kept += workers[i].kept[end];
			kept |= workers[i].kept[end] >= KEPT_LEAST &&
				2 * workers[i].kept[end] > workers[i].requests[end];
		}
		reach->workers +=
			workers[i].requests[END_STORE] + workers[i].requests[END_SERVICE] > 0;
		reach->kept_workers += kept;
	}
	CHECK(reach->kept <= reach->requests && reach->kept_workers <= reach->workers);
	free(workers);
}

static bool is_much(int64_t part, int64_t whole)
{
	return (double)part > STARVED_SHARE * (double)whole;
}

bool starved_why(const struct reach *reach, char why[STARVED_WHY])
{
	if (reach->kept < KEPT_LEAST || (!is_much(reach->kept, reach->requests) &&
					 !is_much(reach->kept_workers, reach->workers)))
		return false;
	snprintf(why, STARVED_WHY,
		 "starved: %lld of %lld requests, %lld of %lld workers got no connection while no "
		 "fault lay over them: the harness kept them away, and what they did not do proves "
		 "nothing",
		 (long long)reach->kept, (long long)reach->requests, (long long)reach->kept_workers,
		 (long long)reach->workers);
	return true;
}
