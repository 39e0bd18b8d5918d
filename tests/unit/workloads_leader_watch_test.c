/*
 * Who leads, by the word of two members of the test's own: each answers its questions one after the
 * other as its script says, and the test ends when both scripts have been told.
 */
#include <check.h>
#include <stdlib.h>

#include "tests/support/suite.h"
#include "tests/unit/workloads_service.h"
#include "workloads/leader_watch.h"

enum { RING = 1, PROCESS = 7, MEMBERS = 2, WORDS = 8, NOBODY = -1, STRANGER = 999 };

struct word { /* of a member about itself and its leader; the end of a script has no id */
	int id, leader, term;
};

static struct rig rig;
static struct journal journal;
static struct word script[MEMBERS][WORDS];
static int said[MEMBERS];
static bool is_through[MEMBERS];
static sem_t through; /* posted once by each member */

/* Past its script a member does not answer. */
static struct told tell(const struct asked *asked)
{
	const struct question *question = service_note(asked);

	if (!service_is(question, "maintenance/status"))
		return service_says(404, "{}");
	struct word word = script[question->member][said[question->member]];

	if (!word.id) {
		if (!is_through[question->member])
			sem_post(&through);
		is_through[question->member] = true;
		return (struct told)SERVICE_SILENT;
	}
	said[question->member]++;
	return service_says(200,
			    "{\"header\":{\"member_id\":\"%d\"},\"leader\":\"%d\",\"raftTerm\":"
			    "\"%d\"}",
			    word.id, word.leader, word.term);
}

static void setup(void)
{
	rig_open(&rig);
	journal_open(&journal, area_ring(rig.area, RING), PROCESS);
	service_open(NULL, tell);
	sem_init(&through, 0, 0);
}

static void teardown(void)
{
	service_close();
	rig_close(&rig);
}

static void listen_to_the_end(void)
{
	struct leader_watch *watch;
	struct error err = {0};

	stand_in_agree(service.stand_in);
	ck_assert_int_eq(leader_watch_open(&watch,
					   &(struct etcd_target){service.endpoint, MEMBERS, NULL},
					   &journal, &err),
			 0);
	for (int member = 0; member < MEMBERS; member++)
		sem_wait(&through);
	leader_watch_close(watch);
	rig_drain(&rig, RING);
}

/* "0 in 2, none in 3": the leaders by the member's word, and the terms. */
static const char *story(int member)
{
	static char text[512];
	FILE *out = fmemopen(text, sizeof(text), "w");

	text[0] = '\0';
	for (int i = 0; i < rig.events; i++) {
		const struct leader_event *word = &rig.event[i].leader;

		ck_assert_uint_eq(rig.event[i].kind, EVENT_LEADER);
		ck_assert_int_eq(rig.event[i].process, PROCESS);
		if (word->member != member)
			continue;
		fputs(ftell(out) ? ", " : "", out);
		if (word->leader == NOBODY)
			fputs("none", out);
		else
			fprintf(out, "%d", word->leader);
		fprintf(out, " in %d", (int)word->term);
	}
	fclose(out);
	return text;
}

START_TEST(words_of_a_member_are_told_when_they_change)
{
	static const struct word words[] = {{100, 100, 2}, {100, 100, 2}, {100, 100, 3},
					    {100, 0, 3},   {100, 0, 3},   {100, 100, 3}};

	memcpy(script[0], words, sizeof(words));
	script[1][0] = (struct word){101, 0, 2};
	listen_to_the_end();
	ck_assert_str_eq(story(0), "0 in 2, 0 in 3, none in 3, 0 in 3");
	ck_assert_str_eq(story(1), "none in 2");
}
END_TEST

/* Its first word is told even when it is that nobody leads in term 0. */
START_TEST(word_about_a_member_that_is_not_known_is_not_told)
{
	static const struct word words[] = {{100, STRANGER, 2},
					    {100, 0, 0},
					    {100, STRANGER, 5},
					    {STRANGER, 100, 6},
					    {STRANGER, STRANGER, 6}};

	memcpy(script[0], words, sizeof(words));
	listen_to_the_end();
	/* It was replaced: its old id is nobody's, its new one its own. */
	ck_assert_str_eq(story(0), "none in 0, 0 in 6");
	ck_assert_str_eq(story(1), "");
}
END_TEST

