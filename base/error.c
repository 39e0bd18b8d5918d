#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/invariant.h"

int error_set(struct error *err, enum exit_code code, const char *format, ...)
{
	va_list args;

	CHECK(err->code == EXIT_AS_EXPECTED);
	CHECK(code != EXIT_AS_EXPECTED);
	err->code = code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return -1;
}

bool error_is_of_machine(int number)
{
	switch (number) {
	case ENOMEM:
	case EMFILE:
	case ENFILE:
	case ENOSPC:
	case EDQUOT:
	case EIO:
		return true;
	}
	return false;
}

int error_errno(struct error *err, enum exit_code code, const char *format, ...)
{
	int saved = errno;
	char context[sizeof(err->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(context, sizeof(context), format, args);
	va_end(args);
	if (code == EXIT_BAD_USAGE && error_is_of_machine(saved))
		code = EXIT_MACHINE_LACKS;
	return error_set(err, code, "%.600s: %s", context, strerror(saved));
}

int error_wrap(struct error *err, const char *format, ...)
{
	char context[256];
	char inner[sizeof(err->text)];
	va_list args;

	CHECK(err->code != EXIT_AS_EXPECTED);
	va_start(args, format);
	vsnprintf(context, sizeof(context), format, args);
	va_end(args);
	memcpy(inner, err->text, sizeof(inner));
	snprintf(err->text, sizeof(err->text), "%s: %.500s", context, inner);
	return -1;
}

static const struct exit_code_words gravest_first[] = {
#define X(name, number, meaning, when) {number, meaning, when},
	EXIT_CODES(X)
#undef X
};

enum { CODES = sizeof(gravest_first) / sizeof(gravest_first[0]) };

const struct exit_code_words *exit_code_words(int number)
{
	for (int i = 0; i < CODES; i++)
		if (gravest_first[i].code == number)
			return &gravest_first[i];
	return NULL;
}

enum exit_code exit_code_graver(enum exit_code a, enum exit_code b)
{
	const struct exit_code_words *of_a = exit_code_words(a), *of_b = exit_code_words(b);

	CHECK(of_a && of_b);
	return of_a < of_b ? a : b;
}

enum exit_code exit_code_ours(int status, bool load_began)
{
	switch (status) {
	case EXIT_AS_EXPECTED:
	case EXIT_INTERRUPTED:
		return (enum exit_code)status;
	case EXIT_BAD_USAGE:
	case EXIT_MACHINE_LACKS:
		return load_began ? EXIT_OUR_FAULT : (enum exit_code)status;
	}
	return EXIT_OUR_FAULT;
}
