/* Lengths of time as they are written and printed; flags of etcd's that are ours to set. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "campaign/duration.h"
#include "campaign/etcd_flags.h"
#include "tests/support/suite.h"

START_TEST(a_span_is_one_length_or_two_in_one_unit)
{
	static const struct {
		const char *text;
		bool in_ttl;
		double low, high;
	} cases[] = {
		{"2s", false, 2, 2},
		{"2 s", false, 2, 2},
		{"\t2\ts\t", false, 2, 2},
		{"300ms", false, 0.3, 0.3},
		{"1min", false, 60, 60},
		{"0s", false, 0, 0},
		{"1.5 ttl", true, 1.5, 1.5},
		{"1 .. 2s", false, 1, 2},
		{"500ms..1.5s", false, 0.5, 1.5},
		{"0.5 .. 2 ttl", true, 0.5, 2},
		{"1s .. 1min", false, 1, 60},
		{"86400s", false, 86400, 86400},
		{"1440min", false, 86400, 86400},
		{"1ms", false, 0.001, 0.001},
		{"1.001s", false, 1.001, 1.001},
		{"0.001 ttl", true, 0.001, 0.001},
		{"86400 ttl", true, 86400, 86400},
		{"2s .. 2s", false, 2, 2},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct span span = {.in_ttl = !cases[i].in_ttl};

		ck_assert_msg(duration_parse_span(cases[i].text, &span), "%s", cases[i].text);
		ck_assert_msg(span.in_ttl == cases[i].in_ttl && span.low == cases[i].low &&
				      span.high == cases[i].high,
			      "%s: %g %g", cases[i].text, span.low, span.high);
	}
}
END_TEST

START_TEST(what_is_no_span_is_none)
{
	static const char *const wrong[] = {
		"",          " ",          "s",          "5",          "5 .. 6",
		".5s",       "-1s",        "1h",         "1ss",        "1secs",
		"1 mss",     "1s x",       "1s ..",      ".. 1s",      "1s . 2s",
		"1s ... 2s", "2s .. 1s",   "1s .. 1ttl", "1ttl .. 2s", "1s .. 2",
		"0.5ms",     "1.0005s",    "86400.001s", "86401s",     "1 .. 86401s",
		"1440.1min", "0.0005 ttl", "1e3s",       "0x10s",      "1,5s",
		"1.2.3s",    "nan s",
	};
	struct span span;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		ck_assert_msg(!duration_parse_span(wrong[i], &span), "accepted '%s'", wrong[i]);
}
END_TEST

START_TEST(a_length_in_milliseconds_is_one_and_of_no_ttl)
{
	int ms = -1;

	ck_assert(duration_parse_ms("1.5s", &ms));
	ck_assert_int_eq(ms, 1500);
	ck_assert(duration_parse_ms("7ms", &ms));
	ck_assert_int_eq(ms, 7);
	ck_assert(duration_parse_ms("86400s", &ms));
	ck_assert_int_eq(ms, 86400000);
	ck_assert(duration_parse_ms("2s .. 2s", &ms));
	ck_assert_int_eq(ms, 2000);
	ck_assert(!duration_parse_ms("1s .. 2s", &ms));
	ck_assert(!duration_parse_ms("1 ttl", &ms));
	ck_assert(!duration_parse_ms("soon", &ms));
}
END_TEST

static const char *printed_span(bool in_ttl, double low, double high)
{
	static char text[64];

	duration_print_span(&(struct span){in_ttl, low, high}, text, sizeof(text));
	return text;
}

START_TEST(what_is_printed_is_read_back)
{
	char text[64];

	ck_assert_str_eq(printed_span(false, 2, 2), "2s");
	ck_assert_str_eq(printed_span(false, 0.02, 1.25), "0.02s .. 1.25s");
	ck_assert_str_eq(printed_span(true, 1.5, 1.5), "1.5 ttl");
	ck_assert_str_eq(printed_span(true, 0.001, 86400), "0.001 ttl .. 86400 ttl");
	duration_print_ms(1500, text, sizeof(text));
	ck_assert_str_eq(text, "1500ms");
	duration_print_ms(2000, text, sizeof(text));
	ck_assert_str_eq(text, "2s");
	duration_print_ms(0, text, sizeof(text));
	ck_assert_str_eq(text, "0s");
	for (int ms = 1; ms < 100000; ms += 37) {
		struct span span, again;

		span = (struct span){ms % 2, ms / 1000.0, 2 * ms / 1000.0};
		duration_print_span(&span, text, sizeof(text));
		ck_assert(duration_parse_span(text, &again));
		ck_assert(again.in_ttl == span.in_ttl && again.low == span.low &&
			  again.high == span.high);
	}
}
END_TEST

START_TEST(flags_are_the_same_by_their_name)
{
	ck_assert(etcd_flag_is_same("--a=1", "--a=2"));
	ck_assert(etcd_flag_is_same("--a", "--a=2"));
	ck_assert(etcd_flag_is_same("--a", "--a"));
	ck_assert(!etcd_flag_is_same("--a=1", "--ab=1"));
	ck_assert(!etcd_flag_is_same("--ab", "--a"));
	ck_assert(!etcd_flag_is_same("--a=1", "--b=1"));
}
END_TEST

/* By the whole name, or by what the name begins with. */
START_TEST(flags_that_the_harness_sets_are_told_from_those_that_are_alike)
{
	static const char *const ours[] = {
		"--name", "--name=x", "--listen-peer-urls=x", "--proxy=on", "--peer-cert-file=x",
		"--help", "--h"};
	static const char *const theirs[] = {"--names=x",
					     "--nam",
					     "--helper",
					     "--heartbeat",
					     "--version2",
					     "--client-key",
					     "--auto-compaction-mode=x"};
	static const char *const wrong[] = {"",     "-",   "--",    "---x",  "-x",   "x",
					    "--=1", "--X", "--a b", "--a_b", "--a\n"};

	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		ck_assert_msg(etcd_flag_trouble(ours[i]) &&
				      !strstr(etcd_flag_trouble(ours[i]), "--name=value"),
			      "%s", ours[i]);
	for (size_t i = 0; i < sizeof(theirs) / sizeof(*theirs); i++)
		ck_assert_msg(!etcd_flag_trouble(theirs[i]), "%s", theirs[i]);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		ck_assert_msg(etcd_flag_trouble(wrong[i]) &&
				      strstr(etcd_flag_trouble(wrong[i]), "--name=value"),
			      "%s", wrong[i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: durations and flags");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, a_span_is_one_length_or_two_in_one_unit);
	tcase_add_test(tests, what_is_no_span_is_none);
	tcase_add_test(tests, a_length_in_milliseconds_is_one_and_of_no_ttl);
	tcase_add_test(tests, what_is_printed_is_read_back);
	tcase_add_test(tests, flags_are_the_same_by_their_name);
	tcase_add_test(tests, flags_that_the_harness_sets_are_told_from_those_that_are_alike);
	return suite_run(suite);
}
