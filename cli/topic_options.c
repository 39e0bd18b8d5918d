/* What `fencepost help` tells of a campaign's options: the rows of campaign/options.c. */
#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/text.h"
#include "campaign/duration.h"
#include "campaign/options.h"
#include "cli/topics.h"

static void say_words(FILE *out, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		fprintf(out, "%s`%s`", i ? ", " : "", words[i]);
}

static void say_ms(FILE *out, const struct option *option)
{
	char low[48], high[48];

	duration_print_ms((int)option->low, low, sizeof(low));
	duration_print_ms((int)option->high, high, sizeof(high));
	fprintf(out, "`%s` to ", low);
	fprintf(out, option->high < DAY_MS ? "`%s`" : "a day", high);
	fputs(option->type == OPTION_SECONDS ? ", whole seconds" : "", out);
}

static void say_takes(FILE *out, const struct option *option)
{
	static const char *const truths[] = {"false", "true", NULL};

	if (option->takes) {
		fputs(option->takes, out);
		return;
	}
	switch (option->type) {
	case OPTION_WHOLE:
	case OPTION_WHOLES:
		fprintf(out, "%s%.0f to %.0f", option->add ? "some of " : "", option->low,
			option->high);
		break;
	case OPTION_DECIMAL:
		fprintf(out, "more than %g, up to %g", option->low, option->high);
		break;
	case OPTION_FLAG:
	case OPTION_WORD:
	case OPTION_TARGET:
		say_words(out, option->words ? option->words : truths);
		break;
	case OPTION_MS:
	case OPTION_SECONDS:
		say_ms(out, option);
		break;
	case OPTION_TIME:
	case OPTION_RANGE:
	case OPTION_SPAN:
		fprintf(out, "a length%s", option->type == OPTION_TIME ? "" : ", or `low .. high`");
		break;
	case OPTION_TEXT:
		fprintf(out, "up to %zu bytes", option->size - 1);
		break;
	case OPTION_SEED:
	case OPTION_BLOCK:
	case OPTION_TEXTS:
		CHECK(!"their rows say it");
	}
}

static void say_default(FILE *out, const struct option *option)
{
	if (option->of_kind)
		fputs("the kind's", out);
	else if (option->standard && *option->standard && !option->add)
		fprintf(out, "`%s`", option->standard);
	else
		fputs("none", out);
}

static bool is_for(const struct option *option, int kind)
{
	return option->needs & fault_traits((enum fault_kind)kind)->uses;
}

/* The kinds of faults, or those that are not, whichever is shorter. */
static void say_kinds(FILE *out, const struct option *option)
{
	int with = 0, said = 0;

	for (int kind = 0; kind < FAULT_KINDS_COUNT; kind++)
		with += is_for(option, kind);
	bool most = with > FAULT_KINDS_COUNT / 2;

	fputs(most ? "all but " : "", out);
	for (int kind = 0; kind < FAULT_KINDS_COUNT; kind++)
		if (is_for(option, kind) != most)
			fprintf(out, "%s`%s`", said++ ? ", " : "", fault_kind_names[kind]);
}

static void say_for(FILE *out, const struct option *option)
{
	if (option->needs == NEEDS_CLOCK)
		fputs("all that follow nothing", out);
	else if (option->needs == NEEDS_LEADER)
		fputs("those that follow", out);
	else if (option->needs)
		say_kinds(out, option);
	else
		fputs("all", out);
}

static void tell_options(struct table *table, enum section section)
{
	const char *of_kinds = section == SECTION_FAULT ? "for" : NULL;
	const struct option *option = option_sections[section].options;

	table_head(table, CELLS("option", "means", "takes", "default", of_kinds));
	for (; option->name; option++) {
		_cleanup_free_ char *takes = TEXT_SAID(say_takes, option);
		_cleanup_free_ char *standard = TEXT_SAID(say_default, option);
		_cleanup_free_ char *kinds = of_kinds ? TEXT_SAID(say_for, option) : NULL;

		table_row(table, CELLS(option->name, option->means, takes, standard, kinds));
	}
}

void topic_tell_campaign(struct table *table)
{
	tell_options(table, SECTION_TOP);
}

void topic_tell_cluster(struct table *table)
{
	tell_options(table, SECTION_CLUSTER);
}

void topic_tell_arm(struct table *table)
{
	tell_options(table, SECTION_ARM);
}

void topic_tell_fault(struct table *table)
{
	tell_options(table, SECTION_FAULT);
}
