/*
 * The witness against two members of the test's own: each has a script of what its watch says,
 * which goes on in the next stream when one breaks. The witness runs in the test's own thread, and
 * is told to stop when both scripts have come to that.
 */
#include <check.h>
#include <stdlib.h>

#include "base/text.h"
#include "tests/support/stalls.h"
#include "tests/support/suite.h"
#include "tests/unit/workloads_service.h"
#include "workloads/witness.h"

enum { RING = 1, PROCESS = 7, MEMBERS = 2, LINES = 16 };

/* Words of a script beside the lines that the watch says. */
static const char stop[] = "the member is through, and stops the witness when all are",
		  last[] = "waits until the others are through",
		  gapped[] = "waits until member 1 has a gap",
		  mark[] = "tells the mark when it has been put", broken[] = "the stream ends",
		  left[] = "waits until the witness has left the stream, for the next one";

static struct rig rig;
static const struct witness_lane lanes[] = {{.lock = "run/a/1/inner", .lane = 1},
					    {.lock = "run/a/1", .lane = 0},
					    {.lock = "run/a/1/other", .lane = 3},
					    {.lock = "run/a/10", .lane = 2},
					    {.lock = "run/b/1", .lane = 4} /* of another run */};
static struct witness_config config;
static const char *script[MEMBERS][LINES];
static int line[MEMBERS], through;
static _Atomic uint32_t pulse;

/* What the watch says ------------------------------------------------------------------------- */

#define HEADER(revision)  "\"header\":{\"revision\":\"" #revision "\"}"
#define CREATED(revision) "{\"result\":{" HEADER(revision) ",\"created\":true}}\n"
#define UP_TO(revision)   "{\"result\":{" HEADER(revision) "}}\n"
#define COMPACTED(revision)                                                                        \
	"{\"result\":{" HEADER(90) ",\"canceled\":true,\"compact_revision\":\"" #revision          \
				   "\",\"cancel_reason\":\"compacted\"}}\n"

/* One of a few texts that live until the test's end. */
static const char *keep(struct told told)
{
	static char kept[LINES][STAND_IN_ANSWER];
	static int used;

	ck_assert_int_lt(used, LINES);
	return memcpy(kept[used++], told.text, STAND_IN_ANSWER);
}

static const char *put(const char *key, int revision, int created, int lease)
{
	return keep(service_says(
		200,
		"{\"result\":{" HEADER(
			90) ",\"events\":[{\"kv\":{\"key\":\"%s\","
			    "\"mod_revision\":\"%d\",\"create_revision\":\"%d\",\"lease\":"
			    "\"%d\"}}]}}\n",
		told_bytes(key), revision, created, lease));
}

static const char *deleted(const char *key, int revision, int created, int lease)
{
	return keep(
		service_says(200,
			     "{\"result\":{" HEADER(
				     90) ",\"events\":[{\"type\":\"DELETE\",\"kv\":{\"key\":\"%s\","
					 "\"mod_revision\":\"%d\"},\"prev_kv\":{\"key\":\"%s\","
					 "\"create_revision\":\"%d\","
					 "\"mod_revision\":\"%d\",\"lease\":\"%d\"}}]}}\n",
			     told_bytes(key), revision, told_bytes(key), created, created, lease));
}

static struct told follow_script(int member, int part)
{
	const char *says = script[member][line[member]];
	struct told told = {.status = 200, .goes_on = true};

	if (!says || (says == mark && !service_asked("kv/put", 0)) ||
	    (says == last && through < MEMBERS - 1) || (says == left && part > 0) ||
	    (says == gapped && script[1][line[1]] != left))
		return told;
	line[member]++;
	if (says == broken)
		return (struct told){.status = 0, .goes_on = true};
	if (says == stop)
		atomic_store(config.stop, ++through == MEMBERS);
	else if (says == mark)
		says = put("run/.witness-end", SERVICE_PUT, SERVICE_PUT, SERVICE_LEASE);
	if (strchr(says, '\n'))
		text_copy(told.text, sizeof(told.text), says);
	return told;
}

static struct told tell(const struct asked *asked)
{
	int member;
	char rest[16];

	if (sscanf(asked->path, "m%d/v3beta/%15s", &member, rest) != 2 || strcmp(rest, "watch"))
		return service_tell(asked);
	if (asked->part == 0)
		service_note(asked);
	return follow_script(member, asked->part);
}

/* The witness --------------------------------------------------------------------------------- */

