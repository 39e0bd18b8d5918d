/* The message diagram shows what the capture shows, and no more. */
#include <check.h>
#include <math.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/printable.h"
#include "base/text.h"
#include "history/database.h"
#include "history/packets.h"
#include "reports/diagram.h"
#include "reports/story_traffic.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum {
	HEADERS = 14 + 20 + 20,
	START_S = 1700000000,
	MEMBER = 1,  /* of 10.77.0.x: m1, as the maker numbers it */
	HOLDER = 4,  /* the first worker's host */
	STORE = 100, /* ours */
	ETCD_PORT = 2379,
	STORE_PORT = 8080,
};

static struct history history;
static struct violation violation;
static struct story *story;
static struct diagram *diagram;

/* Capturing ----------------------------------------------------------------------------------- */

struct sending {
	double at_ms;
	int from, to, port, to_port;
	uint32_t seq, ack;
	const char *text; /* NULL: only an acknowledgement */
	int kept;         /* of the text; -1: nothing; 0: all */
};

static void put(unsigned char *at, uint32_t number, int size)
{
	for (int i = 0; i < size; i++)
		at[i] = (unsigned char)(number >> 8 * (size - 1 - i));
}

static void dump(pcap_dumper_t *file, const struct sending *sending)
{
	size_t length = sending->text ? strlen(sending->text) : 0;
	unsigned char bytes[HEADERS + 256] = {[12] = 0x08, [14] = 0x45, [23] = 6, [46] = 0x50};
	struct pcap_pkthdr header = {0};
	double s = floor(sending->at_ms / 1000);

	ck_assert_uint_le(length, 256);
	put(bytes + 16, (uint32_t)(40 + length), 2);
	put(bytes + 26, 0x0a4d0000u + (uint32_t)sending->from, 4);
	put(bytes + 30, 0x0a4d0000u + (uint32_t)sending->to, 4);
	put(bytes + 34, (uint32_t)sending->port, 2);
	put(bytes + 36, (uint32_t)sending->to_port, 2);
	put(bytes + 38, sending->seq, 4);
	put(bytes + 42, sending->ack, 4);
	if (length)
		memcpy(bytes + HEADERS, sending->text, length);
	header.len = (bpf_u_int32)(HEADERS + length);
	header.caplen = sending->kept
				? HEADERS + (bpf_u_int32)(sending->kept > 0 ? sending->kept : 0)
				: header.len;
	header.ts.tv_sec = START_S + (long)s;
	header.ts.tv_usec = (long)((sending->at_ms - 1000 * s) * 1000);
	pcap_dump((unsigned char *)file, &header, bytes);
}

static void capture(const struct sending *sending, int count)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 65535);
	pcap_dumper_t *file = pcap_dump_open(pcap, scratch_file("capture.pcap"));

	for (int i = 0; i < count; i++)
		dump(file, &sending[i]);
	pcap_dump_close(file);
	pcap_close(pcap);
}

/* Running ------------------------------------------------------------------------------------- */

