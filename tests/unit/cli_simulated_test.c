/*
 * The checker against a known truth: a simulated run knows by the order of its keys what each write
 * was, and who believed when. The checker sees only the history.
 *
 * TRUTH_SEEDS says how many runs, TRUTH_FROM which seed is the first. They are tested in parts,
 * since Check cannot tell of a test that took longer than half an hour.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checker/checker.h"
#include "cli/simulated_run.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"
#include "tests/unit/simulation_rig.h"

enum { PART = 50, SEEDS = 5 * PART, SECONDS = 20 };

/* Of what only a service can do wrong, there is none. */
static const int truths[VIOLATION_NAMES_COUNT] = {
	[VIOLATION_OVERLAP] = COUNT_OVERLAPS,
	[VIOLATION_STALE_WRITE] = COUNT_STALE_WRITES,
	[VIOLATION_LATE_WRITE] = COUNT_LATE_WRITES,
	[VIOLATION_LOST_UPDATE] = COUNT_LOST_UPDATES,
};

static int number_told(const char *name, int otherwise)
{
	const char *told = getenv(name);

	return told ? atoi(told) : otherwise;
}

static void set_arms(struct campaign *campaign, struct scenario scenario[GUARDS_RIGHT])
{
	struct error err = {0};
	char text[64 * GUARDS_RIGHT];
	size_t used = 0;

	for (int i = 0; i < GUARDS_RIGHT; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "arm %s {}\n",
					 guard_names[i]);
	ck_assert_msg(!campaign_load_text(text, "test", campaign, &err), "%s", err.text);
	for (int i = 0; i < GUARDS_RIGHT; i++) {
		struct arm *arm = &campaign->arm[i];

		arm->guard = scenario[i].guard = (enum guard)i;
		arm->lanes = scenario[i].situation.locks;
		arm->workers = scenario[i].situation.workers;
		arm->ttl_s = (int)(scenario[i].situation.lease.ttl_ns / NS_PER_S);
	}
}

/* Runs with the seed's settings, under faults often enough that something happens. */
static void play_one(const char *path, int seed, struct campaign *campaign,
		     struct played played[GUARDS_RIGHT])
{
	static const double often[] = {0, 30, 120, 400};
	struct scenario scenario[GUARDS_RIGHT];
	struct pause_profile pauses;
	struct error err = {0};

	rig_stream = random_open((uint64_t)seed, "truth");
	ck_assert_int_eq(pauses_parse("100ms..9s", &pauses, &err), 0);
	struct scenario drawn = any_scenario(&pauses);

	drawn.situation.locks = 1;
	drawn.situation.work_min_s /= 4;
	drawn.situation.work_max_s /= 4;
	drawn.situation.rest_s /= 4;
	drawn.situation.pauses_per_hour = often[any(0, 3)];
	drawn.cuts_per_hour = often[any(0, 3)];
	drawn.deaths_per_hour = often[any(0, 3)];
	drawn.length_ns = SECONDS * NS_PER_S;
	drawn.seed = (uint64_t)seed;
	for (int i = 0; i < GUARDS_RIGHT; i++)
		scenario[i] = drawn;
	set_arms(campaign, scenario);
	unlink(path);
	ck_assert_msg(!simulated_run(path, campaign, scenario, "test", played, &err), "seed %d: %s",
		      seed, err.text);
}

static void compare(int seed, const struct verdicts *verdicts,
		    const struct played played[GUARDS_RIGHT], int64_t *found)
{
	for (int i = 0; i < verdicts->judgements; i++) {
		const struct judgement *judgement = &verdicts->judgement[i];

		ck_assert_msg(judgement->verdict != VERDICT_BROKEN, "seed %d: %s", seed,
			      judgement->why);
		for (int name = 0; name < VIOLATION_NAMES_COUNT; name++) {
			bool of_arm = judgement->arm >= 0 && truths[name];
			int64_t truth = of_arm ? played[i].count[truths[name]] : 0;

			ck_assert_msg(
				judgement->definite[name] == truth && !judgement->possible[name],
				"seed %d, %s: %s found %lld times and %lld possible, true %lld",
				seed, judgement->subject, violation_word(name),
				(long long)judgement->definite[name],
				(long long)judgement->possible[name], (long long)truth);
			*found += truth;
		}
	}
}

START_TEST(checker_finds_what_was_and_nothing_else)
{
	static struct campaign campaign;
	const char *path = scratch_file("history.db");
	int first = number_told("TRUTH_FROM", 1) + _i * PART;
	int64_t found = 0;

	for (int seed = first; seed < first + PART; seed++) {
		struct played played[GUARDS_RIGHT];
		struct checker_config config = {.min_exposures = 1, .violations_kept = 1};
		struct history history;
		struct verdicts verdicts;
		struct error err = {0};

		play_one(path, seed, &campaign, played);
		ck_assert_msg(!history_open(path, &history, &err), "seed %d: %s", seed, err.text);
		ck_assert_int_eq(checker_judge(&history, &config, &verdicts, &err), 0);
		compare(seed, &verdicts, played, &found);
		verdicts_free(&verdicts);
		history_close(&history);
		for (int i = 0; i < GUARDS_RIGHT; i++)
			played_close(&played[i]);
	}
	ck_assert_int_gt(found, 0);
	printf("%lld violations\n", (long long)found);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cli_simulated");
	TCase *cases = tcase_create("truth");

	tcase_set_timeout(cases, 300);
	tcase_add_loop_test(cases, checker_finds_what_was_and_nothing_else, 0,
			    (number_told("TRUTH_SEEDS", SEEDS) + PART - 1) / PART);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
