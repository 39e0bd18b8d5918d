/*
 * The worker with lock clients that speak to no service: what it asks of each, in which order, and
 * what it records, whether or not there are sessions, tokens, releases, losses told unasked, and a
 * way of the client's own to the resource.
 */
#include <check.h>
#include <stdlib.h>

#include "base/text.h"
#include "tests/support/suite.h"
#include "tests/unit/workloads_steps.h"

enum { LEASE = 300, TOKEN = 41, ATTEMPTS = 3 };

/* What the worker's instance is: the heartbeat's is another. */
struct lock_client {
	const struct lock_terms *terms;
	int acquires;
};

static struct lock_client instance[2];
static int instances, closed;
static int loses_in; /* the attempt in which the client hears of its loss; 0: none */
static struct lock_client_steps client;

static int open_instance(struct lock_client **made, const struct lock_terms *terms,
			 struct error *err)
{
	(void)err;
	ck_assert_int_lt(instances, 2);
	ck_assert_str_eq(terms->lock, "run/token/4");
	ck_assert_int_eq(terms->ttl_s, client.ttl_s ? client.ttl_s : TTL_S);
	ck_assert_int_eq(terms->first_endpoint, 1);
	ck_assert_ptr_eq(terms->service, config.service);
	*made = &instance[instances++];
	**made = (struct lock_client){.terms = terms};
	return 0;
}

static void close_instance(struct lock_client *of)
{
	ck_assert(of == &instance[0] || of == &instance[1]);
	closed++;
}

static struct lock_answer ok(void)
{
	return (struct lock_answer){OUTCOME_OK, .endpoint = 1, .order = 7,
				    .sent_ns = clock_now_ns()};
}

static struct lock_answer grant(struct lock_client *of, struct lock_session *session,
				int64_t deadline_ns)
{
	struct lock_answer answer = ok();

	ck_assert_ptr_eq(of, &instance[0]);
	ck_assert_int_gt(deadline_ns, answer.sent_ns);
	session->lease = LEASE + of->acquires;
	answer.ttl_ms = 60000;
	return answer;
}

static struct lock_answer take_it(struct lock_client *of, struct lock_session *session,
				  int64_t deadline_ns)
{
	(void)deadline_ns;
	ck_assert_ptr_eq(of, &instance[0]);
	text_copy(session->key, sizeof(session->key), "key");
	session->token = TOKEN;
	of->acquires++;
	return ok();
}

static struct lock_answer agree(struct lock_client *of, struct lock_session *session,
				int64_t deadline_ns)
{
	(void)session;
	(void)deadline_ns;
	if (of->acquires == ATTEMPTS)
		atomic_store(config.stop, 1);
	return ok();
}

/* Of all the attempts of the run but the last. */
static struct lock_answer keep(struct lock_client *of, struct lock_session *session,
			       int64_t deadline_ns)
{
	session->kept = of->acquires < ATTEMPTS;
	session->key[0] = '\0';
	return agree(of, session, deadline_ns);
}

static bool hear_of_loss(struct lock_client *of, char why[ERROR_SIZE])
{
	if (of->acquires != loses_in)
		return false;
	text_copy(why, ERROR_SIZE, "the connection is gone");
	return true;
}

static struct resource_reply read_own(struct lock_client *of, int64_t token, int64_t op,
				      int64_t deadline_ns)
{
	ck_assert_ptr_eq(of, &instance[0]);
	ck_assert_int_eq(token, TOKEN);
	ck_assert_int_eq(op >> 32, PROCESS);
	ck_assert_int_gt(deadline_ns, clock_now_ns());
	return (struct resource_reply){OUTCOME_OK, .version = 5, .value = 77};
}

static struct resource_reply write_own(struct lock_client *of, int64_t token, int64_t op,
				       int64_t value, int64_t base, int64_t deadline_ns)
{
	ck_assert_ptr_eq(of, &instance[0]);
	ck_assert_int_eq(token, TOKEN);
	ck_assert_int_eq(base, -1);
	ck_assert_int_eq(value, op);
	ck_assert_int_gt(deadline_ns, clock_now_ns());
	return (struct resource_reply){OUTCOME_OK, .version = 6};
}

