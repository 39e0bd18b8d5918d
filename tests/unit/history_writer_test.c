/*
 * Events as rows: which field becomes which column, what 0, -1 and an empty text mean, which half
 * of an operation a value comes from, and what is refused. The recorder's loop is
 * history_recorder_test's.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "history/database.h"
#include "history/row.h"
#include "history/writer.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { START = 1000, TEXT_SIZE = 4096 };

static sqlite3 *db;
static struct writer writer;
static const struct place place = {.arm = 1, .lane = 2, .worker = 3};

/* Three lanes; the clock of the run began at 1000. */
static void set_up(void)
{
	const char *path = scratch_file("history.db");
	struct maker *maker = maker_open(path);
	int arm = maker_arm(maker, .guard = "none");

	for (int i = 0; i < 3; i++)
		maker_lane(maker, arm);
	maker_occasion(maker, "pause", "now");
	maker_close(maker, false);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, "PRAGMA synchronous = OFF", NULL, NULL, NULL), SQLITE_OK);
	writer_open(&writer, db, START);
}

static void tear_down(void)
{
	writer_close(&writer);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK); /* no statement is left */
}

/* The rows of a question, a line each, columns between bars, "-" for NULL. */
static const char *answer_to(const char *sql)
{
	static char text[TEXT_SIZE];
	sqlite3_stmt *statement;
	size_t used = 0;

	text[0] = 0;
	ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK, "%s: %s", sql,
		      sqlite3_errmsg(db));
	while (sqlite3_step(statement) == SQLITE_ROW)
		for (int i = 0; i < sqlite3_column_count(statement); i++) {
			const unsigned char *value = sqlite3_column_text(statement, i);

			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
						 value ? (const char *)value : "-",
						 i + 1 < sqlite3_column_count(statement) ? "|"
											 : "\n");
		}
	sqlite3_finalize(statement);
	return text;
}

static void write_event(struct event event)
{
	struct error err = {0};

	ck_assert_msg(writer_event(&writer, &event, &err) == 0, "%s", err.text);
}

/* Everything but operations --------------------------------------------------------------------- */

