#include <check.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "tests/support/suite.h"

/* The clock of this program may stand still. */
static int64_t stands_at_ns;

int clock_gettime(clockid_t clock, struct timespec *now)
{
	if (stands_at_ns == 0)
		return (int)syscall(SYS_clock_gettime, clock, now);
	*now = (struct timespec){stands_at_ns / NS_PER_S, stands_at_ns % NS_PER_S};
	return 0;
}

START_TEST(clock_left_ms_is_exact)
{
	static const struct {
		int64_t ns;
		int ms;
	} left[] = {
		{INT64_MIN / 2, 0},
		{-NS_PER_MS, 0},
		{-1, 0},
		{0, 0},
		{1, 1},
		{NS_PER_MS - 1, 1},
		{NS_PER_MS, 1},
		{NS_PER_MS + 1, 2},
		{5 * NS_PER_S, 5000},
		{(INT_MAX - 1) * NS_PER_MS - 1, INT_MAX - 1},
		{(INT_MAX - 1) * NS_PER_MS, INT_MAX - 1},
		{(INT_MAX - 1) * NS_PER_MS + 1, INT_MAX},
		{INT_MAX * NS_PER_MS, INT_MAX},
		{INT_MAX * NS_PER_MS + 1, INT_MAX},
		{INT64_MAX / 2, INT_MAX},
	};

	for (size_t i = 0; i < sizeof(left) / sizeof(*left); i++) {
		stands_at_ns = 7 * NS_PER_S;
		int ms = clock_left_ms(stands_at_ns + left[i].ns);

		stands_at_ns = 0;
		ck_assert_msg(ms == left[i].ms, "%lld ns: %d", (long long)left[i].ns, ms);
	}
}
END_TEST

START_TEST(clock_left_ms_rounds_up_and_knows_for_ever)
{
	int64_t now_ns = clock_now_ns();

	ck_assert_int_eq(clock_left_ms(0), 0);
	ck_assert_int_eq(clock_left_ms(now_ns), 0);
	ck_assert_int_eq(clock_left_ms(INT64_MAX), INT_MAX);
	/* Of so long a wait the whole is rounded up; the time that passes here is far below an
	 * hour. */
	int64_t wait_ns = 10 * 3600 * NS_PER_S;
	int left_ms = clock_left_ms(clock_now_ns() + wait_ns);

	ck_assert_int_le(left_ms, wait_ns / NS_PER_MS);
	ck_assert_int_gt(left_ms, 9 * 3600 * 1000);
	for (int i = 0, seen = 0; seen < 3; i++) { /* less than a millisecond is one */
		int left = clock_left_ms(clock_now_ns() + NS_PER_MS / 2);

		ck_assert_int_le(left, 1);
		seen += left == 1;
		ck_assert_int_lt(i, 100000);
	}
}
END_TEST

START_TEST(clock_await_readable_waits_for_what_comes)
{
	int ends[2];
	int64_t before_ns = clock_now_ns();

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert(!clock_await_readable(-1, INT64_MAX));
	ck_assert(!clock_await_readable(ends[0], before_ns + 20 * NS_PER_MS));
	ck_assert_int_ge(clock_now_ns() - before_ns, 20 * NS_PER_MS);
	ck_assert_int_eq(write(ends[1], "x", 1), 1);
	ck_assert(clock_await_readable(ends[0], 0));
	ck_assert(clock_await_readable(ends[0], INT64_MAX));
}
END_TEST

START_TEST(clock_sleeps_until_then)
{
	int64_t until_ns = clock_now_ns() + 30 * NS_PER_MS;

	clock_sleep_until_ns(until_ns);
	ck_assert_int_ge(clock_now_ns(), until_ns);
}
END_TEST

static void hear(int number)
{
	(void)number;
}

START_TEST(clock_sleeps_on_when_it_is_interrupted)
{
	struct itimerval every = {.it_interval.tv_usec = 5000, .it_value.tv_usec = 5000};
	struct sigaction action = {.sa_handler = hear};
	int64_t until_ns = clock_now_ns() + 40 * NS_PER_MS;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	clock_sleep_until_ns(until_ns);
	ck_assert_int_ge(clock_now_ns(), until_ns);
	until_ns = clock_now_ns() + 40 * NS_PER_MS;
	ck_assert(!clock_await_readable(ends[0], until_ns));
	ck_assert_int_ge(clock_now_ns(), until_ns);
}
END_TEST

/* Not time(), which tells the time of the last tick. */
static int64_t real_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

START_TEST(clock_wall_is_the_time_of_day)
{
	char text[32];
	struct tm utc = {0};
	int64_t before_ns = real_ns(), wall_ns = clock_wall_ns();

	ck_assert_int_ge(wall_ns, before_ns);
	clock_wall_text(text, sizeof(text));
	ck_assert_ptr_nonnull(strptime(text, "%Y-%m-%dT%H:%M:%SZ", &utc));
	int64_t after_ns = real_ns();

	ck_assert_int_le(wall_ns, after_ns);
	ck_assert_int_ge(timegm(&utc), before_ns / NS_PER_S);
	ck_assert_int_le(timegm(&utc), after_ns / NS_PER_S);
}
END_TEST

START_TEST(error_is_filled_once_and_wrapped)
{
	struct error err = {0}, other = {0};

	ck_assert_int_eq(error_set(&err, EXIT_BAD_USAGE, "no %s", "x"), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_str_eq(err.text, "no x");
	ck_assert_int_eq(error_wrap(&err, "file %d", 7), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_str_eq(err.text, "file 7: no x");
	errno = ENOENT;
	ck_assert_int_eq(error_errno(&other, EXIT_MACHINE_LACKS, "open %s", "y"), -1);
	ck_assert_int_eq(other.code, EXIT_MACHINE_LACKS);
	ck_assert_str_eq(other.text, "open y: No such file or directory");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base: clock, errors");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, clock_left_ms_is_exact);
	tcase_add_test(tests, clock_left_ms_rounds_up_and_knows_for_ever);
	tcase_add_test(tests, clock_await_readable_waits_for_what_comes);
	tcase_add_test(tests, clock_sleeps_until_then);
	tcase_add_test(tests, clock_sleeps_on_when_it_is_interrupted);
	tcase_add_test(tests, clock_wall_is_the_time_of_day);
	tcase_add_test(tests, error_is_filled_once_and_wrapped);
	return suite_run(suite);
}
