/*
 * Random lanes in memory, most of them full of violations, for the tests that compare the checker
 * with brute force from the definitions in checker/README.md.
 */
#ifndef CHECKER_SCENE_H
#define CHECKER_SCENE_H

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "checker/verdict.h"

enum { ATTEMPTS = 10, DECISIONS = 24, WORKERS = 3, ROUNDS = 3000, LAST_MS = 120 };

/* A lane in memory. Every attempt has a lease, at most one key, one acquire and one ending. */
struct scene {
	struct arm_row arm;
	struct lane_row lane;
	struct process_row process[WORKERS];
	struct history history;
	struct op_row op[ATTEMPTS * 5 + DECISIONS];
	struct key_row key[ATTEMPTS * 4];
	struct decision_row decision[DECISIONS];
	struct lane_history rows;
};

/* Drawing ------------------------------------------------------------------------------------- */

static inline struct op_row *add_op(struct scene *scene, int attempt, enum function f,
				    int64_t invoked_ms, int64_t returned_ms, enum outcome outcome)
{
	struct op_row *op = &scene->op[scene->rows.ops++];

	*op = (struct op_row){
		.id = scene->rows.ops,
		.process = attempt % WORKERS + 1,
		.worker = attempt % WORKERS,
		.f = f,
		.outcome = outcome,
		.attempt = attempt + 1,
		.invoked_ns = invoked_ms * NS_PER_MS,
		.returned_ns = returned_ms < 0 ? NEVER_NS : returned_ms * NS_PER_MS,
		.lease = attempt + 100,
	};
	return op;
}

static inline void add_key(struct scene *scene, int attempt, bool deleted, int64_t seen_ms)
{
	static const char *const names[ATTEMPTS] = {"a", "b", "c", "d", "e",
						    "f", "g", "h", "i", "j"};

	scene->key[scene->rows.keys++] = (struct key_row){
		.id = scene->rows.keys + 1,
		.revision = (seen_ms + 1) * 2 * ATTEMPTS + 2 * attempt + deleted,
		.lease = deleted ? 0 : attempt + 100,
		.seen_ns = seen_ms * NS_PER_MS,
		.deleted = deleted,
		.key = names[attempt],
	};
}

static inline bool one_in(struct random_stream *random, int n)
{
	return random_between(random, 1, n) == 1;
}

static inline enum outcome draw_outcome(struct random_stream *random)
{
	return (enum outcome)random_between(random, OUTCOME_INFO, OUTCOME_FAIL);
}

static inline void draw_attempt(struct scene *scene, struct random_stream *random, int attempt)
{
	int64_t asked = random_between(random, 2, 70), got = asked + random_between(random, 1, 25);
	int64_t removed = random_between(random, asked, LAST_MS);
	enum outcome outcome = one_in(random, 4) ? draw_outcome(random) : OUTCOME_OK;

	add_op(scene, attempt, F_LEASE_GRANT, asked - 2, asked - 1, OUTCOME_OK)->ttl_ms =
		(int)random_between(random, 0, 40);
	add_op(scene, attempt, F_ACQUIRE, asked, outcome == OUTCOME_INFO ? -1 : got, outcome);
	int64_t renewed = got + random_between(random, 0, 20);

	if (one_in(random, 2))
		add_op(scene, attempt, F_KEEPALIVE, renewed, renewed + random_between(random, 0, 9),
		       OUTCOME_OK)
			->ttl_ms = (int)random_between(random, 0, 40);
	if (!one_in(random, 3))
		add_op(scene, attempt, (enum function)random_between(random, F_RELEASE, F_LOSE),
		       random_between(random, asked, LAST_MS), -1, OUTCOME_INFO);
	if (one_in(random, 2))
		add_op(scene, attempt, F_TOKEN, got, got + 1, OUTCOME_OK)->token =
			random_between(random, 1, 20);
	if (one_in(random, 6))
		return;
	add_key(scene, attempt, false, asked);
	if (!one_in(random, 4))
		add_key(scene, attempt, true, removed);
}

