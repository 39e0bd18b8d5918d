/* Each column of a history by itself: its least and its greatest value are read, what lies beyond
 * is refused by name, and NULL is where it may be. */
#include "tests/support/suite.h"
#include "tests/unit/history_all_columns.h"

enum { NUMBER_MAX = 1 << 20, MEMBER_MAX = 255 }; /* what whoever counts by it can bear */

#define ATTEMPTS_OF_3 (INT64_C(3) << 32)
#define ANY           INT64_MIN, INT64_MAX
#define COUNT         0, INT64_MAX
#define NS            0, HISTORY_LAST_NS

/* Of the row that is changed the other columns stay as above. */
static const struct bound {
	const char *table, *column;
	int64_t low, high;
	bool may_be_null;
} bounds[] = {
	{"arm", "permits", 1, NUMBER_MAX, false},
	{"arm", "ttl_ms", 0, INT_MAX, false},
	{"arm", "heartbeat_ms", 0, INT_MAX, false},
	{"arm", "retries", 0, INT_MAX, false},
	{"arm", "acquire_timeout_ms", 0, INT_MAX, false},
	{"arm", "acquire_within_ms", 0, INT_MAX, false},
	{"arm", "planted", 0, 7, false},
	{"process", "host", 0, 2, true},
	{"process", "arm", 0, 1, true},
	{"process", "lane", 0, 1, true},
	{"process", "worker", 0, NUMBER_MAX, true},
	{"process", "incarnation", 0, INT_MAX, false},
	{"process", "os_pid", 0, INT_MAX, false},
	{"process", "started_ns", 0, 8, false},
	{"process", "ended_ns", 7, HISTORY_LAST_NS, true},
	{"process", "exit_status", INT_MIN, INT_MAX, true},
	{"fault", "id", 1, INT_MAX, false},
	{"fault", "arm", 0, 1, true},
	{"fault", "lane", 0, 1, true},
	{"fault", "process", 1, INT_MAX, true},
	{"fault", "attempt", 1, INT64_MAX, true},
	{"fault", "host", 0, 2, true},
	{"fault", "planned_ns", NS, false},
	{"fault", "length_ns", NS, false},
	{"fault", "began_ns", 0, 69, false},
	{"fault", "ended_ns", 68, HISTORY_LAST_NS, true},
	{"fault", "bitten", 0, 1, true},
	{"proof", "fault", 1, INT_MAX, false},
	{"proof", "at_ns", NS, false},
	{"proof", "holds", 0, 1, false},
	{"proof", "count", ANY, true},
	{"note", "at_ns", NS, false},
	{"note", "breaks", 0, 1, false},
	{"connection", "host", 0, 2, false},
	{"connection", "opened", COUNT, false},
	{"connection", "failed", COUNT, false},
	{"connection", "reset", COUNT, false},
	{"connection", "retransmitted", COUNT, false},
	{"leader", "at_ns", NS, false},
	{"leader", "member", 0, NUMBER_MAX, false},
	{"leader", "leader", 0, NUMBER_MAX, true},
	{"leader", "term", COUNT, false},
	{"op", "worker", 0, NUMBER_MAX, false},
	{"op", "attempt", ATTEMPTS_OF_3, ATTEMPTS_OF_3 + UINT32_MAX, true},
	{"op", "f", F_LEASE_GRANT, F_LAST, false},
	{"op", "mode", MODE_EXCLUSIVE, MODE_SHARED, false},
	{"op", "outcome", OUTCOME_INFO, OUTCOME_FAIL, false},
	{"op", "invoked_ns", 0, 14, false},
	{"op", "returned_ns", 13, HISTORY_LAST_NS, false},
	{"op", "endpoint", 0, MEMBER_MAX, true},
	{"op", "lease", ANY, true},
	{"op", "ttl_ms", 0, INT_MAX, true},
	{"op", "token", ANY, true},
	{"op", "revision", COUNT, true},
	{"op", "version", COUNT, true},
	{"op", "base_version", COUNT, true},
	{"op", "value", ANY, true},
	{"key_event", "id", 1, INT64_MAX, false},
	{"key_event", "member", 0, MEMBER_MAX, false},
	{"key_event", "deleted", 0, 1, false},
	{"key_event", "revision", 1, INT64_MAX, false},
	{"key_event", "create_revision", 1, INT64_MAX, true},
	{"key_event", "lease", ANY, true},
	{"key_event", "seen_ns", NS, false},
	{"decision", "id", 1, INT64_MAX, false},
	{"decision", "op", ANY, true},
	{"decision", "f", F_READ, F_WRITE, false},
	{"decision", "accepted", 0, 1, false},
	{"decision", "token", ANY, true},
	{"decision", "greatest_token", ANY, false},
	{"decision", "version_before", COUNT, false},
	{"decision", "version_after", COUNT, false},
	{"decision", "value", ANY, true},
	{"decision", "arrived_ns", 0, 49, false},
	{"decision", "decided_ns", 48, HISTORY_LAST_NS, false},
	{"verdict", "arm", 0, 1, true},
	{"verdict", "exposures", COUNT, false},
	{"verdict", "events", COUNT, false},
	{"tally", "definite", COUNT, false},
	{"tally", "possible", COUNT, false},
	{"measure", "value", COUNT, false},
	{"exclusion", "holds", COUNT, false},
	{"exclusion", "violations", COUNT, false},
	{"violation", "arm", 0, 1, true},
	{"violation", "lane", 0, 1, true},
	{"violation", "definite", 0, 1, false},
	{"violation", "at_ns", NS, false},
	{"coverage", "planned", COUNT, false},
	{"coverage", "injected", 230, INT64_MAX, false},
	{"coverage", "bitten", 0, 234, false},
	{"coverage", "exposures", COUNT, false},
	{"coverage", "violations", COUNT, false},
};

