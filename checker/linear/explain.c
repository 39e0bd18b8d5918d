#include "checker/linear/explain.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "checker/linear/explain_parts.h"
#include "checker/linear/lessen_units.h"

static const int64_t search_for_ns = 20 * NS_PER_S;

static void say_how_many(const struct explaining *about, const struct linear_summary *summary)
{
	uint64_t violations = about->result->violations;

	if (violations > 1)
		explanation_say(about->into,
				"There are %" PRIu64 " such violations of this lock that share no "
				"operation; this is the one that is proved first.",
				violations);
	if (summary->not_linearizable > 1)
		explanation_say(about->into,
				"%" PRIu32 " of %" PRIu32
				" objects are not linearizable; this is the violation that is "
				"proved first.",
				summary->not_linearizable, summary->objects);
}

static void explain_object(struct explaining *about)
{
	if (explain_holds(about) || explain_sets(about))
		return;
	if (units_cover(about->request->model))
		explain_lock(about);
	else
		explain_prefix(about);
}

void explain_summary(const struct trace *trace, const struct linear_request *request,
		     const struct linear_summary *summary, struct explanation *explanation)
{
	struct linear_object object;
	struct linear_request own = *request; /* the bounds of judging may be used up by now */
	struct explaining about = {
		.trace = trace,
		.request = &own,
		.object = &object,
		.result = &summary->result,
		.into = explanation,
		.decimals = 3,
	};

	CHECK(summary->verdict == NOT_LINEARIZABLE);
	own.bounds.deadline_ns = clock_now_ns() + search_for_ns;
	own.progress = NULL;
	*explanation = (struct explanation){0};
	linear_split(trace, summary->worst, &object);
	explain_object(&about);
	CHECK(*explanation->headline && summary->not_linearizable > 0);
	say_how_many(&about, summary);
	linear_split_free(&object);
}
