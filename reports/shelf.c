#include "reports/shelf.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/text.h"
#include "reports/json_whole.h"
#include "reports/lines.h"
#include "reports/run_outcome.h"
#include "reports/words.h"

enum { INDENT = 4, LINES_OF_A_RUN = 40 };

/* Visiting ------------------------------------------------------------------------------------ */

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strcmp(entry->d_name, "latest") != 0;
}

static bool find_history(const char *folder, const char *name, char *path, size_t size)
{
	struct stat found;

	return snprintf(path, size, "%s/%s/history.db", folder, name) < (int)size &&
	       stat(path, &found) == 0 && S_ISREG(found.st_mode);
}

static void see_run(const struct shelf_viewer *viewer, const char *path, const char *name)
{
	struct history history;
	struct verdicts verdicts = {0};
	struct error trouble = {0};

	if (history_open(path, &history, &trouble)) {
		viewer->see(viewer->context, name, NULL, NULL, &trouble);
		return;
	}
	if (verdicts_load(&history, &verdicts, &trouble))
		viewer->see(viewer->context, name, NULL, NULL, &trouble);
	else
		viewer->see(viewer->context, name, &history, &verdicts, NULL);
	verdicts_free(&verdicts);
	history_close(&history);
}

int shelf_visit(const char *folder, const struct shelf_viewer *viewer, int *seen, int *left,
		struct error *err)
{
	struct dirent **entry;
	char path[4096];
	int entries = scandir(folder, &entry, is_visible, alphasort), runs = 0;

	if (entries < 0)
		return error_errno(err, EXIT_BAD_USAGE, "%s", folder);
	for (int i = 0; i < entries; i++)
		runs += find_history(folder, entry[i]->d_name, path, sizeof(path));
	*left = runs > SHELF_RUNS ? runs - SHELF_RUNS : 0;
	*seen = 0;
	for (int i = 0, at = 0; i < entries; i++) {
		if (find_history(folder, entry[i]->d_name, path, sizeof(path)) && at++ >= *left &&
		    *seen < SHELF_RUNS) { /* one may have come meanwhile */
			see_run(viewer, path, entry[i]->d_name);
			*seen += 1;
		}
		free(entry[i]);
	}
	free(entry);
	return 0;
}

/* On a terminal ------------------------------------------------------------------------------- */

struct listing {
	const char *folder;
	int columns;
	FILE *out;
};

static void add_subject(struct lines *lines, const struct judgement *judged)
{
	char rate[WORDS_SIZE], trials[WORDS_SIZE];
	_cleanup_free_ char *text = NULL;

	if (judged->arm < 0)
		CHECK_MEMORY(asprintf(&text, "service %s", verdict_word(judged->verdict)) > 0);
	else
		CHECK_MEMORY(asprintf(&text, "%s %s, %s, %s", judged->subject,
				      verdict_word(judged->verdict), words_trials(trials, judged),
				      words_rate(rate, judged)) > 0);
	lines_begin(lines, lines->out, lines->columns, "", INDENT, LINES_OF_A_RUN);
	lines_say(lines, text);
	lines_end(lines);
}

static const char *or_unknown(const char *text)
{
	return text ? text : "unknown";
}

static void print_run(void *context, const char *name, const struct history *history,
		      const struct verdicts *verdicts, const struct error *trouble)
{
	const struct listing *listing = context;
	struct lines lines;
	_cleanup_free_ char *path = NULL, *etcd = NULL;

	CHECK((history && verdicts) || trouble);
	CHECK_MEMORY(asprintf(&path, "%s/%s", listing->folder, name) > 0);
	lines_begin(&lines, listing->out, listing->columns, "", INDENT, LINES_OF_A_RUN);
	lines.indent = 0;
	lines.used = 0;
	lines_say(&lines, path);
	if (!history) {
		lines_add(&lines, "cannot be read:");
		lines_say(&lines, trouble->text);
		lines_end(&lines);
		return;
	}
	lines.indent = INDENT;
	CHECK_MEMORY(asprintf(&etcd, "etcd %s", or_unknown(history_text(history, "etcd"))) > 0);
	lines_add(&lines, or_unknown(history_text(history, "started")));
	lines_add(&lines, or_unknown(history_text(history, "campaign_name")));
	lines_add(&lines, etcd);
	if (outcome_was_interrupted(history))
		lines_add(&lines, "INTERRUPTED");
	else if (!history->sealed)
		lines_add(&lines, "NOT SEALED");
	if (!verdicts->judgements)
		lines_add(&lines, "NOT CHECKED");
	lines_end(&lines);
	for (int i = 0; i < verdicts->judgements; i++)
		add_subject(&lines, &verdicts->judgement[i]);
}

