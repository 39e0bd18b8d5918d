/*
 * Locks that several may hold: what is no violation of theirs, what is, and what puts a holder into
 * danger; by hand, and of random lanes against a count by the definition.
 */
#include <check.h>
#include <string.h>

#include "base/random.h"
#include "tests/support/lock_story.h"
#include "tests/support/suite.h"

static struct story *rwlock(const char *guard)
{
	return story_open_shared(guard, 0, "rwlock", 1);
}

static struct story *semaphore(int permits)
{
	return story_open_shared("none", 0, "semaphore", permits);
}

/* Asks and is told ok ten milliseconds later. */
static int hold(struct story *story, int worker, enum mode mode, double at_ms)
{
	int hold = (mode == MODE_SHARED ? story_ask_shared : story_ask)(story, worker, at_ms);

	story_get(story, hold, at_ms + 10);
	return hold;
}

static int reads(struct story *story, int worker, double at_ms)
{
	return hold(story, worker, MODE_SHARED, at_ms);
}

static int writes(struct story *story, int worker, double at_ms)
{
	return hold(story, worker, MODE_EXCLUSIVE, at_ms);
}

/* Read-write locks: who may hold together ------------------------------------------------------ */

START_TEST(readers_hold_together)
{
	struct story *story = rwlock("none");
	int a = reads(story, 0, 100), b = reads(story, 1, 200), c = reads(story, 2, 300);

	story_renew(story, a, 400, 401);
	story_renew(story, b, 400, 401);
	story_read(story, a, 410);
	story_read(story, b, 420);
	story_read(story, a, 430);
	story_release(story, c, 500, 501);
	story_release(story, a, 600, 601);
	story_release(story, b, 700, 701);
	int d = writes(story, 2, 800);

	story_read(story, d, 820);
	story_write(story, d, 830);
	story_release(story, d, 900, 901);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_total(verdicts), 0);
	for (int level = 0; level < EXCLUSION_LEVELS_COUNT; level++) {
		const struct exclusion *exclusion = &story_judgement(verdicts, 0)->exclusion[level];

		ck_assert_int_eq(exclusion->verdict, EXCLUSION_HELD);
		ck_assert_str_eq(exclusion->procedure, "T5");
	}
	story_end(story);
}
END_TEST

/* Worker 0 holds 110 .. 1000, worker 1 from 210 on; neither has been asked to end. */
static void expect_overlap(enum mode first, enum mode second, const char *summary)
{
	struct story *story = rwlock("none");
	int a = hold(story, 0, first, 100), b = hold(story, 1, second, 200);

	story_renew(story, a, 400, 401);
	story_renew(story, b, 400, 401);
	story_release(story, a, 1000, 1001);
	story_release(story, b, 1100, 1101);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_OVERLAP), 1);
	ck_assert_int_eq(story_definite(verdicts, -1, VIOLATION_OVERLAP_SAFE), 1);
	ck_assert_int_eq(story_definite(verdicts, -1, VIOLATION_OVERLAP_GRANTED), 1);
	ck_assert_int_eq(story_definite(verdicts, -1, VIOLATION_NOT_LINEARIZABLE), 1);
	ck_assert_int_eq(story_judgement(verdicts, 0)->verdict, VERDICT_UNSAFE);
	ck_assert_str_eq(story_violation(verdicts, VIOLATION_OVERLAP)->summary, summary);
	story_end(story);
}

START_TEST(a_writer_holds_alone)
{
	expect_overlap(MODE_SHARED, MODE_EXCLUSIVE,
		       "w-0-0 for reading (revision 11) and w-0-1 for writing (revision 12) "
		       "believed that they held at once from 0.210 s for 0.790 s");
	expect_overlap(MODE_EXCLUSIVE, MODE_SHARED,
		       "w-0-0 for writing (revision 11) and w-0-1 for reading (revision 12) "
		       "believed that they held at once from 0.210 s for 0.790 s");
	expect_overlap(MODE_EXCLUSIVE, MODE_EXCLUSIVE,
		       "w-0-0 for writing (revision 11) and w-0-1 for writing (revision 12) "
		       "believed that they held at once from 0.210 s for 0.790 s");
}
END_TEST

