#include "workloads/lease_record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/invariant.h"
#include "base/text.h"
#include "etcd/etcd.h"
#include "workloads/worker/wire.h"

enum { HEX_DIGITS = 16, MOST_TRANSITIONS = INT32_MAX };

_Static_assert((int)LEASE_RECORD_SIZE <= (int)ETCD_VALUE_SIZE, "a record is one value");

void lease_record_stamp(char stamp[LEASE_RECORD_TIME])
{
	struct timespec now;
	struct tm utc;
	char seconds[LEASE_RECORD_TIME - 8];

	CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0 && gmtime_r(&now.tv_sec, &utc));
	CHECK(strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &utc) > 0);
	snprintf(stamp, LEASE_RECORD_TIME, "%s.%06dZ", seconds, (int)(now.tv_nsec / 1000));
}

void lease_record_print(const struct lease_record *record, char text[LEASE_RECORD_SIZE])
{
	char holder[HEX_DIGITS + 1] = "";

	if (record->holder)
		snprintf(holder, sizeof(holder), "%" PRIx64, (uint64_t)record->holder);
	int size = snprintf(
		text, LEASE_RECORD_SIZE,
		"{\"holderIdentity\":\"%s\",\"leaseDurationSeconds\":%d,"
		"\"acquireTime\":\"%s\",\"renewTime\":\"%s\",\"leaseTransitions\":%" PRId64 "}",
		holder, record->duration_s, record->acquired, record->renewed, record->transitions);

	CHECK(size > 0 && size < LEASE_RECORD_SIZE);
}

static bool read_holder(const cJSON *object, int64_t *holder)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, "holderIdentity");
	const char *digits = cJSON_IsString(item) ? item->valuestring : "-";
	size_t length = strlen(digits);

	if (length > HEX_DIGITS || strspn(digits, "0123456789abcdef") != length)
		return false;
	*holder = (int64_t)strtoull(digits, NULL, 16);
	return *holder >= 0 && (*holder > 0) == (length > 0);
}

static bool read_whole(const cJSON *object, const char *name, int least, int most, int64_t *whole)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
	double number = cJSON_IsNumber(item) ? item->valuedouble : -1;

	if (!(number >= least && number <= most))
		return false;
	*whole = (int64_t)number;
	return true;
}

static bool read_time(const cJSON *object, const char *name, char time[LEASE_RECORD_TIME])
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	/* What it is made of would be printed as it is. */
	return cJSON_IsString(item) && text_copy(time, LEASE_RECORD_TIME, item->valuestring) &&
	       strspn(time, "0123456789-:.TZ") == strlen(time);
}

bool lease_record_parse(const char *text, struct lease_record *record)
{
	cJSON *object = wire_parse(text, strlen(text));
	int64_t duration_s = 0;
	bool whole =
		object && read_holder(object, &record->holder) &&
		read_whole(object, "leaseDurationSeconds", 1, ETCD_TTL_MAX_S, &duration_s) &&
		read_whole(object, "leaseTransitions", 0, MOST_TRANSITIONS, &record->transitions) &&
		read_time(object, "acquireTime", record->acquired) &&
		read_time(object, "renewTime", record->renewed);

	cJSON_Delete(object);
	record->duration_s = (int)duration_s;
	return whole;
}