int shelf_print(const char *folder, int columns, FILE *out, struct error *err)
{
	struct listing listing = {folder, columns, out};
	struct shelf_viewer viewer = {print_run, &listing};
	int seen, left;

	listing.columns = lines_columns(columns);
	if (shelf_visit(folder, &viewer, &seen, &left, err))
		return -1;
	if (!seen)
		return error_set(
			err, EXIT_BAD_USAGE,
			"%s holds no run (`fencepost run` makes one; --output names where)",
			folder);
	if (left)
		fprintf(out, "and %d older ones\n", left);
	return 0;
}

/* As JSON ------------------------------------------------------------------------------------- */

cJSON *shelf_describe_subject(const struct judgement *judged)
{
	bool guarded = judgement_is_guarded(judged);
	cJSON *object = cJSON_CreateObject();

	json_add_text(object, "name", judged->subject);
	json_add_text(object, "verdict", verdict_word(judged->verdict));
	json_add_whole(object, "exposures", judged->exposures);
	json_add_whole(object, "events", judged->events);
	json_add_text(object, "rate_of", guarded ? "guard-tests" : "exposures");
	cJSON_AddItemToObject(object, "rate", json_real(judged->rate));
	cJSON_AddItemToObject(object, "interval",
			      json_interval(judged->rate_low, judged->rate_high));
	return object;
}

cJSON *shelf_describe(const char *path, const struct history *history,
		      const struct verdicts *verdicts)
{
	cJSON *run = cJSON_CreateObject(), *subjects;
	char seed[24];

	snprintf(seed, sizeof(seed), "%llu", (unsigned long long)history->seed);
	json_add_text(run, "path", path);
	json_add_text(run, "started", history_text(history, "started"));
	json_add_text(run, "campaign", history_text(history, "campaign_name"));
	json_add_text(run, "etcd", history_text(history, "etcd"));
	json_add_text(run, "seed_text", seed);
	cJSON_AddBoolToObject(run, "sealed", history->sealed);
	cJSON_AddBoolToObject(run, "interrupted", outcome_was_interrupted(history));
	cJSON_AddBoolToObject(run, "checked", verdicts->judgements > 0);
	subjects = cJSON_AddArrayToObject(run, "subjects");
	for (int i = 0; i < verdicts->judgements; i++)
		cJSON_AddItemToArray(subjects, shelf_describe_subject(&verdicts->judgement[i]));
	return run;
}

struct collection {
	const char *folder;
	cJSON *runs;
};

static void collect_run(void *context, const char *name, const struct history *history,
			const struct verdicts *verdicts, const struct error *trouble)
{
	const struct collection *collection = context;
	_cleanup_free_ char *path = NULL;
	cJSON *run;

	CHECK((history && verdicts) || trouble);
	CHECK_MEMORY(asprintf(&path, "%s/%s", collection->folder, name) > 0);
	if (history) {
		run = shelf_describe(path, history, verdicts);
	} else {
		run = cJSON_CreateObject();
		json_add_text(run, "path", path);
		json_add_text(run, "error", trouble->text);
	}
	cJSON_AddItemToArray(collection->runs, run);
}

int shelf_print_json(const char *folder, FILE *out, struct error *err)
{
	cJSON *root = cJSON_CreateObject();
	struct collection collection = {folder, cJSON_AddArrayToObject(root, "runs")};
	struct shelf_viewer viewer = {collect_run, &collection};
	int seen, left;

	if (shelf_visit(folder, &viewer, &seen, &left, err)) {
		cJSON_Delete(root);
		return -1;
	}
	json_add_whole(root, "older", left);
	return json_print_whole(root, out, err);
}