static void setup_client(void)
{
	setup();
	instances = closed = loses_in = 0;
	client = (struct lock_client_steps){.open = open_instance,
					    .close = close_instance,
					    .acquire = take_it,
					    .release = agree};
	config.client = &client;
	config.service = NULL;
}

static void run_client(void)
{
	run();
	ck_assert_int_eq(instances, 2);
	ck_assert_int_eq(closed, 2);
	ck_assert_int_eq(instance[0].acquires, ATTEMPTS);
	ck_assert_int_eq(instance[1].acquires, 0);
}

static int count(enum function f)
{
	int found = 0;

	for (int i = 0; i < rig.events; i++)
		found += rig.event[i].kind == EVENT_RETURN && rig.event[i].op.f == f;
	return found;
}

#define TIMES_3(round) round ", " round ", " round

START_TEST(client_without_sessions_is_asked_for_none)
{
	run_client();
	ck_assert_str_eq(story(), TIMES_3("acquire ok, read ok, write ok, release ok"));
	for (int i = 0; i < rig.events; i++) {
		ck_assert_int_eq(rig.event[i].op.lease, 0);
		ck_assert_int_eq(rig.event[i].op.safe_until_ns, 0);
	}
	ck_assert_int_eq(op(EVENT_RETURN, F_ACQUIRE, 2)->revision, 7);
	ck_assert_uint_eq(op(EVENT_RETURN, F_ACQUIRE, 2)->attempt, 3);
}
END_TEST

START_TEST(session_is_opened_and_closed_for_each_attempt)
{
	client.ttl_s = _i;
	client.open_session = grant;
	client.close_session = agree;
	run_client();
	ck_assert_str_eq(story(), TIMES_3("lease-grant ok, acquire ok, read ok, write ok, "
					  "release ok, lease-revoke ok"));
	for (int i = 0; i < ATTEMPTS; i++) {
		ck_assert_int_eq(op(EVENT_INVOKE, F_LEASE_GRANT, i)->lease, 0);
		ck_assert_int_eq(op(EVENT_RETURN, F_LEASE_REVOKE, i)->lease, LEASE + i);
	}
}
END_TEST

START_TEST(session_that_is_kept_serves_the_next_attempt)
{
	client.open_session = grant;
	client.close_session = agree;
	client.release = keep;
	run_client();
	ck_assert_str_eq(story(), "lease-grant ok, "
				  "acquire ok, read ok, write ok, release ok, "
				  "acquire ok, read ok, write ok, release ok, "
				  "acquire ok, read ok, write ok, release ok, lease-revoke ok");
	const struct op_event *granted = op(EVENT_RETURN, F_LEASE_GRANT, 0);

	for (int i = 0; i < ATTEMPTS; i++) {
		const struct op_event *acquire = op(EVENT_INVOKE, F_ACQUIRE, i);

		ck_assert_uint_eq(acquire->attempt, 1 + (uint32_t)i);
		ck_assert_int_eq(acquire->lease, LEASE);
		ck_assert_str_eq(acquire->key, "");
		ck_assert_int_eq(acquire->safe_until_ns, granted->safe_until_ns);
	}
}
END_TEST

/* It was kept from the first attempt, and is lost in the second. */
START_TEST(session_that_is_lost_is_kept_no_longer)
{
	client.open_session = grant;
	client.close_session = agree;
	client.release = keep;
	client.lost = hear_of_loss;
	loses_in = 2;
	run_client();
	ck_assert_str_eq(
		story(),
		"lease-grant ok, acquire ok, read ok, write ok, release ok, "
		"acquire ok, lose ok, lease-revoke ok, "
		"lease-grant ok, acquire ok, read ok, write ok, release ok, lease-revoke ok");
	ck_assert_str_eq(op(EVENT_INVOKE, F_LOSE, 0)->error, "the connection is gone");
	ck_assert_str_eq(op(EVENT_INVOKE, F_LOSE, 0)->key, "key");
	ck_assert_uint_eq(op(EVENT_INVOKE, F_LOSE, 0)->attempt, 2);
}
END_TEST

