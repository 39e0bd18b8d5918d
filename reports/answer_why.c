#include "reports/answer_why.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
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

static double length_of(const struct fault_row *fault)
{
	CHECK(fault->began_ns <= fault->ended_ns);
	return fault->ended_ns == NEVER_NS ? INFINITY
					   : (double)(fault->ended_ns - fault->began_ns) / 1e9;
}

/* "TTL 1 s, renewed every 0.3 s; 0 s is the fault's begin: 1.810 s ... > 0.760 s ..." */
static void say_inequality(FILE *out, const struct arm_row *arm, const struct story *story)
{
	_cleanup_free_ char *inequality = story_inequality(story);

	if (!inequality)
		return;
	if (arm) {
		fprintf(out, " TTL %g s", arm->ttl_ms / 1e3);
		if (arm_is_honest(arm)) /* another client may do what it likes */
			fprintf(out, ", renewed every %g s", arm->heartbeat_ms / 1e3);
		fputc(';', out);
	}
	fprintf(out, " 0 s is the fault's begin: %s.", inequality);
}

static void say_fault(FILE *out, const struct fault_row *fault, int64_t at_ns)
{
	fprintf(out, "The checker names fault %" PRId64 ", %s of %s", fault->id, fault->kind,
		fault->target);
	if (isfinite(length_of(fault)))
		fprintf(out, ", which took %.3f s", length_of(fault));
	if (fault->ended_ns < at_ns)
		fprintf(out, " and had ended %.3f s before",
			(double)(at_ns - fault->ended_ns) / 1e9);
	fputs("; that proves no cause.", out);
}

static void say_victim(FILE *out, const struct arm_row *arm, const struct story *story,
		       const struct fault_row *fault, const struct story_hold *hold)
{
	CHECK(suffered(fault->effect));
	fprintf(out, "%s %s", hold->worker, suffered(fault->effect));
	if (isfinite(length_of(fault)))
		fprintf(out, " for %.3f s", length_of(fault));
	fprintf(out, " (fault %" PRId64 ", %s of %s).", fault->id, fault->kind, fault->target);
	say_inequality(out, arm, story);
	if (hold->safe_until_s < 0) /* 0 s is the fault's begin */
		fprintf(out,
			" But its safe deadline had passed %.3f s before that: this fault is not "
			"what made it late.",
			-hold->safe_until_s);
	if (story_deed(story) && fault->effect == EFFECT_STOP &&
	    guard_find(arm->guard) == &guard_kinds[GUARD_NONE])
		fprintf(out, " Then it wrote%s, and no guard stood in its way.",
			arm_is_honest(arm) ? " without a look at its lease" : "");
	if (arm->planted & PLANTED_CLIENT)
		fprintf(out, " The client of this variant is wrong on purpose (recipe %s).",
			arm->recipe);
}

/* Whom of the story's holders the fault hit; NULL: none. */
static const struct story_hold *victim_of(const struct story *story, const struct fault_row *fault)
{
	for (int h = 0; fault->attempt && h < story->holds; h++)
		if (story->hold[h].attempt == fault->attempt)
			return &story->hold[h];
	return NULL;
}

static void say_story(FILE *out, const struct history *history, const struct story *story)
{
	int64_t guilty = incident_fault(&story->incident);
	const struct fault_row *fault = guilty ? history_fault(history, guilty) : NULL;
	const struct story_hold *victim = fault ? victim_of(story, fault) : NULL;

	if (!fault) {
		fputs("The evidence names no fault.", out);
	} else if (victim && suffered(fault->effect)) {
		CHECK(story->violation->lane >= 0); /* it has holders */
		say_victim(out, &history->arm[history->lane[story->violation->lane].arm], story,
			   fault, victim);
	} else {
		say_fault(out, fault, story->violation->at_ns);
		say_inequality(out, NULL, story);
	}
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

char *answer_why(const struct model *model, enum verdict verdict, struct error *err)
{
	struct story story;

	if (!model->gravest)
		return TEXT_SAID(say_without, model, verdict);
	CHECK(model->incidents.count > 0);
	if (story_gather_incident(model->history, &model->incidents.incident[0], &story, err))
		return NULL;
	char *text = TEXT_SAID(say_story, model->history, &story);

	story_free(&story);
	return text;
}
