/*
 * Exclusion, by the procedures of checker/linear over the lane's trace (checker/holds/lane_trace.h
 * tells the two levels, and what proves a hold): a second opinion beside the sweeps of overlap.c,
 * reached another way. The client level (T2) fails by design when a holder is paused for longer
 * than its lease lives, so that it accuses nobody. At the service level (T2 with leases) two
 * attempts that cannot both have held convict the service: not-linearizable. Of a lock that several
 * may hold both levels go by T5, which takes a hold for proved as the leased lock's does when it
 * may have been given back at once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/array.h"
#include "checker/checks.h"
#include "checker/holds/lane_trace.h"
#include "checker/linear/linear.h"

/* Judging ------------------------------------------------------------------------------------- */

/* "held from 1.000 s until 2.000 s", as the operations of the attempt prove. */
static void say_proved(struct violation *violation, const struct trace *trace, uint32_t acquire)
{
	const struct trace_op *first = &trace->op[acquire];
	int64_t last_ns = first->invoked_ns;

	CHECK(first->f == TRACE_ACQUIRE && first->outcome == TRACE_OK);
	for (uint32_t i = acquire; i < trace->ops; i++)
		if (trace->op[i].attempt == first->attempt && trace->op[i].outcome == TRACE_OK &&
		    trace->op[i].invoked_ns > last_ns)
			last_ns = trace->op[i].invoked_ns;
	if (last_ns > first->returned_ns)
		docket_say(violation, "held from %.3f s until %.3f s", seconds(first->returned_ns),
			   seconds(last_ns));
	else
		docket_say(violation, "held at some instant from %.3f s until %.3f s",
			   seconds(last_ns), seconds(first->returned_ns));
}

static void file_not_linearizable(struct docket *docket, const struct lane_facts *facts,
				  const struct trace *trace, const struct linear_result *result)
{
	static const char *const parts[] = {"holder", "later holder"};
	const struct certificate *certificate = &result->certificate;
	int last = certificate->attempts - 1; /* who came on top */

	CHECK(certificate->stuck < trace->ops);
	int64_t at_ns = trace->op[certificate->stuck].returned_ns;
	struct violation violation =
		docket_draft(facts, VIOLATION_NOT_LINEARIZABLE, IS_DEFINITE, at_ns);
	struct attempt *accused[2] = {NULL, NULL};

	docket_say(&violation, "the service's own answers prove that ");
	for (int i = 0; i < certificate->attempts && i < 2; i++) {
		uint32_t acquire = certificate->acquire[i ? last : 0];

		CHECK(acquire < trace->ops && trace->op[acquire].attempt > 0 &&
		      trace->op[acquire].attempt <= (uint32_t)facts->attempts);
		accused[i] = &facts->attempt[trace->op[acquire].attempt - 1];
		docket_cite_attempt(&violation, accused[i], parts[i]);
		docket_say(&violation, "%s%s ", i ? " and " : "", attempt_label(accused[i]).text);
		say_proved(&violation, trace, acquire);
	}
	if (certificate->attempts > 2)
		docket_say(&violation, "beside %d more", certificate->attempts - 2);
	CHECK(!accused[0] || accused[0] != accused[1]);
	if (accused[0])
		docket_tell_cover(&violation, facts, accused[0]->process,
				  accused[0]->believed_from_ns, at_ns);
	docket_file(docket, facts, &violation, accused[0], accused[1]);
}

static void add_result(struct exclusion *exclusion, const struct lane_facts *facts,
		       const struct linear_result *result)
{
	bool first = !exclusion->holds;

	CHECK(facts->holders > 0);
	CHECK(result->verdict == NOT_LINEARIZABLE || !result->violations);
	exclusion->holds += facts->holders;
	exclusion->violations += (int64_t)result->violations;
	text_copy(exclusion->procedure, sizeof(exclusion->procedure), result->procedure);
	switch (result->verdict) {
	case NOT_LINEARIZABLE:
		exclusion->verdict = EXCLUSION_FAILED;
		break;
	case LINEAR_UNKNOWN:
		if (exclusion->verdict == EXCLUSION_HELD)
			exclusion->verdict = EXCLUSION_UNKNOWN;
		break;
	case LINEARIZABLE:
		if (first)
			exclusion->verdict = EXCLUSION_HELD;
		break;
	}
}

/* The procedures need none; what they leave undecided is searched for so long. */
static const struct linear_bounds bounds = {.configurations = 1 << 20, .bytes = 256 << 20};

static enum model model_of(const struct lane_facts *facts, enum exclusion_level level)
{
	switch (facts->sharing) {
	case SHARING_RWLOCK:
		return MODEL_RWLOCK;
	case SHARING_SEMAPHORE:
		return MODEL_OWNED_SEMAPHORE;
	case SHARING_MUTEX:
	case SHARINGS_COUNT:
		break;
	}
	return level == EXCLUSION_CLIENT ? MODEL_OWNED_MUTEX : MODEL_LEASED_LOCK;
}

static void judge_level(struct docket *docket, const struct lane_facts *facts,
			enum exclusion_level level)
{
	struct trace_builder *builder = trace_begin("lane");
	uint32_t object = trace_intern_object(builder, facts->lane->name);
	struct recording recording = {0};
	struct linear_result result;
	struct trace trace;

	facts_tell(facts, level, object, 1, &recording);
	recording_replay(&recording, builder);
	trace_end(builder, &trace);
	trace.shows_tokens = true;
	/* Each operation is invoked, and may return. */
	CHECK(trace.ops >= (uint32_t)facts->holders && trace.events >= trace.ops &&
	      trace.events <= 2 * trace.ops);
	const struct linear_object whole = {
		.trace = &trace, .ops = trace.ops, .events = trace.events, .event = trace.event};

	linear_decide(&whole, model_of(facts, level), facts->most, &bounds, &result);
	add_result(&docket_tally_of_arm(docket, facts)->exclusion[level], facts, &result);
	if (level == EXCLUSION_SERVICE && result.verdict == NOT_LINEARIZABLE)
		file_not_linearizable(docket, facts, &trace, &result);
	trace_free(&trace);
}

void check_exclusion(struct docket *docket, const struct lane_facts *facts)
{
	if (!facts->holders)
		return;
	judge_level(docket, facts, EXCLUSION_CLIENT);
	judge_level(docket, facts, EXCLUSION_SERVICE);
}
