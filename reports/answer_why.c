#include "reports/answer_why.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "base/text.h"
#include "history/guard.h"
#include "reports/story.h"
#include "reports/words.h"

/* What such a fault did to the worker that it was aimed at, before "for 1.810 s". */
static const char *suffered(enum fault_effect effect)
{
	switch (effect) {
	case EFFECT_STOP:
		return "was stopped";
	case EFFECT_STALL:
		return "waited for its disk";
	case EFFECT_KILL:
		return "was killed";
	case EFFECT_CLOCK:
		return "had a wrong clock";
	case EFFECT_PACKETS:
		return "had trouble on its network";
	case EFFECT_OPERATOR:
	case EFFECT_REVOKE:
	case EFFECT_LOAD:
	case EFFECT_UNKNOWN:
		break;
	}
	return NULL;
}

/* The fault that the evidence names; of several the first that hit one of the story's holders. */
static const struct fault_row *guilty_fault(const struct history *history,
					    const struct story *story,
					    const struct story_hold **victim)
{
	const struct violation *violation = story->violation;
	const struct fault_row *guilty = NULL;

	*victim = NULL;
	for (int i = 0; i < history->faults && !*victim; i++) {
		const struct fault_row *fault = &history->fault[i];
		bool named = false;

		for (int e = 0; e < violation->evidences; e++)
			named |= violation->evidence[e].ref == fault->id &&
				 strcmp(violation->evidence[e].kind, "fault") == 0;
		if (!named)
			continue;
		for (int h = 0; h < story->holds; h++)
			if (fault->attempt && story->hold[h].attempt == fault->attempt)
				*victim = &story->hold[h];
		if (!guilty || *victim)
			guilty = fault;
	}
	return guilty;
}

static double length_of(const struct fault_row *fault)
{
	return fault->ended_ns == NEVER_NS ? INFINITY
					   : (double)(fault->ended_ns - fault->began_ns) / 1e9;
}

/* "Its lease had only 0.760 s left (TTL 1 s, renewed every 0.3 s): 1.810 s > 0.760 s." Only what
 * is broken: a fault that left time enough is not explained by its length. */
static void say_inequality(FILE *out, const struct arm_row *arm, const struct story *story,
			   const struct fault_row *fault, const struct story_hold *hold)
{
	double length_s = length_of(fault);
	double began_s = (double)(fault->began_ns - story->zero_ns) / 1e9;
	double left_s = hold->safe_until_s - began_s;

	if (!isfinite(length_s) || !isfinite(left_s) || length_s <= left_s)
		return;
	if (left_s < 0)
		fprintf(out, " Its safe deadline had passed %.3f s before", -left_s);
	else
		fprintf(out, " Its lease had only %.3f s left", left_s);
	fprintf(out, " (TTL %g s, renewed every %g s)", arm->ttl_ms / 1e3, arm->heartbeat_ms / 1e3);
	if (left_s >= 0)
		fprintf(out, ": %.3f s > %.3f s", length_s, left_s);
	fputc('.', out);
}

static void say_fault(FILE *out, const struct fault_row *fault)
{
	fprintf(out, "Fault %" PRId64 ", %s of %s, stood behind it", fault->id, fault->kind,
		fault->target);
	if (isfinite(length_of(fault)))
		fprintf(out, ": it took %.3f s", length_of(fault));
	fputc('.', out);
}

static void say_victim(FILE *out, const struct arm_row *arm, const struct story *story,
		       const struct fault_row *fault, const struct story_hold *hold)
{
	bool wrote = model_harm() & 1u << story->violation->name;

	fprintf(out, "%s %s", hold->worker, suffered(fault->effect));
	if (isfinite(length_of(fault)))
		fprintf(out, " for %.3f s", length_of(fault));
	fprintf(out, " (fault %" PRId64 ", %s of %s).", fault->id, fault->kind, fault->target);
	say_inequality(out, arm, story, fault, hold);
	if (wrote && fault->effect == EFFECT_STOP &&
	    guard_find(arm->guard) == &guard_kinds[GUARD_NONE])
		fputs(" Then it wrote without a look at its lease, and no guard stood in its way.",
		      out);
}

static void say_story(FILE *out, const struct history *history, const struct story *story)
{
	const struct story_hold *victim;
	const struct fault_row *fault = guilty_fault(history, story, &victim);

	if (!fault)
		fputs("The evidence names no fault.", out);
	else if (victim && suffered(fault->effect))
		say_victim(out, &history->arm[history->lane[story->violation->lane].arm], story,
			   fault, victim);
	else
		say_fault(out, fault);
}

/* The first word of why nothing can be said; of a sound run, what kept harm away. */
static void say_without(FILE *out, const struct model *model, enum verdict verdict)
{
	const struct judgement *told = NULL;

	for (int i = 0; i < model->history->notes; i++)
		if (model->history->note[i].breaks) {
			fprintf(out, "%s.", model->history->note[i].text);
			return;
		}
	for (int i = 0; i < model->verdicts->judgements; i++)
		if (model->verdicts->judgement[i].verdict == verdict && !told)
			told = &model->verdicts->judgement[i];
	if (told)
		fprintf(out, "%s: %s.", told->subject, told->why);
	else
		fputs("There is no verdict to explain.", out);
}

char *answer_why(const struct model *model, enum verdict verdict, const struct violation *gravest,
		 struct error *err)
{
	struct story story;
	char *text = NULL;
	size_t size;

	if (gravest && story_gather(model->history, gravest, &story, err))
		return NULL;
	FILE *out = text_begin(&text, &size);

	if (gravest) {
		say_story(out, model->history, &story);
		story_free(&story);
	} else {
		say_without(out, model, verdict);
	}
	text_end(out, &text);
	return text;
}
