/*
 * Three who want one lock of a real etcd, and take it step by step by whatever recipe a test tries;
 * one may wait for it in a thread of its own.
 */
#ifndef UNIT_WORKLOADS_PARTIES_H
#define UNIT_WORKLOADS_PARTIES_H

#include <check.h>
#include <pthread.h>

#include "tests/unit/workloads_lane.h"
#include "workloads/recipe_lock.h"

enum { PARTIES = 3 };

/* One lock, three who want it. */
static const struct arm plain_arm;
static const struct lock_terms terms = {
	.service = &lane.service, .lock = "lock/1", .ttl_s = 30, .arm = &plain_arm};
static struct party {
	struct lock_client *client;
	struct lock_session session;
	const struct lock_client_steps *steps;
	pthread_t thread; /* of the acquire that waits */
	struct lock_answer answer;
} party[PARTIES];

static inline int64_t in_ms(int64_t ms)
{
	return clock_now_ns() + ms * NS_PER_MS;
}

static inline void parties_open(void)
{
	struct error err = {0};

	lane_open();
	for (int i = 0; i < PARTIES; i++) {
		party[i] = (struct party){0};
		ck_assert_int_eq(lock_open(&party[i].client, &terms, &err), 0);
	}
}

static inline void parties_close(void)
{
	for (int i = 0; i < PARTIES; i++)
		lock_close(party[i].client);
	lane_close();
}

static inline struct lock_answer take(struct party *of, lock_step *step)
{
	return step(of->client, &of->session, in_ms(5000));
}

#define ck_ok(answer)                                                                              \
	({                                                                                         \
		struct lock_answer ok_ = (answer);                                                 \
		ck_assert_msg(ok_.outcome == OUTCOME_OK, "%d: %s", ok_.outcome, ok_.error);        \
		ok_;                                                                               \
	})

static inline void ck_refused(struct lock_answer answer, const char *why)
{
	ck_assert_int_eq(answer.outcome, OUTCOME_FAIL);
	ck_assert_str_eq(answer.error, why);
	ck_assert(!answer.unheard);
}

/* A session, and an acquire with five seconds. */
static inline struct lock_answer acquire(struct party *of, const struct lock_client_steps *steps)
{
	of->steps = steps;
	if (steps->open_session && !of->session.kept)
		ck_ok(take(of, steps->open_session));
	return take(of, steps->acquire);
}

/* Its key goes with it. */
static inline void end_lease(struct party *of)
{
	ck_ok(take(of, lock_close_session));
}

/* The keys of the lock, at most eight; the first of them by name is in *first. */
static inline int count_keys(struct etcd_kv *first)
{
	struct etcd_kv kv[8];
	int count;

	ck_assert_int_eq(
		etcd_range(party[0].client->etcd, "lock/1/", true, kv, 8, &count, in_ms(5000))
			.outcome,
		ETCD_OK);
	if (first && count)
		*first = kv[0];
	return count;
}

static inline void *wait_for_lock(void *context)
{
	struct party *of = context;

	of->answer = of->steps->acquire(of->client, &of->session, in_ms(15 * 1000));
	return NULL;
}

static inline void begin_to_wait(struct party *of, const struct lock_client_steps *steps)
{
	of->steps = steps;
	ck_ok(take(of, steps->open_session));
	ck_assert_int_eq(pthread_create(&of->thread, NULL, wait_for_lock, of), 0);
}

static inline struct lock_answer end_of_wait(struct party *of)
{
	ck_assert_int_eq(pthread_join(of->thread, NULL), 0);
	return of->answer;
}

#endif