static void setup(void)
{
	rig_open(&rig);
	service_open(NULL, tell);
	config = (struct witness_config){
		.service = {service.endpoint, MEMBERS, NULL},
		.prefix = "run/",
		.lane = lanes,
		.lanes = 4,
		.ring = area_ring(rig.area, RING),
		.ready = &rig.flags[RIG_READY],
		.stop = &rig.flags[RIG_STOP_WITNESS],
		.pulse = &pulse,
		.settle_ns = 20 * NS_PER_S,
	};
}

static void teardown(void)
{
	service_close();
	rig_close(&rig);
}

static void set_script(int member, const char *const lines[LINES])
{
	memcpy(script[member], lines, LINES * sizeof(lines[0]));
}

#define SCRIPT(member, ...) set_script(member, (const char *const[LINES]){__VA_ARGS__})

static int64_t took_ns; /* by the last run */

static void run(void)
{
	int64_t began_ns = clock_now_ns();
	struct sigaction on_pipe;

	signal(SIGPIPE, SIG_DFL);
	ck_assert_int_eq(witness_main(&config, PROCESS), EXIT_AS_EXPECTED);
	took_ns = clock_now_ns() - began_ns;
	stand_in_agree(service.stand_in);
	ck_assert(sigaction(SIGPIPE, NULL, &on_pipe) == 0 && on_pipe.sa_handler == SIG_IGN);
	rig_drain(&rig, RING);
	for (int i = 0; i < rig.events; i++)
		ck_assert_int_eq(rig.event[i].process, PROCESS);
}

/* "11 put run/a/1/k lane 0 created 11 lease 7; ...": what was recorded of the member's word. */
static const char *story(int member)
{
	static char text[2048];
	FILE *out = fmemopen(text, sizeof(text), "w");

	text[0] = '\0';
	for (int i = 0; i < rig.events; i++) {
		const struct key_event *key = &rig.event[i].key;

		if (rig.event[i].kind == EVENT_KEY && key->member == member)
			fprintf(out, "%s%d %s %s lane %d created %d lease %d",
				ftell(out) ? "; " : "", (int)key->revision,
				key->deleted ? "deleted" : "put", key->key, key->lane,
				(int)key->create_revision, (int)key->lease);
	}
	fclose(out);
	return text;
}

/* All notes, a line each; those that break the run begin with "!". */
static const char *notes(void)
{
	static char text[2048];
	FILE *out = fmemopen(text, sizeof(text), "w");

	text[0] = '\0';
	for (int i = 0; i < rig.events; i++)
		if (rig.event[i].kind == EVENT_NOTE)
			fprintf(out, "%s%s\n", rig.event[i].note.breaks ? "!" : "",
				rig.event[i].note.text);
	fclose(out);
	return text;
}

/* The nth question of the member's watch: from which revision on. -1: it was not asked so often. */
static int64_t asked_from(int member, int nth)
{
	for (int i = 0; i < service.questions; i++) {
		const struct question *question = &service.question[i];

		if (service_is(question, "watch") && question->member == member && nth-- == 0)
			return body_number(cJSON_GetObjectItem(question->body, "create_request"),
					   "start_revision");
	}
	return -1;
}

/* What it records ----------------------------------------------------------------------------- */

START_TEST(each_change_is_recorded_as_each_member_tells_it)
{
	const char *made = put("run/a/1/k", 23, 23, 7), *again = put("run/a/1/k", 24, 23, 7);

	SCRIPT(0, CREATED(22), made, again, deleted("run/a/1/k", 25, 23, 7), stop, mark);
	SCRIPT(1, CREATED(22), made, stop, mark);
	run();
	ck_assert_str_eq(story(0), "23 put run/a/1/k lane 0 created 23 lease 7; "
				   "24 put run/a/1/k lane 0 created 23 lease 7; "
				   "25 deleted run/a/1/k lane 0 created 23 lease 7");
	ck_assert_str_eq(story(1), "23 put run/a/1/k lane 0 created 23 lease 7");
	ck_assert_str_eq(notes(), "");
	ck_assert_int_eq(atomic_load(config.ready), MEMBERS);
	/* It looks for its end every 20 ms. */
	ck_assert_uint_gt(atomic_load(&pulse), 0);
	ck_assert_int_le((atomic_load(&pulse) - 1) * 20 * NS_PER_MS, took_ns);
}
END_TEST

