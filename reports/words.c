#include "reports/words.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/invariant.h"
#include "base/text.h"

const char *words_percent(char *text, double share)
{
	if (isnan(share))
		snprintf(text, WORDS_SIZE, "unknown");
	else
		snprintf(text, WORDS_SIZE, "%.3g %%", 100 * share);
	return text;
}

const char *words_trials(char *text, const struct judgement *judged)
{
	bool guarded = judgement_is_guarded(judged);
	int64_t events = guarded ? judged->measure[MEASURE_GUARD_FAILURES] : judged->events;
	int64_t trials = guarded ? judged->measure[MEASURE_GUARD_TESTS] : judged->exposures;

	snprintf(text, WORDS_SIZE, "%" PRId64 " of %" PRId64 " %s%s%s", events, trials,
		 guarded ? "test" : "exposure", trials == 1 ? "" : "s",
		 guarded ? " of its guard" : "");
	return text;
}

const char *words_rate(char *text, const struct judgement *judged)
{
	if (isnan(judged->rate))
		snprintf(text, WORDS_SIZE,
			 judgement_is_guarded(judged) ? "no rate" : "no exposures, no rate");
	else
		snprintf(text, WORDS_SIZE, "%.3g %% (%.3g to %.3g %%)", 100 * judged->rate,
			 100 * judged->rate_low, 100 * judged->rate_high);
	return text;
}

const char *words_interval(char *text, double low, double high)
{
	if (isnan(low) || isnan(high))
		snprintf(text, WORDS_SIZE, "unknown");
	else
		snprintf(text, WORDS_SIZE, "%.3g to %.3g %%", 100 * low, 100 * high);
	return text;
}

const char *words_seconds(char *text, double s)
{
	snprintf(text, WORDS_SIZE, s < 100 ? "%.3g s" : "%.0f s", s);
	return text;
}

const char *words_count(char *text, int64_t count, const char *one)
{
	int length =
		snprintf(text, WORDS_SIZE, "%" PRId64 " %s%s", count, one, count == 1 ? "" : "s");

	CHECK(length < WORDS_SIZE); /* half a word would count another thing */
	return text;
}

char *words_never(const struct coverage_cell *cell)
{
	CHECK(coverage_never(cell) != NEVER_NOTHING);
	if (coverage_never(cell) == NEVER_BITTEN)
		return text_format("%s %s (%" PRId64 " injected, none proved)", cell->kind,
				   cell->moment, cell->injected);
	return text_format("%s %s (%" PRId64 " planned)", cell->kind, cell->moment, cell->planned);
}
