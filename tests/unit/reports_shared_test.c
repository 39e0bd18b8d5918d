/* Locks that several may hold, as a story draws and tells them: who reads and who writes, which
 * permit of how many, and who may hold beside whom. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "reports/story.h"
#include "reports/story_text.h"
#include "reports/timeline.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { WORKERS = 3 };

/* Who holds: shared or not, from when to when. */
struct hold {
	enum mode mode;
	double from_ms, until_ms;
};

static struct history history;
static struct story *story;
static char *told, *drawn, *printed;

/* The third one's hold is the violation. */
static struct violation make(const struct maker_arm *arm, const struct hold *hold)
{
	struct maker *maker = maker_open(scratch_file("shared.db"));
	int lane = maker_lane(maker, maker_add_arm(maker, arm));
	struct violation violation = {.id = 1,
				      .name = VIOLATION_OVERLAP,
				      .lane = lane,
				      .definite = true,
				      .at_ns = (int64_t)(hold[2].from_ms * 1e6)};

	for (int w = 0; w < WORKERS; w++) {
		char key[] = {'l', '/', (char)('a' + w), '\0'};

		maker_op(maker, .lane = lane, .worker = w, .attempt = 1, .f = F_ACQUIRE,
			 .outcome = OUTCOME_OK, .mode = hold[w].mode,
			 .invoked_ms = hold[w].from_ms - 20, .returned_ms = hold[w].from_ms,
			 .lease = 5 + w, .key = key, .revision = 30 + w);
		maker_op(maker, .lane = lane, .worker = w, .attempt = 1, .f = F_RELEASE,
			 .outcome = OUTCOME_OK, .mode = hold[w].mode,
			 .invoked_ms = hold[w].until_ms, .returned_ms = hold[w].until_ms + 1,
			 .lease = 5 + w, .key = key);
	}
	for (int i = 0; i < WORKERS; i++) { /* as the checker cites them */
		static const int order[] = {0, 2, 1};

		violation.evidence[violation.evidences++] =
			(struct evidence){"attempt", maker_attempt(maker, lane, order[i], 1),
					  order[i] == 2 ? "later holder" : "holder"};
	}
	maker_close(maker, true);
	return violation;
}

static char *printed_of(const struct violation *violation)
{
	struct violation copy = *violation;
	struct verdicts verdicts = {.violations = 1, .violation = &copy};
	const struct story_choice choice = {.violation = 1, .columns = 80};
	struct error err = {0};
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_msg(story_print(&history, &verdicts, &choice, out, &err) == 0, "%s", err.text);
	ck_assert_int_eq(fclose(out), 0);
	return text;
}

/* Fills `told`, `drawn` (with the list of all instants) and `printed`. */
static void tell(const struct maker_arm *arm, const struct hold *hold)
{
	static struct violation violation; /* the story borrows it */
	struct error err = {0};
	size_t size;

	violation = make(arm, hold);
	story = calloc(1, sizeof(*story));
	ck_assert_msg(history_open(scratch_file("shared.db"), &history, &err) == 0, "%s", err.text);
	ck_assert_msg(story_gather(&history, &violation, story, &err) == 0, "%s", err.text);
	FILE *out = open_memstream(&told, &size);

	timeline_tell(out, story);
	fclose(out);
	out = open_memstream(&drawn, &size);
	timeline_draw(out, story, 1);
	timeline_list(out, story);
	fclose(out);
	printed = printed_of(&violation);
}

static void forget(void)
{
	story_free(story);
	free(story);
	free(told);
	free(drawn);
	free(printed);
	history_close(&history);
}

static void expect(const char *text, const char *words)
{
	ck_assert_msg(strstr(text, words) != NULL, "no '%s' in\n%s", words, text);
}

static int count(const char *text, const char *word)
{
	int times = 0;

	for (const char *at = text; (at = strstr(at, word)); at++)
		times++;
	return times;
}

static const struct maker_arm rwlock = {.recipe = "rwlock", .model = "rwlock"};

START_TEST(two_read_together_as_they_may_and_a_writer_comes_in)
{
	static const struct hold holds[WORKERS] = {
		{MODE_SHARED, 100, 900}, {MODE_SHARED, 200, 800}, {MODE_EXCLUSIVE, 500, 700}};

	tell(&rwlock, holds);
	expect(told, "-0-0 is told that it holds the lock for reading.");
	expect(told, "for reading, beside 1 reader, as it may.");
	expect(told, "for writing, while 2 readers believe that they hold it: they "
		     "may not together.");
	ck_assert_int_eq(count(drawn, "class=\"believed shared\""), 2);
	ck_assert_int_eq(count(drawn, "class=\"believed\""), 1);
	expect(drawn, ">reader</text>");
	expect(drawn, ">later writer</text>");
	expect(drawn, "asks for the lock for writing");
	expect(printed, "More workers than may believed that they held one lock");
	expect(printed, "  reads\n");
	expect(printed, "  writes\n");
	expect(printed, "oooo");
	expect(printed, "o believes, and may share: it reads\n");
	forget();
}
END_TEST

START_TEST(a_reader_comes_in_beside_a_writer)
{
	static const struct hold holds[WORKERS] = {
		{MODE_EXCLUSIVE, 100, 900}, {MODE_SHARED, 950, 990}, {MODE_SHARED, 500, 700}};

	tell(&rwlock, holds);
	expect(told, "for reading, while 1 writer believes that it holds it: they may "
		     "not together.");
	expect(told, "for reading.");
	expect(drawn, ">later reader</text>");
	forget();
}
END_TEST

START_TEST(the_third_of_two_permits_is_counted)
{
	const struct maker_arm two = {.recipe = "semaphore", .model = "semaphore", .permits = 2};
	static const struct hold holds[WORKERS] = {
		{MODE_SHARED, 100, 900}, {MODE_SHARED, 200, 800}, {MODE_SHARED, 500, 700}};

	tell(&two, holds);
	char *numbers = story_inequality(story), *guard = story_guard(story);

	expect(told, "holds the lock, one of 2 at once where 2 may.");
	expect(told, "holds the lock, one of 3 at once where 2 may.");
	ck_assert_int_eq(count(drawn, "class=\"believed shared\""), WORKERS);
	expect(drawn, ">later holder, 3 of 2</text>");
	expect(printed, "  3 of 2\n");
	expect(printed, "k of n: so many held at once");
	expect(numbers, "3 believed at 0.400 s that they held it > 2 that may at once");
	expect(guard, "no token tells who is too late");
	free(numbers);
	free(guard);
	forget();
}
END_TEST

START_TEST(of_a_lock_of_one_nothing_of_it_is_said)
{
	const struct maker_arm one = {.recipe = "lock", .model = "mutex"};
	static const struct hold holds[WORKERS] = {
		{MODE_SHARED, 100, 900}, {MODE_SHARED, 950, 990}, {MODE_SHARED, 500, 700}};

	tell(&one, holds);
	ck_assert_int_eq(count(drawn, "shared"), 0);
	expect(told, "is told that it holds the lock.");
	expect(printed, "Two workers believed that they held one lock");
	ck_assert_ptr_null(strstr(printed, "may share"));
	forget();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reports: locks that several may hold");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, two_read_together_as_they_may_and_a_writer_comes_in);
	tcase_add_test(tests, a_reader_comes_in_beside_a_writer);
	tcase_add_test(tests, the_third_of_two_permits_is_counted);
	tcase_add_test(tests, of_a_lock_of_one_nothing_of_it_is_said);
	return suite_run(suite);
}
