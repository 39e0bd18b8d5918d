/*
 * A lane's history told step by step, as workers, service, witness and store would have left it;
 *for the tests of the checker. Steps are told in the order of time: revisions, versions and the
 *store's greatest token count on from step to step.
 *
 *	struct story *story = story_open("none", 0);
 *	int a = story_ask(story, 0, 100);	worker 0 asks at 100 ms, its key is made
 *	story_get(story, a, 110);		and is told ok at 110 ms
 *	story_read(story, a, 120);
 *	story_expire(story, a, 2200);		the service ends its lease
 *	story_write(story, a, 2500);
 *	struct verdicts *verdicts = story_judge(story, 30);
 *	story_end(story);
 *
 * A hold has a lease of its own with a TTL of 2 s, granted when it asks.
 */
#ifndef TESTS_LOCK_STORY_H
#define TESTS_LOCK_STORY_H

#include "history/verdicts.h"
#include "tests/support/history_maker.h"

enum { STORY_TTL_MS = 2000, STORY_SERVICE = -1 };

struct story;

struct story *story_open(const char *guard, unsigned int planted);
/* The same of a lock that several may hold. */
struct story *story_open_shared(const char *guard, unsigned int planted, const char *model,
				int permits);
void story_end(struct story *story);
struct maker *story_maker(struct story *story); /* for what has no step below; lane 0, arm 0 */

int story_ask(struct story *story, int worker, double at_ms); /* the hold's number */
/* The same of one who shares the lock. */
int story_ask_shared(struct story *story, int worker, double at_ms);
/* The key was never made. */
int story_ask_in_vain(struct story *story, int worker, double at_ms);
void story_get(struct story *story, int hold, double at_ms); /* the acquire answers ok */
void story_not_get(struct story *story, int hold, double at_ms, enum outcome outcome);
/* As story_get, without a revision in the answer, and the key unnamed. */
void story_get_unnamed(struct story *story, int hold, double at_ms);
void story_renew(struct story *story, int hold, double sent_ms, double acknowledged_ms);
/* A renewal is answered: the lease is gone. */
void story_told_gone(struct story *story, int hold, double sent_ms, double answered_ms);
void story_learn_token(struct story *story, int hold, double at_ms, int64_t token);
void story_read(struct story *story, int hold, double at_ms);
/* Applied. On the version that the hold has read last. */
void story_write(struct story *story, int hold, double at_ms);
void story_write_unanswered(struct story *story, int hold, double at_ms);
void story_lose(struct story *story, int hold, double at_ms);
/* The worker asks at asked_ms; the key is seen deleted at seen_ms. */
void story_release(struct story *story, int hold, double asked_ms, double seen_ms);
/* The worker asks, and it is not known what came of it; the key stays. */
void story_try(struct story *story, int hold, enum function f, double asked_ms,
	       enum outcome outcome);
/* The worker's release or revoke is acknowledged; the answer names the last revision. */
void story_acknowledge(struct story *story, int hold, enum function f, double asked_ms,
		       double answered_ms);
void story_expire(struct story *story, int hold, double seen_ms); /* deleted by the service */
void story_pass_revisions(struct story *story, int count);

int64_t story_attempt(struct story *story, int hold); /* attempt.id */
int64_t story_token(struct story *story, int hold);   /* the key's create_revision */

/* Seals the file and judges it. Everything belongs to the story, until story_end. */
const struct verdicts *story_judge(struct story *story, int min_exposures);
const struct verdicts *story_judge_unsealed(struct story *story, int min_exposures);

/* Of arm 0, or of the service. */
const struct judgement *story_judgement(const struct verdicts *verdicts, int arm);
int64_t story_definite(const struct verdicts *verdicts, int arm, enum violation_name name);
int64_t story_possible(const struct verdicts *verdicts, int arm, enum violation_name name);
/* All violations, definite and possible, of everybody. */
int64_t story_total(const struct verdicts *verdicts);
/* The first one of this name; NULL. */
const struct violation *story_violation(const struct verdicts *verdicts, enum violation_name name);
bool violation_cites(const struct violation *violation, const char *kind, int64_t ref,
		     const char *part);

#endif
