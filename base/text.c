#include "base/text.h"

#include <stdbool.h>
#include <string.h>

#include "base/invariant.h"

bool text_copy(char *into, size_t size, const char *from)
{
	size_t length = strlen(from);
	size_t kept = length < size ? length : size - 1;

	CHECK(size > 0);
	memcpy(into, from, kept);
	into[kept] = '\0';
	return kept == length;
}

char *text_format_args(const char *format, va_list args)
{
	char *text = NULL;

	CHECK_MEMORY(vasprintf(&text, format, args) >= 0);
	return text;
}

char *text_format(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *text = text_format_args(format, args);

	va_end(args);
	return text;
}

FILE *text_begin(char **text, size_t *size)
{
	*text = NULL;
	FILE *out = open_memstream(text, size);

	CHECK_MEMORY(out);
	return out;
}

void text_end(FILE *out, char *const *text)
{
	bool whole = !ferror(out);

	CHECK_MEMORY(fclose(out) == 0 && whole && *text);
}

void text_print_quoted(FILE *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-./:,=+@%";

	if (*word && word[strspn(word, plain)] == '\0') {
		fputs(word, out);
		return;
	}
	fputc('\'', out);
	for (; *word; word++)
		fputs(*word == '\'' ? "'\\''" : (const char[]){*word, '\0'}, out);
	fputc('\'', out);
}
