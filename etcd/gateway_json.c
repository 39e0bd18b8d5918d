#include "etcd/gateway_json.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/text.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The text under the name; "" when it is absent, NULL when it is something else than a text. */
static const char *text_of(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	if (!item || cJSON_IsNull(item))
		return "";
	return cJSON_GetStringValue(item);
}

/* strtoll and strtoull skip blanks and take signs as they please: a number begins with a digit, or
 * with a minus and a digit. */
static bool is_number(const char *text, bool may_be_negative)
{
	if (may_be_negative && text[0] == '-')
		text++;
	return isdigit((unsigned char)text[0]);
}

bool json_read_int64(const cJSON *object, const char *name, int64_t *value)
{
	const char *text = text_of(object, name);
	char *end;

	*value = 0;
	if (text && text[0] == '\0')
		return true;
	if (!text || !is_number(text, true))
		return false;
	errno = 0;
	*value = strtoll(text, &end, 10);
	return errno == 0 && *end == '\0';
}

bool json_read_count(const cJSON *object, const char *name, int64_t *value)
{
	if (json_read_int64(object, name, value) && *value >= 0 && *value <= JSON_COUNT_MAX)
		return true;
	*value = 0;
	return false;
}

bool json_read_uint64(const cJSON *object, const char *name, uint64_t *value)
{
	const char *text = text_of(object, name);
	char *end;

	*value = 0;
	if (text && text[0] == '\0')
		return true;
	if (!text || !is_number(text, false))
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0';
}

bool json_read_bool(const cJSON *object, const char *name, bool *value)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	*value = cJSON_IsTrue(item);
	return !item || cJSON_IsBool(item);
}

bool json_read_text(const cJSON *object, const char *name, char *into, size_t size)
{
	const char *text = text_of(object, name);

	into[0] = '\0';
	return text && text_copy(into, size, text);
}

/* Four characters into up to three bytes; returns how many, or -1. */
static int decode_group(const char *group, unsigned char *bytes)
{
	uint32_t bits = 0;
	int padding = (group[3] == '=') + (group[3] == '=' && group[2] == '=');

	for (int i = 0; i < 4 - padding; i++) {
		const char *digit = strchr(digits, group[i]);

		if (!digit || group[i] == '\0')
			return -1;
		bits |= (uint32_t)(digit - digits) << (18 - 6 * i);
	}
	for (int i = 0; i < 3; i++)
		bytes[i] = (unsigned char)(bits >> (16 - 8 * i));
	return 3 - padding;
}

/* text NULL: malformed. */
static bool decode(const char *text, char *into, size_t size)
{
	size_t length = text ? strlen(text) : 0, used = 0;

	into[0] = '\0';
	if (!text || length % 4 != 0 || length / 4 * 3 > size + 2)
		return false;
	for (size_t i = 0; i < length; i += 4) {
		unsigned char bytes[3];
		int count = decode_group(text + i, bytes);

		if (count < 0 || (count < 3 && i + 4 < length) || used + (size_t)count >= size ||
		    memchr(bytes, '\0', (size_t)count)) {
			into[0] = '\0';
			return false;
		}
		memcpy(into + used, bytes, (size_t)count);
		used += (size_t)count;
	}
	into[used] = '\0';
	return true;
}

bool json_read_bytes(const cJSON *object, const char *name, char *into, size_t size)
{
	return decode(text_of(object, name), into, size);
}

bool json_read_bytes_item(const cJSON *item, char *into, size_t size)
{
	return decode(cJSON_GetStringValue(item), into, size);
}

void json_add_int64(cJSON *object, const char *name, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	CHECK_MEMORY(cJSON_AddStringToObject(object, name, text));
}

void json_add_bytes(cJSON *object, const char *name, const void *bytes, size_t size)
{
	const unsigned char *from = bytes;
	_cleanup_free_ char *text = malloc((size + 2) / 3 * 4 + 1);
	char *to = text;

	CHECK_MEMORY(text);
	for (size_t i = 0; i < size; i += 3) {
		uint32_t bits = (uint32_t)from[i] << 16 |
				(i + 1 < size ? (uint32_t)from[i + 1] : 0) << 8 |
				(i + 2 < size ? (uint32_t)from[i + 2] : 0);

		*to++ = digits[bits >> 18];
		*to++ = digits[bits >> 12 & 63];
		*to++ = i + 1 < size ? digits[bits >> 6 & 63] : '=';
		*to++ = i + 2 < size ? digits[bits & 63] : '=';
	}
	*to = '\0';
	CHECK_MEMORY(cJSON_AddStringToObject(object, name, text));
}

char *json_print(cJSON *request)
{
	char *text = cJSON_PrintUnformatted(request);

	CHECK_MEMORY(text);
	cJSON_Delete(request);
	return text;
}