START_TEST(key_is_of_the_lane_with_the_longest_name_above_it)
{
	SCRIPT(0, CREATED(21), put("run/a/1/k", 22, 22, 0), put("run/a/1/inner/k", 23, 23, 0),
	       put("run/a/10/k", 24, 24, 0), put("run/a/1", 25, 25, 0),
	       put("run/a/100/k", 26, 26, 0), put("run/a/1/other/k", 27, 27, 0),
	       put("run/b/1/k", 28, 28, 0), stop, mark);
	SCRIPT(1, CREATED(21), stop, mark);
	run();
	ck_assert_str_eq(story(0), "22 put run/a/1/k lane 0 created 22 lease 0; "
				   "23 put run/a/1/inner/k lane 1 created 23 lease 0; "
				   "24 put run/a/10/k lane 2 created 24 lease 0; "
				   "25 put run/a/1 lane -1 created 25 lease 0; "
				   "26 put run/a/100/k lane -1 created 26 lease 0; "
				   "27 put run/a/1/other/k lane 3 created 27 lease 0; "
				   "28 put run/b/1/k lane -1 created 28 lease 0");
}
END_TEST

START_TEST(key_that_does_not_fit_breaks_the_run)
{
	char key[KEY_SIZE + 1];

	memset(key, 'k', sizeof(key));
	key[KEY_SIZE] = '\0';
	SCRIPT(0, CREATED(21), put(key, 22, 22, 0), stop, mark);
	SCRIPT(1, CREATED(21), stop, mark);
	run();
	ck_assert_int_eq(strncmp(notes(), "!a key is too long: kkk", 23), 0);
	ck_assert_int_eq(strncmp(story(0), "22 put kkk", 10), 0);
}
END_TEST

START_TEST(longest_key_that_fits_is_recorded_whole)
{
	char key[KEY_SIZE];

	memset(key, 'k', sizeof(key));
	key[KEY_SIZE - 1] = '\0';
	SCRIPT(0, CREATED(21), put(key, 22, 22, 0), stop, mark);
	SCRIPT(1, CREATED(21), stop, mark);
	run();
	ck_assert_str_eq(notes(), "");
	ck_assert_ptr_nonnull(strstr(story(0), key));
}
END_TEST

/* From where it watches ----------------------------------------------------------------------- */

START_TEST(watch_begins_after_the_revision_that_a_read_returned)
{
	SCRIPT(0, CREATED(21), stop, mark);
	SCRIPT(1, CREATED(21), stop, mark);
	run();
	for (int member = 0; member < MEMBERS; member++) {
		ck_assert_int_eq(asked_from(member, 0), 22);
		ck_assert_int_eq(asked_from(member, 1), -1);
	}
	const struct question *watch = service_asked("watch", 0);
	const cJSON *create = cJSON_GetObjectItem(watch->body, "create_request");

	ck_assert_str_eq(body_bytes(create, "key"), "run/");
	ck_assert_str_eq(body_bytes(create, "range_end"), "run0");
	const cJSON *read = service_asked("kv/range", 0)->body;

	ck_assert_str_eq(body_bytes(read, "key"), "run/.witness-end");
	ck_assert_str_eq(body_text(read, "range_end"), "");
	ck_assert_int_eq(body_number(read, "limit"), 1);
}
END_TEST

START_TEST(watch_does_not_begin_before_a_read_told_the_revision)
{
	/* No answer, none, one without a revision, and one that is malformed. */
	service_answers("kv/range", 0, (struct told)SERVICE_SILENT);
	service_answers("kv/range", 1, (struct told)SERVICE_REFUSES);
	service_answers("kv/range", 2, service_says(200, "{}"));
	service_answers("kv/range", 3, service_says(200, "{" SERVICE_HEADER ",\"kvs\":7}", 5));
	SCRIPT(0, CREATED(21), stop, mark);
	SCRIPT(1, CREATED(21), stop, mark);
	run();
	ck_assert_int_eq(asked_from(0, 0), 22);
	ck_assert_int_eq(asked_from(1, 0), 22);
	ck_assert_ptr_nonnull(service_asked("kv/range", 5));
	ck_assert_ptr_null(service_asked("kv/range", 6));
}
END_TEST

