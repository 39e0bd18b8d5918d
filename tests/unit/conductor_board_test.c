/* What the progress line counts, and what it says. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "conductor/board.h"
#include "tests/support/suite.h"

static struct plan_worker workers[] = {{.lane = 0}, {.lane = 0}, {.lane = 1}};
static struct campaign campaign = {.arms = 1};
static const struct plan plan = {
	.campaign = &campaign, .lanes = 2, .workers = 3, .worker = workers};
static struct live *live;
static struct board *board;

static void setup(void)
{
	live = calloc(1, sizeof(*live));
	board = board_open(&plan);
}

static void teardown(void)
{
	board_close(board);
	free(live);
}

/* The worker is in this attempt and state, its lease renewed at 0 for one second. */
static void be(int worker, uint32_t attempt, enum live_state state)
{
	atomic_store(&live->worker[worker].attempt, attempt);
	atomic_store(&live->worker[worker].state, state);
	atomic_store(&live->worker[worker].renewed_ns, 1);
	atomic_store(&live->worker[worker].granted_ns, 1000000000);
}

static void look(int64_t at_ms, int overdue, int overlaps)
{
	board_look(board, live, at_ms * 1000000);
	ck_assert_int_eq(board_overdue(board), overdue);
	ck_assert_int_eq(board_overlaps(board), overlaps);
}

START_TEST(holds_are_counted_once_when_two_looks_saw_them)
{
	be(0, 1, LIVE_HOLDING);
	be(1, 1, LIVE_WAITING);
	be(2, 1, LIVE_WORKING); /* in a lane of its own */
	look(100, 0, 0);
	look(200, 0, 0);
	be(1, 1, LIVE_READING);
	look(300, 0, 0);
	look(400, 0, 2);
	look(1100, 0, 2);
	look(1200, 3, 2);
	look(1300, 3, 2);
	be(0, 2, LIVE_HOLDING); /* another attempt, which the next look may not confirm */
	be(1, 1, LIVE_IDLE);
	look(1400, 3, 2);
	be(0, 2, LIVE_IDLE);
	look(1500, 3, 2);
}
END_TEST

START_TEST(holders_that_follow_one_another_do_not_overlap)
{
	be(0, 1, LIVE_HOLDING);
	look(100, 0, 0);
	be(0, 1, LIVE_RELEASING);
	be(1, 1, LIVE_HOLDING); /* the look may have seen the first a moment before */
	look(200, 0, 0);
	be(0, 1, LIVE_IDLE);
	look(300, 0, 0);
}
END_TEST

/* All three in one lane: a semaphore's of two permits, then a reader beside a writer. */
START_TEST(those_who_may_hold_together_do_not_overlap)
{
	workers[2].lane = 0;
	for (int permits = 3; permits >= 0; permits -= permits == 3 ? 1 : 2) {
		campaign.arm[0].permits = permits;
		for (int i = 0; i < 3; i++) {
			be(i, (uint32_t)(10 - permits), LIVE_HOLDING);
			atomic_store(&live->worker[i].shared, permits || i);
		}
		look(100, 0, permits == 0 ? 3 : 0);
		look(200, 0, permits == 3 ? 0 : permits == 2 ? 3 : 6);
	}
	workers[2].lane = 1;
}
END_TEST

static void assert_line(int64_t now_ns, int64_t ends_ns, bool settling, const char *expected)
{
	struct board_time time = {now_ns, 0, ends_ns, settling};
	char *line = board_describe(board, live, &time);

	ck_assert_str_eq(line, expected);
	free(line);
}

START_TEST(line_says_first_how_long_and_what_was_seen)
{
	be(0, 1, LIVE_HOLDING);
	atomic_store(&live->worker[2].acquisitions, 12345);
	atomic_store(&live->decisions_refused, 22);
	atomic_store(&live->faults_active, 1);
	atomic_store(&live->faults_bitten, 7);
#define REST                                                                                       \
	" | seen overdue 0, overlapping 0 | 22 refused | faults 1 now, 7 proved | 1 hold | 12345 " \
	"locks"
	assert_line(12000000000, 60000000000, false, "12 of 60 s" REST);
	assert_line(12000000000, 612000000000, false, "12 of 612 s, 10 min left" REST);
	assert_line(61000000000, 60000000000, false, "61 of 60 s, ending" REST);
	assert_line(61000000000, 60000000000, true, "61 of 60 s, settling" REST);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: board");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, holds_are_counted_once_when_two_looks_saw_them);
	tcase_add_test(tests, holders_that_follow_one_another_do_not_overlap);
	tcase_add_test(tests, those_who_may_hold_together_do_not_overlap);
	tcase_add_test(tests, line_says_first_how_long_and_what_was_seen);
	return suite_run(suite);
}
