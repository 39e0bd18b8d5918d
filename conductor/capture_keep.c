#include "conductor/capture_keep.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/text.h"
#include "history/database.h"

/* [[from, to], ...] in seconds since the run's start. */
static char *print_gaps(const struct plan *plan, const struct capture_result *result)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	fputc('[', out);
	for (int i = 0; i < result->gaps; i++)
		fprintf(out, "%s[%.3f, %.3f]", i ? ", " : "",
			(double)(result->gap[i].from_ns - plan->start_ns) / 1e9,
			(double)(result->gap[i].to_ns - plan->start_ns) / 1e9);
	fputc(']', out);
	text_end(out, &text);
	return text;
}

static int record(const struct plan *plan, const struct capture_result *result, struct error *err)
{
	_cleanup_free_ char *gaps = print_gaps(plan, result);
	const struct {
		const char *key;
		int64_t value;
	} numbers[] = {
		{"capture_packets", result->kept},
		{"capture_bytes", result->kept_bytes},
		{"capture_dropped_packets", result->dropped},
		{"capture_dropped_bytes", result->dropped_bytes},
		{"capture_missed_packets", result->missed_by_kernel},
	};
	sqlite3 *db = NULL;

	if (database_open(plan->history, DATABASE_WRITE, &db, err))
		return -1;
	int failed = database_set_text(db, "capture_gaps", gaps, err);

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && !failed; i++)
		failed = database_set_int(db, numbers[i].key, numbers[i].value, err);
	sqlite3_close(db);
	return failed;
}

void packets_keep(const struct plan *plan)
{
	struct capture_result result = plan->stage->capture;
	struct error err = {0};

	if (result.parts == 0)
		return;
	_cleanup_free_ char *path = text_format("%s/" CAPTURE_NAME, plan->run_dir);

	if (capture_join(path, &result, &err) || record(plan, &result, &err))
		log_line("the packet capture is not whole: %s", err.text);
}
