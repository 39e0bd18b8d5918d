#include "tests/support/sample_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "history/database.h"
#include "tests/support/history_maker.h"

enum { LANES = 4, WORKERS = 3, TTL_MS = 2000, PAUSE_MS = 3200, PAUSE_EVERY_MS = 12000 };

struct lane_state {
	struct maker *maker;
	const struct sample_words *words;
	double length_ms;
	int lane;
	bool guarded;
	double now_ms;
	double next_pause_ms;
	int64_t version, greatest_token, revision;
	uint32_t attempts[WORKERS];
	unsigned draw; /* the state of a small generator: the same run every time */
};

struct cycle { /* one attempt that acquired */
	int worker;
	uint32_t attempt;
	int64_t token, read_version;
	double acquired_ms;
	char key[64];
};

static double drawn(struct lane_state *state, double low, double high)
{
	state->draw = state->draw * 1664525u + 1013904223u;
	return low + (high - low) * (state->draw >> 8) / (double)(1 << 24);
}

static void say(const struct lane_state *state, const struct cycle *cycle, enum function f,
		double invoked_ms, double took_ms)
{
	bool asks = f == F_LEASE_GRANT || f == F_KEEPALIVE;

	maker_op(state->maker, .lane = state->lane, .worker = cycle->worker,
		 .attempt = cycle->attempt, .f = f, .outcome = OUTCOME_OK, .invoked_ms = invoked_ms,
		 .returned_ms = invoked_ms + took_ms, .ttl_ms = asks ? TTL_MS : 0,
		 .lease = 7000 + cycle->worker, .token = f == F_TOKEN ? cycle->token : 0,
		 .key = cycle->key, .safe_until_ms = asks ? 0 : cycle->acquired_ms + TTL_MS - 5);
}

static void key_changes(const struct lane_state *state, const struct cycle *cycle, bool deleted,
			double at_ms)
{
	for (int member = 0; member < 3; member++)
		maker_key(state->maker, .lane = state->lane, .member = member, .deleted = deleted,
			  .revision = cycle->token + deleted, .create_revision = cycle->token,
			  .lease = deleted ? 0 : 7000 + cycle->worker, .key = cycle->key,
			  .seen_ms = at_ms + member * 0.2);
}

/* The request to the store and its decision. */
static void touch(struct lane_state *state, struct cycle *cycle, enum function f, double at_ms)
{
	int64_t token = state->guarded ? cycle->token : 0;
	bool accepted = token >= state->greatest_token;
	bool writes = f == F_WRITE && accepted;
	int64_t op = maker_op(state->maker, .lane = state->lane, .worker = cycle->worker,
			      .attempt = cycle->attempt, .f = f,
			      .outcome = accepted ? OUTCOME_OK : OUTCOME_FAIL, .invoked_ms = at_ms,
			      .returned_ms = at_ms + 0.6, .token = token,
			      .version = state->version + writes,
			      .base_version = cycle->read_version, .value = (int64_t)(at_ms * 1000),
			      .key = cycle->key, .safe_until_ms = cycle->acquired_ms + TTL_MS - 5,
			      .error = accepted ? NULL : state->words->refusal);

	maker_decision(state->maker, .lane = state->lane, .op = op, .f = f, .accepted = accepted,
		       .token = token, .greatest_token = state->greatest_token,
		       .version_before = state->version, .version_after = state->version + writes,
		       .value = 1, .decided_ms = at_ms + 0.3,
		       .reason = accepted ? NULL : state->words->refusal);
	if (token > state->greatest_token)
		state->greatest_token = token;
	state->version += writes;
	cycle->read_version = state->version;
}

/* The worker asks at once and is served when the lock is free. */
static struct cycle acquire(struct lane_state *state, int worker, double asks_ms, double free_ms)
{
	struct cycle cycle = {.worker = worker, .attempt = ++state->attempts[worker]};