static const struct {
	const char *asks;
	struct event event, nothing; /* each field with a value of its own; as little as can be */
	const char *row, *row_of_nothing;
} kinds[] = {
	{"SELECT member, lane, deleted, revision, create_revision, lease, key, seen_ns FROM "
	 "key_event",
	 {.kind = EVENT_KEY,
	  .at_ns = START + 11,
	  .key = {.member = 12,
		  .lane = 2,
		  .deleted = 1,
		  .revision = 14,
		  .create_revision = 15,
		  .lease = 16,
		  .key = "key17"}},
	 {.kind = EVENT_KEY, .at_ns = START, .key = {.lane = -1, .revision = 1}},
	 "12|2|1|14|15|16|key17|11\n",
	 "0|-|0|1|-|-||0\n"},
	{"SELECT id, op, lane, f, accepted, token, greatest_token, version_before, version_after, "
	 "value, "
	 "arrived_ns, decided_ns, reason FROM decision",
	 {.kind = EVENT_DECISION,
	  .at_ns = START + 21,
	  .decision = {.seq = 22,
		       .op = 23,
		       .lane = 1,
		       .f = F_WRITE,
		       .accepted = 1,
		       .token = 25,
		       .greatest_token = 26,
		       .version_before = 27,
		       .version_after = 28,
		       .value = 29,
		       .arrived_ns = START + 20,
		       .reason = "reason30"}},
	 {.kind = EVENT_DECISION,
	  .at_ns = START,
	  .decision = {.seq = 1, .f = F_READ, .arrived_ns = START}},
	 "22|23|1|6|1|25|26|27|28|29|20|21|reason30\n",
	 "1|-|0|5|0|-|0|0|0|0|0|0|-\n"},
	{"SELECT id, schedule, kind, target, arm, lane, process, attempt, host, planned_ns, "
	 "length_ns, "
	 "began_ns, detail, effect, aimed_ns, ended_ns, bitten FROM fault",
	 {.kind = EVENT_FAULT_BEGIN,
	  .at_ns = START + 31,
	  .fault = {.id = 32,
		    .scheduled = 33,
		    .arm = 34,
		    .lane = 35,
		    .process = 3,
		    .host = 37,
		    .attempt = 38,
		    .effect = EFFECT_CLOCK,
		    .planned_ns = START + 39,
		    .aimed_ns = START + 40,
		    .length_ns = 41,
		    .kind = "kind42",
		    .target = "target43",
		    .detail = "detail44"}},
	 {.kind = EVENT_FAULT_BEGIN,
	  .at_ns = START,
	  .fault = {.id = 1,
		    .arm = -1,
		    .lane = -1,
		    .host = -1,
		    .effect = EFFECT_STOP,
		    .planned_ns = START}},
	 "32|33|kind42|target43|34|35|3|12884901926|37|39|41|31|detail44|clock|40|-|-\n",
	 "1|-|||-|-|-|-|-|0|0|0|-|stop|-|-|-\n"},
	{"SELECT fault, at_ns, holds, what, count, detail FROM proof",
	 {.kind = EVENT_PROOF,
	  .at_ns = START + 51,
	  .proof = {.fault = 52, .holds = 1, .count = 53, .what = "what54", .detail = "detail55"}},
	 {.kind = EVENT_PROOF, .at_ns = START},
	 "52|51|1|what54|53|detail55\n",
	 "0|0|0||0|-\n"},
	{"SELECT second, src, dst, packets, bytes, dropped FROM link",
	 {.kind = EVENT_LINK,
	  .link = {.second = 61, .from = 62, .to = 63, .packets = 64, .bytes = 65, .dropped = 66}},
	 {.kind = EVENT_LINK},
	 "61|62|63|64|65|66\n",
	 "0|0|0|0|0|0\n"},
	{"SELECT fault, src, dst, packets FROM dropped",
	 {.kind = EVENT_DROPPED, .dropped = {.fault = 71, .from = 72, .to = 73, .packets = 74}},
	 {.kind = EVENT_DROPPED},
	 "71|72|73|74\n",
	 "0|0|0|0\n"},
	{"SELECT id, host, role, name, client, arm, lane, worker, incarnation, os_pid, started_ns, "
	 "ended_ns, exit_status FROM process",
	 {.kind = EVENT_PROCESS,
	  .at_ns = START + 81,
	  .started = {.id = 82,
		      .host = 83,
		      .arm = 84,
		      .lane = 85,
		      .worker = 86,
		      .os_pid = 87,
		      .incarnation = 88,
		      .role = "role89",
		      .name = "name90",
		      .client = "client91"}},
	 {.kind = EVENT_PROCESS,
	  .at_ns = START,
	  .started = {.id = 1, .host = -1, .arm = -1, .lane = -1, .worker = -1}},
	 "82|83|role89|name90|client91|84|85|86|88|87|81|-|-\n",
	 "1|-|||-|-|-|-|0|0|0|-|-\n"},
	{"SELECT at_ns, process, breaks, topic, text FROM note",
	 {.kind = EVENT_NOTE,
	  .process = 92,
	  .at_ns = START + 93,
	  .note = {.breaks = 1, .topic = "topic94", .text = "text95"}},
	 {.kind = EVENT_NOTE, .at_ns = START},
	 "93|92|1|topic94|text95\n",
	 "0|-|0||\n"},
	{"SELECT at_ns, member, leader, term FROM leader",
	 {.kind = EVENT_LEADER,
	  .at_ns = START + 101,
	  .leader = {.member = 102, .leader = 103, .term = 104}},
	 {.kind = EVENT_LEADER, .at_ns = START, .leader = {.leader = -1}},
	 "101|102|103|104\n",
	 "0|0|-|0\n"},
};

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

START_TEST(each_field_of_an_event_has_its_column)
{
	write_event(kinds[_i].event);
	ck_assert_str_eq(answer_to(kinds[_i].asks), kinds[_i].row);
	ck_assert_int_eq(writer.refused, 0);
	ck_assert_int_eq(writer.early, 0);
}
END_TEST

START_TEST(what_an_event_does_not_say_is_null)
{
	write_event(kinds[_i].nothing);
	ck_assert_str_eq(answer_to(kinds[_i].asks), kinds[_i].row_of_nothing);
	ck_assert_int_eq(writer.refused, 0);
	ck_assert_int_eq(writer.early, 0);
}
END_TEST

