/*
 * A certificate is a small history that is not linearizable by itself: either that of the attempts
 * that it names, or that up to a return, shorter than which there is none.
 */
#include <string.h>

#include "tests/oracle/compare.h"

/* What else the holders did might be their way out, so it is looked at, too. */
static bool is_by_same_holder(const struct small *small, uint32_t left, uint32_t right)
{
	const struct trace_op *one = &small->trace.op[left], *other = &small->trace.op[right];

	if (small->model == MODEL_MUTEX || small->model == MODEL_SEMAPHORE)
		return false;
	if (one->outcome == TRACE_FAILED)
		return false;
	if (small->trace.has_attempts && small->model != MODEL_REENTRANT_MUTEX)
		return one->attempt == other->attempt;
	return one->owner == other->owner;
}

static bool is_named(const struct certificate *certificate, const struct small *small, uint32_t i)
{

	if (i == certificate->stuck)
		return true;
	for (int k = 0; k < certificate->attempts; k++) {
		const uint32_t named[] = {certificate->acquire[k], certificate->release[k]};

		for (int end = 0; end < 2; end++) {
			if (named[end] != TRACE_NEVER &&
			    (i == named[end] || is_by_same_holder(small, i, named[end])))
				return true;
		}
	}
	return false;
}

static bool compare_attempts(const struct small *small, const struct certificate *certificate,
			     const char *judge, struct complaint *complaint)
{
	uint32_t op[SMALL_OPS];
	struct linear_object named = {.trace = &small->trace, .op = op};

	for (int k = 0; k < certificate->attempts; k++) {
		uint32_t acquire = certificate->acquire[k], release = certificate->release[k];

		if ((acquire != TRACE_NEVER && acquire >= small->trace.ops) ||
		    (release != TRACE_NEVER && release >= small->trace.ops))
			return compare_fails(complaint, "%s: a certificate of other operations",
					     judge);
	}
	for (uint32_t i = 0; i < small->trace.ops; i++)
		if (is_named(certificate, small, i))
			op[named.ops++] = i;
	if (linear_exhaust(&named, small->model, small->limit) != NOT_LINEARIZABLE)
		return compare_fails(complaint,
				     "%s: its certificate's %d attempts are linearizable", judge,
				     certificate->attempts);
	return true;
}

/* Of what happens before event number `events`. What returns later is open; its answer, known to
 * those who look ahead, is kept. */
static enum linear_verdict verdict_before(const struct small *small, uint32_t events)
{
	struct trace_op op[SMALL_OPS];
	struct trace trace = small->trace;
	struct linear_object object = {.trace = &trace};

	trace.op = op;
	for (uint32_t i = 0; i < small->trace.ops; i++) {
		const struct trace_op *whole = &small->trace.op[i];
		bool open = whole->returned >= events;

		if (whole->invoked >= events || (open && whole->outcome == TRACE_FAILED))
			continue;
		op[object.ops] = *whole;
		if (open) {
			op[object.ops].outcome = TRACE_OPEN;
			op[object.ops].returned = TRACE_NEVER;
		}
		object.ops++;
	}
	trace.ops = object.ops;
	return linear_exhaust(&object, small->model, small->limit);
}

/* The searches, zones and sets that grow promise the shortest prefix, and so does counting without
 * observers. Of
 * attempts that cannot stand together the one that is found first need not be the one that is
 * complete first. */
static bool is_shortest(const struct small *small, const struct linear_result *result)
{
	bool removes = false;

	for (uint32_t i = 0; i < small->trace.ops; i++)
		removes |= small->op[i].f == TRACE_REMOVE;
	if (strstr(result->procedure, "-first") || strcmp(result->procedure, "T7") == 0 ||
	    strcmp(result->procedure, "T9") == 0 ||
	    (strcmp(result->procedure, "T8") == 0 && !removes))
		return true;
	for (uint32_t i = 0; i < small->trace.ops; i++)
		if (small->op[i].outcome == TRACE_FAILED || small->op[i].f == TRACE_PROOF)
			return false;
	return small->model == MODEL_MUTEX || small->model == MODEL_SEMAPHORE;
}

