/* A history may be anybody's: what it says is not run unless the user says so too. */
#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/process.h"
#include "conductor/hunt/rounds.h"
#include "conductor/hunt/shrink.h"
#include "tests/support/sample_run.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

/* Opens a sample run of a campaign with this cluster; 0, or the error's code. */
static int open_past(const char *cluster, const struct past_choice *choice, struct past *past,
		     struct error *err)
{
	static int number;
	char campaign[600], name[32];

	snprintf(campaign, sizeof(campaign), "cluster { %s }\narm none { }\narm token { }\n",
		 cluster);
	snprintf(name, sizeof(name), "past-%d.db", number++);
	const char *path = scratch_file(name);

	sample_run_make(path, &(struct sample_words){campaign, "note", "detail", "refusal"});
	return past_open(path, choice, past, err) ? (int)err->code : 0;
}

static void ck_etcd(const char *cluster, const char *said, const char *expected)
{
	struct error err = {0};
	struct past past;

	ck_assert_msg(open_past(cluster, &(struct past_choice){.etcd = said}, &past, &err) == 0,
		      "%s", err.text);
	ck_assert_str_eq(past.campaign->cluster.etcd, expected);
	past_close(&past);
}

static void ck_refused(const char *cluster, const char *word)
{
	struct error err = {0};
	struct past past;

	ck_assert_int_eq(open_past(cluster, &(struct past_choice){0}, &past, &err), EXIT_BAD_USAGE);
	ck_assert_msg(strstr(err.text, word) != NULL, "%s", err.text);
}

START_TEST(program_that_only_a_history_names_is_refused)
{
	ck_refused("etcd = '/tmp/evil'", "'/tmp/evil'");
	ck_refused("etcd = './etcd'", "--etcd");
	ck_refused("etcd = 'etcd/../evil'", "--etcd");
	ck_refused("etcd = '/usr/bin/../bin/etcd'", "--etcd");
	ck_refused("etcd = 'reboot'", "--etcd"); /* on PATH, but not what we would look for */
	ck_refused("etcd = '3.5.16/../../evil'", "--etcd");
	ck_refused("etcd-flags = {'--auth-token=jwt,pub-key=/etc/passwd'}", "--auth-token");
}
END_TEST

START_TEST(program_that_the_user_names_is_taken)
{
	ck_etcd("etcd = '/tmp/evil'", "/tmp/evil", "/tmp/evil");
	ck_etcd("etcd = '/tmp/evil'", "3.5.16", "3.5.16");
	ck_etcd("", "/opt/etcd", "/opt/etcd");
}
END_TEST

START_TEST(what_we_would_find_ourselves_needs_no_word)
{
	char path[PATH_MAX], cluster[PATH_MAX + 16];

	ck_etcd("", NULL, "etcd");
	ck_etcd("etcd-flags = {'--max-txn-ops=99'}", NULL, "etcd");
	ck_etcd("etcd = '3.5.16'", NULL, "3.5.16");
	if (process_find_program("etcd", path, sizeof(path)))
		return;
	snprintf(cluster, sizeof(cluster), "etcd = '%s'", path);
	ck_etcd(cluster, NULL, path);
}
END_TEST

START_TEST(cluster_that_only_a_history_names_is_refused)
{
	static const char theirs[] = "endpoints = {'http://10.0.0.1:2379'}";
	struct error err = {0};
	struct past past;

	ck_refused(theirs, "http://10.0.0.1:2379");
	ck_assert_int_eq(open_past(theirs, &(struct past_choice){.etcd = "etcd"}, &past, &err),
			 EXIT_BAD_USAGE);
	err = (struct error){0};
	ck_assert_msg(open_past(theirs,
				&(struct past_choice){.connection.endpoints = "http://a,http://b"},
				&past, &err) == 0,
		      "%s", err.text);
	ck_assert_int_eq(past.campaign->cluster.endpoints, 2);
	ck_assert_int_eq(past.campaign->cluster.members, 2);
	ck_assert_str_eq(past.campaign->cluster.endpoint[0], "http://a");
	past_close(&past);
}
END_TEST

START_TEST(texts_of_a_history_stay_in_the_comments_of_a_shrunk_campaign)
{
	static const char hostile[] = "x\narm evil { }\r\narm evil2 { }\033[2J";
	struct error err = {0};
	struct campaign again;
	struct past past;
	char *text = NULL;
	size_t size;

	ck_assert_msg(open_past("", &(struct past_choice){0}, &past, &err) == 0, "%s", err.text);
	struct violation violation = *past.violation;

	snprintf(violation.summary, sizeof(violation.summary), "%s", hostile);
	snprintf(past.quarry.subject, sizeof(past.quarry.subject), "%s", hostile);
	past.violation = &violation;
	FILE *out = open_memstream(&text, &size);

	shrink_print(out, &past, past.campaign, "2 faults");
	fclose(out);
	ck_assert_ptr_nonnull(strstr(text, ": x arm evil { }")); /* it is there */
	ck_assert_ptr_null(strstr(text, "\narm evil"));
	ck_assert_ptr_null(strpbrk(text, "\r\033"));
	ck_assert_msg(campaign_load_text(text, "shrunk", &again, &err) == 0, "%s", err.text);
	ck_assert_int_eq(again.arms, 2);
	free(text);
	past_close(&past);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: past runs");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, program_that_only_a_history_names_is_refused);
	tcase_add_test(tests, program_that_the_user_names_is_taken);
	tcase_add_test(tests, what_we_would_find_ourselves_needs_no_word);
	tcase_add_test(tests, texts_of_a_history_stay_in_the_comments_of_a_shrunk_campaign);
	tcase_add_test(tests, cluster_that_only_a_history_names_is_refused);
	return suite_run(suite);
}
