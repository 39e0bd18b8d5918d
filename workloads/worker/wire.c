#include "workloads/worker/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/invariant.h"

cJSON *wire_parse(const char *body, size_t size)
{
	char text[WIRE_BODY_MAX + 1];
	cJSON *object;

	/* A NUL, raw or escaped, would cut a string short behind the back of a comparison. */
	if (size > WIRE_BODY_MAX || memchr(body, '\0', size))
		return NULL;
	memcpy(text, body, size);
	text[size] = '\0';
	if (strstr(text, "\\u0000"))
		return NULL;
	object = cJSON_ParseWithOpts(text, NULL, true);
	if (object && !cJSON_IsObject(object)) {
		cJSON_Delete(object);
		return NULL;
	}
	return object;
}

bool wire_number(const cJSON *item, int64_t *number)
{
	const char *digits = cJSON_IsString(item) ? item->valuestring : "";
	int64_t value = 0;

	if (!*digits)
		return false;
	for (; *digits; digits++) {
		if (*digits < '0' || *digits > '9' ||
		    __builtin_mul_overflow(value, INT64_C(10), &value) ||
		    __builtin_add_overflow(value, (int64_t)(*digits - '0'), &value))
			return false;
	}
	*number = value;
	return true;
}

void wire_add_number(cJSON *object, const char *name, int64_t number)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRId64, number);
	CHECK_MEMORY(cJSON_AddStringToObject(object, name, digits));
}

char *wire_print(cJSON *object)
{
	char *text = cJSON_PrintUnformatted(object);

	CHECK_MEMORY(text);
	cJSON_Delete(object);
	return text;
}