/* A holder that believes from 100 ms on, is paused from 500 to 1500, and then writes. */
static void make_run(const char *gaps)
{
	unlink(scratch_file("history.db")); /* another test's, where all run in one process */
	struct maker *maker = maker_open(scratch_file("history.db"));
	int lane = maker_lane(maker, maker_arm(maker, .guard = "none"));
	struct error err = {0};

	maker_op(maker, .lane = lane, .attempt = 1, .f = F_LEASE_GRANT, .outcome = OUTCOME_OK,
		 .invoked_ms = 20, .returned_ms = 30, .lease = 5, .ttl_ms = 1000);
	maker_op(maker, .lane = lane, .attempt = 1, .f = F_ACQUIRE, .outcome = OUTCOME_OK,
		 .invoked_ms = 50, .returned_ms = 100, .lease = 5, .key = "l/5");
	maker_op(maker, .lane = lane, .attempt = 1, .f = F_KEEPALIVE, .outcome = OUTCOME_INFO,
		 .invoked_ms = 400, .returned_ms = 1600, .lease = 5);
	int64_t write = maker_op(maker, .lane = lane, .attempt = 1, .f = F_WRITE, .endpoint = -1,
				 .outcome = OUTCOME_OK, .invoked_ms = 1501, .returned_ms = 1510,
				 .token = 30);
	int64_t decision = maker_decision(maker, .lane = lane, .op = write, .f = F_WRITE,
					  .accepted = true, .token = 30, .version_before = 6,
					  .version_after = 7, .decided_ms = 1505);
	int64_t fault = maker_fault(maker, .kind = "pause", .lane = lane, .attempt = 1,
				    .began_ms = 500, .ended_ms = 1500, .bitten = true);

	violation = (struct violation){
		.name = VIOLATION_STALE_WRITE,
		.lane = lane,
		.at_ns = 1505000000,
		.evidences = 3,
		.evidence = {{"decision", decision, "write"},
			     {"attempt", maker_attempt(maker, lane, 0, 1), "holder"},
			     {"fault", fault, "cover"}}};
	ck_assert_int_eq(database_exec(maker_db(maker),
				       "INSERT INTO host (id, name, role, address) VALUES "
				       "((SELECT max(id) + 1 FROM host), 'store', 'store', "
				       "'10.77.0.100')",
				       &err),
			 0);
	maker_set_int(maker, "start_wall_ns", INT64_C(1700000000) * 1000000000);
	if (gaps) {
		maker_set_text(maker, "capture_packets", "8");
		maker_set_text(maker, "capture_gaps", gaps);
	}
	maker_close(maker, true);
	ck_assert_msg(history_open(scratch_file("history.db"), &history, &err) == 0, "%s",
		      err.text);
	ck_assert_uint_eq(packets_address(history.host[HOLDER - 1].address), 0x0a4d0000u + HOLDER);
}

static void build(void)
{
	struct error err = {0};

	story = calloc(1, sizeof(*story));
	diagram = calloc(1, sizeof(*diagram));
	ck_assert_msg(story_gather(&history, &violation, story, &err) == 0, "%s", err.text);
	traffic_read(&history, story, 1);
	diagram_build(story, diagram);
}

static void teardown(void)
{
	story_free(story);
	free(story);
	free(diagram);
	history_close(&history);
	unlink(scratch_file("capture.pcap"));
}

static const char acquire[] = "POST /v3/lock/lock HTTP/1.1\r\n";
static const char renew[] = "POST /v3/lease/keepalive HTTP/1.1\r\n";
static const char write_request[] = "POST /write HTTP/1.1\r\n";
static const char answer[] = "HTTP/1.1 200 OK\r\n";

enum {
	ACQUIRE = sizeof(acquire) - 1,
	RENEW = sizeof(renew) - 1,
	WRITE = sizeof(write_request) - 1,
	ANSWER = sizeof(answer) - 1
};

/* The acquire is answered; the renewal, sent three times, is heard only the third time, and never
 * answered; the write's answer never arrives. */
static const struct sending exchange[] = {
	{51, HOLDER, MEMBER, 1000, ETCD_PORT, 7, 1, acquire, 0},
	{51.5, MEMBER, HOLDER, ETCD_PORT, 1000, 0, 7, answer, 0}, /* to the request before */
	{52, MEMBER, HOLDER, ETCD_PORT, 1000, 1, 7 + ACQUIRE, NULL, 0},
	{60, HOLDER, MEMBER + 1, 1000, ETCD_PORT, 7, 1, acquire, 0}, /* to another */
	{61, HOLDER + 1, MEMBER, 1000, ETCD_PORT, 7, 1, acquire, 0}, /* of another */
	{99, MEMBER, HOLDER, ETCD_PORT, 1000, 1, 7 + ACQUIRE, answer, 0},
	{99.5, HOLDER, MEMBER, 1000, ETCD_PORT, 7 + ACQUIRE, 1 + ANSWER, NULL, 0},
	{401, HOLDER, MEMBER, 1001, ETCD_PORT, 0xfffffff0, 1, renew, 0}, /* its numbers go round */
	{601, HOLDER, MEMBER, 1001, ETCD_PORT, 0xfffffff0, 1, renew, 0},
	{1001, HOLDER, MEMBER, 1001, ETCD_PORT, 0xfffffff0, 1, renew, 0},
	{1002, MEMBER, HOLDER, ETCD_PORT, 1001, 1, 0xfffffff0 + RENEW, NULL, 0},
	{1501.5, HOLDER, STORE, 1002, STORE_PORT, 500, 1, write_request, 0},
	{1506, STORE, HOLDER, STORE_PORT, 1002, 1, 500 + WRITE, answer, 0},
};

