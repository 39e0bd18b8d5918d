/* How an operation ended, in words that prove it. */
#include "cluster/operation.h"

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 3, 0))) static struct operation
operation(bool took_effect, int64_t count, const char *format, va_list args)
{
	struct operation result = {.took_effect = took_effect, .count = took_effect ? count : 0};

	vsnprintf(result.proof, sizeof(result.proof), format, args);
	return result;
}

struct operation operation_done(int64_t count, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct operation result = operation(true, count, format, args);

	va_end(args);
	return result;
}

struct operation operation_void(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct operation result = operation(false, 0, format, args);

	va_end(args);
	return result;
}
