/* The rules about the guard, the service, and the run itself. */
#include "tuning/matter.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"
#include "tuning/complaints.h"
#include "tuning/known_bugs.h"

enum { LANES_OFFERED = 64 }; /* of an arm; with more the machine is what is tried */

static void say_harm(FILE *out, const struct judgement *judged)
{
	static const struct {
		enum violation_name name;
		const char *one, *several;
	} kinds[] = {
		{VIOLATION_STALE_WRITE, "stale write", "stale writes"},
		{VIOLATION_LATE_WRITE, "late write", "late writes"},
		{VIOLATION_LOST_UPDATE, "lost update", "lost updates"},
	};
	int named = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		int64_t count = judged->definite[kinds[i].name];

		if (count > 0)
			fprintf(out, "%s%" PRId64 " %s", named++ ? ", " : "", count,
				count == 1 ? kinds[i].one : kinds[i].several);
	}
}

/* An arm of the same run, and so of the same faults, that did what is advised. */
static const struct arm_matter *find_fenced(const struct matter *matter)
{
	for (int i = 0; i < matter->arms; i++) {
		const struct arm_matter *arm = &matter->arm[i];

		if (guard_promises_all(arm->guard) && arm->row->planted == 0 && arm->judged &&
		    arm->judged->verdict == VERDICT_SAFE &&
		    arm->judged->measure[MEASURE_GUARD_TESTS] > 0 &&
		    arm->judged->measure[MEASURE_GUARD_FAILURES] == 0)
			return arm;
	}
	return NULL;
}

static bool wants_token(const struct arm_matter *arm)
{
	return arm->fenceable && arm->judged->verdict == VERDICT_UNSAFE && arm->guard &&
	       !guard_promises_all(arm->guard) && (arm->harm || arm->overlaps);
}

static char *say_token_gain(const struct matter *matter, const struct arm_matter *arm)
{
	const struct arm_matter *fenced = find_fenced(matter);
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	if (arm->harm) {
		fputs("That ends what was applied here: ", out);
		say_harm(out, arm->judged);
	} else {
		fprintf(out,
			"No write did harm in this run, but %" PRId64 " times two workers believed "
			"at once that they held the lock, and nothing keeps the earlier one from "
			"writing",
			arm->overlaps);
	}
	if (fenced)
		fprintf(out,
			". Under the same faults arm %s refused each of %" PRId64
			" requests that came too late",
			fenced->row->name, fenced->judged->measure[MEASURE_GUARD_TESTS]);
	text_end(out, &text);
	return text;
}

/* The arm with the most harm. */
bool advise_token(const struct matter *matter, struct advice_item *item)
{
	const struct arm_matter *worst = NULL;

	for (int i = 0; i < matter->arms; i++) {
		const struct arm_matter *arm = &matter->arm[i];

		if (wants_token(arm) &&
		    (!worst || arm->harm > worst->harm ||
		     (arm->harm == worst->harm && arm->overlaps > worst->overlaps)))
			worst = arm;
	}
	if (!worst)
		return false;
	struct stated stated = stated_of_lease(&worst->lease);
	struct complaint complaint;

	stated.guard = worst->guard;
	CHECK(complaint_of(&stated, COMPLAINT_NO_GUARD, &complaint));
	item->brief = text_format("a fencing token with %s, smaller ones refused (arm %s)",
				  worst->guard->writes_carry ? "reads too" : "each request",
				  worst->row->name);
	item->change = text_format("In arm %s: %s", worst->row->name, complaint.change);
	item->gain = say_token_gain(matter, worst);
	item->price = worst->advised ? take(complaint.price)
				     : text_format("a number with each request, and a comparison");
	complaint_free(&complaint);
	return true;
}

/* Bugs that a stored definite violation shows, as bits of known_bugs. */
static uint32_t find_bugs(const struct matter *matter)
{
	int count;
	const struct known_bug *bugs = known_bugs(&count);
	uint32_t found = 0;

	for (int i = 0; i < matter->verdicts->violations; i++) {
		const struct violation *violation = &matter->verdicts->violation[i];
		const struct known_bug *bug =
			violation->definite ? known_bug_of(matter->history, violation) : NULL;

		if (bug)
			found |= 1u << (bug - bugs);
	}
	return found;
}

/* Those of the bugs that some release ended, or those that none did. */
static uint32_t split_bugs(uint32_t found, bool ended)
{
	int count;
	const struct known_bug *bugs = known_bugs(&count);
	uint32_t part = 0;

	for (int i = 0; i < count; i++)
		if ((found & 1u << i) && (*bugs[i].ended != '\0') == ended)
			part |= 1u << i;
	return part;
}

/* "etcd #11456 (a waiter whose ...), etcd #15247 (...)"; of several rows of one report, all. */
static char *list_bugs(uint32_t found)
{
	int count, listed = 0;
	const struct known_bug *bugs = known_bugs(&count);
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	for (int i = 0; i < count; i++)
		if (found & 1u << i)
			fprintf(out, "%s%s (%s)", listed++ ? "; " : "",
				*bugs[i].upstream ? bugs[i].upstream : "what nobody has reported",
				bugs[i].meaning);
	text_end(out, &text);
	return text;
}