START_TEST(zero_is_a_number_where_minus_one_is_none)
{
	write_event((struct event){.kind = EVENT_KEY, .at_ns = START, .key = {.revision = 1}});
	ck_assert_str_eq(answer_to("SELECT lane FROM key_event"), "0\n");
	write_event((struct event){.kind = EVENT_FAULT_BEGIN, .fault = {.effect = EFFECT_LOAD}});
	ck_assert_str_eq(answer_to("SELECT arm, lane, host FROM fault"), "0|0|0\n");
	write_event((struct event){.kind = EVENT_PROCESS, .started = {.id = 1}});
	ck_assert_str_eq(answer_to("SELECT host, arm, lane, worker FROM process"), "0|0|0|0\n");
	write_event((struct event){.kind = EVENT_LEADER});
	ck_assert_str_eq(answer_to("SELECT leader FROM leader"), "0\n");
	ck_assert_int_eq(writer.early, 4);
}
END_TEST

START_TEST(ends_complete_the_rows_of_their_begins)
{
	for (int i = 1; i <= 2; i++) {
		write_event((struct event){
			.kind = EVENT_FAULT_BEGIN,
			.at_ns = START,
			.fault = {.id = i, .effect = EFFECT_KILL, .planned_ns = START}});
		write_event((struct event){
			.kind = EVENT_PROCESS, .at_ns = START, .started = {.id = 10 + i}});
	}
	write_event((struct event){
		.kind = EVENT_FAULT_END, .at_ns = START + 7, .fault = {.id = 2, .bitten = 1}});
	write_event((struct event){.kind = EVENT_PROCESS,
				   .at_ns = START + 8,
				   .started = {.id = 11, .ended = 1, .exit_status = -9}});
	ck_assert_str_eq(answer_to("SELECT id, ended_ns, bitten FROM fault"), "1|-|-\n2|7|1\n");
	ck_assert_str_eq(answer_to("SELECT id, ended_ns, exit_status FROM process"),
			 "11|8|-9\n12|-|-\n");
	write_event(
		(struct event){.kind = EVENT_FAULT_END, .at_ns = START + 9, .fault = {.id = 1}});
	ck_assert_str_eq(answer_to("SELECT id, ended_ns, bitten FROM fault"), "1|9|0\n2|7|1\n");
	ck_assert_int_eq(writer.refused, 0);
}
END_TEST

START_TEST(texts_that_fill_their_fields_are_whole)
{
	struct event note = {.kind = EVENT_NOTE, .at_ns = START}, key = {.kind = EVENT_KEY};

	memset(note.note.topic, 't', sizeof(note.note.topic));
	memset(note.note.text, 'x', sizeof(note.note.text));
	write_event(note);
	ck_assert_str_eq(answer_to("SELECT length(topic), length(text), replace(topic, 't', ''), "
				   "replace(text, 'x', '') FROM note"),
			 "24|160||\n");
	key.at_ns = START;
	key.key.revision = 1;
	memset(key.key.key, 'k', sizeof(key.key.key));
	write_event(key);
	ck_assert_str_eq(answer_to("SELECT length(key) FROM key_event"), "96\n");
}
END_TEST

/* Stamps count from the start; what a reader would refuse is not written. */
START_TEST(stamps_stay_within_what_can_be_read)
{
	static const struct {
		int64_t at_ns, early;
		const char *row;
	} stamps[] = {
		{START - 1, 1, "0\n"},
		{START, 0, "0\n"},
		{START + 1, 0, "1\n"},
		{START + HISTORY_LAST_NS - 1, 0, "2305843009213693951\n"},
		{START + HISTORY_LAST_NS, 0, "2305843009213693952\n"},
		{START + HISTORY_LAST_NS + 1, 0, "2305843009213693952\n"},
		{INT64_MAX, 0, "2305843009213693952\n"},
	};

	for (size_t i = 0; i < sizeof(stamps) / sizeof(*stamps); i++) {
		writer.early = 0;
		write_event((struct event){.kind = EVENT_NOTE, .at_ns = stamps[i].at_ns});
		ck_assert_str_eq(answer_to("SELECT at_ns FROM note"), stamps[i].row);
		ck_assert_int_eq(writer.early, stamps[i].early);
		ck_assert_int_eq(sqlite3_exec(db, "DELETE FROM note", NULL, NULL, NULL), SQLITE_OK);
	}
}
END_TEST

