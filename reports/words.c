#include "reports/words.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/invariant.h"

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

const char *words_count(char *text, int64_t count, const char *one)
{
	snprintf(text, WORDS_SIZE, "%" PRId64 " %s%s", count, one, count == 1 ? "" : "s");
	return text;
}

char *words_never(const struct coverage_cell *cell)
{
	char *text;
	int written;

	if (coverage_never(cell) == NEVER_BITTEN)
		written = asprintf(&text, "%s %s (%" PRId64 " injected, none proved)", cell->kind,
				   cell->moment, cell->injected);
	else
		written = asprintf(&text, "%s %s (%" PRId64 " planned)", cell->kind, cell->moment,
				   cell->planned);
	CHECK(written >= 0);
	return text;
}

const char *words_violation(enum violation_name name)
{
	switch (name) {
	case VIOLATION_OVERLAP:
		return "Two workers believed that they held one lock at the same instant.";
	case VIOLATION_OVERLAP_SAFE:
		return "Two workers held one lock at the same instant, both before their safe "
		       "deadlines.";
	case VIOLATION_OVERLAP_GRANTED:
		return "The service granted one lock to two holders at once.";
	case VIOLATION_STALE_WRITE:
		return "The store applied a write from a holder after a write by a later holder.";
	case VIOLATION_LATE_WRITE:
		return "A write was applied after its grant had ended, when the next holder had "
		       "already read.";
	case VIOLATION_LOST_UPDATE:
		return "A write replaced a value that its writer had never read.";
	case VIOLATION_FENCE_BREACH:
		return "A harmful write passed a guard that promises to stop it.";
	case VIOLATION_TOKEN_REGRESSION:
		return "A later holder was given a token that is not larger.";
	case VIOLATION_EARLY_EXPIRY:
		return "The service ended a lease before its time, and nobody revoked it.";
	case VIOLATION_GHOST_GRANT:
		return "An acquire was answered ok although its key was not, or no longer, there.";
	case VIOLATION_DEAD_KEEPALIVE:
		return "A renewal was acknowledged for a lease that was gone.";
	case VIOLATION_WRONG_RELEASE:
		return "A release ended a hold of somebody else, or a newer one.";
	case VIOLATION_DIVERGENCE:
		return "Members disagreed about a lock key at one revision.";
	case VIOLATION_STUCK:
		return "Nobody acquired the lock after the last heal, although somebody tried.";
	case VIOLATION_NOT_LINEARIZABLE:
		return "The operations fit no order of a correct lock.";
	case VIOLATION_STALE_READ:
		return "The service answered with a state older than one that it had told before "
		       "it "
		       "was asked.";
	case VIOLATION_FALSE_GONE:
		return "A renewal was answered that the lease is gone, and the lease lived on.";
	case VIOLATION_NAMES_COUNT:
		break;
	}
	return "";
}

/* In the words of the checker, which holds each guard to its promise. */
const char *words_guard(const char *guard)
{
	if (strcmp(guard, "none") == 0)
		return "promises nothing";
	if (strcmp(guard, "token") == 0)
		return "every read and write carries the fencing token; promises no stale write, "
		       "no late write and no lost update";
	return NULL;
}