	state->revision += 3;
	cycle.token = state->revision;
	cycle.acquired_ms = fmax(asks_ms + 3, free_ms) + drawn(state, 0.5, 4);
	snprintf(cycle.key, sizeof(cycle.key), "lock/%d/%x", state->lane, 7000 + worker);
	say(state, &cycle, F_LEASE_GRANT, asks_ms, 1);
	maker_op(state->maker, .lane = state->lane, .worker = worker, .attempt = cycle.attempt,
		 .f = F_ACQUIRE, .outcome = OUTCOME_OK, .invoked_ms = asks_ms + 1.2,
		 .returned_ms = cycle.acquired_ms, .lease = 7000 + worker, .key = cycle.key,
		 .revision = cycle.token);
	key_changes(state, &cycle, false, cycle.acquired_ms - 0.8);
	say(state, &cycle, F_TOKEN, cycle.acquired_ms + 0.1, 0.7);
	return cycle;
}

static double work_and_release(struct lane_state *state, struct cycle *cycle)
{
	double read_ms = cycle->acquired_ms + 1.5, write_ms = read_ms + drawn(state, 60, 220);

	touch(state, cycle, F_READ, read_ms);
	touch(state, cycle, F_WRITE, write_ms);
	say(state, cycle, F_RELEASE, write_ms + 1, 1.1);
	key_changes(state, cycle, true, write_ms + 2);
	return write_ms + 3;
}

/* The holder is paused after its read; others work meanwhile; it wakes and writes. */
static void pause_holder(struct lane_state *state, struct cycle *held)
{
	double pause_ms = held->acquired_ms + 60, wakes_ms = pause_ms + PAUSE_MS;
	double free_ms = held->acquired_ms + TTL_MS + 260;
	int next = (held->worker + 1) % WORKERS;

	touch(state, held, F_READ, held->acquired_ms + 1.5);
	maker_fault(state->maker, .lane = state->lane, .worker = held->worker,
		    .attempt = held->attempt, .began_ms = pause_ms, .ended_ms = wakes_ms,
		    .bitten = true, .detail = state->words->detail);
	key_changes(state, held, true, free_ms);
	state->now_ms = free_ms;
	while (state->now_ms < wakes_ms - 250) {
		struct cycle cycle = acquire(state, next, state->now_ms - 120, state->now_ms);

		state->now_ms = work_and_release(state, &cycle);
		next = (held->worker + 1 + (next == (held->worker + 1) % WORKERS)) % WORKERS;
	}
	struct cycle last = acquire(state, next, state->now_ms - 120, state->now_ms);

	touch(state, &last, F_READ, last.acquired_ms + 1);
	touch(state, &last, F_WRITE, last.acquired_ms + 20);
	touch(state, held, F_WRITE, wakes_ms + 2);
	maker_op(state->maker, .lane = state->lane, .worker = held->worker,
		 .attempt = held->attempt, .f = F_LOSE, .outcome = OUTCOME_OK,
		 .invoked_ms = wakes_ms + 6, .returned_ms = wakes_ms + 6, .key = held->key);
	touch(state, &last, F_WRITE, wakes_ms + 90);
	say(state, &last, F_RELEASE, wakes_ms + 95, 1);
	key_changes(state, &last, true, wakes_ms + 96);
	state->now_ms = wakes_ms + 100;
}

static void run_lane(struct lane_state *state)
{
	for (int turn = 0; state->now_ms < state->length_ms - PAUSE_MS; turn++) {
		struct cycle cycle = acquire(state, turn % WORKERS,
					     state->now_ms - drawn(state, 0, 60), state->now_ms);

		if (cycle.acquired_ms > state->next_pause_ms) {
			pause_holder(state, &cycle);
			state->next_pause_ms += PAUSE_EVERY_MS;
		} else {
			state->now_ms = work_and_release(state, &cycle);
		}
	}
}

static void exec(struct maker *maker, const char *sql)
{
	struct error err = {0};

	if (database_exec(maker_db(maker), sql, &err))
		fprintf(stderr, "sample_run: %s\n", err.text);
	CHECK(err.code == EXIT_AS_EXPECTED);
}

