#include "tests/support/lock_story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "checker/checker.h"
#include "tests/support/scratch.h"

enum { HOLDS = 4096, STORY_WORKERS = 16, KEPT = 1000 };

struct story_hold {
	int worker;
	uint32_t attempt;
	int64_t id, lease, create_revision, token, base_version;
	double asked_ms;
	enum mode mode;
	char key[32];
};

struct story {
	struct maker *maker; /* NULL once judged */
	const char *path;
	struct story_hold hold[HOLDS];
	int holds, members;
	uint32_t attempts[STORY_WORKERS];
	int64_t revision, version, greatest_token, greatest_alone;
	struct history history;
	struct verdicts verdicts;
};

static void must(int result, const struct error *err)
{
	if (result)
		fprintf(stderr, "lock_story: %s\n", err->text);
	CHECK(result == 0);
}

struct story *story_open(const char *guard, unsigned int planted)
{
	return story_open_shared(guard, planted, "mutex", 1);
}

struct story *story_open_shared(const char *guard, unsigned int planted, const char *model,
				int permits)
{
	static int stories;
	struct story *story = calloc(1, sizeof(*story));
	char name[32];

	CHECK(story);
	snprintf(name, sizeof(name), "story-%d.db", stories++);
	story->path = scratch_file(name);
	story->maker = maker_open(story->path);
	story->members = 2;
	story->revision = 10;
	maker_lane(story->maker,
		   maker_arm(story->maker, .guard = guard, .planted = planted, .model = model,
			     .permits = permits, .ttl_ms = STORY_TTL_MS));
	return story;
}

void story_end(struct story *story)
{
	if (story->maker)
		maker_close(story->maker, false);
	else
		history_close(&story->history);
	verdicts_free(&story->verdicts);
	remove(story->path);
	free(story);
}

struct maker *story_maker(struct story *story)
{
	return story->maker;
}

static void tell(struct story *story, const struct story_hold *hold, bool deleted, double seen_ms)
{
	for (int member = 0; member < story->members; member++)
		maker_key(story->maker, .lane = 0, .member = member, .deleted = deleted,
			  .revision = story->revision, .create_revision = hold->create_revision,
			  .lease = deleted ? 0 : hold->lease, .key = hold->key,
			  .seen_ms = seen_ms + member * 0.25);
}

int story_ask_in_vain(struct story *story, int worker, double at_ms)
{
	int number = story->holds++;
	struct story_hold *hold = &story->hold[number];

	CHECK(number < HOLDS && worker < STORY_WORKERS);
	*hold = (struct story_hold){
		.worker = worker,
		.attempt = ++story->attempts[worker],
		.lease = 7000000 + number,
		.asked_ms = at_ms,
	};
	hold->id = maker_attempt(story->maker, 0, worker, hold->attempt);
	snprintf(hold->key, sizeof(hold->key), "lock/%lx", (long)hold->lease);
	maker_op(story->maker, .worker = worker, .attempt = hold->attempt, .f = F_LEASE_GRANT,
		 .outcome = OUTCOME_OK, .invoked_ms = at_ms - 2, .returned_ms = at_ms - 1,
		 .lease = hold->lease, .ttl_ms = STORY_TTL_MS);
	return number;
}

int story_ask(struct story *story, int worker, double at_ms)
{
	int number = story_ask_in_vain(story, worker, at_ms);

	story->hold[number].create_revision = ++story->revision;
	tell(story, &story->hold[number], false, at_ms + 0.5);
	return number;
}

int story_ask_shared(struct story *story, int worker, double at_ms)
{
	int number = story_ask(story, worker, at_ms);

	story->hold[number].mode = MODE_SHARED;
	return number;
}

static void answer(struct story *story, const struct story_hold *hold, double at_ms,
		   enum outcome outcome, bool named)
{
	maker_op(story->maker, .worker = hold->worker, .attempt = hold->attempt, .f = F_ACQUIRE,
		 .mode = hold->mode, .outcome = outcome, .invoked_ms = hold->asked_ms,
		 .returned_ms = at_ms, .lease = hold->lease, .key = named ? hold->key : NULL,
		 .revision = named ? story->revision : 0);
}

void story_get(struct story *story, int hold, double at_ms)
{
	answer(story, &story->hold[hold], at_ms, OUTCOME_OK, true);
}

void story_get_unnamed(struct story *story, int hold, double at_ms)
{
	answer(story, &story->hold[hold], at_ms, OUTCOME_OK, false);
}

void story_not_get(struct story *story, int hold, double at_ms, enum outcome outcome)
{
	answer(story, &story->hold[hold], at_ms, outcome, false);
}

static void keep_alive(struct story *story, int hold, double sent_ms, double answered_ms,
		       int ttl_ms)
{
	const struct story_hold *holder = &story->hold[hold];

	maker_op(story->maker, .worker = holder->worker, .attempt = holder->attempt,
		 .f = F_KEEPALIVE, .outcome = OUTCOME_OK, .invoked_ms = sent_ms,
		 .returned_ms = answered_ms, .lease = holder->lease, .ttl_ms = ttl_ms);
}

void story_renew(struct story *story, int hold, double sent_ms, double acknowledged_ms)
{
	keep_alive(story, hold, sent_ms, acknowledged_ms, STORY_TTL_MS);
}

void story_told_gone(struct story *story, int hold, double sent_ms, double answered_ms)
{
	keep_alive(story, hold, sent_ms, answered_ms, 0);
}

void story_learn_token(struct story *story, int hold, double at_ms, int64_t token)
{
	struct story_hold *holder = &story->hold[hold];

	holder->token = token;
	maker_op(story->maker, .worker = holder->worker, .attempt = holder->attempt, .f = F_TOKEN,
		 .outcome = OUTCOME_OK, .invoked_ms = at_ms, .returned_ms = at_ms + 0.5,
		 .lease = holder->lease, .key = holder->key, .token = token,
		 .revision = story->revision);
}