bool advise_version(const struct matter *matter, struct advice_item *item)
{
	const char *version = history_text(matter->history, "etcd");
	uint32_t found = find_bugs(matter), ended = split_bugs(found, true),
		 open = split_bugs(found, false);
	char release[48];

	if (!matter->service || matter->service->verdict != VERDICT_UNSAFE || !ended ||
	    !known_bugs_end(ended, version, release, sizeof(release)))
		return false;
	char *ends = list_bugs(ended), *stays = list_bugs(open);

	item->brief = text_format("etcd %s to %s or later", version, release);
	item->change = text_format("Run etcd %s or a later one instead of %s", release, version);
	item->gain = text_format("It ends %s%s%s", ends, open ? "; it does not end " : "",
				 open ? stays : "");
	item->price = text_format("An upgrade of the cluster, member by member, through each minor "
				  "release between");
	free(ends);
	free(stays);
	return true;
}

/* What an arm's verdict rests on. */
static int64_t trials_of(const struct arm_matter *arm)
{
	return judgement_is_guarded(arm->judged) ? arm->judged->measure[MEASURE_GUARD_TESTS]
						 : arm->judged->exposures;
}

static bool wants_more(const struct matter *matter, const struct arm_matter *arm)
{
	return arm->judged && arm->judged->verdict == VERDICT_INCONCLUSIVE && matter->load_ns > 0 &&
	       trials_of(arm) < matter->min_exposures;
}

static int count_lanes(const struct matter *matter, const struct arm_matter *arm)
{
	int lanes = 0;

	for (int i = 0; i < matter->history->lanes; i++)
		lanes += matter->history->lane[i].arm == arm->row->id;
	return lanes;
}

/* So many that the least that is wanted comes in most runs, were they independent: a Poisson
 * number's mean less two of its standard deviations. */
static double aim_of(int64_t least)
{
	return (double)least + 2 * sqrt((double)least) + 2;
}

static bool say_more(const struct matter *matter, const struct arm_matter *arm,
		     struct advice_item *item)
{
	const char *what = judgement_is_guarded(arm->judged) ? "tests of its guard" : "exposures";
	int64_t trials = trials_of(arm), load_s = matter->load_ns / NS_PER_S;
	int lanes = count_lanes(matter, arm);
	double factor = aim_of(matter->min_exposures) / (double)trials;
	double longer_s = ceil((double)load_s * factor / 10) * 10;

	double more_lanes = ceil(lanes * factor);
	_cleanup_free_ char *instead =
		more_lanes <= LANES_OFFERED
			? text_format(", or with %.0f lanes instead of %d", more_lanes, lanes)
			: text_format("%s", "");

	item->brief = text_format("%.0f s of load: %" PRId64 " of %" PRId64 " %s came (arm %s)",
				  longer_s, trials, matter->min_exposures, what, arm->row->name);
	item->change = text_format("Run for %.0f s instead of %" PRId64 " s%s (arm %s)", longer_s,
				   load_s, instead, arm->row->name);
	item->gain =
		text_format("%" PRId64 " %s came in this run and %" PRId64
			    " are the least for a verdict; at that rate %.0f would come",
			    trials, what, matter->min_exposures, aim_of(matter->min_exposures));
	item->price = text_format("The time, or the processors; and with none of %" PRId64
				  " failing a rate of up to %.2g %% stays possible",
				  matter->min_exposures,
				  100 * (1 - pow(0.05, 1 / (double)matter->min_exposures)));
	return true;
}

/* Nothing at all came of the faults: then more of the same is no advice. */
static bool say_other(const struct arm_matter *arm, struct advice_item *item)
{
	double lease_s = (double)arm->lease.ttl_ns / 1e9;

	if (arm->outlasting)
		return false;
	item->brief = text_format("pauses of holders of at least %.4g s (arm %s)", lease_s + 1.5,
				  arm->row->name);
	item->change = text_format(
		arm->stood.count ? "Pause holders of arm %s for at least %.4g s"
				 : "Add a fault that pauses holders of arm %s for at least %.4g s",
		arm->row->name, lease_s + 1.5);
	item->gain = arm->stood.count
			     ? text_format("Nothing can go wrong while every lease lives on: the "
					   "longest of %d pauses was %.4g s, and a lease lives "
					   "for %.4g s, to which etcd may add 0.5 s",
					   arm->stood.count, (double)arm->longest_ns / 1e9, lease_s)
			     : text_format("No pause hit a holder in this run, and only one who "
					   "goes on after its lease is over puts it to the test");
	item->price = text_format("Locks stand still for longer, so that fewer cycles come");
	return true;
}

/* The arm that is farthest from it; of those to which nothing happened, the first. */
bool advise_more(const struct matter *matter, struct advice_item *item)
{
	const struct arm_matter *least = NULL;

	for (int i = 0; i < matter->arms; i++)
		if (wants_more(matter, &matter->arm[i]) &&
		    (!least || trials_of(&matter->arm[i]) < trials_of(least)))
			least = &matter->arm[i];
	if (!least)
		return false;
	return trials_of(least) > 0 ? say_more(matter, least, item) : say_other(least, item);
}