/* The table as it was, in another one that only this connection sees. */
static void save(const char *table)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "CREATE TEMP TABLE saved AS SELECT * FROM %s", table);
	execute(sql);
}

static void restore(const char *table)
{
	char sql[128];

	snprintf(sql, sizeof(sql),
		 "DELETE FROM %s; INSERT INTO %s SELECT * FROM saved; DROP TABLE saved", table,
		 table);
	execute(sql);
}

/* In the row of arm 1, of process 3, of the only one. */
static void set(const char *table, const char *column, const char *value)
{
	const char *where = "";
	char sql[256];

	if (strcmp(table, "arm") == 0 || strcmp(table, "lane") == 0 || strcmp(table, "host") == 0)
		where = " WHERE id = 1";
	if (strcmp(table, "process") == 0)
		where = " WHERE id = 3";
	snprintf(sql, sizeof(sql), "UPDATE %s SET %s = %s%s", table, column, value, where);
	execute(sql);
}

static void expect_loaded(const struct bound *bound, const char *value, bool is_sound)
{
	struct error err = {0};

	save(bound->table);
	set(bound->table, bound->column, value);
	bool loaded = load_all(&err);

	restore(bound->table);

	ck_assert_msg(loaded == is_sound, "%s.%s = %s: %s", bound->table, bound->column, value,
		      loaded ? "was read" : err.text);
	if (loaded) {
		close_all();
		return;
	}
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_msg(strstr(err.text, bound->table) != NULL, "%s.%s: %s", bound->table,
		      bound->column, err.text);
}

static void expect_number(const struct bound *bound, int64_t number, bool is_sound)
{
	char value[32];

	if (number == INT64_MIN) /* no literal of SQL */
		expect_loaded(bound, "-9223372036854775807 - 1", is_sound);
	else {
		snprintf(value, sizeof(value), "%" PRId64, number);
		expect_loaded(bound, value, is_sound);
	}
}

/* The key of a table takes no text anyhow. */
static bool is_key(const struct bound *bound)
{
	return strcmp(bound->column, "id") == 0 ||
	       (strcmp(bound->table, "connection") == 0 && strcmp(bound->column, "host") == 0);
}

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

START_TEST(column_is_read_between_its_bounds_and_refused_beyond)
{
	for (const struct bound *bound = bounds; bound < bounds + COUNT_OF(bounds); bound++) {
		expect_number(bound, bound->low, true);
		expect_number(bound, bound->high, true);
		if (bound->low > INT64_MIN)
			expect_number(bound, bound->low - 1, false);
		if (bound->high < INT64_MAX)
			expect_number(bound, bound->high + 1, false);
		if (!is_key(bound))
			expect_loaded(bound, "'text'", false);
		if (bound->may_be_null)
			expect_loaded(bound, "NULL", true);
	}
}
END_TEST

static const struct {
	const char *table, *column;
	bool may_be_null;
} texts[] = {
	{"arm", "name", false},
	{"arm", "service", false},
	{"arm", "recipe", false},
	{"arm", "guard", false},
	{"arm", "model", false},
	{"arm", "expect", false},
	{"arm", "settings", false},
	{"lane", "name", false},
	{"lane", "lock", false},
	{"lane", "resource", false},
	{"host", "name", false},
	{"host", "role", false},
	{"host", "address", false},
	{"process", "role", false},
	{"process", "name", false},
	{"process", "client", true},
	{"schedule", "block", false},
	{"fault", "kind", false},
	{"fault", "target", false},
	{"fault", "detail", true},
	{"proof", "what", false},
	{"proof", "detail", true},
	{"note", "topic", false},
	{"note", "text", false},
	{"op", "key", true},
	{"op", "error", true},
	{"key_event", "key", false},
	{"decision", "reason", true},
	{"verdict", "why", false},
	{"exclusion", "procedure", false},
	{"violation", "summary", false},
	{"evidence", "part", false},
	{"coverage", "moment", false},
};

