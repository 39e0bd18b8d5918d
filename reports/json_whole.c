#include "reports/json_whole.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/escape.h"
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

void json_add_text(cJSON *object, const char *key, const char *text)
{
	char *valid = escape_utf8(text);

	CHECK_MEMORY(cJSON_AddItemToObject(object, key,
					   valid ? cJSON_CreateString(valid) : cJSON_CreateNull()));
	free(valid);
}

cJSON *json_real(double number)
{
	return isfinite(number) ? cJSON_CreateNumber(number) : cJSON_CreateNull();
}

cJSON *json_interval(double low, double high)
{
	cJSON *interval = cJSON_CreateArray();

	cJSON_AddItemToArray(interval, json_real(low));
	cJSON_AddItemToArray(interval, json_real(high));
	return interval;
}

int json_print_whole(cJSON *root, FILE *out, struct error *err)
{
	char *text = cJSON_Print(root);

	CHECK_MEMORY(text);
	fprintf(out, "%s\n", text);
	cJSON_free(text);
	cJSON_Delete(root);
	if (fflush(out) || ferror(out))
		return error_errno(err, EXIT_MACHINE_LACKS, "the result cannot be written");
	return 0;
}