/* The one that ends last of those who keep it out is the one that is named. */
START_TEST(a_writer_is_seen_behind_a_reader_that_holds_for_longer)
{
	struct story *story = rwlock("none");
	int a = writes(story, 0, 100), b = reads(story, 1, 200), c = reads(story, 2, 300);

	story_release(story, a, 400, 401);
	story_release(story, b, 1500, 1501);
	story_release(story, c, 1600, 1601);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_OVERLAP), 2);
	story_end(story);
}
END_TEST

START_TEST(of_a_mutex_nobody_reads_whatever_its_rows_say)
{
	struct story *story = story_open("none", 0);

	reads(story, 0, 100);
	reads(story, 1, 200);
	ck_assert_int_eq(story_definite(story_judge(story, 1), 0, VIOLATION_OVERLAP), 1);
	story_end(story);
}
END_TEST

/* Semaphores ----------------------------------------------------------------------------------- */

START_TEST(a_semaphore_is_held_by_as_many_as_it_has_permits)
{
	struct story *story = semaphore(3);
	int held[4];

	for (int i = 0; i < 3; i++)
		held[i] = reads(story, i, 100 + 100 * i);
	story_release(story, held[1], 500, 501);
	held[3] = reads(story, 3, 510);
	story_read(story, held[3], 620);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_total(verdicts), 0);
	ck_assert_str_eq(story_judgement(verdicts, 0)->exclusion[EXCLUSION_CLIENT].procedure, "T5");
	story_end(story);
}
END_TEST

START_TEST(nobody_comes_on_top_of_himself)
{
	struct story *story = semaphore(2);

	for (int i = 0; i < 3; i++)
		reads(story, 0, 100 + 100 * i);
	reads(story, 1, 400);
	ck_assert_int_eq(story_definite(story_judge(story, 1), 0, VIOLATION_OVERLAP), 0);
	story_end(story);
}
END_TEST

START_TEST(one_holder_more_than_permits_is_an_overlap)
{
	struct story *story = semaphore(3);
	int held[4];

	for (int i = 0; i < 4; i++)
		held[i] = reads(story, i, 100 + 100 * i);
	for (int i = 0; i < 4; i++)
		story_renew(story, held[i], 500, 501);
	story_release(story, held[1], 600, 601);
	for (int i = 0; i < 4; i += 1 + (i == 0)) /* all but 1 */
		story_release(story, held[i], 700 + i, 710 + i);
	const struct verdicts *verdicts = story_judge(story, 1);
	const struct violation *violation = story_violation(verdicts, VIOLATION_OVERLAP);

	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_OVERLAP), 1);
	ck_assert_int_eq(story_definite(verdicts, -1, VIOLATION_OVERLAP_SAFE), 1);
	ck_assert_int_eq(story_definite(verdicts, -1, VIOLATION_OVERLAP_GRANTED), 1);
	ck_assert_int_eq(story_definite(verdicts, -1, VIOLATION_NOT_LINEARIZABLE), 1);
	ck_assert_int_eq(violation->at_ns, 410000000);
	/* It is over when the first of them is. */
	ck_assert_ptr_nonnull(strstr(violation->summary, "at once from 0.410 s for 0.190 s, beside "
							 "2 more: 4 where 3 may"));
	for (int i = 0; i < 3; i++)
		ck_assert(violation_cites(violation, "attempt", story_attempt(story, held[i]),
					  "holder"));
	ck_assert(violation_cites(violation, "attempt", story_attempt(story, held[3]),
				  "later holder"));
	story_end(story);
}
END_TEST

