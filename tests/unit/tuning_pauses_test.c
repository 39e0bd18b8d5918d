/* Pauses as they are told: each shape's shares and lengths belong together, and bad words are
 * refused. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"
#include "tuning/pauses.h"

static struct pause_profile profile_of(const char *word)
{
	struct pause_profile profile;
	struct error err = {0};

	ck_assert_msg(pauses_parse(word, &profile, &err) == 0, "%s", err.text);
	return profile;
}

static const char *const told[] = {"1500ms", "1s..3s", "lognormal:200ms:8s", "hbase-gc"};

START_TEST(what_a_share_exceeds_is_exceeded_by_that_share)
{
	struct pause_profile profile = profile_of(told[_i]);

	for (double share = 0.001; share < 1; share += 0.001) {
		double length = pauses_exceeded(&profile, share);

		ck_assert_double_le(pauses_longer(&profile, length * (1 + 1e-9)), share + 1e-9);
		ck_assert_double_ge(pauses_longer(&profile, length * (1 - 1e-9)), share - 1e-9);
	}
	ck_assert_double_eq(pauses_longer(&profile, 0), 1);
	pauses_free(&profile);
}
END_TEST

START_TEST(log_normal_has_its_median_and_its_percentile)
{
	struct pause_profile profile = profile_of("lognormal:200ms:8s");

	ck_assert_double_eq_tol(pauses_longer(&profile, 0.2), 0.5, 1e-12);
	ck_assert_double_eq_tol(pauses_longer(&profile, 8), 0.01, 1e-9);
	ck_assert_double_eq_tol(pauses_exceeded(&profile, 0.01), 8, 1e-6);
}
END_TEST

START_TEST(known_ones_can_all_be_told_and_say_whose_they_are)
{
	int row = 0;

	for (; pauses_known(row); row++) {
		struct pause_profile profile = profile_of(pauses_known(row)->name);

		ck_assert_str_eq(profile.name, pauses_known(row)->name);
		ck_assert_double_eq(pauses_longer(&profile, profile.most_s), 0);
	}
	ck_assert_int_gt(row, 5);
}
END_TEST

static struct pause_profile read_file(const char *text, int *failed, struct error *err)
{
	const char *path = scratch_file("lengths");
	_cleanup_free_ char *word = text_format("@%s", path);
	FILE *file = fopen(path, "w");
	struct pause_profile profile;

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
	*failed = pauses_parse(word, &profile, err);
	return profile;
}

START_TEST(measured_ones_are_read_in_any_order)
{
	struct error err = {0};
	int failed;
	struct pause_profile profile =
		read_file("# seconds\n0.5\n\n 2.5 # a collection\n0.1\r\n2.5\n", &failed, &err);

	ck_assert_msg(!failed, "%s", err.text);
	ck_assert_uint_eq(profile.count, 4);
	ck_assert_double_eq(pauses_longer(&profile, 0.05), 1);
	ck_assert_double_eq(pauses_longer(&profile, 0.1), 0.75);
	ck_assert_double_eq(pauses_longer(&profile, 0.5), 0.5);
	ck_assert_double_eq(pauses_longer(&profile, 2.5), 0);
	ck_assert_double_eq(pauses_exceeded(&profile, 0.01), 2.5);
	ck_assert_double_eq(pauses_exceeded(&profile, 0.99), 0.1);
	pauses_free(&profile);
}
END_TEST

static const struct {
	const char *text, *complaint;
} bad_files[] = {
	{"1\nx\n", ":2: a length"}, {"1 2\n", ":1: a length"},       {"-1\n", ":1: a length"},
	{"0\n", ":1: a length"},    {"inf\n", ":1: a length"},       {"1e9\n", ":1: a length"},
	{"nan\n", ":1: a length"},  {"# none\n", "no length in it"},
};

START_TEST(file_that_is_none_is_refused_by_its_line)
{
	struct error err = {0};
	int failed;
	struct pause_profile profile = read_file(bad_files[_i].text, &failed, &err);

	ck_assert_int_eq(failed, -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_msg(strstr(err.text, bad_files[_i].complaint), "%s", err.text);
	pauses_free(&profile);
}
END_TEST

static const char *const bad_words[] = {
	"",
	"x",
	"0s",
	"-1s",
	"3s..1s",
	"1 ttl",
	"lognormal:",
	"lognormal:1s",
	"lognormal:2s:1s",
	"lognormal:0s:1s",
	"lognormal:1s:2s:3s",
	"@",
	"@nowhere",
	"hbase",
};

START_TEST(word_that_is_none_is_refused)
{
	struct pause_profile profile;
	struct error err = {0};

	ck_assert_int_eq(pauses_parse(bad_words[_i], &profile, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	pauses_free(&profile);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tuning_pauses");
	TCase *cases = tcase_create("pauses");

	tcase_add_loop_test(cases, what_a_share_exceeds_is_exceeded_by_that_share, 0,
			    sizeof(told) / sizeof(told[0]));
	tcase_add_test(cases, log_normal_has_its_median_and_its_percentile);
	tcase_add_test(cases, known_ones_can_all_be_told_and_say_whose_they_are);
	tcase_add_test(cases, measured_ones_are_read_in_any_order);
	tcase_add_loop_test(cases, file_that_is_none_is_refused_by_its_line, 0,
			    sizeof(bad_files) / sizeof(bad_files[0]));
	tcase_add_loop_test(cases, word_that_is_none_is_refused, 0,
			    sizeof(bad_words) / sizeof(bad_words[0]));
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