/* Proofs, the store's host, and packets: none while the host's worker was paused. */
static void add_surroundings(struct maker *maker)
{
	exec(maker, "INSERT INTO proof (fault, at_ns, holds, what, count, detail) "
		    "SELECT id, began_ns + 1000000, 1, 'state T in /proc/PID/stat', NULL, "
		    "'seen 1 ms after SIGSTOP' FROM fault");
	exec(maker, "INSERT INTO host (id, name, role, address) "
		    "SELECT max(id) + 1, 'store', 'store', '10.77.0.200' FROM host");
	exec(maker,
	     "WITH RECURSIVE s(second) AS (SELECT 0 UNION ALL SELECT second + 1 FROM s LIMIT 60) "
	     "INSERT INTO link (second, src, dst, packets, bytes, dropped) "
	     "SELECT second, w.id, t.id, CASE WHEN EXISTS (SELECT 1 FROM fault WHERE "
	     "fault.host = w.id AND began_ns / 1000000000 < second AND "
	     "ended_ns / 1000000000 > second) THEN 0 ELSE 20 + (second * 7 + w.id * 5) % 23 END, "
	     "4000, 0 FROM s JOIN host w ON w.role = 'worker' JOIN host t ON t.role = 'store' OR "
	     "t.id = 0");
}

static void add_facts(struct maker *maker, const struct sample_words *words, double length_ms)
{
	maker_set_int(maker, "seed", 20261120);
	maker_set_text(maker, "fencepost", "0.1.0");
	maker_set_text(maker, "campaign_name", "default");
	maker_set_text(maker, "campaign", words->campaign);
	maker_set_text(maker, "command", "fencepost run campaigns/default.conf --seed 20261120");
	maker_set_text(maker, "started", "2026-11-20T19:15:16Z");
	maker_set_text(maker, "machine", "Linux 6.1.0-18-amd64 x86_64");
	maker_set_text(maker, "etcd", "3.4.23");
	maker_set_text(maker, "sandbox", "namespaces");
	maker_set_text(maker, "service_expect", "any");
	maker_note(maker, 10, NOTE_TELLS, "load", "the load begins: 12 workers in 4 lanes");
	maker_note(maker, length_ms - 100, NOTE_TELLS, "heal", words->note);
}

static void make(const char *path, const struct sample_words *given, double length_ms)
{
	struct sample_words words = {
		.campaign =
			"name = 'default'\nduration = \"60 s\"\narm none {\n\tguard = none\n}\n",
		.note = "the cluster served again 0.4 s after the last heal",
		.detail = "worker paused with SIGSTOP while it held and somebody waited",
		.refusal = "token is smaller than the greatest seen",
	};
	struct maker *maker = maker_open(path);

	if (given)
		words = *given;
	for (int arm = 0; arm < 2; arm++)
		maker_arm(maker, .name = arm ? "token" : "none", .guard = arm ? "token" : "none",
			  .expect = arm ? "safe" : "unsafe", .ttl_ms = TTL_MS, .heartbeat_ms = 600,
			  .retries = 3);
	add_facts(maker, &words, length_ms);
	for (int lane = 0; lane < LANES; lane++) {
		struct lane_state state = {.maker = maker,
					   .words = &words,
					   .length_ms = length_ms,
					   .draw = (unsigned)lane,
					   .lane = maker_lane(maker, lane / 2),
					   .guarded = lane >= 2,
					   .now_ms = 200 + 7 * lane,
					   .next_pause_ms = 5000 + 2500 * lane,
					   .revision = 40};

		run_lane(&state);
	}
	add_surroundings(maker);
	maker_close(maker, true);
}

void sample_run_make(const char *path, const struct sample_words *words)
{
	make(path, words, 60000);
}

void sample_run_make_long(const char *path, int minutes)
{
	make(path, NULL, minutes * 60000.0);
}

/* Judging ------------------------------------------------------------------------------------- */

static const struct decision_row *write_at(const struct lane_history *lane, int64_t at_ns)
{
	for (int i = 0; i < lane->decisions; i++)
		if (lane->decision[i].f == F_WRITE && lane->decision[i].decided_ns > at_ns)
			return &lane->decision[i];
	return NULL;
}

static int64_t attempt_of(const struct lane_history *lane, int64_t op)
{
	for (int i = 0; i < lane->ops; i++)
		if (lane->op[i].id == op)
			return lane->op[i].attempt;
	return 0;
}

