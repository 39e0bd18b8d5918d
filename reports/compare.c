#include "reports/compare.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/escape.h"
#include "base/invariant.h"
#include "base/text.h"
#include "reports/json_whole.h"
#include "reports/lines.h"
#include "reports/run_outcome.h"
#include "reports/settings.h"
#include "reports/shelf.h"
#include "reports/words.h"

enum { LINES_OF_A_THING = 8, SETTINGS_SHOWN = 40 };

/* Rates --------------------------------------------------------------------------------------- */

enum rate_change compare_rates(const struct judgement *first, const struct judgement *second)
{
	if (isnan(first->rate) || isnan(second->rate) ||
	    judgement_is_guarded(first) != judgement_is_guarded(second) ||
	    first->verdict == VERDICT_BROKEN || second->verdict == VERDICT_BROKEN)
		return RATE_UNKNOWN;
	if (second->rate_high < first->rate_low)
		return RATE_LOWER;
	if (second->rate_low > first->rate_high)
		return RATE_HIGHER;
	return RATE_ALIKE;
}

const char *compare_word(enum rate_change change)
{
	static const char *const words[] = {"unknown", "none", "lower", "higher"};

	return words[change];
}

static const char *sentence_of(enum rate_change change)
{
	static const char *const sentences[] = {
		"its rate cannot be compared", "no difference is shown: the intervals overlap",
		"LOWER: the intervals do not meet", "HIGHER: the intervals do not meet"};

	return sentences[change];
}

/* Subjects ------------------------------------------------------------------------------------ */

static const struct judgement *find(const struct compared *run, const char *subject)
{
	for (int i = 0; i < run->verdicts->judgements; i++)
		if (strcmp(run->verdicts->judgement[i].subject, subject) == 0)
			return &run->verdicts->judgement[i];
	return NULL;
}

/* Each name once, in the order of the first run that has it; the caller frees the array. */
static const char **list_subjects(const struct compared *run, int runs, int *count)
{
	const char **subject = NULL;
	int room = 0;

	*count = 0;
	for (int i = 0; i < runs; i++)
		for (int j = 0; j < run[i].verdicts->judgements; j++) {
			const char *name = run[i].verdicts->judgement[j].subject;
			bool known = false;

			for (int k = 0; k < *count; k++)
				known |= strcmp(subject[k], name) == 0;
			if (known)
				continue;
			ARRAY_GROW(subject, *count, room);
			subject[*count] = name;
			*count += 1;
		}
	return subject;
}

/* What is seen of a name in both: bit 0 in the first, bit 1 in the second. */
enum presence { GONE = 1, NEW = 2, UNCHANGED = 3 };

static enum presence presence_of(const struct judgement *first, const struct judgement *second,
				 int name)
{
	return (enum presence)((first->definite[name] > 0 ? 1 : 0) |
			       (second->definite[name] > 0 ? 2 : 0));
}

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

		if (presence_of(first, second, name) != wanted)
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
		lines_say(&lines, sentence_of(compare_rates(first, judged)));
		lines_end(&lines);
	}
	print_names(sheet, "new:", first, judged, NEW);
	print_names(sheet, "gone:", first, judged, GONE);
	print_names(sheet, "in both:", first, judged, UNCHANGED);
}