static void request(struct story *story, struct story_hold *hold, enum function f, double at_ms,
		    enum outcome outcome)
{
	int64_t before = story->version;
	int64_t op =
		maker_op(story->maker, .worker = hold->worker, .attempt = hold->attempt, .f = f,
			 .mode = hold->mode, .outcome = outcome, .invoked_ms = at_ms - 0.5,
			 .returned_ms = outcome == OUTCOME_INFO ? 0 : at_ms + 0.5,
			 .token = hold->token, .base_version = hold->base_version);

	story->version += f == F_WRITE;
	maker_decision(story->maker, .op = op, .f = f, .accepted = true, .token = hold->token,
		       .greatest_token = hold->mode == MODE_SHARED ? story->greatest_alone
								   : story->greatest_token,
		       .version_before = before, .version_after = story->version,
		       .decided_ms = at_ms);
	hold->base_version = story->version;
	if (hold->token > story->greatest_token)
		story->greatest_token = hold->token;
	if (hold->mode == MODE_EXCLUSIVE && hold->token > story->greatest_alone)
		story->greatest_alone = hold->token;
}

void story_read(struct story *story, int hold, double at_ms)
{
	request(story, &story->hold[hold], F_READ, at_ms, OUTCOME_OK);
}

void story_write(struct story *story, int hold, double at_ms)
{
	request(story, &story->hold[hold], F_WRITE, at_ms, OUTCOME_OK);
}

void story_write_unanswered(struct story *story, int hold, double at_ms)
{
	request(story, &story->hold[hold], F_WRITE, at_ms, OUTCOME_INFO);
}

void story_try(struct story *story, int hold, enum function f, double asked_ms,
	       enum outcome outcome)
{
	const struct story_hold *holder = &story->hold[hold];

	maker_op(story->maker, .worker = holder->worker, .attempt = holder->attempt, .f = f,
		 .outcome = outcome, .invoked_ms = asked_ms,
		 .returned_ms = outcome == OUTCOME_INFO ? 0 : asked_ms + 1, .lease = holder->lease,
		 .key = holder->key);
}

void story_acknowledge(struct story *story, int hold, enum function f, double asked_ms,
		       double answered_ms)
{
	const struct story_hold *holder = &story->hold[hold];

	maker_op(story->maker, .worker = holder->worker, .attempt = holder->attempt, .f = f,
		 .outcome = OUTCOME_OK, .invoked_ms = asked_ms, .returned_ms = answered_ms,
		 .lease = holder->lease, .key = holder->key, .revision = story->revision);
}

void story_lose(struct story *story, int hold, double at_ms)
{
	story_try(story, hold, F_LOSE, at_ms, OUTCOME_OK);
}

void story_expire(struct story *story, int hold, double seen_ms)
{
	story->revision++;
	tell(story, &story->hold[hold], true, seen_ms);
}

void story_release(struct story *story, int hold, double asked_ms, double seen_ms)
{
	story_try(story, hold, F_RELEASE, asked_ms, OUTCOME_OK);
	story_expire(story, hold, seen_ms);
}

void story_pass_revisions(struct story *story, int count)
{
	story->revision += count;
}

int64_t story_attempt(struct story *story, int hold)
{
	return story->hold[hold].id;
}

int64_t story_token(struct story *story, int hold)
{
	return story->hold[hold].create_revision;
}

static const struct verdicts *judge(struct story *story, int min_exposures, bool sealed)
{
	const struct checker_config config = {
		.min_exposures = min_exposures, .violations_kept = KEPT, .in_parts = true};
	struct error err = {0};

	maker_close(story->maker, sealed);
	story->maker = NULL;
	must(history_open(story->path, &story->history, &err), &err);
	must(checker_judge(&story->history, &config, &story->verdicts, &err), &err);
	return &story->verdicts;
}

const struct verdicts *story_judge(struct story *story, int min_exposures)
{
	return judge(story, min_exposures, true);
}

const struct verdicts *story_judge_unsealed(struct story *story, int min_exposures)
{
	return judge(story, min_exposures, false);
}

const struct judgement *story_judgement(const struct verdicts *verdicts, int arm)
{
	const struct judgement *judgement =
		&verdicts->judgement[arm == STORY_SERVICE ? verdicts->judgements - 1 : arm];

	CHECK(judgement->arm == arm);
	return judgement;
}

int64_t story_definite(const struct verdicts *verdicts, int arm, enum violation_name name)
{
	return story_judgement(verdicts, arm)->definite[name];
}

int64_t story_possible(const struct verdicts *verdicts, int arm, enum violation_name name)
{
	return story_judgement(verdicts, arm)->possible[name];
}

int64_t story_total(const struct verdicts *verdicts)
{
	int64_t total = 0;

	for (int i = 0; i < verdicts->judgements; i++)
		for (int name = 0; name < VIOLATION_NAMES_COUNT; name++)
			total += verdicts->judgement[i].definite[name] +
				 verdicts->judgement[i].possible[name];
	return total;
}

const struct violation *story_violation(const struct verdicts *verdicts, enum violation_name name)
{
	for (int i = 0; i < verdicts->violations; i++)
		if (verdicts->violation[i].name == name)
			return &verdicts->violation[i];
	return NULL;
}

bool violation_cites(const struct violation *violation, const char *kind, int64_t ref,
		     const char *part)
{
	for (int i = 0; i < violation->evidences; i++) {
		const struct evidence *evidence = &violation->evidence[i];

		if (!strcmp(evidence->kind, kind) && evidence->ref == ref &&
		    !strcmp(evidence->part, part))
			return true;
	}
	return false;
}
