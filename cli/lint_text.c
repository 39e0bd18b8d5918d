#include "cli/lint_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/text.h"

enum { INDENT = 4, DEEP = 12 };

static double s(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

/* Text ---------------------------------------------------------------------------------------- */

static void print_wrapped(int indent, const char *head, const char *text)
{
	_cleanup_free_ char *beginning = text_format("%*s%s", indent - (int)strlen(head), "", head);

	escape_wrapped(stdout, beginning, indent, text);
}

static void print_picture(const char *picture)
{
	_cleanup_free_ char *copy = text_format("%s", picture);

	for (char *rest = copy, *line; (line = strsep(&rest, "\n"));)
		if (*line)
			log_result("%*s%s", INDENT, "", line);
}

static char *describe_settings(const struct stated *stated)
{
	struct lease lease = stated_lease(stated);
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	fprintf(out, "TTL %.4g s, ", s(lease.ttl_ns));
	if (stated->heartbeat_ms)
		fprintf(out, "heartbeat %.4g s, %d %s, each waited for %.4g s",
			s(lease.heartbeat_ns), lease.retries,
			lease.retries == 1 ? "retry" : "retries", s(lease.patience_ns));
	else
		fputs("no renewals", out);
	text_end(out, &text);
	return text;
}

static char *describe_consequences(const struct stated *stated)
{
	struct lease lease = stated_lease(stated);
	struct failover failover = stated_failover(stated);
	int64_t stops_ns = stated_stops_ns(stated);
	_cleanup_free_ char *stops = stops_ns == CLOCK_NEVER
					     ? text_format("never gives up")
					     : text_format("gives up after %.4g s", s(stops_ns));

	_cleanup_free_ char *change =
		stated->not_etcd
			? text_format("%s", "")
			: text_format(", and up to %.4g s when etcd's leader changes meanwhile",
				      s(failover.most_with_change_ns));

	return text_format("outlives pauses of %.4g s and cuts of %.4g s, %s, failover %.4g to "
			   "%.4g s%s",
			   s(lease_outlives_pause_ns(&lease)), s(lease_outlives_cut_ns(&lease)),
			   stops, s(failover.least_ns), s(failover.most_ns), change);
}

static void print_complaint(const struct complaint *complaint)
{
	const struct complaint_words *words = complaint_words(complaint->rule);
	_cleanup_free_ char *what = text_format("%s: %s", words->word, complaint->what);

	print_wrapped(INDENT, "", what);
	if (complaint->picture)
		print_picture(complaint->picture);
	print_wrapped(DEEP, "why: ", words->why);
	print_wrapped(DEEP, "change: ", complaint->change);
	print_wrapped(DEEP, "price: ", complaint->price);
}

static void print_verdict(const char *name, const struct stated *stated,
			  const struct complaints *complaints)
{
	_cleanup_free_ char *settings = describe_settings(stated);
	_cleanup_free_ char *consequences = describe_consequences(stated);
	_cleanup_free_ char *all =
		text_format("%s%s%s: %s", name, *name ? ": " : "", settings, consequences);
	_cleanup_free_ char *picture = stated_draw(stated);

	escape_wrapped(stdout, "", 0, all);
	for (int i = 0; i < complaints->count; i++)
		print_complaint(&complaints->complaint[i]);
	if (complaints->count)
		return;
	print_wrapped(INDENT, "", "sound, as far as the settings tell");
	print_picture(picture);
}

/* JSON ---------------------------------------------------------------------------------------- */

static void add_seconds(cJSON *object, const char *key, int64_t ns)
{
	CHECK_MEMORY(ns == CLOCK_NEVER ? cJSON_AddNullToObject(object, key)
				       : cJSON_AddNumberToObject(object, key, s(ns)));
}

static void add_text(cJSON *object, const char *key, const char *text)
{
	CHECK_MEMORY(text ? cJSON_AddStringToObject(object, key, text)
			  : cJSON_AddNullToObject(object, key));
}

static cJSON *describe_complaint(const struct complaint *complaint)
{
	const struct complaint_words *words = complaint_words(complaint->rule);
	cJSON *item = cJSON_CreateObject();

	CHECK_MEMORY(item);
	add_text(item, "rule", words->word);
	add_text(item, "what", complaint->what);
	add_text(item, "why", words->why);
	add_text(item, "change", complaint->change);
	add_text(item, "price", complaint->price);
	add_text(item, "timeline", complaint->picture);
	return item;
}

static cJSON *describe(const char *name, const struct stated *stated,
		       const struct complaints *complaints)
{
	struct lease lease = stated_lease(stated);
	struct failover failover = stated_failover(stated);
	cJSON *object = cJSON_CreateObject();

	add_text(object, "name", name);
	add_seconds(object, "ttl_s", lease.ttl_ns);
	add_seconds(object, "heartbeat_s", stated->heartbeat_ms * NS_PER_MS);
	cJSON_AddNumberToObject(object, "retries", lease.retries);
	add_seconds(object, "timeout_s", lease.patience_ns);
	add_seconds(object, "retry_after_s", lease.spacing_ns);
	add_seconds(object, "outlives_pause_s", lease_outlives_pause_ns(&lease));
	add_seconds(object, "outlives_cut_s", lease_outlives_cut_ns(&lease));
	add_seconds(object, "gives_up_s", stated_stops_ns(stated));
	add_seconds(object, "failover_least_s", failover.least_ns);
	add_seconds(object, "failover_most_s", failover.most_ns);
	add_seconds(object, "failover_change_most_s",
		    stated->not_etcd ? CLOCK_NEVER : failover.most_with_change_ns);
	cJSON *list = cJSON_AddArrayToObject(object, "complaints");

	CHECK_MEMORY(list);
	for (int i = 0; i < complaints->count; i++)
		cJSON_AddItemToArray(list, describe_complaint(&complaints->complaint[i]));
	return object;
}

int lint_say(const char *name, const struct stated *stated, cJSON *all)
{
	struct complaints complaints;

	complaints_make(stated, &complaints);
	int count = complaints.count;

	if (all)
		cJSON_AddItemToArray(all, describe(name, stated, &complaints));
	else
		print_verdict(name, stated, &complaints);
	complaints_free(&complaints);
	return count;
}

/* Arms ---------------------------------------------------------------------------------------- */

void lint_take_arm(const struct campaign *campaign, const struct arm *arm, struct stated *stated)
{
	stated_take_arm(stated, arm);
	stated->work_ms = arm->work_max_ms;
	stated->election_ms = campaign->cluster.endpoints ? 0 : campaign->cluster.election_ms;
	stated->interval_ms = campaign->cluster.endpoints ? 0 : campaign->cluster.heartbeat_ms;
	/* No guard orders those who hold a semaphore at once: none is to be advised. */
	stated->guard =
		recipe_sharing(arm->recipe) == SHARING_SEMAPHORE ? NULL : &guard_kinds[arm->guard];
}

void lint_warn(const struct campaign *campaign)
{
	enum complaint_rule gravest = COMPLAINT_RULES_COUNT;
	_cleanup_free_ char *line = NULL;

	for (int i = 0; i < campaign->arms; i++) {
		const struct arm *arm = &campaign->arm[i];
		struct stated stated = {0};
		struct complaints complaints;

		if (arm->expect == EXPECT_UNSAFE || arm_planted(arm))
			continue;
		lint_take_arm(campaign, arm, &stated);
		complaints_make(&stated, &complaints);
		if (complaints.count && complaints.complaint[0].rule < gravest) {
			gravest = complaints.complaint[0].rule;
			free(line);
			line = text_format("lint: arm %s: %s: %s", arm->name,
					   complaint_words(gravest)->word,
					   complaints.complaint[0].what);
		}
		complaints_free(&complaints);
	}
	if (line)
		log_line("%s (`fencepost lint` tells more)", line);
}
