#include "reports/known.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/text.h"
#include "history/row.h"
#include "reports/json_whole.h"
#include "tuning/known_bugs.h"

enum { INDENT = 4 };

static struct known_line *find_line(struct known_line *lines, int count, enum violation_name name,
				    const char *sentence)
{
	for (int i = 0; i < count; i++)
		if (lines[i].name == name && strcmp(lines[i].sentence, sentence) == 0)
			return &lines[i];
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	const struct known_line *x = a, *y = b;

	return x->name != y->name ? (x->name < y->name ? -1 : 1) : strcmp(x->sentence, y->sentence);
}

int known_list(const struct history *history, const struct verdicts *verdicts,
	       struct known_line **lines)
{
	int count = 0;

	*lines = NULL;
	for (int i = 0; i < verdicts->violations; i++) {
		const struct violation *violation = &verdicts->violation[i];
		char *sentence = known_bug_say(history, violation);

		if (!sentence)
			continue;
		struct known_line *line = find_line(*lines, count, violation->name, sentence);

		if (line)
			free(sentence);
		else
			line = ROWS_ADD(*lines, count);
		if (!line->sentence)
			*line = (struct known_line){.name = violation->name, .sentence = sentence};
		line->violations++;
	}
	if (count)
		qsort(*lines, (size_t)count, sizeof(**lines), by_name);
	return count;
}

void known_free(struct known_line *lines, int count)
{
	for (int i = 0; i < count; i++)
		free(lines[i].sentence);
	free(lines);
}

void known_print(const struct history *history, const struct verdicts *verdicts, FILE *out)
{
	struct known_line *lines;
	int count = known_list(history, verdicts, &lines);

	for (int i = 0; i < count; i++) {
		char *text =
			text_format("%s: %s", violation_word(lines[i].name), lines[i].sentence);

		escape_wrapped(out, " ", INDENT, text);
		free(text);
	}
	known_free(lines, count);
}

int known_write_html(const struct history *history, const struct verdicts *verdicts, FILE *out)
{
	struct known_line *lines;
	int count = known_list(history, verdicts, &lines);

	for (int i = 0; i < count; i++) {
		fprintf(out, "<li>%s: ", violation_word(lines[i].name));
		escape_html(out, lines[i].sentence);
		fputs(".</li>\n", out);
	}
	known_free(lines, count);
	return count;
}

void known_add_json(const struct history *history, const struct verdicts *verdicts, cJSON *service)
{
	struct known_line *lines;
	int count = known_list(history, verdicts, &lines);
	cJSON *array = cJSON_AddArrayToObject(service, "known");

	for (int i = 0; i < count; i++) {
		cJSON *object = cJSON_CreateObject();

		cJSON_AddStringToObject(object, "violation", violation_word(lines[i].name));
		json_add_whole(object, "stored", lines[i].violations);
		cJSON_AddStringToObject(object, "says", lines[i].sentence);
		cJSON_AddItemToArray(array, object);
	}
	known_free(lines, count);
}