static void print_subjects(const struct sheet *sheet, const struct compared *run, int runs)
{
	int count;
	const char **subject = list_subjects(run, runs, &count);

	for (int i = 0; i < count; i++) {
		const struct judgement *first = find(&run[0], subject[i]);
		struct lines lines;

		begin(&lines, sheet, 1);
		lines_say(&lines, subject[i]);
		lines_end(&lines);
		for (int j = 0; j < runs; j++)
			print_judgement(sheet, j + 1, find(&run[j], subject[i]), j ? first : NULL);
	}
	free(subject);
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

/* Settings that are not the same in all runs, each once; fills *changed and returns how many. The
 * names are the settings'. */
static int list_changes(const struct settings *settings, int runs, const char ***changed)
{
	int count = 0, room = 0;

	*changed = NULL;
	for (int i = 0; i < runs; i++)
		for (int j = 0; j < settings[i].count; j++) {
			const char *name = settings[i].setting[j].name;
			bool differs = false, known = false;

			for (int k = 0; k < count; k++)
				known |= strcmp((*changed)[k], name) == 0;
			for (int k = 0; k < runs && !known; k++) {
				const char *value = settings_find(&settings[k], name);

				differs |= !value ||
					   strcmp(value, settings_find(&settings[i], name)) != 0;
			}
			if (!differs)
				continue;
			ARRAY_GROW(*changed, count, room);
			(*changed)[count++] = name;
		}
	return count;
}

static void print_changes(const struct sheet *sheet, const struct settings *settings, int runs)
{
	const char **changed;
	int count = list_changes(settings, runs, &changed);
	struct lines lines;

	if (!count)
		fputs("the same settings\n", sheet->out);
	for (int i = 0; i < count && i < SETTINGS_SHOWN; i++) {
		begin(&lines, sheet, 4);
		lines.indent = 1;
		lines_say(&lines, "changed:");
		lines.indent = 4;
		lines_say(&lines, changed[i]);
		for (int j = 0; j < runs; j++) {
			const char *value = settings_find(&settings[j], changed[i]);

			lines_say(&lines, j ? "->" : "=");
			lines_say(&lines, value ? value : "(none)");
		}
		lines_end(&lines);
	}
	if (count > SETTINGS_SHOWN)
		fprintf(sheet->out, "and %d settings more\n", count - SETTINGS_SHOWN);
	free(changed);
}

static struct settings *read_settings(const struct compared *run, int runs)
{
	struct settings *settings;

	ARRAY_NEW(settings, runs);
	for (int i = 0; i < runs; i++)
		settings_read(run[i].history, &settings[i]);
	return settings;
}

static void free_settings(struct settings *settings, int runs)
{
	for (int i = 0; i < runs; i++)
		settings_free(&settings[i]);
	free(settings);
}

void compare_print(const struct compared *run, int runs, int columns, FILE *out)
{
	struct sheet sheet = {out, columns};
	struct settings *settings = read_settings(run, runs);

	CHECK(runs >= 2 && runs <= COMPARE_RUNS);
	sheet.columns = lines_columns(columns);
	for (int i = 0; i < runs; i++)
		print_run(&sheet, i + 1, &run[i]);
	print_changes(&sheet, settings, runs);
	print_subjects(&sheet, run, runs);
	free_settings(settings, runs);
}

/* As JSON ------------------------------------------------------------------------------------- */

static cJSON *describe_names(const struct judgement *first, const struct judgement *second,
			     enum presence wanted)
{
	cJSON *names = cJSON_CreateArray();

	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++)
		if (presence_of(first, second, name) == wanted)
			cJSON_AddItemToArray(names, cJSON_CreateString(violation_word(
							    (enum violation_name)name)));
	return names;
}

static cJSON *describe_subject(const struct compared *run, int runs, const char *subject)
{
	const struct judgement *first = find(&run[0], subject);
	cJSON *object = cJSON_CreateObject(), *list;

	json_add_text(object, "name", subject);
	list = cJSON_AddArrayToObject(object, "runs");
	for (int i = 0; i < runs; i++) {
		const struct judgement *judged = find(&run[i], subject);
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

static void add_changes(cJSON *root, const struct settings *settings, int runs)
{
	cJSON *list = cJSON_AddArrayToObject(root, "changed");
	const char **changed;
	int count = list_changes(settings, runs, &changed);

	for (int i = 0; i < count; i++) {
		cJSON *object = cJSON_CreateObject(), *values;

		json_add_text(object, "setting", changed[i]);
		values = cJSON_AddArrayToObject(object, "values");
		for (int j = 0; j < runs; j++) {
			const char *value = settings_find(&settings[j], changed[i]);
			_cleanup_free_ char *valid = escape_utf8(value);

			cJSON_AddItemToArray(values, valid ? cJSON_CreateString(valid)
							   : cJSON_CreateNull());
		}
		cJSON_AddItemToArray(list, object);
	}
	free(changed);
}

int compare_print_json(const struct compared *run, int runs, FILE *out, struct error *err)
{
	cJSON *root = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(root, "runs");
	struct settings *settings = read_settings(run, runs);
	int count;
	const char **subject = list_subjects(run, runs, &count);

	for (int i = 0; i < runs; i++)
		cJSON_AddItemToArray(list,
				     shelf_describe(run[i].path, run[i].history, run[i].verdicts));
	add_changes(root, settings, runs);
	list = cJSON_AddArrayToObject(root, "subjects");
	for (int i = 0; i < count; i++)
		cJSON_AddItemToArray(list, describe_subject(run, runs, subject[i]));
	free(subject);
	free_settings(settings, runs);
	return json_print_whole(root, out, err);
}