START_TEST(broken_watch_goes_on_after_what_was_told_last)
{
	SCRIPT(0, CREATED(21), put("run/a/1/k", 23, 23, 0), put("run/a/1/k", 24, 23, 0), broken,
	       CREATED(90), put("run/a/1/k", 25, 23, 0), broken, CREATED(90), UP_TO(40), broken,
	       CREATED(90), stop, mark);
	SCRIPT(1, CREATED(21), stop, mark);
	run();
	ck_assert_int_eq(asked_from(0, 1), 25);
	ck_assert_int_eq(asked_from(0, 2), 26);
	ck_assert_int_eq(asked_from(0, 3), 41);
	ck_assert_str_eq(story(0), "23 put run/a/1/k lane 0 created 23 lease 0; "
				   "24 put run/a/1/k lane 0 created 23 lease 0; "
				   "25 put run/a/1/k lane 0 created 23 lease 0");
	/* It rests before it tries again. */
	ck_assert_int_ge(took_ns, 3 * 50 * NS_PER_MS);
	ck_assert_str_eq(notes(), "member 0: watch resumed after revision 24\n"
				  "member 0: watch resumed after revision 25\n"
				  "member 0: watch resumed after revision 40\n");
	ck_assert_int_eq(atomic_load(config.ready), MEMBERS);
}
END_TEST

/* Nothing says that such a watch stands, and nothing was told. */
START_TEST(stream_that_breaks_before_it_is_confirmed_was_no_watch)
{
	SCRIPT(0, broken, broken, CREATED(21), stop, mark);
	SCRIPT(1, CREATED(21), UP_TO(30), broken, broken, CREATED(90), stop, mark);
	run();
	ck_assert_int_eq(asked_from(0, 2), 22);
	ck_assert_int_eq(asked_from(1, 2), 31);
	ck_assert_str_eq(notes(), "member 1: watch resumed after revision 30\n");
	ck_assert_int_eq(atomic_load(config.ready), MEMBERS);
}
END_TEST

START_TEST(change_that_is_told_again_moves_nothing_back)
{
	SCRIPT(0, CREATED(21), UP_TO(40), put("run/a/1/k", 30, 30, 0), broken, CREATED(90), stop,
	       mark);
	SCRIPT(1, CREATED(21), stop, mark);
	run();
	ck_assert_int_eq(asked_from(0, 1), 41);
}
END_TEST

/* Compacted ----------------------------------------------------------------------------------- */

START_TEST(gap_that_another_member_told_of_does_not_break_the_run)
{
	SCRIPT(0, CREATED(21), put("run/a/1/k", 22, 22, 0), broken, COMPACTED(30), left,
	       CREATED(90), put("run/a/1/k", 31, 22, 0), stop, mark);
	SCRIPT(1, CREATED(21), UP_TO(29), stop, mark);
	run();
	ck_assert_int_eq(asked_from(0, 1), 23);
	ck_assert_int_eq(asked_from(0, 2), 30);
	ck_assert_str_eq(notes(),
			 "member 0: revisions 23 to 29 were compacted before they were told\n"
			 "member 0: watch resumed after revision 29\n");
	ck_assert_str_eq(story(0), "22 put run/a/1/k lane 0 created 22 lease 0; "
				   "31 put run/a/1/k lane 0 created 22 lease 0");
}
END_TEST

START_TEST(gap_that_another_member_tells_of_soon_does_not_break_the_run)
{
	SCRIPT(1, CREATED(21), broken, COMPACTED(30), left, CREATED(90), stop, mark);
	SCRIPT(0, CREATED(21), gapped, UP_TO(29), stop, mark);
	run();
	ck_assert_str_eq(notes(),
			 "member 1: revisions 22 to 29 were compacted before they were told\n"
			 "member 1: watch resumed after revision 29\n");
}
END_TEST

START_TEST(gap_that_no_other_member_told_of_breaks_the_run)
{
	SCRIPT(0, CREATED(21), broken, COMPACTED(30), left, CREATED(90), stop, mark);
	SCRIPT(1, CREATED(21), UP_TO(28), last, stop, mark);
	run();
	ck_assert_str_eq(notes(),
			 "!member 0: revisions 22 to 29 were compacted before they were told\n"
			 "member 0: watch resumed after revision 29\n");
}
END_TEST

/* The other member got past these revisions by a gap of its own. */
START_TEST(gap_of_both_members_breaks_the_run)
{
	SCRIPT(0, CREATED(21), broken, COMPACTED(30), left, CREATED(90), stop, mark);
	SCRIPT(1, CREATED(21), broken, COMPACTED(23), left, CREATED(90), UP_TO(35), stop, mark);
	run();
	ck_assert_ptr_nonnull(strstr(
		notes(), "!member 0: revisions 22 to 29 were compacted before they were told\n"));
	/* Only member 0 could have told of revision 22, and did not. */
	ck_assert_ptr_nonnull(strstr(
		notes(), "!member 1: revisions 22 to 22 were compacted before they were told\n"));
}
END_TEST

