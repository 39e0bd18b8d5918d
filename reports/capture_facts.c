#include "reports/capture_facts.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/invariant.h"
#include "base/text.h"

enum { GAPS_NAMED = 3 };

/* The file may come from anybody: what is no number is 0. */
static int64_t read_number(const struct history *history, const char *key)
{
	const char *text = history_text(history, key);
	int64_t number = text ? strtoll(text, NULL, 10) : 0;

	return number > 0 ? number : 0;
}

static void read_gaps(const struct history *history, struct capture_facts *facts)
{
	const char *text = history_text(history, "capture_gaps");
	cJSON *list = text ? cJSON_Parse(text) : NULL;
	const cJSON *item;

	if (!list)
		return;
	cJSON_ArrayForEach (item, list) {
		const cJSON *from = cJSON_GetArrayItem(item, 0), *to = cJSON_GetArrayItem(item, 1);

		if (facts->gaps == CAPTURE_GAPS_READ || !cJSON_IsNumber(from) ||
		    !cJSON_IsNumber(to))
			break;
		facts->gap_s[facts->gaps][0] = from->valuedouble;
		facts->gap_s[facts->gaps++][1] = to->valuedouble;
	}
	CHECK(facts->gaps <= CAPTURE_GAPS_READ);
	cJSON_Delete(list);
}

bool capture_read(const struct history *history, struct capture_facts *facts)
{
	*facts = (struct capture_facts){
		.packets = read_number(history, "capture_packets"),
		.bytes = read_number(history, "capture_bytes"),
		.dropped_packets = read_number(history, "capture_dropped_packets"),
		.dropped_bytes = read_number(history, "capture_dropped_bytes"),
		.missed_packets = read_number(history, "capture_missed_packets"),
	};
	read_gaps(history, facts);
	return history_text(history, "capture_packets") != NULL;
}

char *capture_describe(const struct capture_facts *facts)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	if (facts->dropped_packets) {
		fprintf(out, "%" PRId64 " packets dropped past the limit:", facts->dropped_packets);
		for (int i = 0; i < facts->gaps && i < GAPS_NAMED; i++)
			fprintf(out, "%s %.1f to %.1f s", i ? "," : "", facts->gap_s[i][0],
				facts->gap_s[i][1]);
		if (facts->gaps > GAPS_NAMED)
			fprintf(out, ", and %d more time%s", facts->gaps - GAPS_NAMED,
				facts->gaps - GAPS_NAMED == 1 ? "" : "s");
		fputs("; ", out);
	}
	if (facts->missed_packets)
		fprintf(out, "%" PRId64 " missed by the kernel; ", facts->missed_packets);
	fprintf(out, "%" PRId64 " kept (%.1f MB)", facts->packets, (double)facts->bytes / 1e6);
	text_end(out, &text);
	return text;
}
