#include "cli/topics.h"

#include "base/error.h"

static void tell_exit_codes(struct table *table)
{
	table_head(table, CELLS("exit code", "means", "that is"));
	for (int code = 0; code <= EXIT_INTERRUPTED; code++) {
		const struct exit_code_words *words = exit_code_words(code);
		char number[12];

		snprintf(number, sizeof(number), "%d", code);
		if (words)
			table_row(table, CELLS(number, words->meaning, words->when));
	}
}

const struct help_topic help_topics[] = {
	{"faults", "the kinds of fault: what `do` may say", topic_tell_faults},
	{"targets", "whom a fault may hit", topic_tell_targets},
	{"moments", "when it may hit", topic_tell_moments},
	{"links", "the far sides of a link that a fault treats: `from`", topic_tell_links},
	{"shapes", "of a partition", topic_tell_shapes},
	{"presets", "faults as real systems have had them", topic_tell_presets},
	{"exit-codes", "what fencepost ends with", tell_exit_codes},
	{0},
};