static sem_t known;

static struct told tell_when_known(const struct asked *asked)
{
	struct told told = tell(asked);

	if (asked->path[1] == '1' && told.status)
		told.after = &known;
	else if (said[0] == 2)
		sem_post(&known);
	return told;
}

/* Asked for the second time, member 0 has given its id. */
START_TEST(leader_is_named_by_its_place_among_the_members)
{
	service_close();
	service_open(NULL, tell_when_known);
	sem_init(&known, 0, 0);
	script[0][0] = script[0][1] = (struct word){100, 101, 4};
	script[1][0] = (struct word){101, 100, 4};
	listen_to_the_end();
	ck_assert_str_eq(story(1), "0 in 4");
	for (int i = 0; i < service.questions; i++)
		ck_assert_str_eq(service.question[i].path, "maintenance/status");
}
END_TEST

/* Whoever answers posts `known`. */
static struct leader_watch *watch_until_all_answered(struct told (*answer)(const struct asked *))
{
	struct leader_watch *watch;
	struct error err = {0};

	service_close();
	service_open(NULL, answer);
	sem_init(&known, 0, 0);
	ck_assert_int_eq(leader_watch_open(&watch,
					   &(struct etcd_target){service.endpoint, MEMBERS, NULL},
					   &journal, &err),
			 0);
	for (int member = 0; member < MEMBERS; member++)
		sem_wait(&known);
	return watch;
}

static struct told tell_of_one_alone(const struct asked *asked)
{
	struct told told = service_tell(asked);

	sem_post(&known);
	if (asked->path[1] == '0')
		told.after = &through;
	return told;
}

/* At most as long as it waits for one answer. */
START_TEST(end_waits_for_a_question_under_way)
{
	int64_t opened_ns = clock_now_ns();
	struct leader_watch *watch = watch_until_all_answered(tell_of_one_alone);

	leader_watch_close(watch);
	ck_assert_int_ge(clock_now_ns() - opened_ns, 300 * NS_PER_MS);
	sem_post(&through);
}
END_TEST

static _Atomic int denials;

static struct told deny(const struct asked *asked)
{
	(void)asked;
	denials++;
	sem_post(&known);
	return (struct told){.status = 403,
			     .text = "{\"code\":7,\"message\":\"etcdserver: permission denied\"}"};
}

/* As by 3.5.30, whoever is not root. */
START_TEST(members_that_tell_nobody_are_noted_once_and_not_asked_again)
{
	struct leader_watch *watch = watch_until_all_answered(deny);

	clock_sleep_until_ns(clock_now_ns() + 500 * NS_PER_MS); /* two more times to ask */
	leader_watch_close(watch);
	rig_drain(&rig, RING);
	ck_assert_int_eq(denials, MEMBERS);
	ck_assert_int_eq(rig.events, MEMBERS);
	ck_assert_uint_eq(rig.event[0].kind, EVENT_NOTE);
	ck_assert_ptr_nonnull(strstr(rig.event[0].note.text, "does not tell our user who leads"));
}
END_TEST

START_TEST(endpoints_that_are_none_are_refused_with_the_reason)
{
	static const char *const bad[] = {"http://127.0.0.1:1", "ftp://127.0.0.1"};
	struct leader_watch *watch;
	struct error err = {0};

	ck_assert_int_eq(
		leader_watch_open(&watch, &(struct etcd_target){bad, 2, NULL}, &journal, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_ptr_nonnull(strstr(err.text, "ftp://127.0.0.1"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workloads: who leads");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 20);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, words_of_a_member_are_told_when_they_change);
	tcase_add_test(tests, word_about_a_member_that_is_not_known_is_not_told);
	tcase_add_test(tests, members_that_tell_nobody_are_noted_once_and_not_asked_again);
	tcase_add_test(tests, leader_is_named_by_its_place_among_the_members);
	tcase_add_test(tests, end_waits_for_a_question_under_way);
	tcase_add_test(tests, endpoints_that_are_none_are_refused_with_the_reason);
	return suite_run(suite);
}
