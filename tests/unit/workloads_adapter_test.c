/*
 * A worker whose client is an adapter: a right one, and those that answer twice, lie, say nothing,
 * flood, die or print bytes. None of them makes it crash or wait for ever, and what they did is
 * told.
 */
#include <errno.h>

#include "tests/support/suite.h"
#include "tests/unit/workloads_planted.h"
#include "tests/unit/workloads_steps.h"
#include "workloads/adapter_client.h"

enum { ADAPTER_PATIENCE_S = 30 };

static uint32_t attempts;        /* after so many it is told to stop */
static bool (*waited_for)(void); /* before the store answers a read; NULL: nothing */
static struct client_card card;

static void setup_adapter(void)
{
	setup();
	attempts = 1;
	waited_for = NULL;
	memset(&card, 0, sizeof(card));
	arm.heartbeat_ms = 0;
	config.client = &adapter_steps;
	config.card = &card;
	config.name = "token-4-1";
}

static bool await_condition(bool (*condition)(void))
{
	int64_t until_ns = clock_now_ns() + ADAPTER_PATIENCE_S * NS_PER_S;

	while (!condition() && clock_now_ns() < until_ns)
		clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
	return condition();
}

static void wait_at_read(const struct question *question)
{
	if (waited_for && service_is(question, "store/read"))
		ck_assert(await_condition(waited_for));
}

static bool is_through(void)
{
	return atomic_load(&view()->attempt) > attempts;
}

static void *stop_when_through(void *cls)
{
	(void)cls;
	await_condition(is_through);
	atomic_store(config.stop, 1);
	return NULL;
}

static void use_adapter(const char *mode)
{
	const char *const words[] = {"/proc/self/exe", "--adapter", mode};

	arm.client_words = 3;
	for (int i = 0; i < 3; i++)
		snprintf(arm.client_word[i], sizeof(arm.client_word[i]), "%s", words[i]);
}

/* One attempt more than `attempts`, whose hold does nothing. */
static int run_adapter(const char *mode)
{
	pthread_t stopper;

	use_adapter(mode);
	service.heed = wait_at_read;
	ck_assert_int_eq(pthread_create(&stopper, NULL, stop_when_through, NULL), 0);
	int status = worker_main(&config, PROCESS);

	if (status)
		atomic_store(&view()->attempt, attempts + 1);
	ck_assert_int_eq(pthread_join(stopper, NULL), 0);
	stand_in_agree(service.stand_in);
	rig_drain(&rig, RING);
	return status;
}

static int count_ops(enum event_kind kind, enum function f)
{
	int count = 0;

	for (int i = 0; i < rig.events; i++)
		count += rig.event[i].kind == (uint32_t)kind && rig.event[i].op.f == f;
	return count;
}

