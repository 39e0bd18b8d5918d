#include "base/escape.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/invariant.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/text.h"

void escape_html(FILE *out, const char *text)
{
	uint32_t point;

	while (text && (point = printable_next(&text))) {
		switch (point) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			printable_put(out, point);
		}
	}
}

int escape_terminal(FILE *out, const char *text, int columns)
{
	return printable_print(out, text, columns);
}

char *escape_utf8(const char *text)
{
	char *valid = NULL;
	size_t size;
	uint32_t point;

	if (!text)
		return NULL;
	FILE *out = text_begin(&valid, &size);

	while ((point = printable_next(&text)))
		printable_put(out, point);
	text_end(out, &valid);
	return valid;
}

enum { COLUMNS_MAX = 80, ROOM_MIN = 10 };

void escape_wrapped(FILE *out, const char *head, int indent, const char *text)
{
	int columns = log_columns(STDOUT_FILENO);

	columns = columns < COLUMNS_MAX ? columns : COLUMNS_MAX;
	size_t room = (size_t)(columns - indent < ROOM_MIN ? ROOM_MIN : columns - indent);

	fprintf(out, "%-*s", indent, head);
	while (strlen(text) > room) {
		size_t end = room;

		while (end > 0 && text[end] != ' ')
			end--;
		if (end == 0)
			end = strcspn(text, " "); /* a word longer than the line */
		char *line = strndup(text, end);

		CHECK_MEMORY(line);
		escape_terminal(out, line, (int)end);
		free(line);
		text += end + strspn(text + end, " ");
		if (*text)
			fprintf(out, "\n%*s", indent, "");
	}
	escape_terminal(out, text, (int)room);
	fputc('\n', out);
}
