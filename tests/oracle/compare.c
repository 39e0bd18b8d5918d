#include "tests/oracle/compare.h"

#include <stdarg.h>

#include "base/invariant.h"
#include "checker/linear/engine.h"
#include "checker/linear/engine_pairs.h"
#include "checker/linear/stream.h"

const char *const judge_names[JUDGES] = {"counting", "attempts", "zones", "sets",
					 "eras",     "breadth",  "depth", "pairs",
					 "search",   "decide",   "stream"};

static const char *const verdict_words[] = {"linearizable", "not linearizable", "unknown"};

bool compare_fails(struct complaint *complaint, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(complaint->text, sizeof(complaint->text), format, arguments);
	va_end(arguments);
	return false;
}

/* The judges ---------------------------------------------------------------------------------- */

static enum linear_verdict verdict_of_end(enum search_end end)
{
	return end == SEARCH_YES  ? LINEARIZABLE
	       : end == SEARCH_NO ? NOT_LINEARIZABLE
				  : LINEAR_UNKNOWN;
}

static bool ask_one_search(const struct small *small, bool depth_first,
			   struct linear_result *result)
{
	const struct search_leash leash = {.pause_at = UINT64_MAX};
	struct problem problem;
	bool known = problem_open(&problem, &small->object, small->model, small->limit);

	*result = (struct linear_result){.procedure = judge_names[JUDGE_BREADTH + depth_first]};
	if (known && depth_first) {
		struct depth *depth = depth_open(&problem, &leash);

		result->verdict = verdict_of_end(depth_run(depth));
		depth_close(depth);
	} else if (known) {
		struct breadth *breadth = breadth_open(&problem, &leash);

		result->verdict = verdict_of_end(breadth_run(breadth));
		breadth_close(breadth);
	}
	problem_close(&problem);
	return known;
}

/* An importer tells of an attempt nothing more than its release, or tells nothing of it. */
static bool attempts_end(const struct small *small)
{
	const struct trace *trace = &small->trace;

	for (uint32_t i = 0; i < trace->ops; i++)
		for (uint32_t j = 0; j < trace->ops; j++)
			if (trace->op[i].f == TRACE_RELEASE && trace->op[i].outcome == TRACE_OK &&
			    trace->op[i].attempt && trace->op[i].attempt == trace->op[j].attempt &&
			    trace->op[j].invoked > trace->op[i].returned)
				return false;
	return true;
}

static bool ask_stream(const struct small *small, struct linear_result *result)
{
	const struct trace *trace = &small->trace;
	struct linear_summary summary;
	struct trace_listener listener;
	struct stream *stream = stream_open(&small->model, small->limit, &listener);
	enum model *models;
	struct seen *seen = NULL;

	for (uint32_t i = 0; i < trace->events && !listener.stopped; i++)
		listener.event(listener.context, &trace->op[trace->event[i] >> 1],
			       trace->event[i] & 1);
	bool decided = stream_finish(stream, trace, &summary, &models, &seen);

	stream_close(stream);
	free(seen);
	*result = summary.result;
	return decided;
}

/* Every operation is tried as if a search had been stuck there. */
static bool ask_pairs(const struct small *small, struct linear_result *result)
{
	const struct search_leash leash = {.pause_at = UINT64_MAX};
	struct problem problem;
	uint32_t stuck = NO_OP;

	if (problem_open(&problem, &small->object, small->model, small->limit) && problem.partner)
		for (uint32_t i = 0; i < problem.ops && stuck == NO_OP; i++)
			if (!problem.op[i].open && !problem.op[i].observes)
				stuck = pairs_refute(&problem, i, &leash, &result->configurations);
	if (stuck != NO_OP) {
		result->verdict = NOT_LINEARIZABLE;
		result->procedure = judge_names[JUDGE_PAIRS];
		result->violations = 1;
		result->certificate.stuck = problem.op[stuck].source;
		result->certificate.prefix = problem.op[stuck].prefix;
	}
	problem_close(&problem);
	return stuck != NO_OP;
}

/* False when the judge has nothing to say of such a history. */
static bool ask(enum judge judge, const struct small *small, struct linear_result *result)
{
	static const struct linear_bounds bounds = {0};

	switch (judge) {
	case JUDGE_COUNTING:
		return linear_counting(&small->object, small->model, small->limit, result);
	case JUDGE_ATTEMPTS:
		return linear_attempts(&small->object, small->model, small->limit, result);
	case JUDGE_ZONES:
		return linear_zones(&small->object, small->model, result);
	case JUDGE_SETS:
		return linear_sets(&small->object, small->model, &bounds, result);
	case JUDGE_ERAS:
		return linear_eras(&small->object, small->model, result);
	case JUDGE_BREADTH:
	case JUDGE_DEPTH:
		return ask_one_search(small, judge == JUDGE_DEPTH, result);
	case JUDGE_PAIRS:
		return ask_pairs(small, result);
	case JUDGE_SEARCH:
		return linear_search(&small->object, small->model, small->limit, &bounds, result);
	case JUDGE_DECIDE:
		linear_decide(&small->object, small->model, small->limit, &bounds, result);
		return true;
	case JUDGE_STREAM:
		return attempts_end(small) && ask_stream(small, result);
	case JUDGES:
		break;
	}
	CHECK(!"a judge");
}

bool compare(const struct small *small, bool with_changes, uint64_t seed, struct tally *tally,
	     struct complaint *complaint)
{
	enum linear_verdict verdict = linear_exhaust(&small->object, small->model, small->limit);

	tally->histories++;
	tally->linearizable += verdict == LINEARIZABLE;
	if (verdict == LINEAR_UNKNOWN)
		return compare_fails(complaint, "the exhaustive search does not know");
	for (enum judge judge = 0; judge < JUDGES; judge++) {
		struct linear_result result = {0};

		if (!ask(judge, small, &result))
			continue;
		tally->answered[judge]++;
		if (result.verdict != verdict)
			return compare_fails(complaint, "exhaustive: %s; %s (%s): %s",
					     verdict_words[verdict], judge_names[judge],
					     result.procedure, verdict_words[result.verdict]);
		if (verdict == NOT_LINEARIZABLE && judge != JUDGE_BREADTH && judge != JUDGE_DEPTH &&
		    !compare_certificate(small, &result, judge_names[judge], tally, complaint))
			return false;
	}
	return !with_changes || (compare_lessened(small, verdict, seed, complaint) &&
				 compare_changed(small, verdict, seed, tally, complaint));
}

void compare_shrink(struct small *small, bool with_changes, uint64_t seed,
		    struct complaint *complaint)
{
	for (int i = 0; i < small->parts;) {
		struct small less = *small;
		struct tally scratch = {0};
		struct complaint other;

		less.part[i] = less.part[--less.parts];
		small_build(&less);
		if (less.parts == 0 || compare(&less, with_changes, seed, &scratch, &other)) {
			i++;
			continue;
		}
		*small = less;
		small_build(small); /* its pointers were into `less` */
		*complaint = other;
		i = 0;
	}
}
