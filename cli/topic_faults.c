/* What `fencepost help` tells of faults: the rows of campaign/fault_kinds.h and of its lists of
 * words. */
#include "base/cleanup.h"
#include "base/text.h"
#include "campaign/options.h"
#include "cli/topics.h"

void topic_tell_faults(struct table *table)
{
	table_head(table, CELLS("kind", "does", "target", "options", "proof"));
	for (int kind = 0; kind < FAULT_KINDS_COUNT; kind++) {
		const struct fault_traits *traits = fault_traits((enum fault_kind)kind);
		_cleanup_free_ char *targets = TEXT_SAID(fault_list_targets, (enum fault_kind)kind);
		_cleanup_free_ char *options = TEXT_SAID(fault_list_options, (enum fault_kind)kind);

		table_row(table,
			  CELLS(traits->word, traits->does, targets, options, traits->proof));
	}
}

static void tell_words(struct table *table, const char *const *words, const char *const *meanings)
{
	for (int i = 0; words[i]; i++)
		table_row(table, CELLS(words[i], meanings[i]));
}

void topic_tell_targets(struct table *table)
{
	table_head(table, CELLS("target", "hits"));
	tell_words(table, fault_target_names, fault_target_meanings);
}

void topic_tell_moments(struct table *table)
{
	table_head(table, CELLS("when", "is"));
	tell_words(table, fault_moment_names, fault_moment_meanings);
}

void topic_tell_links(struct table *table)
{
	table_head(table, CELLS("from", "the far side"));
	tell_words(table, fault_from_names, fault_from_meanings);
}

void topic_tell_shapes(struct table *table)
{
	table_head(table, CELLS("shape", "who does not hear whom"));
	tell_words(table, fault_shape_names, fault_shape_meanings);
}

void topic_tell_presets(struct table *table)
{
	table_head(table, CELLS("preset", "as in", "says"));
	for (const struct fault_preset *preset = fault_presets; preset->name; preset++) {
		_cleanup_free_ char *says = text_format("`%s`", preset->says);

		table_row(table, CELLS(preset->name, preset->source, says));
	}
}
