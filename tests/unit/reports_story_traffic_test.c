/* Packets are drawn where they were, or not at all. */
#include <check.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "history/packets.h"
#include "reports/story_traffic.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { HEADERS = 14 + 20 + 20, START_S = 1700000000, MEMBER = 1 /* of 10.77.0.x */ };

/* The member's host, and the worker's, as the maker numbers them. */
static int worker_host;

static void dump(pcap_dumper_t *file, double at_ms, int from, int to, int carried)
{
	unsigned char bytes[HEADERS] = {[12] = 0x08,
					[14] = 0x45,
					[23] = 6,
					[26] = 10,
					77,
					0,
					(unsigned char)from,
					10,
					77,
					0,
					(unsigned char)to,
					[46] = 0x50};
	struct pcap_pkthdr header = {.caplen = HEADERS, .len = HEADERS};

	bytes[17] = (unsigned char)(40 + carried);
	header.ts.tv_sec = START_S + (long)(at_ms / 1000);
	header.ts.tv_usec = (long)((at_ms - 1000 * (double)(long)(at_ms / 1000)) * 1000);
	pcap_dump((unsigned char *)file, &header, bytes);
}

/* A holder that believes from 100 ms to 2 s and is paused from 500 to 1500 ms. Its kernel
 * acknowledges in the pause; it sends at 200, 400 and 1501 ms, and is sent something at 600. */
static void make_run(const char *gaps, double until_ms, struct violation *violation)
{
	unlink(scratch_file("history.db")); /* another test's, where all run in one process */
	struct maker *maker = maker_open(scratch_file("history.db"));
	int lane = maker_lane(maker, maker_arm(maker, .guard = "none"));

	maker_op(maker, .lane = lane, .attempt = 1, .f = F_ACQUIRE, .outcome = OUTCOME_OK,
		 .invoked_ms = 50, .returned_ms = 100, .lease = 5, .key = "l/5");
	maker_op(maker, .lane = lane, .attempt = 1, .f = F_RELEASE, .outcome = OUTCOME_OK,
		 .invoked_ms = until_ms, .returned_ms = until_ms + 1, .lease = 5, .key = "l/5");
	int64_t fault = maker_fault(maker, .kind = "pause", .lane = lane, .attempt = 1,
				    .began_ms = 500, .ended_ms = 1500, .bitten = true);

	*violation = (struct violation){
		.lane = lane,
		.at_ns = 1500000000,
		.evidences = 2,
		.evidence = {{"attempt", maker_attempt(maker, lane, 0, 1), "holder"},
			     {"fault", fault, "cover"}}};
	maker_set_int(maker, "start_wall_ns", INT64_C(1700000000) * 1000000000);
	maker_set_text(maker, "capture_packets", "8");
	maker_set_text(maker, "capture_gaps", gaps);
	maker_close(maker, true);
}

static void make_capture(const struct history *history)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 160);
	pcap_dumper_t *file = pcap_dump_open(pcap, scratch_file("capture.pcap"));

	for (int i = 0; i < history->hosts; i++)
		if (strcmp(history->host[i].role, "worker") == 0)
			worker_host = (int)(packets_address(history->host[i].address) & 0xff);
	dump(file, 200, worker_host, MEMBER, 9);
	dump(file, 400, worker_host, MEMBER, 9);
	dump(file, 600, MEMBER, worker_host, 9);
	dump(file, 601, worker_host, MEMBER, 0); /* its kernel's own */
	dump(file, 700, MEMBER + 1, MEMBER, 9);  /* of others */
	dump(file, 1501, worker_host, MEMBER, 9);
	dump(file, 90000, worker_host, MEMBER, 9);
	pcap_dump_close(file);
	pcap_close(pcap);
}

static void gather(struct history *history, const struct violation *violation, struct story *story)
{
	struct error err = {0};

	ck_assert_msg(history_open(scratch_file("history.db"), history, &err) == 0, "%s", err.text);
	make_capture(history);
	ck_assert_msg(story_gather(history, violation, story, &err) == 0, "%s", err.text);
	traffic_read(history, story, 1);
}

START_TEST(a_paused_holder_sent_nothing_in_its_pause)
{
	struct violation violation;
	struct history history;
	struct story story;

	make_run("[]", 2000, &violation);
	gather(&history, &violation, &story);
	ck_assert_ptr_nonnull(story.to_cluster.sent_s);
	ck_assert_int_eq(story.to_cluster.sent, 3);
	ck_assert_double_eq_tol(story.to_cluster.sent_s[0], -0.3, 1e-6);
	ck_assert_double_eq_tol(story.to_cluster.sent_s[1], -0.1, 1e-6);
	ck_assert_double_eq_tol(story.to_cluster.sent_s[2], 1.001, 1e-6);
	ck_assert_int_eq(story.to_cluster.received, 1);
	ck_assert_double_eq_tol(story.to_cluster.received_s[0], 0.1, 1e-6);
	ck_assert_int_eq(story.to_store.sent + story.to_store.received, 0);
	story_free(&story);
	history_close(&history);
}
END_TEST

/* Silence there would be no proof of silence. */
START_TEST(where_packets_were_given_up_none_are_drawn)
{
	struct violation violation;
	struct history history;
	struct story story;

	make_run("[[0.5, 0.6]]", 2000, &violation);
	gather(&history, &violation, &story);
	ck_assert_ptr_null(story.to_cluster.sent_s);
	story_free(&story);
	history_close(&history);
}
END_TEST

START_TEST(over_so_long_a_time_that_50_ms_are_no_step_none_are_drawn)
{
	struct violation violation;
	struct history history;
	struct story story;

	make_run("[]", 60000, &violation);
	violation.at_ns = INT64_C(60000000000);
	gather(&history, &violation, &story);
	ck_assert_double_gt(story.until_s - story.from_s, STORY_TICKS * 0.05);
	ck_assert_ptr_null(story.to_cluster.sent_s);
	story_free(&story);
	history_close(&history);
}
END_TEST

START_TEST(without_a_capture_none_are_drawn)
{
	struct violation violation;
	struct history history;
	struct story story;

	make_run("[]", 2000, &violation);
	gather(&history, &violation, &story);
	story_free(&story);
	ck_assert_int_eq(unlink(scratch_file("capture.pcap")), 0);
	struct error err = {0};

	ck_assert_int_eq(story_gather(&history, &violation, &story, &err), 0);
	traffic_read(&history, &story, 1);
	ck_assert_ptr_null(story.to_cluster.sent_s);
	story_free(&story);
	history_close(&history);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reports: packets of stories");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, a_paused_holder_sent_nothing_in_its_pause);
	tcase_add_test(tests, where_packets_were_given_up_none_are_drawn);
	tcase_add_test(tests, over_so_long_a_time_that_50_ms_are_no_step_none_are_drawn);
	tcase_add_test(tests, without_a_capture_none_are_drawn);
	return suite_run(suite);
}