/* Worker 1 is stopped; its lease ends, and worker 2 is let in beside worker 0. */
START_TEST(of_those_who_hold_a_semaphore_the_one_whose_key_went_is_at_fault)
{
	struct story *story = semaphore(2);
	int a = reads(story, 0, 100), b = reads(story, 1, 200);
	int c = story_ask_shared(story, 2, 300);

	story_renew(story, a, 1000, 1001);
	story_expire(story, b, 2300);
	story_get(story, c, 2305);
	story_lose(story, b, 2400);
	story_release(story, c, 2500, 2501);
	story_release(story, a, 2600, 2601);
	const struct verdicts *verdicts = story_judge(story, 1);
	const struct judgement *judgement = story_judgement(verdicts, 0);
	const struct violation *violation = story_violation(verdicts, VIOLATION_OVERLAP);

	ck_assert_int_eq(story_total(verdicts), 1);
	ck_assert_ptr_nonnull(strstr(violation->summary, "w-0-1 (revision 12) and w-0-2"));
	ck_assert_int_eq(judgement->exposures, 1);
	ck_assert_int_eq(judgement->events, 1);
	story_end(story);
}
END_TEST

/* Grants --------------------------------------------------------------------------------------- */

/* Worker 1's key goes while worker 0's, ahead of it, still stands. */
static bool is_ghost(struct story *story, enum mode first, enum mode second)
{
	int a = hold(story, 0, first, 100), b = hold(story, 1, second, 200);

	story_release(story, b, 300, 301);
	story_release(story, a, 400, 401);
	bool found = story_definite(story_judge(story, 1), -1, VIOLATION_GHOST_GRANT) == 1;

	story_end(story);
	return found;
}

START_TEST(a_key_that_was_never_first_is_a_ghost_only_of_whom_it_keeps_out)
{
	ck_assert(!is_ghost(rwlock("none"), MODE_SHARED, MODE_SHARED));
	ck_assert(is_ghost(rwlock("none"), MODE_SHARED, MODE_EXCLUSIVE));
	ck_assert(is_ghost(rwlock("none"), MODE_EXCLUSIVE, MODE_SHARED));
	ck_assert(is_ghost(semaphore(1), MODE_SHARED, MODE_SHARED));
	ck_assert(!is_ghost(semaphore(2), MODE_SHARED, MODE_SHARED));
}
END_TEST

/* Of a key whose making no worker tells nobody knows whether it is a writer's. */
START_TEST(a_key_of_nobodys_makes_no_reader_a_ghost)
{
	struct story *story = rwlock("none");

	maker_key(story_maker(story), .lane = 0, .revision = 5, .create_revision = 5, .lease = 1,
		  .key = "lock/none/0/1", .seen_ms = 50);
	int a = reads(story, 0, 100);

	story_release(story, a, 300, 301);
	maker_key(story_maker(story), .lane = 0, .deleted = true, .revision = 90,
		  .create_revision = 5, .key = "lock/none/0/1", .seen_ms = 500);
	ck_assert_int_eq(story_total(story_judge(story, 1)), 0);
	story_end(story);
}
END_TEST

/* What the resource suffers -------------------------------------------------------------------- */

/* Worker 0 was stopped, and its lease has ended; worker 1 holds by then, and has used the resource.
 * Worker 0 had stopped to believe, so that there is no overlap; then comes its last request. */
static const struct verdicts *late_request(struct story *story, enum mode first, enum mode second)
{
	int a = hold(story, 0, first, 100);

	story_learn_token(story, a, 115, story_token(story, a));
	story_read(story, a, 120);
	int b = (second == MODE_SHARED ? story_ask_shared : story_ask)(story, 1, 200);

	story_expire(story, a, 2300);
	story_lose(story, a, 2302);
	story_get(story, b, 2305);
	story_learn_token(story, b, 2310, story_token(story, b));
	story_read(story, b, 2320);
	if (second == MODE_EXCLUSIVE)
		story_write(story, b, 2330);
	if (first == MODE_SHARED)
		story_read(story, a, 2400);
	else
		story_write(story, a, 2400);
	story_release(story, b, 2500, 2501);
	return story_judge(story, 1);
}