/* As a lock does whose key has a life of its own. */
START_TEST(acquire_that_grants_a_time_starts_the_deadline)
{
	client.acquire = grant;
	client.release = NULL;
	client.close_session = agree;
	arm.guard = GUARD_NONE;
	last_path = "store/write";
	run();
	const struct op_event *acquired = op(EVENT_RETURN, F_ACQUIRE, 0);

	ck_assert_str_eq(story(), "acquire ok, read ok, write ok, lease-revoke ok");
	ck_assert_int_eq(acquired->ttl_ms, 60000);
	ck_assert_int_ge(acquired->safe_until_ns,
			 at_ns(op(EVENT_INVOKE, F_ACQUIRE, 0)) + 60 * NS_PER_S);
	ck_assert_int_le(acquired->safe_until_ns, at_ns(acquired) + 60 * NS_PER_S);
}
END_TEST

START_TEST(token_that_came_with_the_lock_is_presented_if_the_guard_wants_one)
{
	arm.guard = _i ? GUARD_TOKEN : GUARD_NONE;
	run_client();
	ck_assert_int_eq(op(EVENT_INVOKE, F_READ, 0)->token, _i ? TOKEN : 0);
	ck_assert_int_eq(op(EVENT_INVOKE, F_WRITE, 0)->token, _i ? TOKEN : 0);
	ck_assert_int_eq(count(F_TOKEN), 0);
}
END_TEST

START_TEST(client_with_a_way_of_its_own_to_the_resource_goes_it)
{
	client.read = read_own;
	client.write = write_own;
	run_client();
	ck_assert_int_eq(service.questions, 0);
	ck_assert_int_eq(op(EVENT_RETURN, F_READ, 0)->value, 77);
	ck_assert_int_eq(op(EVENT_INVOKE, F_WRITE, 0)->version, 5);
	ck_assert_int_eq(op(EVENT_RETURN, F_WRITE, 0)->version, 6);
}
END_TEST

START_TEST(client_that_hears_of_its_loss_begins_nothing_more)
{
	client.lost = hear_of_loss;
	loses_in = 1;
	run_client();
	ck_assert_str_eq(story(), "acquire ok, lose ok, acquire ok, read ok, write ok, release ok, "
				  "acquire ok, read ok, write ok, release ok");
}
END_TEST

START_TEST(answer_that_is_not_ok_grants_nothing)
{
	const struct lock_answer answer = {OUTCOME_INFO, .ttl_ms = 1000, .error = "lost"};
	struct op_event told = {0};

	lock_answer_record(&answer, &told);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workloads: any lock client");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 20);
	tcase_add_checked_fixture(tests, setup_client, teardown);
	tcase_add_test(tests, client_without_sessions_is_asked_for_none);
	tcase_add_loop_test(tests, session_is_opened_and_closed_for_each_attempt, 0, 2);
	tcase_add_test(tests, session_that_is_kept_serves_the_next_attempt);
	tcase_add_test(tests, session_that_is_lost_is_kept_no_longer);
	tcase_add_test(tests, acquire_that_grants_a_time_starts_the_deadline);
	tcase_add_loop_test(
		tests, token_that_came_with_the_lock_is_presented_if_the_guard_wants_one, 0, 2);
	tcase_add_test(tests, client_with_a_way_of_its_own_to_the_resource_goes_it);
	tcase_add_test_raise_signal(tests, answer_that_is_not_ok_grants_nothing, SIGABRT);
	tcase_add_test(tests, client_that_hears_of_its_loss_begins_nothing_more);
	return suite_run(suite);
}