START_TEST(first_refusal_is_kept_and_all_are_counted)
{
	write_event((struct event){.kind = EVENT_FAULT_BEGIN, .fault = {.effect = EFFECT_UNKNOWN}});
	write_event((struct event){.kind = EVENT_LAST + 1});
	write_event((struct event){.kind = EVENT_FAULT_END, .fault = {.id = 4}});
	ck_assert_int_eq(writer.refused, 3);
	ck_assert_str_eq(writer.first_refusal, "a fault of no known effect");
	ck_assert_str_eq(answer_to("SELECT count(*) FROM fault"), "0\n");
}
END_TEST

START_TEST(what_was_taken_in_is_counted_by_table_and_process)
{
	static const uint32_t ops[] = {0, 3, 0, 4};
	struct error err = {0};

	for (int i = 0; i < KINDS; i++)
		for (int times = 0; times <= i; times++)
			write_event(kinds[i].event); /* refused the second time, but taken in */
	write_event((struct event){.kind = EVENT_PROCESS, .started = {.id = 82, .ended = 1}});
	write_event((struct event){.kind = EVENT_FAULT_END, .fault = {.id = 32}});
	ck_assert_int_eq(writer_write_counts(&writer, ops, 4, &err), 0);
	ck_assert_str_eq(
		answer_to("SELECT what, process, rows FROM recorded ORDER BY what, process"),
		"decision|0|2\ndropped|0|6\nfault|0|3\nkey_event|0|1\nleader|0|9\nlink|0|5\n"
		"note|0|8\nop|0|7\nop|1|3\nop|3|4\nprocess|0|7\nproof|0|4\nschedule|0|1\n");
}
END_TEST

/* Operations ------------------------------------------------------------------------------------ */

#define OP "SELECT * FROM op ORDER BY id"

static struct event invoked(enum function f)
{
	return (struct event){.kind = EVENT_INVOKE,
			      .process = 3,
			      .at_ns = START + 1,
			      .op = {.seq = 1, .f = (uint8_t)f, .endpoint = -1}};
}

static struct event returned(enum function f, enum outcome outcome)
{
	struct event event = invoked(f);

	event.kind = EVENT_RETURN;
	event.at_ns = START + 2;
	event.op.outcome = (uint8_t)outcome;
	return event;
}

static void write_op(const struct event *sent, const struct event *back, bool again)
{
	struct error err = {0};

	ck_assert_msg(writer_op(&writer, sent, back, place, again, &err) == 0, "%s", err.text);
}

START_TEST(each_field_of_an_operation_has_its_column)
{
	struct event sent = {.process = 3,
			     .at_ns = START + 11,
			     .op = {.seq = 12,
				    .f = F_WRITE,
				    .mode = MODE_SHARED,
				    .endpoint = 13,
				    .attempt = 14,
				    .lease = 16,
				    .token = 17,
				    .safe_until_ns = START + 19,
				    .version = 20,
				    .value = 21,
				    .key = "key22"}};
	struct event back = {.process = 3,
			     .at_ns = START + 31,
			     .op = {.seq = 12,
				    .f = F_WRITE,
				    .outcome = OUTCOME_FAIL,
				    .endpoint = 33,
				    .attempt = 34,
				    .ttl_ms = 35,
				    .lease = 36,
				    .token = 37,
				    .revision = 38,
				    .safe_until_ns = START + 39,
				    .version = 40,
				    .value = 41,
				    .key = "key42",
				    .error = "error43"}};

	write_op(&sent, NULL, false);
	ck_assert_str_eq(answer_to(OP),
			 "12884901900|3|1|2|3|12884901902|6|1|0|11|-|13|16|key22|-|17|-|"
			 "19|-|20|21|-\n");
	write_op(&sent, &back, true);
	/* but the attempt and the safe deadline: what they were when it was sent */
	ck_assert_str_eq(answer_to(OP),
			 "12884901900|3|1|2|3|12884901902|6|1|2|11|31|33|36|key42|35|37|"
			 "38|19|40|20|41|error43\n");
	ck_assert_int_eq(sqlite3_exec(db, "DELETE FROM op", NULL, NULL, NULL), SQLITE_OK);
	write_op(&sent, &back, false); /* the same at once, and the attempt that the answer named */
	ck_assert_str_eq(answer_to(OP),
			 "12884901900|3|1|2|3|12884901922|6|1|2|11|31|33|36|key42|35|37|"
			 "38|19|40|20|41|error43\n");
	ck_assert_int_eq(writer.refused, 0);
}
END_TEST