START_TEST(a_stale_readers_read_harms_nothing)
{
	struct story *story = rwlock("none");

	ck_assert_int_eq(story_total(late_request(story, MODE_SHARED, MODE_EXCLUSIVE)), 0);
	story_end(story);
}
END_TEST

START_TEST(a_stale_writers_write_behind_a_readers_read_is_late)
{
	struct story *story = rwlock("none");
	const struct verdicts *verdicts = late_request(story, MODE_EXCLUSIVE, MODE_SHARED);

	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_LATE_WRITE), 1);
	ck_assert_int_eq(story_total(verdicts), 1);
	story_end(story);
	story = rwlock("none");
	verdicts = late_request(story, MODE_EXCLUSIVE, MODE_EXCLUSIVE);
	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_STALE_WRITE), 1);
	story_end(story);
}
END_TEST

/* Whose read comes behind a later reader's is in time, unless a writer has come: that one tests the
 * guard, which lets it through here. */
START_TEST(token_of_a_reader_is_held_against_writers_only)
{
	static const struct {
		enum mode first, second;
		int tests, breaches;
	} cases[] = {
		{MODE_SHARED, MODE_SHARED, 0, 0},
		{MODE_SHARED, MODE_EXCLUSIVE, 1, 1},
		{MODE_EXCLUSIVE, MODE_SHARED, 1, 1},
	};
	struct story *story = rwlock("token");
	const struct verdicts *verdicts = late_request(story, cases[_i].first, cases[_i].second);
	const struct judgement *judgement = story_judgement(verdicts, 0);

	ck_assert_int_eq(judgement->measure[MEASURE_GUARD_TESTS], cases[_i].tests);
	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_FENCE_BREACH), cases[_i].breaches);
	story_end(story);
}
END_TEST

/* Exposures ------------------------------------------------------------------------------------ */

/* Worker 0's lease ends at 2,300 ms while it believes, until 2,310 ms, and worker 1 waits. */
static int64_t exposures(struct story *story, enum mode holder, enum mode waiter)
{
	int a = hold(story, 0, holder, 100);
	int b = (waiter == MODE_SHARED ? story_ask_shared : story_ask)(story, 1, 200);

	story_expire(story, a, 2300);
	story_lose(story, a, 2310);
	story_get(story, b, 2320);
	story_release(story, b, 2500, 2501);
	int64_t found = story_judgement(story_judge(story, 1), 0)->exposures;

	story_end(story);
	return found;
}

START_TEST(a_hold_is_exposed_by_whom_it_keeps_waiting)
{
	ck_assert_int_eq(exposures(rwlock("none"), MODE_SHARED, MODE_EXCLUSIVE), 1);
	ck_assert_int_eq(exposures(rwlock("none"), MODE_SHARED, MODE_SHARED), 0);
	ck_assert_int_eq(exposures(rwlock("none"), MODE_EXCLUSIVE, MODE_SHARED), 1);
	ck_assert_int_eq(exposures(rwlock("none"), MODE_EXCLUSIVE, MODE_EXCLUSIVE), 1);
	ck_assert_int_eq(exposures(semaphore(1), MODE_SHARED, MODE_SHARED), 1);
}
END_TEST

/* The witness sees worker 0's key go at 2,300 ms, when worker 2 has had its answer; that names a
 * revision by which it had gone, or one by which it had not. */
static int64_t exposures_by_queue(bool gone)
{
	struct story *story = rwlock("none");
	int a = reads(story, 0, 100), b = reads(story, 1, 200), c = story_ask(story, 2, 300);

	story_release(story, b, 400, 401);
	story_lose(story, a, 2200);
	if (gone)
		story_expire(story, a, 2300);
	story_get(story, c, 2299.5);
	if (!gone)
		story_expire(story, a, 2300);
	story_release(story, c, 2500, 2501);
	int64_t found = story_judgement(story_judge(story, 1), 0)->exposures;

	story_end(story);
	return found;
}

START_TEST(the_queue_tells_who_waited_behind_readers)
{
	ck_assert_int_eq(exposures_by_queue(true), 1);
	ck_assert_int_eq(exposures_by_queue(false), 0);
}
END_TEST

