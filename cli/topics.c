#include "cli/topics.h"

#include "base/error.h"
#include "campaign/arm.h"
#include "campaign/habits.h"
#include "campaign/recipes.h"
#include "history/guard.h"
#include "reports/threshold.h"
#include "tuning/predict.h"

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

static void tell_guards(struct table *table)
{
	table_head(table, CELLS("guard", "does and promises"));
	for (int i = 0; i < GUARDS_COUNT; i++)
		table_row(table, CELLS(guard_kinds[i].word, guard_kinds[i].sentence));
}

static void tell_violations(struct table *table)
{
	table_head(table, CELLS("violation", "that is", "whose"));
	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++) {
		const struct violation_kind *kind = &violation_kinds[name];

		table_row(table,
			  CELLS(violation_words[name], kind->sentence, blames_words[kind->blames]));
	}
}

static void tell_recipes(struct table *table)
{
	table_head(table, CELLS("recipe", "its habit, or its planted bug", "found as"));
	for (int i = 0; recipe_names[i]; i++) {
		const struct recipe_facts *recipe = recipe_facts((enum recipe)i);

		table_row(table, CELLS(recipe->word, recipe->habit, recipe->predicts));
	}
}

static void tell_habits(struct table *table)
{
	table_head(table, CELLS("habit", "does", "found as"));
	for (int i = 0; i < HABITS_COUNT; i++)
		table_row(table, CELLS(habits[i].word, habits[i].sentence, habits[i].predicts));
}

static void tell_thresholds(struct table *table)
{
	static const char *const units[] = {"a number", "a share: `0.5`, `50%`",
					    "a time: `5s`, `300ms`"};

	table_head(table, CELLS("figure", "of an arm or the service", "limit"));
	for (int i = 0; threshold_figure(i); i++) {
		const struct figure *figure = threshold_figure(i);

		table_row(table, CELLS(figure->name, figure->sentence, units[figure->unit]));
	}
}

static void tell_predictions(struct table *table)
{
	table_head(table, CELLS("prediction", "that is", "unit", "formula"));
	for (int i = 0; i < PREDICTIONS_COUNT; i++) {
		const struct prediction_row *row = &prediction_rows[i];

		table_row(table, CELLS(row->word, row->sentence, row->unit, row->formula));
	}
}

static void tell_pauses(struct table *table)
{
	table_head(table, CELLS("pauses", "that is", "length"));
	for (int i = 0; pauses_known(i); i++)
		table_row(table, CELLS(pauses_known(i)->name, pauses_known(i)->source,
				       pauses_known(i)->word));
}

const struct help_topic help_topics[] = {
	{"campaign-options", "what a campaign says at its top", topic_tell_campaign},
	{"cluster-options", "what it says of the cluster", topic_tell_cluster},
	{"arm-options", "what an arm says: one variant under test", topic_tell_arm},
	{"fault-options", "what a fault block says", topic_tell_fault},
	{"faults", "the kinds of fault: what `do` may say", topic_tell_faults},
	{"targets", "whom a fault may hit", topic_tell_targets},
	{"moments", "when it may hit", topic_tell_moments},
	{"links", "the far sides of a link that a fault treats: `from`", topic_tell_links},
	{"shapes", "of a partition", topic_tell_shapes},
	{"fault-presets", "faults as real systems have had them", topic_tell_presets},
	{"lock-presets", "the times with which real systems keep locks", topic_tell_lock_presets},
	{"lint-rules", "what lint says, and why", topic_tell_lint_rules},
	{"exit-codes", "what fencepost ends with", tell_exit_codes},
	{"guards", "what stands between a stale holder and the resource", tell_guards},
	{"violations", "what can be found wrong, and whose it is", tell_violations},
	{"thresholds", "figures that --threshold may ask for", tell_thresholds},
	{"predictions", "what `fencepost predict` says, with formulas", tell_predictions},
	{"pauses", "how long real systems stood still", tell_pauses},
	{"recipes", "how a worker can take its lock", tell_recipes},
	{"habits", "what a careless user does with it", tell_habits},
	{0},
};