enum { SENDINGS = sizeof(exchange) / sizeof(exchange[0]) };

static void expect_row(int row, double at_s, int from, int to, bool lost, const char *text)
{
	ck_assert_int_lt(row, diagram->rows);
	ck_assert_msg(strcmp(diagram->row[row].text, text) == 0, "row %d: %s", row,
		      diagram->row[row].text);
	ck_assert_double_eq_tol(diagram->row[row].at_s, at_s, 1e-5);
	ck_assert_int_eq(diagram->row[row].from, from);
	ck_assert_int_eq(diagram->row[row].to, to);
	ck_assert_int_eq(diagram->row[row].lost, lost);
}

/* Tests --------------------------------------------------------------------------------------- */

START_TEST(what_the_capture_shows_is_drawn_and_what_never_arrived_ends_in_an_x)
{
	make_run("[]");
	capture(exchange, SENDINGS);
	build();
	ck_assert_int_eq(diagram->actors, 3);
	ck_assert_int_eq(diagram->rows, 8);
	expect_row(0, -0.449, 0, 1, false, "acquire (lock/lock)");
	expect_row(1, -0.401, 1, 0, false, "acquire: 200, ok");
	expect_row(2, -0.099, 0, 1, true,
		   "keepalive (lease/keepalive), no answer seen, not acknowledged");
	expect_row(3, 0, -1, -1, false, "fault 1 begins: pause of w-0-0 (holder), 1 s");
	expect_row(4, 0.501, 0, 1, false,
		   "keepalive (lease/keepalive), no answer seen, sent again 2 times");
	expect_row(5, 1, -1, -1, false, "fault 1 ends");
	expect_row(6, 1.0015, 0, 2, false, "write, token 30");
	expect_row(7, 1.006, 2, 0, true, "write: 200, applied, version 7, not acknowledged");
	ck_assert_int_eq(diagram->row[2].under_fault, -1);
	ck_assert_int_eq(diagram->row[4].under_fault, 0);
	ck_assert_int_eq(diagram->row[6].under_fault, -1);
	ck_assert(diagram->row[6].is_proof && !diagram->row[4].is_proof);
	ck_assert_ptr_null(diagram_why_empty(story, diagram));
}
END_TEST

/* The lease-grant has none in the capture; of what is encrypted no line can be read. */
START_TEST(a_request_without_its_packet_is_not_drawn)
{
	struct sending sent[SENDINGS];

	make_run("[]");
	memcpy(sent, exchange, sizeof(sent));
	for (int i = 0; i < SENDINGS; i++)
		if (sent[i].text)
			sent[i].text = "\x17\x03\x03\x01 encrypted";
	capture(sent, SENDINGS);
	build();
	ck_assert_int_eq(story->messages, 4);
	ck_assert_int_eq(diagram->rows, 0);
	ck_assert_ptr_nonnull(strstr(diagram_why_empty(story, diagram), "encrypted"));
}
END_TEST

/* At another time, or what such an operation never asks. */
START_TEST(a_packet_that_fits_no_request_is_nobodys)
{
	const struct sending sent[] = {
		{150, HOLDER, MEMBER, 1000, ETCD_PORT, 7, 1, acquire, 0},
		{51, HOLDER, MEMBER, 1000, ETCD_PORT, 900, 1, renew, 0},
		{1502, HOLDER, STORE, 1002, STORE_PORT, 500, 1, "POST /read HTTP/1.1\r\n", 0},
		{1502, HOLDER, STORE, 1002, STORE_PORT, 900, 1, answer, 0},
		{1503, HOLDER, STORE, 1002, STORE_PORT, 1500, 1, write_request, -1},
	};

	make_run("[]");
	capture(sent, sizeof(sent) / sizeof(sent[0]));
	build();
	ck_assert_int_eq(diagram->rows, 0);
}
END_TEST

