#include "reports/compare.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/invariant.h"
#include "reports/json_whole.h"
#include "reports/lines.h"
#include "reports/run_outcome.h"
#include "reports/shelf.h"
#include "reports/words.h"

enum { LINES_OF_A_THING = 8 };

/* On a terminal ------------------------------------------------------------------------------- */

struct sheet {
	FILE *out;
	int columns;
};

static void begin(struct lines *lines, const struct sheet *sheet, int indent)
{
	lines_begin(lines, sheet->out, sheet->columns, "", indent,
		    LINES_OF_A_THING * LINES_WIDEST / sheet->columns);
}

static void print_names(const struct sheet *sheet, const char *head, const struct judgement *first,
			const struct judgement *second, enum presence wanted)
{
	struct lines lines;
	bool any = false;

	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++) {
		char text[WORDS_SIZE];

		if (comparison_presence(first, second, name) != wanted)
			continue;
		snprintf(text, sizeof(text), "%s %" PRId64,
			 violation_word((enum violation_name)name),
			 wanted == GONE ? first->definite[name] : second->definite[name]);
		if (!any) {
			begin(&lines, sheet, 7);
			lines_say(&lines, head);
			lines_say(&lines, text);
			any = true;
		} else {
			lines_add(&lines, text);
		}
	}
	if (any)
		lines_end(&lines);
}

static void print_judgement(const struct sheet *sheet, int number, const struct judgement *judged,
			    const struct judgement *first)
{
	char trials[WORDS_SIZE], rate[WORDS_SIZE], head[WORDS_SIZE];
	struct lines lines;

	begin(&lines, sheet, 3);
	snprintf(head, sizeof(head), "%d %s", number, judged ? verdict_word(judged->verdict) : "-");
	lines_say(&lines, head);
	if (!judged)
		lines_add(&lines, "not in this run");
	if (judged && judged->arm >= 0) {
		lines_add(&lines, words_trials(trials, judged));
		lines_add(&lines, words_rate(rate, judged));
	}
	lines_end(&lines);
	if (!judged || !first)
		return;
	if (judged->arm >= 0) {
		begin(&lines, sheet, 7);
		lines_say(&lines, compare_sentence(compare_rates(first, judged)));
		lines_end(&lines);
	}
	print_names(sheet, "new:", first, judged, NEW);
	print_names(sheet, "gone:", first, judged, GONE);
	print_names(sheet, "in both:", first, judged, UNCHANGED);
}

static void print_subjects(const struct sheet *sheet, const struct beside *compared)
{
	for (int i = 0; i < compared->subjects; i++) {
		const char *subject = compared->subject[i];
		const struct judgement *first = comparison_find(&compared->run[0], subject);
		struct lines lines;

		begin(&lines, sheet, 1);
		lines_say(&lines, subject);
		lines_end(&lines);
		for (int j = 0; j < compared->runs; j++)
			print_judgement(sheet, j + 1, comparison_find(&compared->run[j], subject),
					j ? first : NULL);
	}
}

static void print_run(const struct sheet *sheet, int number, const struct compared *run)
{
	static const char *const keys[] = {"started", "campaign_name", "etcd"};
	_cleanup_free_ char *head = NULL, *seed = NULL;
	struct lines lines;

	CHECK_MEMORY(asprintf(&head, "%d %s", number, run->path) > 0 &&
		     asprintf(&seed, "seed %llu", (unsigned long long)run->history->seed) > 0);
	begin(&lines, sheet, 3);
	lines_say(&lines, head);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const char *text = history_text(run->history, keys[i]);

		if (text && strcmp(keys[i], "etcd") == 0)
			lines_add(&lines, "etcd");
		if (text && strcmp(keys[i], "etcd") == 0)
			lines_say(&lines, text);
		else if (text)
			lines_add(&lines, text);
	}
	lines_add(&lines, seed);
	if (outcome_was_interrupted(run->history))
		lines_add(&lines, "INTERRUPTED");
	if (!run->history->sealed)
		lines_add(&lines, "NOT SEALED");
	lines_end(&lines);
}