/* Random lanes --------------------------------------------------------------------------------- */

enum { WORKERS = 5, HOLDS = 24 };

struct drawn {
	int worker;
	enum mode mode;
	double from_ms, to_ms;
};

/* So many other workers believe at its begin whom it may not join. */
static int64_t count_by_definition(enum sharing sharing, int permits, const struct drawn *drawn)
{
	int64_t overlaps = 0;

	for (int i = 0; i < HOLDS; i++) {
		bool believes[WORKERS] = {false};
		int others = 0;

		for (int j = 0; j < i; j++)
			believes[drawn[j].worker] |=
				drawn[j].worker != drawn[i].worker &&
				drawn[j].to_ms > drawn[i].from_ms &&
				sharing_keeps_out(sharing, drawn[j].mode, drawn[i].mode);
		for (int worker = 0; worker < WORKERS; worker++)
			others += believes[worker];
		overlaps += others >= permits;
	}
	return overlaps;
}

START_TEST(overlaps_of_random_lanes_are_those_of_the_definition)
{
	static const struct {
		const char *model;
		enum sharing sharing;
		int permits;
	} kinds[] = {{"mutex", SHARING_MUTEX, 1},
		     {"rwlock", SHARING_RWLOCK, 1},
		     {"semaphore", SHARING_SEMAPHORE, 2},
		     {"semaphore", SHARING_SEMAPHORE, 3}};
	struct random_stream random = random_open((uint64_t)_i, "sharing");
	struct drawn drawn[HOLDS];
	int held[HOLDS];
	int kind = _i % 4;
	struct story *story = story_open_shared("none", 0, kinds[kind].model, kinds[kind].permits);

	for (int i = 0; i < HOLDS; i++) {
		double at_ms = 100 + 20 * i;
		enum mode mode = (enum mode)random_between(&random, 0, 1);

		drawn[i] = (struct drawn){(int)random_between(&random, 0, WORKERS - 1), mode,
					  at_ms + 10,
					  at_ms + 11 + (double)random_between(&random, 0, 120)};
		held[i] = hold(story, drawn[i].worker, mode, at_ms);
	}
	for (int i = 0; i < HOLDS; i++)
		story_lose(story, held[i], drawn[i].to_ms);
	ck_assert_int_eq(story_definite(story_judge(story, 1), 0, VIOLATION_OVERLAP),
			 count_by_definition(kinds[kind].sharing, kinds[kind].permits, drawn));
	story_end(story);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: locks that several may hold");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, readers_hold_together);
	tcase_add_test(tests, a_writer_holds_alone);
	tcase_add_test(tests, a_writer_is_seen_behind_a_reader_that_holds_for_longer);
	tcase_add_test(tests, of_a_mutex_nobody_reads_whatever_its_rows_say);
	tcase_add_test(tests, a_semaphore_is_held_by_as_many_as_it_has_permits);
	tcase_add_test(tests, nobody_comes_on_top_of_himself);
	tcase_add_test(tests, one_holder_more_than_permits_is_an_overlap);
	tcase_add_test(tests, of_those_who_hold_a_semaphore_the_one_whose_key_went_is_at_fault);
	tcase_add_test(tests, a_key_that_was_never_first_is_a_ghost_only_of_whom_it_keeps_out);
	tcase_add_test(tests, a_key_of_nobodys_makes_no_reader_a_ghost);
	tcase_add_test(tests, a_stale_readers_read_harms_nothing);
	tcase_add_test(tests, a_stale_writers_write_behind_a_readers_read_is_late);
	tcase_add_loop_test(tests, token_of_a_reader_is_held_against_writers_only, 0, 3);
	tcase_add_test(tests, a_hold_is_exposed_by_whom_it_keeps_waiting);
	tcase_add_test(tests, the_queue_tells_who_waited_behind_readers);
	tcase_add_loop_test(tests, overlaps_of_random_lanes_are_those_of_the_definition, 0, 80);
	return suite_run(suite);
}