/* Both run at 1501 ms; each packet is one request's. */
START_TEST(no_packet_belongs_to_two_requests)
{
	make_run("[]");
	history_close(&history);
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(scratch_file("history.db"), &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db,
				      "UPDATE op SET invoked_ns = 1501000000, returned_ns = "
				      "1510000000, f = 3 WHERE f IN (3, 2)",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(db);
	struct error err = {0};

	ck_assert_int_eq(history_open(scratch_file("history.db"), &history, &err), 0);
	struct sending once = exchange[0];

	once.at_ms = 1502;
	capture(&once, 1);
	build();
	int drawn = 0;

	for (int i = 0; i < diagram->rows; i++)
		drawn += diagram->row[i].from >= 0;
	ck_assert_int_eq(drawn, 1);
}
END_TEST

START_TEST(without_a_capture_one_line_says_why)
{
	static const struct {
		const char *gaps, *says;
	} cases[] = {{NULL, "were captured"},
		     {"[]", "not beside the history"},
		     {"[[1, 1.2]]", "silence in it would prove nothing"}};

	make_run(cases[_i].gaps);
	unlink(scratch_file("capture.pcap"));
	if (_i == 2)
		capture(exchange, SENDINGS);
	build();
	ck_assert_int_eq(diagram->rows, 0);
	ck_assert_ptr_nonnull(strstr(diagram_why_empty(story, diagram), cases[_i].says));
	char *page = TEXT_SAID(diagram_write, story);

	ck_assert_ptr_nonnull(strstr(page, cases[_i].says));
	ck_assert_ptr_null(strstr(page, "<svg"));
	free(page);
}
END_TEST

START_TEST(a_terminal_shows_it_in_its_columns_and_in_ascii)
{
	make_run("[]");
	capture(exchange, SENDINGS);
	build();
	for (int columns = 20; columns <= 80; columns += 20) {
		char *text = TEXT_SAID(diagram_print, story, columns, false);

		for (const char *at = text; *at; at++)
			ck_assert_msg((*at >= ' ' && *at < 0x7f) || *at == '\n', "in %s", text);
		if (columns == 80)
			ck_assert_msg(strstr(text, "  -0.099 s  |-x  |    |  A>B keepalive"), "%s",
				      text);
		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
			ck_assert_msg(printable_columns(line) <= columns, "%s", line);
		free(text);
	}
}
END_TEST

START_TEST(the_page_names_the_columns_and_tells_each_arrow)
{
	make_run("[]");
	capture(exchange, SENDINGS);
	build();
	char *page = TEXT_SAID(diagram_write, story);

	ck_assert_ptr_nonnull(strstr(page,
				     "<b>A</b> w-0-0, the holder; <b>B</b> member m1; <b>C</b> "
				     "the store."));
	ck_assert_ptr_nonnull(strstr(page, "1.002 s</span> A to C: write, token 30</span>"));
	ck_assert_ptr_nonnull(strstr(page, "<li class=\"proof\">"));
	free(page);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reports: message diagrams");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, NULL, teardown);
	tcase_add_test(tests, what_the_capture_shows_is_drawn_and_what_never_arrived_ends_in_an_x);
	tcase_add_test(tests, a_request_without_its_packet_is_not_drawn);
	tcase_add_test(tests, a_packet_that_fits_no_request_is_nobodys);
	tcase_add_test(tests, no_packet_belongs_to_two_requests);
	tcase_add_loop_test(tests, without_a_capture_one_line_says_why, 0, 3);
	tcase_add_test(tests, a_terminal_shows_it_in_its_columns_and_in_ascii);
	tcase_add_test(tests, the_page_names_the_columns_and_tells_each_arrow);
	return suite_run(suite);
}