START_TEST(text_is_a_text)
{
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		const struct bound bound = {.table = texts[i].table, .column = texts[i].column};

		if (texts[i].may_be_null)
			expect_loaded(&bound, "NULL", true);
		expect_loaded(&bound, "x'00'", false);
	}
}
END_TEST

static const struct {
	const char *spoil, *complaint;
} words[] = {
	{"UPDATE verdict SET verdict = 'FINE'", "table verdict, row number 1: an unknown word"},
	{"UPDATE verdict SET rate = 'much'", "column rate: not a number"},
	{"UPDATE verdict SET rate_low = 'much'", "column rate_low: not a number"},
	{"UPDATE verdict SET rate_high = 'much'", "column rate_high: not a number"},
	{"UPDATE tally SET name = 'x'", "table tally, row number 1: an unknown word"},
	{"UPDATE tally SET subject = 'x'",
	 "table tally, row number 1: a subject without a verdict"},
	{"UPDATE measure SET name = 'x'", "table measure, row number 1: an unknown word"},
	{"UPDATE measure SET subject = 'x'", "a subject without a verdict"},
	{"UPDATE exclusion SET level = 'x'", "table exclusion, row number 1: an unknown word"},
	{"UPDATE exclusion SET verdict = 'x'", "table exclusion, row number 1: an unknown word"},
	{"UPDATE exclusion SET subject = 'x'", "a subject without a verdict"},
	{"UPDATE violation SET name = 'x'", "table violation, row with id 211: an unknown word"},
	/* numbers that others count by have no gaps */
	{"UPDATE arm SET id = -1 WHERE id = 0", "table arm, row with id -1, column id"},
	{"UPDATE arm SET id = 2 WHERE id = 1", "table arm, row with id 2, column id"},
	{"UPDATE lane SET id = -1 WHERE id = 0", "table lane, row with id -1, column id"},
	{"UPDATE lane SET id = 2 WHERE id = 1", "table lane, row with id 2, column id"},
	{"UPDATE lane SET arm = -1 WHERE id = 0", "table lane, row with id 0, column arm"},
	{"UPDATE lane SET arm = 2 WHERE id = 0", "table lane, row with id 0, column arm"},
	{"UPDATE host SET id = -1 WHERE id = 0", "table host, row with id -1, column id"},
	{"UPDATE host SET id = 3 WHERE id = 2", "table host, row with id 3, column id"},
	{"UPDATE decision SET lane = -1", "table decision, row with id 41: no such lane"},
	{"UPDATE decision SET lane = 2", "table decision, row with id 41: no such lane"},
	{"UPDATE key_event SET lane = -1", "table key_event, row with id 31: no such lane"},
	{"UPDATE key_event SET lane = 2", "table key_event, row with id 31: no such lane"},
	{"UPDATE op SET lane = -1", "table op, row with id 12884901889: no such lane"},
	{"UPDATE op SET lane = 2", "table op, row with id 12884901889: no such lane"},
	/* in a table that somebody else made */
	{"CREATE TABLE other AS SELECT * FROM decision; DROP VIEW applied; DROP TABLE decision; "
	 "ALTER TABLE other RENAME TO decision; UPDATE decision SET lane = NULL",
	 "table decision, row with id 41: no such lane"},
	{"UPDATE op SET id = (7 << 32) + 1", "its id does not begin with its process"},
	{"UPDATE op SET attempt = (7 << 32) + 1", "its attempt does not begin with its process"},
	{"UPDATE op SET arm = 0", "its arm is not the arm of its lane"},
	{"UPDATE op SET process = 4", "no such process"},
	{"UPDATE op SET returned_ns = NULL", "it has an outcome but never returned"},
	{"DELETE FROM process", "no such process"},
	{"INSERT INTO evidence SELECT 211, 'k', 1, 'p' FROM op, (SELECT 1 UNION ALL SELECT 2 UNION "
	 "ALL "
	 "SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 "
	 "UNION "
	 "ALL SELECT 8)",
	 "more evidence than a violation can have"},
};

START_TEST(what_rows_say_of_one_another_is_held_to)
{
	struct error err = {0};

	execute(words[_i].spoil);
	ck_assert_msg(!load_all(&err), "read: %s", words[_i].spoil);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_msg(strstr(err.text, words[_i].complaint) != NULL, "%s", err.text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: bounds");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 30);
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, column_is_read_between_its_bounds_and_refused_beyond);
	tcase_add_test(tests, text_is_a_text);
	tcase_add_loop_test(tests, what_rows_say_of_one_another_is_held_to, 0,
			    (int)COUNT_OF(words));
	return suite_run(suite);
}
