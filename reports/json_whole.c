#include "reports/json_whole.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/invariant.h"

enum { DIGITS = 24 };

void json_add_whole(cJSON *object, const char *key, int64_t number)
{
	char text[DIGITS];

	snprintf(text, sizeof(text), "%" PRId64, number);
	CHECK_MEMORY(cJSON_AddRawToObject(object, key, text));
}

void json_add_unsigned(cJSON *object, const char *key, uint64_t number)
{
	char text[DIGITS];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	CHECK_MEMORY(cJSON_AddRawToObject(object, key, text));
}