START_TEST(answer_that_says_nothing_leaves_what_was_sent)
{
	struct event sent = invoked(F_WRITE), back = returned(F_WRITE, OUTCOME_INFO);

	sent.op.endpoint = 0;
	sent.op.attempt = 4;
	sent.op.lease = 5;
	sent.op.token = 6;
	sent.op.value = 7;
	memcpy(sent.op.key, "key", 4);
	write_op(&sent, &back, false);
	ck_assert_str_eq(
		answer_to("SELECT attempt, endpoint, lease, token, value, key, ttl_ms, revision, "
			  "version, error FROM op"),
		"12884901892|0|5|6|7|key|-|-|-|-\n");
}
END_TEST

/* 0 is a number in: a renewal's TTL, a resource's version and value, what a write is based on. */
START_TEST(zeros_are_numbers_where_they_say_something)
{
	static const struct {
		enum function f;
		enum outcome outcome;
		const char *ttl_version_base_value;
	} cases[] = {
		{F_LEASE_GRANT, OUTCOME_OK, "0|-|-|-\n"},
		{F_LEASE_GRANT, OUTCOME_FAIL, "0|-|-|-\n"},
		{F_LEASE_GRANT, OUTCOME_INFO, "-|-|-|-\n"},
		{F_KEEPALIVE, OUTCOME_OK, "0|-|-|-\n"},
		{F_KEEPALIVE, OUTCOME_INFO, "-|-|-|-\n"},
		{F_READ, OUTCOME_OK, "-|0|-|0\n"},
		{F_READ, OUTCOME_FAIL, "-|-|-|-\n"},
		{F_READ, OUTCOME_INFO, "-|-|-|-\n"},
		{F_WRITE, OUTCOME_OK, "-|0|0|0\n"},
		{F_WRITE, OUTCOME_FAIL, "-|-|0|0\n"},
		{F_WRITE, OUTCOME_INFO, "-|-|0|0\n"},
		{F_ACQUIRE, OUTCOME_OK, "-|-|-|-\n"},
		{F_RELEASE, OUTCOME_OK, "-|-|-|-\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct event sent = invoked(cases[i].f),
			     back = returned(cases[i].f, cases[i].outcome);

		write_op(&sent, &back, false);
		ck_assert_msg(
			strcmp(answer_to("SELECT ttl_ms, version, base_version, value FROM op"),
			       cases[i].ttl_version_base_value) == 0,
			"case %zu: %s", i, answer_to(OP));
		ck_assert_int_eq(sqlite3_exec(db, "DELETE FROM op", NULL, NULL, NULL), SQLITE_OK);
	}
}
END_TEST

START_TEST(numbers_are_written_whatever_the_kind)
{
	struct event sent = invoked(F_ACQUIRE), back = returned(F_ACQUIRE, OUTCOME_FAIL);

	back.op.ttl_ms = 5;
	back.op.version = 6;
	back.op.value = 7;
	write_op(&sent, &back, false);
	ck_assert_str_eq(answer_to("SELECT ttl_ms, version, base_version, value FROM op"),
			 "5|6|-|7\n");
	back.op.outcome = OUTCOME_INFO; /* nobody knows whether the TTL is true */
	write_op(&sent, &back, true);
	ck_assert_str_eq(answer_to("SELECT ttl_ms, version, value FROM op"), "-|6|7\n");
}
END_TEST

START_TEST(operation_that_came_back_needs_its_row)
{
	struct event sent = invoked(F_READ), back = returned(F_READ, OUTCOME_OK);

	write_op(&sent, &back, true);
	ck_assert_int_eq(writer.refused, 1);
	ck_assert_str_eq(writer.first_refusal, "an operation's row is gone");
	write_op(&sent, &back, false);
	write_op(&sent, &back, false); /* twice */
	ck_assert_int_eq(writer.refused, 2);
	ck_assert_str_eq(answer_to("SELECT count(*) FROM op"), "1\n");
}
END_TEST

/* One beyond what is sound, and the last that is, of each number of an operation. */
START_TEST(operation_that_nobody_could_read_is_refused)
{
	static const struct {
		int32_t process, ttl_sent, ttl_back;
		int64_t revision_sent, revision_back, version_sent, version_back;
		uint8_t f, mode, outcome;
		int64_t took_ns;
		bool is_sound;
	} ops[] = {
		{1, 0, 0, 0, 0, 0, 0, F_LEASE_GRANT, MODE_EXCLUSIVE, OUTCOME_INFO, 0, true},
		{1, 0, 0, 0, 0, 0, 0, F_LOSE, MODE_SHARED, OUTCOME_FAIL, 1, true},
		{0, 0, 0, 0, 0, 0, 0, F_READ, 0, OUTCOME_OK, 1, false},
		{1, 0, 0, 0, 0, 0, 0, F_LEASE_GRANT - 1, 0, OUTCOME_OK, 1, false},
		{1, 0, 0, 0, 0, 0, 0, F_LAST + 1, 0, OUTCOME_OK, 1, false},
		{1, 0, 0, 0, 0, 0, 0, F_READ, MODE_SHARED + 1, OUTCOME_OK, 1, false},
		{1, 0, 0, 0, 0, 0, 0, F_READ, 0, OUTCOME_FAIL + 1, 1, false},
		{1, 0, 0, 0, 0, 0, 0, F_READ, 0, OUTCOME_OK, -1, false},
		{1, -1, 0, 0, 0, 0, 0, F_READ, 0, OUTCOME_OK, 1, false},
		{1, 0, -1, 0, 0, 0, 0, F_READ, 0, OUTCOME_OK, 1, false},
		{1, 0, 0, -1, 0, 0, 0, F_READ, 0, OUTCOME_OK, 1, false},
		{1, 0, 0, 0, -1, 0, 0, F_READ, 0, OUTCOME_OK, 1, false},
		{1, 0, 0, 0, 0, -1, 0, F_READ, 0, OUTCOME_OK, 1, false},
		{1, 0, 0, 0, 0, 0, -1, F_READ, 0, OUTCOME_OK, 1, false},
	};

	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		struct event sent = invoked((enum function)ops[i].f), back = sent;

		sent.process = ops[i].process;
		sent.op.mode = ops[i].mode;
		sent.op.ttl_ms = ops[i].ttl_sent;
		sent.op.revision = ops[i].revision_sent;
		sent.op.version = ops[i].version_sent;
		back.at_ns = sent.at_ns + ops[i].took_ns;
		back.op.outcome = ops[i].outcome;
		back.op.ttl_ms = ops[i].ttl_back;
		back.op.revision = ops[i].revision_back;
		back.op.version = ops[i].version_back;
		writer.refused = 0;
		write_op(&sent, &back, false);
		ck_assert_msg((writer.refused == 0) == ops[i].is_sound, "operation %zu", i);
		ck_assert_str_eq(answer_to("SELECT count(*) FROM op"),
				 ops[i].is_sound ? "1\n" : "0\n");
		ck_assert_int_eq(sqlite3_exec(db, "DELETE FROM op", NULL, NULL, NULL), SQLITE_OK);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: writer");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_loop_test(tests, each_field_of_an_event_has_its_column, 0, KINDS);
	tcase_add_loop_test(tests, what_an_event_does_not_say_is_null, 0, KINDS);
	tcase_add_test(tests, zero_is_a_number_where_minus_one_is_none);
	tcase_add_test(tests, ends_complete_the_rows_of_their_begins);
	tcase_add_test(tests, texts_that_fill_their_fields_are_whole);
	tcase_add_test(tests, stamps_stay_within_what_can_be_read);
	tcase_add_test(tests, first_refusal_is_kept_and_all_are_counted);
	tcase_add_test(tests, what_was_taken_in_is_counted_by_table_and_process);
	tcase_add_test(tests, each_field_of_an_operation_has_its_column);
	tcase_add_test(tests, answer_that_says_nothing_leaves_what_was_sent);
	tcase_add_test(tests, zeros_are_numbers_where_they_say_something);
	tcase_add_test(tests, numbers_are_written_whatever_the_kind);
	tcase_add_test(tests, operation_that_came_back_needs_its_row);
	tcase_add_test(tests, operation_that_nobody_could_read_is_refused);
	return suite_run(suite);
}