START_TEST(nothing_is_missing_when_all_that_was_compacted_had_been_told)
{
	SCRIPT(0, CREATED(21), UP_TO(29), broken, COMPACTED(30), left, COMPACTED(20), left,
	       CREATED(90), stop, mark);
	SCRIPT(1, CREATED(21), stop, mark);
	run();
	for (int nth = 1; nth <= 3; nth++)
		ck_assert_int_eq(asked_from(0, nth), 30);
	ck_assert_str_eq(notes(), "member 0: watch resumed after revision 29\n");
}
END_TEST

START_TEST(watch_that_the_server_ended_for_another_reason_is_no_gap)
{
	SCRIPT(0, CREATED(21), "{\"result\":{\"canceled\":true}}\n", left, CREATED(90), stop, mark);
	SCRIPT(1, CREATED(21), stop, mark);
	run();
	ck_assert_str_eq(notes(), "member 0: watch resumed after revision 21\n");
}
END_TEST

/* The end ------------------------------------------------------------------------------------- */

START_TEST(mark_hangs_on_a_lease_and_is_removed_and_not_recorded)
{
	SCRIPT(0, CREATED(21), stop, mark);
	SCRIPT(1, CREATED(21), stop, mark);
	run();
	const cJSON *put_it = service_asked("kv/put", 0)->body;

	ck_assert_int_eq(body_number(service_asked("lease/grant", 0)->body, "TTL"), 30);
	ck_assert_str_eq(body_bytes(put_it, "key"), "run/.witness-end");
	ck_assert_int_eq(body_number(put_it, "lease"), SERVICE_LEASE);
	/* With its lease, of which nothing is left either. */
	ck_assert_int_eq(body_number(service_asked("kv/lease/revoke", 0)->body, "ID"),
			 SERVICE_LEASE);
	ck_assert_str_eq(story(0), "");
	ck_assert_str_eq(notes(), "");
}
END_TEST

START_TEST(mark_is_put_until_it_is_there)
{
	/* No good lease; then one that is gone when it is to be used; then an unknown put. */
	service_answers("lease/grant", 0, service_says(200, "{\"ID\":\"9\"}"));
	service_answers("kv/put", 0, (struct told)SERVICE_REFUSES);
	service_answers("kv/put", 1, (struct told)SERVICE_SILENT);
	SCRIPT(0, CREATED(21), stop, mark);
	SCRIPT(1, CREATED(21), stop, mark);
	run();
	ck_assert_int_eq(body_number(service_asked("kv/put", 0)->body, "lease"), SERVICE_LEASE + 1);
	ck_assert_int_eq(body_number(service_asked("kv/put", 1)->body, "lease"), SERVICE_LEASE + 2);
	ck_assert_int_eq(body_number(service_asked("kv/put", 2)->body, "lease"), SERVICE_LEASE + 2);
	ck_assert_ptr_null(service_asked("kv/put", 3));
	ck_assert_ptr_null(service_asked("lease/grant", 3));
	ck_assert_str_eq(notes(), "");
}
END_TEST

START_TEST(mark_is_asked_for_again_when_nobody_answers)
{
	static sem_t never;

	sem_init(&never, 0, 0);
	service_answers("lease/grant", 0, (struct told){.status = 0, .after = &never});
	SCRIPT(0, CREATED(21), stop, mark);
	SCRIPT(1, CREATED(21), stop, mark);
	run();
	sem_post(&never);
	ck_assert_ptr_nonnull(service_asked("lease/grant", 1));
	ck_assert_str_eq(notes(), "");
}
END_TEST

START_TEST(end_without_an_answer_comes_when_it_must)
{
	static sem_t never;

	stalls_begin();
	sem_init(&never, 0, 0);
	config.settle_ns = 100 * NS_PER_MS;
	service_answers("lease/grant", -1, (struct told){.status = 0, .after = &never});
	SCRIPT(0, CREATED(21), stop);
	SCRIPT(1, CREATED(21), stop);
	run();
	sem_post(&never);
	ck_assert_int_lt(took_ns, 900 * NS_PER_MS + stalls_ns());
}
END_TEST

