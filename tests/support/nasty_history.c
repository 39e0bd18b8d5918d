#include "tests/support/nasty_history.h"

#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "tests/support/history_maker.h"

enum { WORKERS = 3, ATTEMPTS = 7, MEMBERS = 3, KEPT = 32, BEGIN_MS = 50 };

struct lane {
	struct maker *maker;
	struct random_stream *random;
	int lane;
	bool tidy;             /* one after another, and nobody lies */
	int64_t revision;      /* the last one */
	int64_t removed[KEPT]; /* revisions at which keys went */
	int removals;
	double now_ms[WORKERS];
	uint32_t attempts[WORKERS]; /* of the present process */
};

/* One attempt while it is told. */
struct
try {
	int worker;
	uint32_t attempt;
	int64_t lease, revision; /* of the put */
	char key[32];
	double asked_ms, from_ms, to_ms; /* from: the answer; to: it gives up */
	bool stood;                      /* the key was put, and nobody has removed it */
};

static int64_t draw(struct lane *lane, int64_t low, int64_t high)
{
	return random_between(lane->random, low, high);
}

static bool often(struct lane *lane, int percent)
{
	return draw(lane, 1, 100) <= percent;
}

/* In a tidy lane never. */
static bool mess(struct lane *lane, int percent)
{
	return !lane->tidy && often(lane, percent);
}

static enum outcome any_outcome(struct lane *lane, int ok_percent)
{
	if (often(lane, ok_percent))
		return OUTCOME_OK;
	return often(lane, 50) ? OUTCOME_INFO : OUTCOME_FAIL;
}

/* What a worker does, with an answer `took_ms` later, or none. */
static void does(struct lane *lane, const struct try *try, struct maker_op op, double at_ms,
		 double took_ms)
{
	op.lane = lane->lane;
	op.worker = try->worker;
	op.attempt = mess(lane, 1) ? 0 : try->attempt;
	op.endpoint = (int)draw(lane, -1, MEMBERS - 1);
	op.invoked_ms = at_ms;
	op.returned_ms = op.outcome == OUTCOME_INFO && often(lane, 50) ? 0 : at_ms + took_ms;
	if (!op.lease && !mess(lane, 10))
		op.lease = try->lease;
	if (!op.key && often(lane, 80))
		op.key = try->key;
	maker_add_op(lane->maker, &op);
}

/* Key events ----------------------------------------------------------------------------------- */

/* Several members' words about one change, some of them false. */
static void members_tell(struct lane *lane, struct maker_key key, double at_ms)
{
	for (int member = 0; member < MEMBERS; member++) {
		struct maker_key word = key;

		if (often(lane, 25))
			continue;
		word.lane = mess(lane, 1) ? -1 : lane->lane;
		word.member = member;
		word.seen_ms = at_ms + (double)draw(lane, 0, lane->tidy ? 2 : 40);
		if (mess(lane, 3))
			word.lease = draw(lane, 0, 4);
		if (mess(lane, 3))
			word.create_revision = draw(lane, 0, word.revision);
		if (mess(lane, 2))
			word.deleted = !word.deleted;
		for (int times = mess(lane, 5) ? 2 : 1; times > 0; times--)
			maker_add_key(lane->maker, &word);
	}
}

static void put_key(struct lane *lane, struct try *try, int64_t create_revision, int64_t lease,
		    double at_ms)
{
	lane->revision += draw(lane, 1, 3);
	members_tell(lane,
		     (struct maker_key){.revision = lane->revision,
					.create_revision = create_revision ?: lane->revision,
					.lease = lease,
					.key = try->key},
		     at_ms);
	try->stood = true;
}

static void remove_key(struct lane *lane, struct try *try, double at_ms)
{
	if (!try->stood)
		return;
	lane->revision += mess(lane, 10) ? 0 : 1;
	lane->removed[lane->removals++ % KEPT] = lane->revision;
	try->stood = false;
	if (!mess(lane, 8)) /* else nobody tells */
		members_tell(
			lane,
			(struct maker_key){.revision = lane->revision,
					   .create_revision = often(lane, 50) ? try->revision : 0,
					   .deleted = true,
					   .key = try->key},
			at_ms);
}

