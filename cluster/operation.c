#include "cluster/operation.h"

#include <stdarg.h>
#include <stdio.h>

struct operation operation_ended(bool took_effect, int64_t count, const char *format, ...)
{
	struct operation result = {.took_effect = took_effect, .count = count};
	va_list args;

	va_start(args, format);
	vsnprintf(result.proof, sizeof(result.proof), format, args);
	va_end(args);
	return result;
}