static void add_violation(struct verdicts *verdicts, enum violation_name name,
			  const struct fault_row *fault, const struct lane_history *lane)
{
	struct violation *violation = &verdicts->violation[verdicts->violations++];
	const struct decision_row *stale = write_at(lane, fault->ended_ns);
	const struct decision_row *before = stale - 1;

	*violation = (struct violation){.id = verdicts->violations,
					.name = name,
					.arm = fault->arm,
					.lane = fault->lane,
					.definite = name != VIOLATION_LOST_UPDATE,
					.at_ns = stale->decided_ns,
					.evidences = 5};
	snprintf(violation->summary, sizeof(violation->summary),
		 "At %.3f s the store applied a write of a worker whose lease had ended %.2f s "
		 "before, after a write by a later holder; the worker had been paused for %.2f s.",
		 (double)stale->decided_ns / 1e9, 1.2,
		 (double)(fault->ended_ns - fault->began_ns) / 1e9);
	violation->evidence[0] = (struct evidence){"attempt", fault->attempt, "holder"};
	violation->evidence[1] =
		(struct evidence){"attempt", attempt_of(lane, before->op), "later holder"};
	violation->evidence[2] = (struct evidence){"decision", before->id, "write"};
	violation->evidence[3] = (struct evidence){"decision", stale->id, "write"};
	violation->evidence[4] = (struct evidence){"fault", fault->id, "cover"};
}

static void judge_fault(const struct history *history, const struct fault_row *fault,
			struct verdicts *verdicts)
{
	static const enum violation_name names[] = {VIOLATION_STALE_WRITE, VIOLATION_LOST_UPDATE,
						    VIOLATION_OVERLAP};
	struct judgement *judged = &verdicts->judgement[fault->arm];
	struct lane_history lane;
	struct error err = {0};

	judged->exposures++;
	CHECK(history_load_lane(history, fault->lane, &lane, &err) == 0);
	for (int i = 0; i < 3; i++) {
		if (fault->arm == 1 && names[i] != VIOLATION_OVERLAP)
			continue;
		add_violation(verdicts, names[i], fault, &lane);
		if (names[i] == VIOLATION_LOST_UPDATE)
			judged->possible[names[i]]++;
		else
			judged->definite[names[i]]++;
	}
	judged->events += fault->arm == 0;
	history_free_lane(&lane);
}

void sample_run_judge(const struct history *history, struct verdicts *verdicts)
{
	*verdicts = (struct verdicts){.judgements = 3};
	verdicts->judgement = calloc(3, sizeof(struct judgement));
	verdicts->violation = calloc((size_t)history->faults * 3, sizeof(struct violation));
	CHECK(verdicts->judgement && verdicts->violation);
	struct judgement *none = &verdicts->judgement[0], *token = none + 1, *service = none + 2;

	*none = (struct judgement){.subject = "none",
				   .arm = 0,
				   .verdict = VERDICT_UNSAFE,
				   .why = "10 definite violations under guard none",
				   .rate = 0.89,
				   .rate_low = 0.52,
				   .rate_high = 0.997,
				   .exclusion = {{EXCLUSION_FAILED, "T2", 600, 10},
						 {EXCLUSION_HELD, "T2 with leases", 600, 0}}};
	*token = (struct judgement){.subject = "token",
				    .arm = 1,
				    .verdict = VERDICT_INCONCLUSIVE,
				    .why = "no promise was broken, but 8 exposures are fewer than "
					   "the 30 that were asked for",
				    .rate_high = 0.31};
	*service = (struct judgement){.subject = "service",
				      .arm = -1,
				      .verdict = VERDICT_SAFE,
				      .why = "every grant, renewal and expiry was in order",
				      .rate = NAN,
				      .rate_low = NAN,
				      .rate_high = NAN};
	for (int i = 0; i < verdicts->judgements; i++)
		judgement_measure_nothing(&verdicts->judgement[i]);
	token->measure[MEASURE_GUARD_TESTS] = 8;
	token->measure[MEASURE_GUARD_FAILURES] = 0;
	token->measure[MEASURE_STOPPED_IN_TIME] = 2;
	token->measure[MEASURE_LEAST_MARGIN] = 996000000;
	for (int i = 0; i < history->faults; i++)
		judge_fault(history, &history->fault[i], verdicts);
}
