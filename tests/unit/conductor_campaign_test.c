#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "conductor/campaign.h"
#include "conductor/duration.h"

static struct campaign campaign, again;

/* Loads a campaign from a text; returns what campaign_load and campaign_validate say. */
static int load_text(const char *text, struct campaign *into, struct error *err)
{
	char path[] = "/tmp/fencepost-campaign-XXXXXX";
	_cleanup_close_ int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	int failed = campaign_load(path, into, err) || campaign_validate(into, err);

	unlink(path);
	return failed ? -1 : 0;
}

static void assert_refused(const char *text, const char *part_a, const char *part_b)
{
	struct error err = {0};

	ck_assert_int_eq(load_text(text, &campaign, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_msg(strstr(err.text, part_a) && strstr(err.text, part_b),
		      "wanted '%s' and '%s' in: %s", part_a, part_b, err.text);
}

START_TEST(default_campaign_is_valid_and_pairs_its_arms)
{
	struct error err = {0};

	ck_assert_msg(campaign_load("campaigns/default.conf", &campaign, &err) == 0, "%s",
		      err.text);
	ck_assert_msg(campaign_validate(&campaign, &err) == 0, "%s", err.text);
	ck_assert_int_eq(campaign.arms, 2);
	ck_assert_int_eq(campaign.arm[0].guard, GUARD_NONE);
	ck_assert_int_eq(campaign.arm[1].guard, GUARD_TOKEN);
	ck_assert_int_eq(campaign.arm_expect[0], EXPECT_UNSAFE);
	ck_assert_int_eq(campaign.arm_expect[1], EXPECT_SAFE);
	ck_assert_int_ge(campaign.arm[0].workers, 3);
	campaign.arm[1].guard = campaign.arm[0].guard;
	campaign.arm[1].id = campaign.arm[0].id;
	memcpy(campaign.arm[1].name, campaign.arm[0].name, sizeof(campaign.arm[0].name));
	ck_assert_mem_eq(&campaign.arm[0], &campaign.arm[1], sizeof(campaign.arm[0]));
}
END_TEST

START_TEST(printed_campaign_reads_back_to_the_same)
{
	struct error err = {0};

	ck_assert_int_eq(campaign_load("campaigns/default.conf", &campaign, &err), 0);
	campaign.seed = UINT64_MAX;
	ck_assert_int_eq(campaign_add_endpoint(&campaign, "http://127.0.0.1:2379", &err), 0);
	text_copy(campaign.name, sizeof(campaign.name), "it's \"odd\" \\ ${HOME}");
	_cleanup_free_ char *text = campaign_print(&campaign);

	ck_assert_msg(load_text(text, &again, &err) == 0, "%s in:\n%s", err.text, text);
	memcpy(again.file, campaign.file, sizeof(again.file));
	ck_assert_mem_eq(&again, &campaign, sizeof(campaign));
}
END_TEST

START_TEST(unknown_words_name_the_line_and_the_nearest_known_word)
{
	assert_refused("arm a { }\narm b {\n\tguard = tokn\n}\n", ":3:", "did you mean 'token'");
	assert_refused("arm a { }\nfault f { doo = pause }\n", ":2:", "did you mean 'do'");
	assert_refused("arn a { }\n", ":1:", "did you mean 'arm'");
	assert_refused("arm a { }\nfault f { do = puase target = holder }", ":2:", "'pause'");
	assert_refused("arm a { }\nfault f { do = pause target = bolder }", ":2:", "'holder'");
}
END_TEST

START_TEST(impossible_values_are_refused_with_their_place)
{
	assert_refused("arm a { ttl = \"1s\" heartbeat = \"1s\" }", "arm a", "heartbeat");
	assert_refused("arm a { ttl = soon }", ":1:", "no length of time");
	assert_refused("arm a { lanes = 0 }", ":1:", "out of range");
	assert_refused("arm a { lanes = many }", ":1:", "lanes");
	assert_refused("cluster { members = 2 }\narm a { }", ":1:", "1, 3 or 5");
	assert_refused("seed = -3\narm a { }", ":1:", "seed");
	assert_refused("duration = 10s\n", "no arm", "nothing would be tested");
	assert_refused("arm a { }\nfault f { do = pause }", "fault f", "target");
	assert_refused("arm a { }\nfault f { do = cut target = holder from = peers }", "fault f",
		       "peers");
	assert_refused("arm a { }\narm a { }", ":2:", "a");
	assert_refused("arm \"no/slash\" { }", ":1:", "no/slash");
	assert_refused("cluster { endpoints = {\"ftp://x\"} }\narm a { }", "ftp://x", "URL");
}
END_TEST

START_TEST(missing_file_is_told)
{
	struct error err = {0};

	ck_assert_int_eq(campaign_load("/nonexistent.conf", &campaign, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent.conf"));
}
END_TEST

START_TEST(spans_are_read_in_every_form)
{
	struct span span;

	ck_assert(duration_parse_span("1.2 .. 2.5 ttl", &span));
	ck_assert(span.in_ttl && span.low == 1.2 && span.high == 2.5);
	ck_assert(duration_parse_span(" 300ms..2s ", &span));
	ck_assert(!span.in_ttl && span.low == 0.3 && span.high == 2);
	ck_assert(duration_parse_span("2min", &span));
	ck_assert(span.low == 120 && span.high == 120);
	static const char *const wrong[] = {"",         "5",        "-1s",         "1s ..",
					    "2s .. 1s", "1 parsec", "1s .. 2 ttl", "1s 2s",
					    "nan s",    "inf s",    "1e9s",        "0x10s"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(!duration_parse_span(wrong[i], &span), "accepted '%s'", wrong[i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: campaign");
	TCase *tests = tcase_create("all");
	SRunner *runner = srunner_create(suite);

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, default_campaign_is_valid_and_pairs_its_arms);
	tcase_add_test(tests, printed_campaign_reads_back_to_the_same);
	tcase_add_test(tests, unknown_words_name_the_line_and_the_nearest_known_word);
	tcase_add_test(tests, impossible_values_are_refused_with_their_place);
	tcase_add_test(tests, missing_file_is_told);
	tcase_add_test(tests, spans_are_read_in_every_form);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