START_TEST(end_without_a_mark_says_what_is_unknown)
{
	config.settle_ns = 70 * NS_PER_MS;
	service_answers("lease/grant", -1, (struct told)SERVICE_REFUSES);
	SCRIPT(0, CREATED(21), stop);
	SCRIPT(1, CREATED(21), stop);
	run();
	ck_assert_str_eq(notes(), "no mark could be put: unknown whether every member told "
				  "everything\n");
	ck_assert_ptr_null(service_asked("kv/lease/revoke", 0));
	/* Not more often than every 50 ms. */
	ck_assert_ptr_null(service_asked("lease/grant", 2));
}
END_TEST

START_TEST(end_names_each_member_that_has_not_told_everything)
{
	config.settle_ns = 200 * NS_PER_MS;
	SCRIPT(0, CREATED(21), UP_TO(50), stop);
	SCRIPT(1, CREATED(21), put("run/a/1/k", 49, 49, 0), stop);
	run();
	ck_assert_str_eq(notes(), "member 1 has told up to revision 49 of 50\n");
	ck_assert_ptr_nonnull(service_asked("kv/lease/revoke", 0));
}
END_TEST

START_TEST(what_no_member_has_told_by_the_end_is_a_hole)
{
	config.settle_ns = 200 * NS_PER_MS;
	SCRIPT(0, CREATED(21), put("run/a/1/k", 48, 48, 0), stop);
	SCRIPT(1, CREATED(21), put("run/a/1/k", 49, 49, 0), stop);
	run();
	ck_assert_ptr_nonnull(strstr(notes(), "no member has told all of the service's keys, up to "
					      "revision 50\n"));
}
END_TEST

START_TEST(end_waits_for_the_mark_and_what_comes_before_it)
{
	SCRIPT(0, CREATED(21), stop, "", "", "", put("run/a/1/k", 49, 49, 0), mark);
	SCRIPT(1, CREATED(21), stop, mark);
	run();
	ck_assert_str_eq(story(0), "49 put run/a/1/k lane 0 created 49 lease 0");
	ck_assert_str_eq(notes(), "");
}
END_TEST

START_TEST(witness_that_cannot_begin_says_so_by_its_status)
{
	static const char *const bad[] = {"http://127.0.0.1:1", "ftp://127.0.0.1"};

	config.service = (struct etcd_target){&bad[1], 1, NULL};
	ck_assert_int_eq(witness_main(&config, PROCESS), EXIT_BAD_USAGE);
	config.service = (struct etcd_target){bad, 2, NULL};
	ck_assert_int_eq(witness_main(&config, PROCESS), EXIT_BAD_USAGE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workloads: watching");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 20);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, each_change_is_recorded_as_each_member_tells_it);
	tcase_add_test(tests, key_is_of_the_lane_with_the_longest_name_above_it);
	tcase_add_test(tests, key_that_does_not_fit_breaks_the_run);
	tcase_add_test(tests, longest_key_that_fits_is_recorded_whole);
	tcase_add_test(tests, watch_begins_after_the_revision_that_a_read_returned);
	tcase_add_test(tests, watch_does_not_begin_before_a_read_told_the_revision);
	tcase_add_test(tests, broken_watch_goes_on_after_what_was_told_last);
	tcase_add_test(tests, stream_that_breaks_before_it_is_confirmed_was_no_watch);
	tcase_add_test(tests, change_that_is_told_again_moves_nothing_back);
	tcase_add_test(tests, gap_that_another_member_tells_of_soon_does_not_break_the_run);
	tcase_add_test(tests, gap_that_another_member_told_of_does_not_break_the_run);
	tcase_add_test(tests, gap_that_no_other_member_told_of_breaks_the_run);
	tcase_add_test(tests, gap_of_both_members_breaks_the_run);
	tcase_add_test(tests, nothing_is_missing_when_all_that_was_compacted_had_been_told);
	tcase_add_test(tests, watch_that_the_server_ended_for_another_reason_is_no_gap);
	tcase_add_test(tests, mark_hangs_on_a_lease_and_is_removed_and_not_recorded);
	tcase_add_test(tests, mark_is_put_until_it_is_there);
	tcase_add_test(tests, mark_is_asked_for_again_when_nobody_answers);
	tcase_add_test(tests, end_without_an_answer_comes_when_it_must);
	tcase_add_test(tests, end_without_a_mark_says_what_is_unknown);
	tcase_add_test(tests, end_names_each_member_that_has_not_told_everything);
	tcase_add_test(tests, what_no_member_has_told_by_the_end_is_a_hole);
	tcase_add_test(tests, end_waits_for_the_mark_and_what_comes_before_it);
	tcase_add_test(tests, witness_that_cannot_begin_says_so_by_its_status);
	return suite_run(suite);
}
