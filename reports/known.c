#include "reports/known.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/text.h"
#include "history/row.h"
#include "reports/glossary.h"
#include "reports/json_whole.h"
#include "tuning/known_bugs.h"

enum { INDENT = 4 };

struct known_line {
	uint32_t names;     /* 1 << violation_name: of which it is to be said */
	int64_t violations; /* of those that are stored */
	char *sentence;     /* "known: etcd #11456, ..."; owned */
};

/* Takes the sentence. */
static void add_line(struct known_line **lines, int *count, enum violation_name name,
		     char *sentence)
{
	struct known_line *line = NULL;

	for (int i = 0; i < *count && !line; i++)
		if (strcmp((*lines)[i].sentence, sentence) == 0)
			line = &(*lines)[i];
	if (line) {
		free(sentence);
	} else {
		line = ROWS_ADD(*lines, *count);
		line->sentence = sentence;
	}
	line->names |= 1u << name;
	line->violations++;
}

/* In the order in which they happened. The caller frees with free_lines. */
static int list(const struct history *history, const struct verdicts *verdicts,
		struct known_line **lines)
{
	int count = 0;

	*lines = NULL;
	for (int i = 0; i < verdicts->violations; i++) {
		const struct violation *violation = &verdicts->violation[i];
		char *sentence = known_bug_say(history, violation);

		if (sentence)
			add_line(lines, &count, violation->name, sentence);
	}
	return count;
}

static void free_lines(struct known_line *lines, int count)
{
	for (int i = 0; i < count; i++)
		free(lines[i].sentence);
	free(lines);
}

/* The caller frees. */
static char *say_line(const struct known_line *line)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);
	int named = 0;

	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++)
		if (line->names >> name & 1)
			fprintf(out, "%s%s", named++ ? ", " : "",
				violation_word((enum violation_name)name));
	fprintf(out, ": %s", line->sentence);
	text_end(out, &text);
	return text;
}

void known_print(const struct history *history, const struct verdicts *verdicts, FILE *out)
{
	struct known_line *lines;
	int count = list(history, verdicts, &lines);

	if (count)
		fputs("What is known of the service:\n", out);
	for (int i = 0; i < count; i++) {
		char *text = say_line(&lines[i]);

		escape_wrapped(out, " ", INDENT, text);
		free(text);
	}
	free_lines(lines, count);
}

int known_write_html(const struct history *history, const struct verdicts *verdicts, FILE *out)
{
	struct known_line *lines;
	int count = list(history, verdicts, &lines);

	for (int i = 0; i < count; i++) {
		char *text = say_line(&lines[i]);

		fputs("<li>", out);
		glossary_prose(out, text);
		fputs(".</li>\n", out);
		free(text);
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