static void print_changes(const struct sheet *sheet, const struct beside *compared)
{
	struct lines lines;

	if (!compared->changes)
		fputs("the same settings\n", sheet->out);
	for (int i = 0; i < compared->changes && i < COMPARE_SETTINGS; i++) {
		begin(&lines, sheet, 4);
		lines.indent = 1;
		lines_say(&lines, "changed:");
		lines.indent = 4;
		lines_say(&lines, compared->changed[i]);
		for (int j = 0; j < compared->runs; j++) {
			const char *value =
				settings_find(&compared->settings[j], compared->changed[i]);

			lines_say(&lines, j ? "->" : "=");
			lines_say(&lines, value ? value : "(none)");
		}
		lines_end(&lines);
	}
	if (compared->changes > COMPARE_SETTINGS)
		fprintf(sheet->out, "and %d settings more\n", compared->changes - COMPARE_SETTINGS);
}

void compare_print(const struct beside *compared, int columns, FILE *out)
{
	struct sheet sheet = {out, lines_columns(columns)};

	for (int i = 0; i < compared->runs; i++)
		print_run(&sheet, i + 1, &compared->run[i]);
	print_changes(&sheet, compared);
	print_subjects(&sheet, compared);
}

/* As JSON ------------------------------------------------------------------------------------- */

static cJSON *describe_names(const struct judgement *first, const struct judgement *second,
			     enum presence wanted)
{
	cJSON *names = cJSON_CreateArray();

	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++)
		if (comparison_presence(first, second, name) == wanted)
			cJSON_AddItemToArray(names, cJSON_CreateString(violation_word(
							    (enum violation_name)name)));
	return names;
}

static cJSON *describe_subject(const struct beside *compared, const char *subject)
{
	const struct judgement *first = comparison_find(&compared->run[0], subject);
	cJSON *object = cJSON_CreateObject(), *list;

	json_add_text(object, "name", subject);
	list = cJSON_AddArrayToObject(object, "runs");
	for (int i = 0; i < compared->runs; i++) {
		const struct judgement *judged = comparison_find(&compared->run[i], subject);
		cJSON *one = judged ? shelf_describe_subject(judged) : cJSON_CreateNull();

		cJSON_AddItemToArray(list, one);
		if (!judged || !first || i == 0)
			continue;
		if (judged->arm >= 0)
			json_add_text(one, "rate_difference",
				      compare_word(compare_rates(first, judged)));
		cJSON_AddItemToObject(one, "new", describe_names(first, judged, NEW));
		cJSON_AddItemToObject(one, "gone", describe_names(first, judged, GONE));
		cJSON_AddItemToObject(one, "unchanged", describe_names(first, judged, UNCHANGED));
	}
	return object;
}

static cJSON *describe_change(const struct beside *compared, const char *setting)
{
	cJSON *object = cJSON_CreateObject(), *values;

	json_add_text(object, "setting", setting);
	values = cJSON_AddArrayToObject(object, "values");
	for (int i = 0; i < compared->runs; i++) {
		const char *value = settings_find(&compared->settings[i], setting);
		_cleanup_free_ char *valid = escape_utf8(value);

		cJSON_AddItemToArray(values,
				     valid ? cJSON_CreateString(valid) : cJSON_CreateNull());
	}
	return object;
}

int compare_print_json(const struct beside *compared, FILE *out, struct error *err)
{
	cJSON *root = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(root, "runs");
	const struct compared *run = compared->run;

	for (int i = 0; i < compared->runs; i++)
		cJSON_AddItemToArray(list,
				     shelf_describe(run[i].path, run[i].history, run[i].verdicts));
	list = cJSON_AddArrayToObject(root, "changed");
	for (int i = 0; i < compared->changes; i++)
		cJSON_AddItemToArray(list, describe_change(compared, compared->changed[i]));
	list = cJSON_AddArrayToObject(root, "subjects");
	for (int i = 0; i < compared->subjects; i++)
		cJSON_AddItemToArray(list, describe_subject(compared, compared->subject[i]));
	return json_print_whole(root, out, err);
}
