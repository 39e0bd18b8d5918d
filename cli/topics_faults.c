/* The topics that a campaign's fault blocks are about. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "campaign/fault.h"
#include "cli/topics.h"

static void tell_span(FILE *out, const struct span *span)
{
	const char *unit = span->in_ttl ? "ttl" : "s";

	fprintf(out, " %g", span->low);
	if (span->high != span->low)
		fprintf(out, " .. %g", span->high);
	fprintf(out, " %s", unit);
}

/* "`percent` 20, `length`": what a kind takes, and what that is when nobody says it. */
static void tell_options(FILE *out, const struct fault_traits *traits)
{
	static const struct {
		uint32_t use;
		const char *names;
	} options[] = {
		{USES_FROM, "`from`, `direction`"},
		{USES_SHAPE, "`shape`"},
		{USES_SCOPE, "`scope`"},
		{USES_BY, "`by`"},
		{USES_BACK, "`back`"},
		{USES_PERCENT, "`percent`"},
		{USES_RATE, "`rate`"},
		{USES_COUNT, "`count`"},
		{USES_LENGTH, "`length`"},
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		uint32_t use = traits->uses & options[i].use;

		if (!use)
			continue;
		fprintf(out, "%s%s", ftell(out) ? ", " : "", options[i].names);
		if (use == USES_BY)
			tell_span(out, &traits->by);
		if (use == USES_PERCENT)
			fprintf(out, " %g", traits->percent);
		if (use == USES_RATE || use == USES_COUNT)
			fprintf(out, " %d", use == USES_RATE ? traits->rate : traits->count);
	}
}

void topic_faults(struct table *table)
{
	table_head(table, CELLS("kind", "does", "target", "options", "proof"));
	for (int kind = 0; kind < FAULT_KINDS_COUNT; kind++) {
		const struct fault_traits *traits = fault_traits((enum fault_kind)kind);
		_cleanup_free_ char *options = NULL, *targets = NULL;
		size_t size;
		FILE *out = text_begin(&options, &size);

		tell_options(out, traits);
		text_end(out, &options);
		out = text_begin(&targets, &size);
		fault_list_targets(out, (enum fault_kind)kind);
		text_end(out, &targets);
		table_row(table,
			  CELLS(traits->word, traits->does, targets, options, traits->proof));
	}
}

static void tell_words(struct table *table, const char *const *words, const char *const *meanings)
{
	for (int i = 0; words[i]; i++)
		table_row(table, CELLS(words[i], meanings[i]));
}

void topic_targets(struct table *table)
{
	table_head(table, CELLS("target", "hits"));
	tell_words(table, fault_target_names, fault_target_meanings);
}

void topic_moments(struct table *table)
{
	table_head(table, CELLS("when", "is"));
	tell_words(table, fault_moment_names, fault_moment_meanings);
}

void topic_links(struct table *table)
{
	table_head(table, CELLS("from", "the far side"));
	tell_words(table, fault_from_names, fault_from_meanings);
}

void topic_shapes(struct table *table)
{
	table_head(table, CELLS("shape", "who does not hear whom"));
	tell_words(table, fault_shape_names, fault_shape_meanings);
}
