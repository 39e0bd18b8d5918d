/* Any bytes as a threshold: taken or refused with a reason; what is taken is about a figure that
 * there is, says the same when it is read again, and is judged as its sign says. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "reports/threshold.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fault_row fault = {.kind = "pause", .target = "holder", .began_ns = 1};

static void check_judged(const struct threshold *threshold)
{
	struct failover_row row = {0, 0, &fault, 1, 1 + 2000000000, FAILOVER_TAKEN, LED_ON};
	struct judgement judged = {.rate = 0.25};
	struct verdicts verdicts = {
		.judgements = 1, .judgement = &judged, .failovers = 1, .failover = &row};
	struct text_row asked = {THRESHOLDS_KEY, threshold->text};
	struct history history = {.text = &asked, .texts = 1};
	char words[64];
	int count;

	memcpy(judged.subject, threshold->subject, sizeof(judged.subject));
	judgement_measure_nothing(&judged);
	struct threshold_result *result = thresholds_judge(&history, &verdicts, &count);

	/* A text with a newline in it is several. */
	CHECK(count == 1 || strchr(threshold->text, '\n'));
	for (int i = 0; i < count; i++) {
		CHECK(isnan(result[i].value) == (result[i].met == THRESHOLD_UNTOLD));
		CHECK(*threshold_value(&result[i], words, sizeof(words)));
	}
	free(result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct threshold threshold, again;
	struct error err = {0}, ignored = {0};

	CHECK(text);
	if (threshold_parse(text, &threshold, &err) == 0) {
		CHECK(strcmp(threshold.text, text) == 0 && threshold_figure(threshold.figure));
		CHECK(isfinite(threshold.limit) && threshold.limit >= 0);
		CHECK(threshold_parse(threshold.text, &again, &ignored) == 0);
		CHECK(strcmp(again.subject, threshold.subject) == 0);
		CHECK(again.figure == threshold.figure && again.comparison == threshold.comparison);
		check_judged(&threshold);
	} else {
		CHECK(err.code == EXIT_BAD_USAGE && *err.text);
	}
	free(text);
	return 0;
}
