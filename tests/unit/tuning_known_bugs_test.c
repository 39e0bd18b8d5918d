/* The table of known bugs: every campaign has its text, every version its answer. */
#include <check.h>
#include <glob.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"
#include "tuning/known_bugs.h"

static const struct known_bug *find(const char *campaign)
{
	int count;
	const struct known_bug *bug = known_bugs(&count);

	for (int i = 0; i < count; i++)
		if (strcmp(bug[i].campaign, campaign) == 0)
			return &bug[i];
	return NULL;
}

/* What the run of that version, with a fault of that kind over the violation, says of it. The
 * caller frees. */
static char *say(const char *version, const char *fault, int members, int arm,
		 enum violation_name name)
{
	struct violation violation = {.name = name, .arm = arm, .lane = -1, .definite = true};
	struct maker *maker = maker_open(scratch_file("run.db"));
	struct history history;
	struct error err = {0};

	if (fault) {
		int64_t id = maker_fault(maker, .lane = -1, .host = 0, .kind = fault, .began_ms = 1,
					 .ended_ms = 2, .bitten = true);

		violation.evidence[violation.evidences++] =
			(struct evidence){.kind = "fault", .ref = id, .part = "cover"};
	}
	maker_set_int(maker, "members", members);
	if (version)
		maker_set_text(maker, "etcd", version);
	maker_close(maker, true);
	ck_assert_msg(history_open(scratch_file("run.db"), &history, &err) == 0, "%s", err.text);
	char *text = known_bug_say(&history, &violation);

	history_close(&history);
	ck_assert_int_eq(remove(scratch_file("run.db")), 0);
	return text;
}

/* The same of a lock that was taken by that recipe, without a fault. The caller frees. */
static char *say_of(const char *recipe, const char *version)
{
	struct violation violation = {
		.name = VIOLATION_GHOST_GRANT, .arm = -1, .lane = 0, .definite = true};
	struct maker *maker = maker_open(scratch_file("recipe.db"));
	struct history history;
	struct error err = {0};

	maker_lane(maker, maker_arm(maker, .recipe = recipe));
	maker_set_text(maker, "etcd", version);
	maker_close(maker, true);
	ck_assert_msg(history_open(scratch_file("recipe.db"), &history, &err) == 0, "%s", err.text);
	char *text = known_bug_say(&history, &violation);

	history_close(&history);
	ck_assert_int_eq(remove(scratch_file("recipe.db")), 0);
	return text;
}

static void expect(const char *words, char *said)
{
	ck_assert_msg(said && strstr(said, words), "%s", said ? said : "nothing");
	free(said);
}

/* All but the control, which no bug is known by. */
START_TEST(each_campaign_of_known_bugs_has_its_text)
{
	glob_t found;
	int controls = 0;

	ck_assert_int_eq(glob("campaigns/known-bugs/*.conf", 0, NULL, &found), 0);
	ck_assert_uint_ge(found.gl_pathc, 6);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char *name = basename(found.gl_pathv[i]);

		*strrchr(name, '.') = '\0';
		const struct known_bug *bug = find(name);

		controls += !bug;
		if (!bug) {
			ck_assert_str_eq(name, "partitioned-leader");
			continue;
		}
		ck_assert_uint_gt(strlen(bug->meaning), 40);
		ck_assert(*bug->has && bug->names);
		ck_assert_msg(*bug->upstream || !*bug->ended, "%s", name);
	}
	ck_assert_int_eq(controls, 1);
	globfree(&found);
}
END_TEST

START_TEST(version_that_was_tried_is_as_it_was_found)
{
	int count;
	const struct known_bug *bug = known_bugs(&count);

	for (int i = 0; i < count; i++) {
		char *lists[2] = {strdup(bug[i].has), strdup(bug[i].lacks)};

		for (int list = 0; list < 2; list++) {
			char *rest = lists[list];

			for (char *word; (word = strsep(&rest, " "));)
				ck_assert_msg(!*word || known_bug_in(&bug[i], word) ==
								(list ? KNOWN_NOT : KNOWN_IN_IT),
					      "%s %s", bug[i].campaign, word);
			free(lists[list]);
		}
	}
}
END_TEST

