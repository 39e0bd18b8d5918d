#include "checker/linear/set_elements.h"

#include "base/invariant.h"

#include <string.h>

/* Lists are long, and strchr for each of their characters is what would cost. */
static bool is_separator(char c)
{
	return c == ' ' || c == ',' || c == '\t' || c == '\n';
}

static bool opens(char c)
{
	return c == '(' || c == '[' || c == '{';
}

static bool closes(char c)
{
	return c == ')' || c == ']' || c == '}';
}

/* The end of one EDN form that begins at `text`; nested ones are stepped over as a whole. */
static const char *form_end(const char *text)
{
	int depth = 0;

	do {
		if (*text == '"')
			for (text++; *text && *text != '"'; text++)
				text += *text == '\\' && text[1];
		depth += opens(*text) - closes(*text);
		text += *text != '\0';
	} while (*text && (depth > 0 || !(is_separator(*text) || closes(*text))));
	return text;
}

const char *set_elements_begin(const struct trace *trace, uint32_t value)
{
	const char *text = trace_value_text(trace, value);

	if (value == TRACE_NIL || value == TRACE_EMPTY)
		return "";
	text += *text == '#';
	return text + opens(*text);
}

bool set_elements_next(const char **at, const char **element, size_t *length)
{
	const char *text = *at;

	while (is_separator(*text))
		text++;
	if (*text == '\0' || closes(*text))
		return false;
	*element = text;
	*at = form_end(text);
	*length = (size_t)(*at - text);
	CHECK(*length > 0); /* or it never ends */
	return true;
}

bool set_elements_have(const struct trace *trace, uint32_t value, const char *element,
		       size_t length)
{
	const char *at = set_elements_begin(trace, value), *text;
	size_t size;

	while (set_elements_next(&at, &text, &size))
		if (size == length && memcmp(text, element, length) == 0)
			return true;
	return false;
}
