/* What a process says goes into its ring in the order of its stamps, numbered. */
#include <check.h>
#include <stdlib.h>

#include "tests/support/suite.h"
#include "tests/unit/workloads_rig.h"
#include "workloads/worker/journal.h"

enum { RING = 1, PROCESS = 0x7531 };

static struct rig rig;
static struct journal journal;
static int64_t began_ns;

static void setup(void)
{
	rig_open(&rig);
	journal_open(&journal, area_ring(rig.area, RING), PROCESS);
	began_ns = clock_now_ns();
}

static void teardown(void)
{
	rig_close(&rig);
}

static void drain(int expected)
{
	int64_t before_ns = began_ns;

	ck_assert_int_eq(rig_drain(&rig, RING), expected);
	for (int i = 0; i < rig.events; i++) {
		ck_assert_int_eq(rig.event[i].process, PROCESS);
		ck_assert_int_ge(rig.event[i].at_ns, before_ns);
		before_ns = rig.event[i].at_ns;
	}
	ck_assert_int_le(before_ns, clock_now_ns());
}

START_TEST(invocation_is_numbered_and_its_return_bears_the_number)
{
	struct op_event read = {.f = F_READ, .value = 5, .attempt = 3}, release = {.f = F_RELEASE};

	ck_assert_int_eq(journal_invoke(&journal, &read), INT64_C(0x753100000001));
	ck_assert_uint_eq(read.seq, 1);
	ck_assert_int_eq(journal_invoke(&journal, &release), INT64_C(0x753100000002));
	read.outcome = OUTCOME_FAIL;
	journal_return(&journal, &read);
	drain(3);
	ck_assert_uint_eq(rig.event[0].kind, EVENT_INVOKE);
	ck_assert_int_eq(rig.event[0].op.value, 5);
	ck_assert_uint_eq(rig.event[0].op.attempt, 3);
	ck_assert_uint_eq(rig.event[1].op.seq, 2);
	ck_assert_uint_eq(rig.event[2].kind, EVENT_RETURN);
	ck_assert_uint_eq(rig.event[2].op.seq, 1);
	ck_assert_uint_eq(rig.event[2].op.f, F_READ);
	ck_assert_uint_eq(rig.event[2].op.outcome, OUTCOME_FAIL);
}
END_TEST

START_TEST(write_writes_its_number_so_that_every_value_is_unique)
{
	struct op_event write = {.f = F_WRITE, .value = 5};
	int64_t id = journal_invoke(&journal, &write);

	ck_assert_int_eq(write.value, id);
	drain(1);
	ck_assert_int_eq(rig.event[0].op.value, id);
}
END_TEST

START_TEST(moment_is_invoked_and_over_at_once)
{
	struct op_event read = {.f = F_READ}, lose = {.f = F_LOSE, .error = "it is gone"};

	journal_invoke(&journal, &read);
	journal_moment(&journal, &lose);
	drain(3);
	ck_assert_uint_eq(rig.event[1].kind, EVENT_INVOKE);
	ck_assert_uint_eq(rig.event[2].kind, EVENT_RETURN);
	for (int i = 1; i < 3; i++) {
		ck_assert_uint_eq(rig.event[i].op.seq, 2);
		ck_assert_uint_eq(rig.event[i].op.f, F_LOSE);
		ck_assert_str_eq(rig.event[i].op.error, "it is gone");
	}
	ck_assert_uint_eq(rig.event[2].op.outcome, OUTCOME_OK);
	ck_assert_int_eq(rig.event[2].at_ns, rig.event[1].at_ns);
}
END_TEST

START_TEST(note_says_what_it_is_about_and_whether_it_breaks_the_run)
{
	journal_note(&journal, NOTE_BREAKS, "witness", "%d of %s", 3, "them");
	journal_note(&journal, NOTE_TELLS, "a topic that is longer than a topic may be", "%s", "");
	drain(2);
	ck_assert_uint_eq(rig.event[0].kind, EVENT_NOTE);
	ck_assert_int_eq(rig.event[0].note.breaks, 1);
	ck_assert_str_eq(rig.event[0].note.topic, "witness");
	ck_assert_str_eq(rig.event[0].note.text, "3 of them");
	ck_assert_int_eq(rig.event[1].note.breaks, 0);
	ck_assert_str_eq(rig.event[1].note.topic, "a topic that is longer ");
	ck_assert_str_eq(rig.event[1].note.text, "");
}
END_TEST

enum { THREADS = 4, PUSHES = 1000 };

static void *push_many(void *cls)
{
	(void)cls;
	for (int i = 0; i < PUSHES; i++) {
		struct op_event read = {.f = F_READ};

		journal_invoke(&journal, &read);
		journal_return(&journal, &read);
	}
	return NULL;
}

START_TEST(threads_take_turns)
{
	pthread_t thread[THREADS];
	uint32_t seq = 0;

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, push_many, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	drain(2 * THREADS * PUSHES);
	for (int i = 0; i < rig.events; i++)
		if (rig.event[i].kind == EVENT_INVOKE)
			ck_assert_uint_eq(rig.event[i].op.seq, ++seq);
	ck_assert_uint_eq(seq, THREADS * PUSHES);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workloads: journal");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, invocation_is_numbered_and_its_return_bears_the_number);
	tcase_add_test(tests, write_writes_its_number_so_that_every_value_is_unique);
	tcase_add_test(tests, moment_is_invoked_and_over_at_once);
	tcase_add_test(tests, note_says_what_it_is_about_and_whether_it_breaks_the_run);
	tcase_add_test(tests, threads_take_turns);
	return suite_run(suite);
}