START_TEST(version_between_is_judged_by_the_releases_that_ended_it)
{
	static const struct {
		const char *campaign, *version;
		enum known known;
	} cases[] = {
		{"ghost-grant", "3.4.34", KNOWN_IN_IT},
		{"ghost-grant", "3.5.0", KNOWN_NOT},
		{"ghost-grant", "3.6.1", KNOWN_NOT},
		{"ghost-grant", "4.0.0", KNOWN_NOT},
		{"stalled-leader-revokes", "3.3.27", KNOWN_IN_IT},
		{"stalled-leader-revokes", "3.4.30", KNOWN_IN_IT},
		{"stalled-leader-revokes", "3.4.31", KNOWN_NOT},
		{"stalled-leader-revokes", "3.5.12", KNOWN_IN_IT},
		{"stalled-leader-revokes", "3.5.13", KNOWN_NOT},
		{"paused-leader-revokes", "3.5.21", KNOWN_IN_IT},
		{"paused-leader-revokes", "3.5.31", KNOWN_NOT}, /* not tried, ended nowhere */
		{"paused-leader-revokes", "3.2.0", KNOWN_NOT},
		{"ghost-grant", "of somebody", KNOWN_UNTOLD},
		{"ghost-grant", "", KNOWN_UNTOLD},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(known_bug_in(find(cases[i].campaign), cases[i].version) ==
				      cases[i].known,
			      "%s %s", cases[i].campaign, cases[i].version);
	ck_assert_int_eq(known_bug_in(find("ghost-grant"), NULL), KNOWN_UNTOLD);
}
END_TEST

START_TEST(violation_is_known_by_its_name_version_and_fault)
{
	expect("known: etcd #11456, found in 3.3.25, 3.4.23, ended in 3.5.0: a waiter",
	       say("3.4.23", NULL, 3, -1, VIOLATION_GHOST_GRANT));
	expect("not known to us", say("3.5.16", NULL, 3, -1, VIOLATION_GHOST_GRANT));
	expect("known: etcd #15247", say("3.4.23", "stall", 3, -1, VIOLATION_EARLY_EXPIRY));
	expect("known: by us alone", say("3.4.23", "pause", 3, -1, VIOLATION_EARLY_EXPIRY));
	expect("ended in no release that we know",
	       say("3.5.30", "pause", 3, -1, VIOLATION_EARLY_EXPIRY));
	expect("not known to us", say("3.5.30", "cut", 3, -1, VIOLATION_EARLY_EXPIRY));
	expect("not known to us", say("3.5.30", NULL, 3, -1, VIOLATION_EARLY_EXPIRY));
	expect("not known to us", say("3.5.30", "pause", 3, -1, VIOLATION_TOKEN_REGRESSION));
}
END_TEST

START_TEST(bug_of_a_single_member_is_not_that_of_three)
{
	expect("known: etcd #14370", say("3.3.25", "power-loss", 1, -1, VIOLATION_DIVERGENCE));
	expect("not known to us", say("3.3.25", "power-loss", 3, -1, VIOLATION_DIVERGENCE));
}
END_TEST

START_TEST(nothing_is_claimed_without_a_version_or_of_an_arm)
{
	expect("cannot be told", say(NULL, NULL, 3, -1, VIOLATION_GHOST_GRANT));
	expect("cannot be told", say("theirs", NULL, 3, -1, VIOLATION_GHOST_GRANT));
	ck_assert_ptr_null(say("3.4.23", NULL, 3, 0, VIOLATION_GHOST_GRANT));
}
END_TEST

/* The least that has none of them, not the least that one of them names. */
START_TEST(release_that_ends_several_ends_each)
{
	int count;
	const struct known_bug *bug = known_bugs(&count);
	char into[48];
	uint32_t ghosts = 1u << (find("ghost-grant") - bug);
	uint32_t stalls = 1u << (find("stalled-leader-revokes") - bug);
	uint32_t pauses = 1u << (find("paused-leader-revokes") - bug);

	ck_assert_str_eq(known_bugs_end(ghosts, "3.3.25", into, sizeof(into)), "3.5.0");
	ck_assert_str_eq(known_bugs_end(stalls, "3.3.25", into, sizeof(into)), "3.4.31");
	ck_assert_str_eq(known_bugs_end(stalls, "3.5.2", into, sizeof(into)), "3.5.13");
	ck_assert_str_eq(known_bugs_end(ghosts | stalls, "3.4.23", into, sizeof(into)), "3.5.13");
	ck_assert_ptr_null(known_bugs_end(pauses, "3.4.23", into, sizeof(into)));
	ck_assert_ptr_null(known_bugs_end(ghosts | pauses, "3.4.23", into, sizeof(into)));
	ck_assert_ptr_null(known_bugs_end(ghosts, "theirs", into, sizeof(into)));
}
END_TEST

/* The lock API has lost it, the election API has not. */
START_TEST(bug_of_one_recipe_is_not_anothers)
{
	expect("by us alone", say_of("election", "3.5.30"));
	expect("told by the election API", say_of("election", "3.4.23"));
	expect("etcd #11456", say_of("lock", "3.4.23"));
	expect("not known to us", say_of("lock", "3.5.30"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tuning_known_bugs");
	TCase *cases = tcase_create("known bugs");

	tcase_add_test(cases, each_campaign_of_known_bugs_has_its_text);
	tcase_add_test(cases, version_that_was_tried_is_as_it_was_found);
	tcase_add_test(cases, version_between_is_judged_by_the_releases_that_ended_it);
	tcase_add_test(cases, violation_is_known_by_its_name_version_and_fault);
	tcase_add_test(cases, bug_of_a_single_member_is_not_that_of_three);
	tcase_add_test(cases, nothing_is_claimed_without_a_version_or_of_an_arm);
	tcase_add_test(cases, release_that_ends_several_ends_each);
	tcase_add_test(cases, bug_of_one_recipe_is_not_anothers);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
