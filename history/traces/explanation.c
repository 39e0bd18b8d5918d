#include "history/traces/explanation.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/invariant.h"
#include "base/text.h"

void explanation_say(struct explanation *explanation, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *text = text_format_args(format, args);

	va_end(args);
	size_t count = (size_t)explanation->sentences + 1;
	explanation->sentence =
		reallocarray(explanation->sentence, count, sizeof(*explanation->sentence));
	CHECK_MEMORY(explanation->sentence);
	explanation->sentence[explanation->sentences++] = text;
}

void explanation_head(struct explanation *explanation, const char *format, ...)
{
	va_list args;

	free(explanation->headline);
	va_start(args, format);
	explanation->headline = text_format_args(format, args);
	va_end(args);
}

struct explanation_row *explanation_add_row(struct explanation *explanation)
{
	size_t count = (size_t)explanation->rows + 1;

	explanation->row = reallocarray(explanation->row, count, sizeof(*explanation->row));
	CHECK_MEMORY(explanation->row);
	struct explanation_row *row = &explanation->row[explanation->rows++];

	*row = (struct explanation_row){
		.invoked = EXPLANATION_NOWHERE,
		.returned = EXPLANATION_NOWHERE,
		.held_from = EXPLANATION_NOWHERE,
		.held_until = EXPLANATION_NOWHERE,
	};
	return row;
}

void explanation_free(struct explanation *explanation)
{
	for (int i = 0; i < explanation->sentences; i++)
		free(explanation->sentence[i]);
	free(explanation->sentence);
	free(explanation->headline);
	free(explanation->row);
	free(explanation->tick);
	*explanation = (struct explanation){0};
}