/* Put again by its lease; deleted and put again; taken over. */
static void mistreat_key(struct lane *lane, struct try *try, double at_ms)
{
	if (mess(lane, 15))
		put_key(lane, try, try->revision, try->lease, at_ms);
	for (int times = mess(lane, 15) ? 2 : 0; times > 0; times--) /* if that could be */
		put_key(lane, try, draw(lane, try->revision, lane->revision), try->lease, at_ms);
	if (mess(lane, 8)) { /* it went, untold */
		lane->revision++;
		put_key(lane, try, 0, try->lease, at_ms);
	}
	if (mess(lane, 10))
		put_key(lane, try, often(lane, 50) ? try->revision : 0, draw(lane, 1, 6), at_ms);
	if (mess(lane, 10)) {
		remove_key(lane, try, at_ms);
		if (often(lane, 50))
			put_key(lane, try, 0, try->lease, at_ms + 3);
	}
}

/* Operations ----------------------------------------------------------------------------------- */

/* Several tries, with luck one of them ok; its answer is the begin of the hold. */
static void acquire(struct lane *lane, struct try *try)
{
	double at_ms = try->asked_ms;

	for (int tries = mess(lane, 30) ? 3 : 1; tries > 0; tries--) {
		struct maker_op op = {.f = F_ACQUIRE, .outcome = any_outcome(lane, 85)};

		if (op.outcome == OUTCOME_OK && often(lane, 80))
			op.revision =
				mess(lane, 20) ? draw(lane, 1, lane->revision) : lane->revision;
		if (mess(lane, 5))
			op.mode = MODE_SHARED;
		does(lane, try, op, at_ms, try->from_ms - try->asked_ms);
		at_ms += (double)draw(lane, 0, 10);
	}
}

static void renew(struct lane *lane, struct try *try)
{
	for (int i = (int)draw(lane, 0, 3); i > 0; i--) {
		double at_ms = (double)draw(lane, (int64_t)try->asked_ms, (int64_t)try->to_ms);
		struct maker_op op = {.f = F_KEEPALIVE, .outcome = any_outcome(lane, 80)};

		if (lane->tidy && at_ms < try->from_ms)
			continue;
		if (op.outcome == OUTCOME_OK && !mess(lane, 20))
			op.ttl_ms = (int)draw(lane, 5, 60);
		does(lane, try, op, at_ms, (double)draw(lane, 0, 5));
	}
	if (often(lane, 60))
		does(lane, try,
		     (struct maker_op){.f = F_TOKEN,
				       .outcome = any_outcome(lane, 80),
				       .token = mess(lane, 20) ? draw(lane, 0, 9) : try->revision,
				       .revision = lane->revision},
		     try->from_ms + (double)draw(lane, 0, 3), 1);
	if (often(lane, 40))
		does(lane, try,
		     (struct maker_op){
			     .f = F_READ, .outcome = any_outcome(lane, 80), .token = try->revision},
		     try->from_ms + (double)draw(lane, 0, 5), 1);
}

static int64_t answered_revision(struct lane *lane)
{
	if (lane->removals && often(lane, 70))
		return lane->removed[draw(lane, 0,
					  lane->removals < KEPT ? lane->removals - 1 : KEPT - 1)];
	return often(lane, 30) ? 0 : lane->revision;
}

/* A release, a revoke and a loss, in any order, some of them before the answer. */
static void give_up(struct lane *lane, struct try *try)
{
	static const enum function ways[] = {F_RELEASE, F_LEASE_REVOKE, F_LOSE};
	int first = (int)draw(lane, 0, 2);

	for (int i = 0; i < 3; i++) {
		struct maker_op op = {.f = ways[(first + i) % 3], .outcome = OUTCOME_OK};
		double at_ms = try->to_ms + (double)draw(lane, 0, 2) * (i > 0);

		if (!often(lane, i ? 35 : 90) && (i || !lane->tidy))
			continue;
		if (op.f != F_LOSE)
			op.outcome = any_outcome(lane, 80);
		if (op.f == F_RELEASE && op.outcome == OUTCOME_OK)
			op.revision = lane->tidy ? lane->revision : answered_revision(lane);
		if (mess(lane, 10))
			at_ms = (double)draw(lane, (int64_t)try->asked_ms, (int64_t)try->to_ms);
		does(lane, try, op, at_ms, op.f == F_LOSE ? 0 : (double)draw(lane, 0, 5));
	}
}

