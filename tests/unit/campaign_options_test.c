/* The table of options: what each row must have for all that is made of it. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "campaign/value.h"
#include "tests/support/suite.h"

/* Where a value lies, and how far: two rows that share it would overwrite each other. */
static void lies_apart(const struct option *one, const struct option *other)
{
	ck_assert_str_ne(one->name, other->name);
	ck_assert_msg(one->size == 0 || other->size == 0 ||
			      one->offset + one->size <= other->offset ||
			      other->offset + other->size <= one->offset,
		      "%s and %s lie in one place", one->name, other->name);
}

static void has_what_its_type_needs(const struct option *option)
{
	bool counts = option->type == OPTION_WHOLE || option->type == OPTION_WHOLES ||
		      option->type == OPTION_DECIMAL || option->type == OPTION_MS ||
		      option->type == OPTION_SECONDS;
	bool lists = option->type == OPTION_WHOLES || option->type == OPTION_TEXTS;
	bool words = option->type == OPTION_WORD || option->type == OPTION_TARGET;

	ck_assert_msg(!counts || option->low < option->high || option->check, "%s", option->name);
	ck_assert_msg(lists == (option->add != NULL), "%s", option->name);
	ck_assert_msg(lists == (option->count != 0), "%s", option->name);
	ck_assert_msg(!words || option->words, "%s", option->name);
	ck_assert_msg(option->size || !option->quiet, "%s", option->name);
	ck_assert_msg(option->means && strlen(option->means) > 3, "%s", option->name);
}

START_TEST(every_row_has_what_is_made_of_it)
{
	const struct option *options = option_sections[_i].options;

	for (const struct option *option = options; option->name; option++) {
		has_what_its_type_needs(option);
		for (const struct option *other = options; other < option; other++)
			lies_apart(other, option);
	}
}
END_TEST

/* The one that nobody says is one that may be said. */
START_TEST(every_default_is_a_value)
{
	for (const struct option *option = option_sections[_i].options; option->name; option++) {
		char into[ETCD_PATH] __attribute__((aligned(8))) = {0};
		struct error err = {0};

		if (!option->standard || option->add || option->of_kind || !*option->standard)
			continue;
		ck_assert_msg(value_judge(option, option->standard, &err) == 0, "%s: %s",
			      option->name, err.text);
		if (option->size && option->size <= sizeof(into))
			ck_assert_int_eq(value_take(option, option->standard, 1, into, &err), 0);
	}
}
END_TEST

/* What a kind has of its own is as long as the field that it goes to. */
START_TEST(a_kinds_default_reaches_the_block)
{
	struct fault_block block = {.kind = FAULT_REORDER};
	const struct fault_traits *traits = fault_traits(FAULT_REORDER);

	for (const struct option *option = option_sections[SECTION_FAULT].options; option->name;
	     option++)
		if (option->of_kind)
			option_set_to_kinds(option, &block);
	ck_assert_mem_eq(&block.by, &traits->by, sizeof(block.by));
	ck_assert_double_eq(block.percent, traits->percent);
	ck_assert_int_eq(block.rate, traits->rate);
	ck_assert_int_eq(block.count, traits->count);
	ck_assert_double_gt(block.percent, 0);
}
END_TEST

/* What neither the block nor its preset says is what the table calls the default. */
START_TEST(options_of_a_kind_are_told_with_its_own_defaults)
{
	static const struct {
		enum fault_kind kind;
		const char *told;
	} kinds[] = {
		{FAULT_CUT, "`from`, `direction`, `length`"},
		{FAULT_SLOW, "`length`, `by = \"0.1s\"`, `percent = 80`"},
		{FAULT_BALLAST, "`length`, `count = 200`"},
		{FAULT_COMPACT, ""},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char *told = NULL;
		size_t size;
		FILE *out = text_begin(&told, &size);

		fault_list_options(out, kinds[i].kind);
		text_end(out, &told);
		ck_assert_str_eq(told, kinds[i].told);
		free(told);
	}
}
END_TEST

START_TEST(beside_a_preset_of_another_kind_defaults_hold)
{
	static struct campaign campaign;
	struct error err = {0};

	ck_assert_int_eq(campaign_load_text("arm a { }\nfault f { preset = gc-full do = cut }",
					    "test", &campaign, &err),
			 0);
	ck_assert_int_eq(campaign.block[0].from, FROM_ALL);
	ck_assert_int_eq(campaign.block[0].target, TARGET_HOLDER);
	ck_assert_double_eq(campaign.block[0].length.high, 2.5);
}
END_TEST

/* So that a run against somebody's cluster can be replayed, whatever it has. */
START_TEST(a_cluster_of_two_endpoints_is_read_as_it_was_printed)
{
	static const char said[] =
		"arm a { }\ncluster { endpoints = {\"http://a\", \"http://b\"} }";
	static struct campaign campaign, again;
	struct error err = {0};

	ck_assert_int_eq(campaign_load_text(said, "said", &campaign, &err), 0);
	_cleanup_free_ char *text = campaign_print(&campaign);

	ck_assert_ptr_nonnull(strstr(text, "members = 2"));
	ck_assert_msg(campaign_load_text(text, "said", &again, &err) == 0, "%s", err.text);
	again.place = campaign.place;
	ck_assert_mem_eq(&again, &campaign, sizeof(again));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("campaign: options");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, every_row_has_what_is_made_of_it, 0, SECTIONS);
	tcase_add_loop_test(tests, every_default_is_a_value, 0, SECTIONS);
	tcase_add_test(tests, options_of_a_kind_are_told_with_its_own_defaults);
	tcase_add_test(tests, beside_a_preset_of_another_kind_defaults_hold);
	tcase_add_test(tests, a_cluster_of_two_endpoints_is_read_as_it_was_printed);
	tcase_add_test(tests, a_kinds_default_reaches_the_block);
	return suite_run(suite);
}
