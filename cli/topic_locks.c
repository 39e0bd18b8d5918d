/* What `fencepost help` tells of the settings of locks: the rows of campaign/lock_presets.c and of
 * tuning/complaints.h. */
#include "base/cleanup.h"
#include "base/text.h"
#include "campaign/lock_presets.h"
#include "cli/topics.h"
#include "tuning/complaints.h"

void topic_tell_lock_presets(struct table *table)
{
	table_head(table, CELLS("preset", "system", "says", "special", "source"));
	for (const struct lock_preset *preset = lock_presets; preset->name; preset++) {
		_cleanup_free_ char *text = lock_preset_says(preset);
		_cleanup_free_ char *says = text_format("`%s`", text);
		_cleanup_free_ char *system = text_format(
			"%s%s", preset->system, preset->on_etcd ? "" : " (timing profile)");

		table_row(table,
			  CELLS(preset->name, system, says, preset->special, preset->source));
	}
}

void topic_tell_lint_rules(struct table *table)
{
	table_head(table, CELLS("rule", "what is wrong", "why"));
	for (int i = 0; i < COMPLAINT_RULES_COUNT; i++) {
		const struct complaint_words *words = complaint_words((enum complaint_rule)i);

		table_row(table, CELLS(words->word, words->sentence, words->why));
	}
}
