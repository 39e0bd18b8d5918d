/* Treatments whose makers die, whose engine dies, and which are too many. */
#include <signal.h>
#include <sys/wait.h>

#include "tests/support/suite.h"
#include "tests/unit/sandbox_shape_rig.h"

static void shape_and_die(const struct net *net)
{
	struct shape hold = one_way(1, A, B), delay = one_way(2, A, C);
	pid_t child = fork();
	int status;

	if (child == 0) {
		hold.hold = true;
		delay.delay_ns = 80 * NS_PER_MS;
		apply(net, hold);
		apply(net, delay);
		ck_assert_int_eq(pthread_mutex_lock(&net->hosts->shared->shapes.lock), 0);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}

START_SHAPED(heal_all_delivers_what_a_process_that_died_held)
{
	shape_and_die(net);
	send_number(net, A, B, 3);
	ck_assert_int_eq(next_number(net, B, SILENCE_MS), -1);
	ck_assert_int_ge(flight_ns(net, A, C), 80 * NS_PER_MS);
	ck_ok(hosts_heal_all(net->hosts, &err));
	ck_assert_int_eq(next_number(net, B, ARRIVES_MS), 3);
	ck_assert_int_lt(fastest_ns(net, A, C), 40 * NS_PER_MS);
	ck_assert_int_eq(net->hosts->shared->shapes.slot[0].state, SLOT_FREE);
	struct shape again = one_way(1, A, B);

	again.delay_ns = 40 * NS_PER_MS;
	apply(net, again);
	ck_assert_int_ge(flight_ns(net, A, B), 40 * NS_PER_MS);
	ck_assert_int_eq(count_of(net, 1).seen, 1);
}

/* What it kept is lost, and everything later passes; nothing waits for ever. */
START_SHAPED(dead_engine_fails_open_and_says_so)
{
	struct shape hold = one_way(1, A, B), delay = one_way(2, A, C);
	int status;

	hold.hold = true;
	apply(net, hold);
	send_number(net, A, B, 1);
	while (count_of(net, 1).held < 1)
		sched_yield();
	ck_assert_int_eq(kill(net->hosts->shared->shapes.pid, SIGKILL), 0);
	ck_assert_int_gt(waitpid(net->hosts->shared->shapes.pid, &status, 0), 0);
	send_number(net, A, B, 2);
	ck_assert_int_eq(next_number(net, B, ARRIVES_MS), 2);
	int64_t began_ns = clock_now_ns();

	ck_assert_int_ge(away(net, 1).missed, 1);
	ck_assert_int_lt(clock_now_ns() - began_ns, NS_PER_S);
	delay.delay_ns = 50 * NS_PER_MS;
	apply(net, delay); /* a new one comes up */
	ck_assert_int_ge(flight_ns(net, A, C), 50 * NS_PER_MS);
}

START_SHAPED(heal_all_goes_on_where_a_stopped_engine_was)
{
	struct shape shape = one_way(1, A, B);

	shape.hold = true;
	apply(net, shape);
	ck_assert_int_eq(kill(net->hosts->shared->shapes.pid, SIGSTOP), 0);
	send_number(net, A, B, 1);
	ck_ok(hosts_heal_all(net->hosts, &err));
	ck_assert_int_eq(next_number(net, B, ARRIVES_MS), 1);
}

START_SHAPED(engine_ends_with_the_hosts)
{
	struct shape shape = one_way(1, A, B);

	shape.delay_ns = NS_PER_MS;
	apply(net, shape);
	pid_t engine = net->hosts->shared->shapes.pid;

	ck_assert_int_eq(kill(engine, 0), 0);
	shapes_close(net->hosts);
	ck_assert_int_eq(kill(engine, 0), -1);
}

START_SHAPED(one_treatment_too_many_is_refused_and_changes_nothing)
{
	struct error refusal = {0};
	struct shape shape = one_way(SHAPES_MAX + 1, A, C);

	shape.loss_percent = 100;
	for (int i = 0; i < SHAPES_MAX; i++) {
		struct shape small = one_way(i + 1, A, B);

		small.loss_percent = 1;
		apply(net, small);
	}
	ck_assert_int_eq(hosts_shape(net->hosts, &shape, &refusal), -1);
	ck_assert_ptr_nonnull(strstr(refusal.text, "more than"));
	ck_passes(net, A, C);
	ck_ok(hosts_heal_all(net->hosts, &err));
	apply(net, shape);
	ck_assert(!arrives(net, A, C, SILENCE_MS));
}

int main(void)
{
	Suite *suite = suite_create("sandbox: ends of treatments");
	TCase *tests = tcase_create("all");

	rig_need_sandbox("sandbox_shape_ends_test");
	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, heal_all_delivers_what_a_process_that_died_held);
	tcase_add_test(tests, dead_engine_fails_open_and_says_so);
	tcase_add_test(tests, heal_all_goes_on_where_a_stopped_engine_was);
	tcase_add_test(tests, engine_ends_with_the_hosts);
	tcase_add_test(tests, one_treatment_too_many_is_refused_and_changes_nothing);
	return suite_run(suite);
}