static int count_notes(const char *text, enum note_weight weight)
{
	int count = 0;

	for (int i = 0; i < rig.events; i++)
		count += rig.event[i].kind == EVENT_NOTE && rig.event[i].note.breaks == weight &&
			 strcmp(rig.event[i].note.topic, "client") == 0 &&
			 strstr(rig.event[i].note.text, text);
	return count;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Right ones ---------------------------------------------------------------------------------- */

START_TEST(adapter_goes_through_whole_attempts)
{
	attempts = 2;
	ck_assert_int_eq(run_adapter("good"), 0);
	ck_assert_msg(begins(story(), "acquire ok, read ok, write ok, release ok, "
				      "acquire ok, read ok, write ok, release ok, acquire ok"),
		      "%s", story());
	for (int i = 0; i < 2; i++) {
		const struct op_event *asked = op(EVENT_INVOKE, F_ACQUIRE, i);
		const struct op_event *got = op(EVENT_RETURN, F_ACQUIRE, i);
		const struct op_event *write = op(EVENT_INVOKE, F_WRITE, i);
		char key[32];

		snprintf(key, sizeof(key), "run/token/4/%d", i + 1);
		ck_assert_int_eq(got->token, i + 1);
		ck_assert_int_eq(got->lease, i + 1);
		ck_assert_str_eq(got->key, key);
		ck_assert_int_eq(write->token, i + 1);
		/* From the asking on, at the latest. */
		ck_assert_int_le(got->safe_until_ns, at_ns(got) + 60 * NS_PER_S);
		ck_assert_int_ge(got->safe_until_ns, at_ns(asked) + 60 * NS_PER_S);
		ck_assert_int_le(at_ns(asked) + got->ttl_ms * NS_PER_MS, got->safe_until_ns);
		ck_assert_int_ge(got->ttl_ms, 59999);
	}
	ck_assert_int_eq(count_notes("", NOTE_TELLS) + count_notes("", NOTE_BREAKS), 0);
	ck_assert_str_eq(client_card_text(&card), "planted good");
}
END_TEST

static bool has_renewed(void)
{
	return atomic_load(&view()->answered_ns) > atomic_load(&view()->acquired_ns) &&
	       atomic_load(&view()->renewed_ns) > atomic_load(&view()->acquired_ns);
}

START_TEST(heartbeat_renews_where_the_adapter_leaves_that_to_it)
{
	arm.heartbeat_ms = 1;
	waited_for = has_renewed;
	ck_assert_int_eq(run_adapter("good"), 0);
	const struct op_event *renewal = op(EVENT_RETURN, F_KEEPALIVE, 0);

	ck_assert_int_eq(renewal->outcome, OUTCOME_OK);
	ck_assert_int_eq(renewal->ttl_ms, 60000);
	ck_assert_int_ge(op(EVENT_INVOKE, F_WRITE, 0)->safe_until_ns,
			 op(EVENT_RETURN, F_ACQUIRE, 0)->safe_until_ns);
}
END_TEST

START_TEST(without_valid_ms_no_deadline_is_known_and_a_renewal_proves_nothing)
{
	arm.heartbeat_ms = 1;
	attempts = 3;
	arm.work_min_ms = arm.work_max_ms = 30;
	ck_assert_int_eq(run_adapter("untimed"), 0);
	ck_assert_msg(begins(story(), "acquire ok, read ok, write ok, release ok"), "%s", story());
	ck_assert_int_eq(op(EVENT_INVOKE, F_WRITE, 0)->safe_until_ns, 0);
	ck_assert_int_eq(op(EVENT_RETURN, F_ACQUIRE, 0)->ttl_ms, 0);
	for (int i = 0; i < count_ops(EVENT_RETURN, F_KEEPALIVE); i++)
		ck_assert_int_eq(op(EVENT_RETURN, F_KEEPALIVE, i)->outcome, OUTCOME_INFO);
	ck_assert_int_eq(count_ops(EVENT_RETURN, F_LOSE), 0);
}
END_TEST

static bool has_lost(void)
{
	return atomic_load(&view()->acquired_ns) == 0;
}

START_TEST(renewal_that_says_gone_is_a_loss)
{
	arm.heartbeat_ms = 1;
	waited_for = has_lost;
	ck_assert_int_eq(run_adapter("gone"), 0);
	ck_assert_str_eq(op(EVENT_RETURN, F_LOSE, 0)->error, "the lease is gone");
	ck_assert_int_eq(op(EVENT_RETURN, F_KEEPALIVE, 0)->outcome, OUTCOME_FAIL);
	ck_assert_int_eq(count_ops(EVENT_INVOKE, F_WRITE), 0);
}
END_TEST

START_TEST(loss_that_is_told_unasked_ends_the_hold_and_is_released_still)
{
	waited_for = has_lost;
	ck_assert_int_eq(run_adapter("losing"), 0);
	ck_assert_str_eq(op(EVENT_RETURN, F_LOSE, 0)->error, "it went");
	ck_assert_int_eq(count_ops(EVENT_INVOKE, F_WRITE), 0);
	ck_assert_int_ge(count_ops(EVENT_RETURN, F_RELEASE), 1);
}
END_TEST

START_TEST(loss_of_another_hold_is_none_of_this_one)
{
	ck_assert_int_eq(run_adapter("losing-another"), 0);
	ck_assert_msg(begins(story(), "acquire ok, read ok, write ok, release ok"), "%s", story());
}
END_TEST

static bool has_moved(void)
{
	return atomic_load(&view()->granted_ns) == 50 * NS_PER_S;
}

START_TEST(renewal_that_is_told_unasked_moves_the_safe_deadline)
{
	waited_for = has_moved;
	arm.heartbeat_ms = 1; /* asks for none: the adapter renews by itself */
	ck_assert_int_eq(run_adapter("renewing"), 0);
	const struct op_event *renewal = op(EVENT_RETURN, F_KEEPALIVE, 0);

	ck_assert_int_eq(renewal->outcome, OUTCOME_OK);
	ck_assert_int_gt(renewal->ttl_ms, 0);
	ck_assert_int_le(renewal->ttl_ms, 50000);
	ck_assert_int_eq(renewal->attempt, 1);
	ck_assert_int_le(count_ops(EVENT_RETURN, F_KEEPALIVE), count_ops(EVENT_RETURN, F_ACQUIRE));
}
END_TEST

START_TEST(acquire_that_is_refused_is_tried_again)
{
	attempts = 2;
	ck_assert_int_eq(run_adapter("refusing"), 0);
	ck_assert_msg(begins(story(), "acquire fail, acquire fail"), "%s", story());
	ck_assert_str_eq(op(EVENT_RETURN, F_ACQUIRE, 0)->error, "taken");
}
END_TEST

START_TEST(adapter_that_stays_is_killed)
{
	ck_assert_int_eq(run_adapter("staying"), 0);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

/* Wrong ones ---------------------------------------------------------------------------------- */

#define WHOLE "acquire ok, read ok, write ok, release ok"

static const struct {
	const char *mode, *note, *story;
	enum note_weight weight;
} planted[] = {
	{"twice", "answers request 2 twice", WHOLE, NOTE_TELLS},
	{"nobodys", "answers request 4711, which nobody made", WHOLE, NOTE_TELLS},
	{"wordy", "a line that is none: it is not one JSON object", WHOLE, NOTE_TELLS},
	{"binary", "a line that is none: it is not one JSON object", WHOLE, NOTE_TELLS},
	{"long", "a line of more than 4096 bytes", WHOLE, NOTE_TELLS},
	{"ahead", "it must be CLOCK_MONOTONIC", WHOLE, NOTE_TELLS},
	{"silent", "did not answer acquire in time", "acquire info, lease-revoke info", NOTE_TELLS},
	{"dying", "has ended, exit status 3", "acquire ok", NOTE_BREAKS},
	{"flooding", "says hundreds of lines a second", "acquire ok", NOTE_BREAKS},
	{"endless", "says what has no end of a line", "acquire ok", NOTE_BREAKS},
};

START_TEST(planted_adapter_is_noted_once_and_the_worker_goes_on)
{
	if (strcmp(planted[_i].mode, "silent") == 0)
		arm.acquire_timeout_ms = 10;
	attempts = 2;
	ck_assert_int_eq(run_adapter(planted[_i].mode), 0);
	ck_assert_msg(begins(story(), planted[_i].story), "%s: %s", planted[_i].mode, story());
	ck_assert_msg(count_notes(planted[_i].note, planted[_i].weight) == 1, "%s: %d notes",
		      planted[_i].mode, count_notes("", planted[_i].weight));
	ck_assert_int_eq(count_notes("", NOTE_BREAKS), planted[_i].weight == NOTE_BREAKS);
}
END_TEST

START_TEST(token_that_goes_backwards_is_recorded_as_it_is)
{
	attempts = 2;
	ck_assert_int_eq(run_adapter("backwards"), 0);
	ck_assert_int_eq(op(EVENT_RETURN, F_ACQUIRE, 0)->token, 999);
	ck_assert_int_eq(op(EVENT_RETURN, F_ACQUIRE, 1)->token, 998);
}
END_TEST

static const struct {
	const char *mode, *why;
} unfit[] = {
	{"tokenless", "gives no token, and guard = token is one of tokens"},
	{"tomorrow", "does not answer init with \"fencepost\": 1"},
};

START_TEST(adapter_that_cannot_be_the_client_breaks_the_run_by_a_note)
{
	ck_assert_int_ne(run_adapter(unfit[_i].mode), 0);
	ck_assert_int_eq(count_notes(unfit[_i].why, NOTE_BREAKS), 1);
}
END_TEST

START_TEST(program_that_is_not_there_breaks_the_run_by_a_note)
{
	use_adapter("good");
	snprintf(arm.client_word[0], sizeof(arm.client_word[0]), "no/such/adapter");
	ck_assert_int_ne(worker_main(&config, PROCESS), 0);
	rig_drain(&rig, RING);
	ck_assert_int_eq(count_notes("no/such/adapter is not here", NOTE_BREAKS), 1);
}
END_TEST

int main(int argc, char **argv)
{
	planted_play(argc, argv);
	Suite *suite = suite_create("workloads adapter");
	TCase *right = tcase_create("right"), *wrong = tcase_create("wrong");

	tcase_add_checked_fixture(right, setup_adapter, teardown);
	tcase_add_checked_fixture(wrong, setup_adapter, teardown);
	tcase_set_timeout(right, 120);
	tcase_set_timeout(wrong, 120);
	suite_add_tcase(suite, right);
	suite_add_tcase(suite, wrong);
	tcase_add_test(right, adapter_goes_through_whole_attempts);
	tcase_add_test(right, heartbeat_renews_where_the_adapter_leaves_that_to_it);
	tcase_add_test(right, without_valid_ms_no_deadline_is_known_and_a_renewal_proves_nothing);
	tcase_add_test(right, renewal_that_says_gone_is_a_loss);
	tcase_add_test(right, loss_that_is_told_unasked_ends_the_hold_and_is_released_still);
	tcase_add_test(right, loss_of_another_hold_is_none_of_this_one);
	tcase_add_test(right, renewal_that_is_told_unasked_moves_the_safe_deadline);
	tcase_add_test(right, acquire_that_is_refused_is_tried_again);
	tcase_add_test(right, adapter_that_stays_is_killed);
	tcase_add_loop_test(wrong, planted_adapter_is_noted_once_and_the_worker_goes_on, 0,
			    sizeof(planted) / sizeof(planted[0]));
	tcase_add_test(wrong, token_that_goes_backwards_is_recorded_as_it_is);
	tcase_add_loop_test(wrong, adapter_that_cannot_be_the_client_breaks_the_run_by_a_note, 0,
			    sizeof(unfit) / sizeof(unfit[0]));
	tcase_add_test(wrong, program_that_is_not_there_breaks_the_run_by_a_note);
	return suite_run(suite);
}
