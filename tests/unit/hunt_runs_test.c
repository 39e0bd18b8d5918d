/* Replay, shrink and explore over real runs: a lock that is wrong on purpose shows its bug each
 * time. */
#include "conductor/hunt/explore.h"
#include "conductor/hunt/replay.h"
#include "conductor/hunt/shrink.h"
#include "tests/unit/conductor_run_rig.h"

static const char planted[] =
	"seed = 3\nduration = '2s'\nsettle = '1s'\ncluster { members = 1 }\n"
	"arm planted { recipe = broken-put  lanes = 1  workers = 2  ttl = '1s'  work = '100ms .. "
	"200ms' }\n"
	"fault first { do = pause  target = holder  length = '0.2 ttl'  first = '300ms' }\n";

/* Runs `hunt` in a process of its own; its exit code. What it prints is in out_path. */
static int hunt(int (*body)(const char *history, struct error *err), const char *history)
{
	out_path = scratch_file("out");
	fflush(NULL);
	runner = fork();
	if (runner)
		return end_run();
	struct error err = {0};

	if (!freopen(out_path, "w", stdout))
		_exit(99);
	int code = body(history, &err);

	if (err.code)
		fprintf(stderr, "%s\n", err.text);
	fflush(NULL);
	_exit(code);
}

static int replay_twice(const char *history, struct error *err)
{
	return (int)replay_run(&(struct replay_request){.history = history,
							.runs_dir = scratch_file("replays"),
							.times = 2,
							.json = true},
			       err);
}

static int replay_other(const char *history, struct error *err)
{
	return (int)replay_run(&(struct replay_request){.history = history,
							.choice.etcd = "nosuchetcd",
							.runs_dir = scratch_file("replays"),
							.times = 2},
			       err);
}

static const char *small_conf;
static int64_t after_the_fault; /* a violation */

static int proof_runs;

static int shrink(const char *history, struct error *err)
{
	return (int)shrink_run(&(struct shrink_request){.history = history,
							.choice.violation = after_the_fault,
							.runs_dir = scratch_file("shrunk"),
							.output = small_conf,
							.tries = 1,
							.keep = 1,
							.proof_runs = proof_runs},
			       err);
}

static int explore_one_round(const char *history, struct error *err)
{
	(void)history;
	load_campaign(planted);
	return (int)explore_run(&(struct explore_request){.campaign = &campaign,
							  .runs_dir = scratch_file("explored"),
							  .command = "fencepost run --explore",
							  .time_ns = NS_PER_MS * 500},
				err);
}

static int shrink_what_is_not_there(const char *history, struct error *err)
{
	return (int)shrink_run(&(struct shrink_request){.history = history,
							.choice.violation = 99999,
							.output = small_conf},
			       err);
}

START_TEST(a_planted_bug_is_replayed_and_shrunk)
{
	char history[RUN_DIR_SIZE + 400];
	struct error err = {0};

	begin_run(planted, (struct run_request){.quiet = true});
	end_run();
	snprintf(history, sizeof(history), "%s", in_run_dir("history.db"));
	after_the_fault =
		number("SELECT max(id) FROM violation WHERE definite AND arm = 0 AND name = "
		       "'overlap' AND at_ns > (SELECT ended_ns FROM fault)");
	ck_assert_int_gt(after_the_fault, 0);
	ck_assert_int_eq(hunt(replay_twice, history), EXIT_AS_EXPECTED);
	ck_assert_ptr_nonnull(strstr(told_in(out_path), "\"reproduced\":2,\"of\":2}"));
	/* A round that cannot run is no round in which it did not come back. */
	ck_assert_int_eq(hunt(replay_other, history), EXIT_MACHINE_LACKS);
	ck_assert_str_eq(told_in(out_path), "");
	small_conf = scratch_file("small.conf");
	proof_runs = 1;
	ck_assert_int_eq(hunt(shrink, history), EXIT_AS_EXPECTED);
	ck_assert_msg(campaign_load(small_conf, &campaign, &err) == 0, "%s", err.text);
	ck_assert_int_eq(campaign.blocks, 1);
	ck_assert_ptr_nonnull(strstr(told_in(small_conf), ", 1 of 1\n"));
	proof_runs = 0; /* what is left is not proved */
	ck_assert_int_eq(hunt(shrink, history), EXIT_INCONCLUSIVE);
	ck_assert_int_eq(hunt(shrink_what_is_not_there, history), EXIT_BAD_USAGE);
}
END_TEST

/* Its arm has no guard: what it shows is to be expected, and no find. */
START_TEST(a_round_of_exploration_is_a_run)
{
	ck_assert_int_eq(hunt(explore_one_round, NULL), EXIT_INCONCLUSIVE);
	ck_assert_ptr_nonnull(strstr(told_in(out_path), "nothing found in 1 rounds; "));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: hunt");
	TCase *tests = tcase_create("all");

	rig_need_sandbox("hunt_runs_test");
	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 250);
	tcase_add_test(tests, a_planted_bug_is_replayed_and_shrunk);
	tcase_add_test(tests, a_round_of_exploration_is_a_run);
	return suite_run(suite);
}
