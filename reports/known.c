#include "reports/known.h"

#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "base/text.h"
#include "history/row.h"
#include "reports/glossary.h"
#include "reports/json_whole.h"
#include "tuning/known_bugs.h"

struct known_line {
	uint32_t names;              /* 1 << violation_name: of which it is to be said */
	int64_t violations;          /* of those that are stored */
	const struct known_bug *bug; /* NULL: not known */
	char *sentence;              /* "known: etcd #11456, ..."; owned */
};

static struct known_line *find_line(struct known_line **lines, int *count,
				    const struct history *history,
				    const struct violation *violation)
{
	const struct known_bug *bug = known_bug_of(history, violation);

	for (int i = 0; i < *count; i++)
		if ((*lines)[i].bug == bug)
			return &(*lines)[i];
	struct known_line *line = ROWS_ADD(*lines, *count);

	line->bug = bug;
	line->sentence = known_bug_say(history, violation);
	CHECK(line->sentence); /* of one that is not known, too */
	return line;
}

/* In the order in which they happened. The caller frees with free_lines. */
static int list(const struct history *history, const struct verdicts *verdicts,
		struct known_line **lines)
{
	int count = 0;

	*lines = NULL;
	for (int i = 0; i < verdicts->violations; i++) {
		const struct violation *violation = &verdicts->violation[i];

		if (violation->arm >= 0)
			continue;
		struct known_line *line = find_line(lines, &count, history, violation);

		line->names |= 1u << violation->name;
		line->violations++;
	}
	return count;
}

static void free_lines(struct known_line *lines, int count)
{
	for (int i = 0; i < count; i++)
		free(lines[i].sentence);
	free(lines);
}

static void print_names(FILE *out, uint32_t names)
{
	int named = 0;

	CHECK(names); /* a line is of some violation */
	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++)
		if (names >> name & 1)
			fprintf(out, "%s%s", named++ ? ", " : "",
				violation_word((enum violation_name)name));
}

/* The caller frees. */
static char *names_of(uint32_t names)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	print_names(out, names);
	text_end(out, &text);
	return text;
}

static const char *label(const struct known_line *line)
{
	if (!line->bug)
		return line->sentence;
	return *line->bug->upstream ? line->bug->upstream : "unreported";
}

/* Several bugs may stand in one report. */
char *known_brief(const struct history *history, const struct verdicts *verdicts)
{
	struct known_line *lines;
	int count = list(history, verdicts, &lines);
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	for (int i = 0; i < count; i++) {
		for (int j = i + 1; j < count; j++)
			if (strcmp(label(&lines[i]), label(&lines[j])) == 0) {
				lines[i].names |= lines[j].names;
				lines[j].names = 0;
			}
		if (!lines[i].names)
			continue;
		fputs(i ? "; " : "", out);
		print_names(out, lines[i].names);
		fprintf(out, " (%s)", label(&lines[i]));
	}
	text_end(out, &text);
	free_lines(lines, count);
	return text;
}

int known_write_html(const struct history *history, const struct verdicts *verdicts, FILE *out)
{
	struct known_line *lines;
	int count = list(history, verdicts, &lines);

	for (int i = 0; i < count; i++) {
		fputs("<li>", out);
		char *names = names_of(lines[i].names);

		glossary_prose(out, names);
		free(names);
		fputs(": ", out);
		glossary_prose(out, lines[i].sentence);
		fputs(".</li>\n", out);
	}
	free_lines(lines, count);
	return count;
}

static cJSON *describe_line(const struct known_line *line)
{
	cJSON *object = cJSON_CreateObject();
	cJSON *violations = cJSON_AddArrayToObject(object, "violations");

	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++)
		if (line->names >> name & 1)
			cJSON_AddItemToArray(violations, cJSON_CreateString(violation_word(
								 (enum violation_name)name)));
	json_add_whole(object, "stored", line->violations);
	cJSON_AddStringToObject(object, "says", line->sentence);
	return object;
}

void known_add_json(const struct history *history, const struct verdicts *verdicts, cJSON *service)
{
	struct known_line *lines;
	int count = list(history, verdicts, &lines);
	cJSON *array = cJSON_AddArrayToObject(service, "known");

	for (int i = 0; i < count; i++)
		cJSON_AddItemToArray(array, describe_line(&lines[i]));
	free_lines(lines, count);
}