static inline void draw_decisions(struct scene *scene, struct random_stream *random)
{
	int64_t version = 0;

	for (int i = 0; i < DECISIONS; i++) {
		enum function f = one_in(random, 2) ? F_READ : F_WRITE;
		struct op_row *op = add_op(scene, (int)random_between(random, 0, ATTEMPTS - 1), f,
					   LAST_MS + i, LAST_MS + i + 1, draw_outcome(random));
		bool accepted = !one_in(random, 6);

		op->base_version = version + one_in(random, 4);
		scene->decision[i] = (struct decision_row){
			.id = i + 1,
			.op = op->id,
			.f = f,
			.accepted = accepted,
			.version_before = version,
			.version_after = version + (f == F_WRITE && accepted),
			.decided_ns = (20 + i * 4) * NS_PER_MS,
		};
		version = scene->decision[i].version_after;
	}
	scene->rows.decisions = DECISIONS;
}

static inline void draw_scene(struct scene *scene, struct random_stream *random)
{
	*scene = (struct scene){
		.arm = {.name = "a",
			.service = "etcd",
			.recipe = "lock",
			.guard = "none",
			.model = "mutex",
			.permits = 1},
		.lane = {.name = "a/0"},
		.history = {.sealed = true,
			    .healed_ns = NEVER_NS,
			    .arms = 1,
			    .lanes = 1,
			    .processes = WORKERS},
	};
	for (int i = 0; i < WORKERS; i++)
		scene->process[i] = (struct process_row){
			.id = i + 1, .name = "w", .ended_ns = i ? NEVER_NS : 90 * NS_PER_MS};
	for (int i = 0; i < ATTEMPTS; i++)
		draw_attempt(scene, random, i);
	draw_decisions(scene, random);
}

static inline void judge_scene(struct scene *scene, struct verdicts *verdicts)
{
	const struct checker_config config = {.min_exposures = 30, .violations_kept = 10};
	struct error err = {0};
	struct judge judge;

	scene->rows.op = scene->op;
	scene->rows.key = scene->key;
	scene->rows.decision = scene->decision;
	scene->history.arm = &scene->arm;
	scene->history.lane = &scene->lane;
	scene->history.process = scene->process;
	ck_assert_int_eq(judge_open(&judge, &scene->history, NEVER_NS, 0, &config, &err), 0);
	judge_lane(&judge, 0, &scene->rows);
	judge_close(&judge, verdicts);
}

struct hold {
	bool held;
	int worker;
	int64_t asked, from, to; /* believed */
	int64_t token, order;    /* order 0: unknown */
	int64_t made, removed;   /* revisions; 0: never told */
	int64_t removed_seen, given_up;
};

static inline struct hold hold_of(const struct scene *scene, int attempt)
{
	struct hold hold = {.worker = attempt % WORKERS, .given_up = NEVER_NS};

	for (int i = 0; i < scene->rows.keys; i++) {
		const struct key_row *key = &scene->key[i];

		if (key->key[0] != 'a' + attempt)
			continue;
		*(key->deleted ? &hold.removed : &hold.made) = key->revision;
		if (key->deleted)
			hold.removed_seen = key->seen_ns;
	}
	hold.to = scene->process[hold.worker].ended_ns;
	for (int i = 0; i < scene->rows.ops; i++) {
		const struct op_row *op = &scene->op[i];

		if (op->attempt != attempt + 1)
			continue;
		if (op->f == F_ACQUIRE)
			hold.asked = op->invoked_ns;
		if (op->f == F_ACQUIRE && op->outcome == OUTCOME_OK) {
			hold.held = true;
			hold.from = op->returned_ns;
		}
		if (op->f == F_TOKEN)
			hold.token = op->token;
		if (op->f >= F_RELEASE && op->invoked_ns >= hold.from && op->invoked_ns < hold.to)
			hold.to = op->invoked_ns;
		if (op->f == F_RELEASE || op->f == F_LEASE_REVOKE)
			hold.given_up = op->invoked_ns;
	}
	hold.order = hold.made ? hold.made : hold.token;
	return hold;
}

#endif