/* The worker is killed, perhaps before its answer; the conductor sees it later, or a fault tells.
 */
static void die(struct lane *lane, struct try *try)
{
	int64_t from_ms = (int64_t)(lane->tidy ? try->from_ms : try->asked_ms);
	double at_ms = (double)draw(lane, from_ms, (int64_t)try->to_ms + 3);

	if (often(lane, 70))
		maker_fault(lane->maker, .kind = often(lane, 80) ? "kill" : "pause",
			    .lane = lane->lane, .worker = try->worker, .attempt = try->attempt,
			    .began_ms = at_ms, .ended_ms = often(lane, 90) ? at_ms + 9 : 0,
			    .bitten = often(lane, 80));
	if (often(lane, 80)) {
		maker_restart(lane->maker, lane->lane, try->worker,
			      at_ms + (double)draw(lane, 0, 4));
		lane->attempts[try->worker] = 0;
	}
}

static void attempt(struct lane *lane, int worker)
{
	double *now_ms = &lane->now_ms[lane->tidy ? 0 : worker];
	struct try try = {.worker = worker, .attempt = ++lane->attempts[worker]};

	try.asked_ms = *now_ms + (double)draw(lane, 0, 4);
	try.from_ms = try.asked_ms + (double)draw(lane, 0, 6);
	try.to_ms = try.from_ms + (double)draw(lane, 0, 30);
	*now_ms = try.to_ms + (double)draw(lane, 0, 6);
	try.lease = mess(lane, 10) ? draw(lane, 1, 6) : 100 + lane->revision;
	snprintf(try.key, sizeof(try.key), "lock/%lld",
		 (long long)(mess(lane, 25) ? draw(lane, 1, 3) : try.lease));
	if (often(lane, 85))
		does(lane, &try,
		     (struct maker_op){.f = F_LEASE_GRANT,
				       .outcome = any_outcome(lane, 85),
				       .ttl_ms = (int)draw(lane, 5, 60)},
		     try.asked_ms, 0);
	if (!mess(lane, 10))
		put_key(lane, &try, 0, try.lease, try.asked_ms);
	try.revision = lane->revision;
	acquire(lane, &try);
	renew(lane, &try);
	mistreat_key(lane, &try, try.from_ms + 1);
	if (!mess(lane, 15))
		remove_key(lane, &try, try.to_ms - (double)(mess(lane, 30) * draw(lane, 0, 20)));
	if (lane->tidy || !often(lane, 12))
		give_up(lane, &try);
	if (often(lane, 15))
		die(lane, &try);
}

void nasty_history_make(const char *path, uint64_t seed, int lanes)
{
	struct random_stream random = random_open(seed, "nasty history");
	struct maker *maker = maker_open(path);
	int arms[] = {maker_arm(maker, .guard = "none"), maker_arm(maker, .guard = "token"),
		      maker_arm(maker, .guard = "none", .planted = PLANTED_CLIENT)};

	for (int i = 0; i < lanes; i++) {
		int kind = (int)random_between(&random, 0, 7);
		struct lane lane = {
			.maker = maker,
			.random = &random,
			.lane = maker_lane(maker, arms[kind == 7 ? 2 : kind & 1]),
			.tidy = random_between(&random, 0, 1) == 0,
			.revision = 10,
			.now_ms = {BEGIN_MS, BEGIN_MS, BEGIN_MS},
		};

		for (int k = 0; k < ATTEMPTS; k++)
			attempt(&lane, (int)random_between(&random, 0, WORKERS - 1));
	}
	maker_close(maker, true);
}
