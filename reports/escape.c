#include "reports/escape.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/invariant.h"
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
