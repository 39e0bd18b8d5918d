/* The folder for a bug report: the story, the rows that prove it, the campaign; and the packets of
 * a time. */
#include <check.h>
#include <cjson/cJSON.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "history/packets.h"
#include "reports/bug_folder.h"
#include "reports/incident.h"
#include "tests/support/sample_run.h"
#include "tests/unit/reports_rig.h"
#include "tests/support/suite.h"

static struct history history;
static struct verdicts verdicts;
static struct error err;
static char *text;

static void setup(void)
{
	open_sample("sample.db", &history, &verdicts);
	history_tell(&history, "campaign", "name = 'as it was'\n");
}

static void teardown(void)
{
	free(text);
	verdicts_free(&verdicts);
	history_close(&history);
}

static const char *read_file(const char *folder, const char *name)
{
	char path[400];
	size_t size;
	int byte;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *in = fopen(path, "r");

	ck_assert_msg(in != NULL, "no %s", path);
	free(text);
	FILE *out = open_memstream(&text, &size);

	while ((byte = fgetc(in)) != EOF)
		fputc(byte, out);
	fclose(in);
	fclose(out);
	return text;
}

static int make(const char *folder, int number, const char *shrunk)
{
	struct bug_request request = {folder, "/nonexistent/capture.pcap", shrunk, number};
	int64_t packets;

	err = (struct error){0};
	int failed = bug_write(&history, &verdicts, &request, &packets, &err);

	ck_assert_int_eq(packets, 0);
	return failed;
}

static bool proves(const cJSON *lines, const char *table, int64_t id)
{
	const cJSON *line;

	cJSON_ArrayForEach (line, lines) {
		const cJSON *row = cJSON_GetObjectItem(line, "row");

		if (strcmp(cJSON_GetObjectItem(line, "table")->valuestring, table) == 0 &&
		    (int64_t)cJSON_GetObjectItem(row, "id")->valuedouble == id)
			return true;
	}
	return false;
}

START_TEST(folder_has_the_story_and_every_row_that_proves_it)
{
	const char *folder = scratch_file("bug");
	struct incidents incidents;

	ck_assert_msg(make(folder, 1, NULL) == 0, "%s", err.text);
	ck_assert_ptr_nonnull(strstr(read_file(folder, "report.md"), "\n      1"));
	ck_assert_ptr_nonnull(strstr(text, "no packets of that time"));
	ck_assert_str_eq(read_file(folder, "campaign.conf"), "name = 'as it was'\n");
	read_file(folder, "evidence.jsonl");
	cJSON *lines = cJSON_CreateArray();

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		cJSON *one = cJSON_Parse(line);

		ck_assert_msg(one != NULL, "%s", line);
		cJSON_AddItemToArray(lines, one);
	}
	ck_assert_int_eq(incidents_find(&history, &verdicts, INCIDENTS_MAX, &incidents, &err), 0);
	const struct violation *told = incidents.incident[0].told[0];
	int rows = 0;

	for (int i = 0; i < told->evidences; i++) {
		const struct evidence *evidence = &told->evidence[i];

		if (strcmp(evidence->kind, "attempt") == 0)
			continue;
		ck_assert_msg(proves(lines, evidence->kind, evidence->ref), "no %s",
			      evidence->kind);
		rows++;
	}
	ck_assert_int_gt(rows, 0);
	incidents_free(&incidents);
	cJSON_Delete(lines);
}
END_TEST

START_TEST(folder_is_a_new_one_and_of_a_story_that_is_a_bug)
{
	const char *folder = scratch_file("bug");
	struct incidents incidents;
	int refused = 0;

	ck_assert_int_eq(make(folder, 1, "name = 'small'\n"), 0);
	ck_assert_str_eq(read_file(folder, "campaign.conf"), "name = 'small'\n");
	ck_assert_int_eq(make(folder, 1, NULL), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_int_eq(make(scratch_file("other"), 99, NULL), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_int_eq(incidents_find(&history, &verdicts, INCIDENTS_MAX, &incidents, &err), 0);
	for (int i = 0; i < incidents.count; i++)
		if (incidents.incident[i].refused)
			refused = i + 1;
	incidents_free(&incidents);
	ck_assert_int_gt(refused, 0);
	ck_assert_int_eq(make(scratch_file("other"), refused, NULL), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "no bug"));
	ck_assert_int_ne(access(scratch_file("other"), F_OK), 0);
}
END_TEST

/* Ten packets, a millisecond apart. */
static void write_capture(const char *path)
{
	pcap_t *pcap =
		pcap_open_dead_with_tstamp_precision(DLT_EN10MB, 160, PCAP_TSTAMP_PRECISION_NANO);
	pcap_dumper_t *dumper = pcap_dump_open(pcap, path);
	u_char bytes[60] = {0};

	ck_assert_ptr_nonnull(dumper);
	for (int i = 0; i < 10; i++) {
		struct pcap_pkthdr info = {.ts = {100, i * 1000000}, .caplen = 60, .len = 60};

		bytes[0] = (u_char)i;
		pcap_dump((u_char *)dumper, &info, bytes);
	}
	pcap_dump_close(dumper);
	pcap_close(pcap);
}

START_TEST(packets_of_a_time_are_copied_and_no_others)
{
	char problem[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *info;
	const u_char *bytes;
	int64_t copied;

	write_capture(scratch_file("all.pcap"));
	FILE *into = fopen(scratch_file("some.pcap"), "w");

	ck_assert_int_eq(packets_copy(scratch_file("all.pcap"), 100003000000, 100006000000, into,
				      &copied, &err),
			 0);
	fclose(into);
	ck_assert_int_eq(copied, 4);
	pcap_t *pcap = pcap_open_offline_with_tstamp_precision(scratch_file("some.pcap"),
							       PCAP_TSTAMP_PRECISION_NANO, problem);

	ck_assert_msg(pcap != NULL, "%s", problem);
	for (int i = 3; i <= 6; i++) {
		ck_assert_int_eq(pcap_next_ex(pcap, &info, &bytes), 1);
		ck_assert_int_eq(bytes[0], i);
		ck_assert_int_eq(info->ts.tv_usec, i * 1000000);
	}
	ck_assert_int_ne(pcap_next_ex(pcap, &info, &bytes), 1);
	pcap_close(pcap);
	into = fopen(scratch_file("none.pcap"), "w");
	ck_assert_int_eq(packets_copy(scratch_file("nowhere"), 0, INT64_MAX, into, &copied, &err),
			 0);
	ck_assert_int_eq(copied, 0);
	fclose(into);
	into = fopen("/dev/full", "w");
	ck_assert_int_eq(packets_copy(scratch_file("all.pcap"), 0, INT64_MAX, into, &copied, &err),
			 -1);
	ck_assert_int_eq(err.code, EXIT_MACHINE_LACKS);
	fclose(into);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reports: bug folder");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, folder_has_the_story_and_every_row_that_proves_it);
	tcase_add_test(tests, folder_is_a_new_one_and_of_a_story_that_is_a_bug);
	tcase_add_test(tests, packets_of_a_time_are_copied_and_no_others);
	return suite_run(suite);
}
