/* Arms that begin with the times of a real system's lock. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "campaign/campaign.h"
#include "campaign/lock_presets.h"
#include "tests/support/suite.h"

static struct campaign campaign;

static void load(const char *text)
{
	struct error err = {0};

	ck_assert_msg(campaign_load_text(text, "test", &campaign, &err) == 0 &&
			      campaign_validate(&campaign, &err) == 0,
		      "%s in %s", err.text, text);
}

/* What its row says, and nothing else of the arm. */
static void assert_arm_of(const struct lock_preset *preset)
{
	const struct arm *arm = &campaign.arm[0], *plain = &campaign.arm[1];

	ck_assert_int_eq(arm->ttl_s, preset->ttl_s);
	ck_assert_int_eq(arm->heartbeat_ms, preset->heartbeat_ms);
	ck_assert_int_eq(arm->retries, preset->retries);
	ck_assert_int_eq(arm->renew_timeout_ms, preset->renew_timeout_ms);
	ck_assert_int_eq(arm->retry_after_ms, preset->retry_after_ms);
	ck_assert_int_eq(arm->work_max_ms, plain->work_max_ms);
	ck_assert_int_eq(arm->guard, plain->guard);
}

START_TEST(locks_of_real_systems_are_possible_and_say_where_they_come_from)
{
	int presets = 0, on_etcd = 0;

	for (const struct lock_preset *preset = lock_presets; preset->name; preset++) {
		char text[100];

		snprintf(text, sizeof(text), "arm a { preset = %s }\narm b { }", preset->name);
		load(text);
		assert_arm_of(preset);
		ck_assert_str_eq(lock_preset_names[++presets], preset->name);
		ck_assert_ptr_eq(lock_preset_find(preset->name), preset);
		ck_assert_msg(strstr(preset->source, " at ") != NULL, "%s", preset->name);
		ck_assert_int_gt(strlen(preset->special), 20);
		on_etcd += preset->on_etcd;
	}
	ck_assert_int_ge(presets, 15);
	ck_assert_int_ge(on_etcd, 10);
	ck_assert_ptr_null(lock_preset_find("none"));
}
END_TEST

START_TEST(what_stands_beside_the_preset_replaces_it)
{
	load("arm a { ttl = 8s  preset = client-go  retries = 3 }");
	ck_assert_int_eq(campaign.arm[0].ttl_s, 8);
	ck_assert_int_eq(campaign.arm[0].retries, 3);
	ck_assert_int_eq(campaign.arm[0].heartbeat_ms, 2000);
	ck_assert_int_eq(campaign.arm[0].retry_after_ms, 2000);
	ck_assert_str_eq(campaign.arm[0].name, "a");
}
END_TEST

START_TEST(misspelt_preset_and_one_that_cannot_be_here_are_refused)
{
	struct error err = {0};

	ck_assert_int_eq(
		campaign_load_text("\narm a { preset = client-ho }", "test", &campaign, &err), -1);
	ck_assert_msg(strstr(err.text, "test:2:") && strstr(err.text, "did you mean 'client-go'"),
		      "%s", err.text);
	err = (struct error){0};
	ck_assert_int_eq(campaign_load_text("\narm a { preset = client-go\n ttl = 2s }", "test",
					    &campaign, &err),
			 0);
	ck_assert_int_eq(campaign_validate(&campaign, &err), -1);
	ck_assert_msg(strstr(err.text, "test:2") && strstr(err.text, "less than the TTL"), "%s",
		      err.text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("campaign: presets of locks");
	TCase *tests = tcase_create("presets");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, locks_of_real_systems_are_possible_and_say_where_they_come_from);
	tcase_add_test(tests, what_stands_beside_the_preset_replaces_it);
	tcase_add_test(tests, misspelt_preset_and_one_that_cannot_be_here_are_refused);
	return suite_run(suite);
}
