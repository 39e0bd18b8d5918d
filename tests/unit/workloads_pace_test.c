/* The clock of a worker: what it shows, and when it will have shown something. */
#include <check.h>
#include <stdlib.h>

#include "base/clock.h"
#include "tests/support/suite.h"
#include "workloads/worker/pace.h"

static struct live_worker view;
static struct pace pace;

static void open_pace(void)
{
	view = (struct live_worker){0};
	pace_open(&pace, &view);
}

/* By how much it is ahead at an instant soon. */
static int64_t ahead_ns(int64_t at_ns)
{
	return pace_show_ns(&pace, at_ns) - at_ns;
}

START_TEST(clock_that_nobody_touched_is_true)
{
	int64_t now_ns = clock_now_ns();

	ck_assert_int_eq(ahead_ns(now_ns), 0);
	ck_assert_int_eq(ahead_ns(now_ns + 1000 * NS_PER_S), 0);
	ck_assert_int_eq(pace_await_ns(&pace, now_ns + 7), now_ns + 7);
}
END_TEST

START_TEST(clock_goes_on_from_what_it_showed_when_its_rate_changes)
{
	int64_t before_ns = clock_now_ns();

	view.clock_rate_ppm = -500000;
	ck_assert_int_le(llabs(ahead_ns(clock_now_ns())), NS_PER_MS);
	int64_t after_ns = clock_now_ns(), ahead = ahead_ns(after_ns + 10 * NS_PER_S);

	ck_assert_int_le(ahead, -5 * NS_PER_S);
	ck_assert_int_ge(ahead, -5 * NS_PER_S - (after_ns - before_ns));
	/* Back at the true rate it keeps its error. */
	clock_sleep_until_ns(clock_now_ns() + 20 * NS_PER_MS);
	view.clock_rate_ppm = 0;
	ahead = ahead_ns(clock_now_ns());
	ck_assert_int_le(ahead, -10 * NS_PER_MS);
	ck_assert_int_eq(ahead_ns(clock_now_ns() + 1000 * NS_PER_S), ahead);
}
END_TEST

START_TEST(what_it_will_show_is_awaited_until_it_shows_it)
{
	static const int32_t rates[] = {-990000, -500000, -1, 0, 1, 300000, 1000000, 2000000000};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		view.clock_rate_ppm = rates[i];
		int64_t shown_ns = pace_show_ns(&pace, clock_now_ns());

		for (int64_t length_ns = 1; length_ns < 3600 * NS_PER_S; length_ns *= 7) {
			int64_t at_ns = pace_await_ns(&pace, shown_ns + length_ns);
			int64_t error_ns = pace_show_ns(&pace, at_ns) - shown_ns - length_ns;

			/* One true nanosecond is this many of its own. */
			ck_assert_int_le(llabs(error_ns), 2 + rates[i] / 1000000);
		}
	}
}
END_TEST

START_TEST(clock_is_set_and_set_back)
{
	view.clock_offset_ns = -3 * NS_PER_S;
	ck_assert_int_eq(ahead_ns(clock_now_ns()), -3 * NS_PER_S);
	view.clock_offset_ns = 60 * NS_PER_S;
	ck_assert_int_eq(ahead_ns(clock_now_ns()), 60 * NS_PER_S);
	view.clock_offset_ns = 0;
	ck_assert_int_eq(ahead_ns(clock_now_ns()), 0);
}
END_TEST

START_TEST(clock_never_stands_or_goes_backwards)
{
	view.clock_rate_ppm = -3000000;
	int64_t now_ns = clock_now_ns(), shown_ns = pace_show_ns(&pace, now_ns);

	ck_assert_int_gt(pace_show_ns(&pace, now_ns + NS_PER_S), shown_ns);
	ck_assert_int_gt(pace_await_ns(&pace, shown_ns + NS_PER_MS), now_ns);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workloads: pace");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, open_pace, NULL);
	tcase_add_test(tests, clock_that_nobody_touched_is_true);
	tcase_add_test(tests, clock_goes_on_from_what_it_showed_when_its_rate_changes);
	tcase_add_test(tests, what_it_will_show_is_awaited_until_it_shows_it);
	tcase_add_test(tests, clock_is_set_and_set_back);
	tcase_add_test(tests, clock_never_stands_or_goes_backwards);
	return suite_run(suite);
}