static bool compare_prefix(const struct small *small, const struct linear_result *result,
			   const char *judge, struct complaint *complaint)
{
	const struct certificate *certificate = &result->certificate;
	uint32_t events = certificate->prefix;

	if (events > small->trace.events ||
	    small->trace.event[events - 1] != (certificate->stuck << 1 | 1))
		return compare_fails(complaint, "%s: the prefix ends with no return of `stuck`",
				     judge);
	if (verdict_before(small, events) != NOT_LINEARIZABLE)
		return compare_fails(complaint, "%s: its prefix of %u events is linearizable",
				     judge, events);
	if (is_shortest(small, result) && verdict_before(small, events - 1) != LINEARIZABLE)
		return compare_fails(complaint, "%s: there is a prefix shorter than %u events",
				     judge, events);
	return true;
}

/* The attempts, in two parts, each of which is not linearizable, or more of them. If there are such
 * sets at all, then also such that have everything between them: more attempts allow no more. */
static bool is_separable(const struct small *small, const uint32_t *attempt, int attempts,
			 uint32_t among, uint64_t parts)
{
	uint32_t op[SMALL_OPS];
	struct linear_object object = {.trace = &small->trace, .op = op};

	for (uint32_t i = 0; i < small->trace.ops; i++)
		for (int k = 0; k < attempts; k++)
			if (among >> k & 1 && small->op[i].attempt == attempt[k] &&
			    small->op[i].outcome != TRACE_FAILED)
				op[object.ops++] = i;
	if (linear_exhaust(&object, small->model, small->limit) != NOT_LINEARIZABLE)
		return false;
	for (uint32_t one = (among - 1) & among; parts > 1 && one; one = (one - 1) & among)
		if (is_separable(small, attempt, attempts, one, 1) &&
		    is_separable(small, attempt, attempts, among & ~one, parts - 1))
			return true;
	return parts == 1;
}

/* So many violations without a common attempt as are counted, there must be. */
static bool compare_count(const struct small *small, const struct linear_result *result,
			  const char *judge, struct complaint *complaint)
{
	uint32_t attempt[SMALL_OPS];
	int attempts = 0;

	if (result->violations == 0)
		return compare_fails(complaint, "%s: no violation is counted", judge);
	if (result->violations == 1)
		return true;
	if (!small->trace.has_attempts || small->model == MODEL_REENTRANT_MUTEX)
		return true;
	for (uint32_t i = 0; i < small->trace.ops; i++) {
		int k = 0;

		while (k < attempts && attempt[k] != small->op[i].attempt)
			k++;
		if (k == attempts && small->op[i].outcome != TRACE_FAILED)
			attempt[attempts++] = small->op[i].attempt;
	}
	if (!is_separable(small, attempt, attempts, (UINT32_C(1) << attempts) - 1,
			  result->violations))
		return compare_fails(complaint, "%s: there are no %lu disjoint violations", judge,
				     result->violations);
	return true;
}

bool compare_certificate(const struct small *small, const struct linear_result *result,
			 const char *judge, struct tally *tally, struct complaint *complaint)
{
	const struct certificate *certificate = &result->certificate;

	if (certificate->attempts == 0 && certificate->prefix == 0)
		return compare_fails(complaint, "%s: no certificate", judge);
	if (certificate->attempts > CERTIFICATE_MAX)
		return compare_fails(complaint, "%s: %d attempts", judge, certificate->attempts);
	tally->certificates += certificate->attempts > 0;
	tally->prefixes += certificate->prefix > 0;
	return compare_count(small, result, judge, complaint) &&
	       (certificate->attempts == 0 ||
		compare_attempts(small, certificate, judge, complaint)) &&
	       (certificate->prefix == 0 || compare_prefix(small, result, judge, complaint));
}
