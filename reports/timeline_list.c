/* The story in words: the numbered sentences, and as a table all that the drawing shows. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "base/escape.h"
#include "reports/timeline.h"

enum { LINES = 6 * STORY_HOLDS + STORY_REQUESTS + 2 * STORY_FAULTS + STORY_RENEWALS };

struct line {
	double at_s;
	const char *who;
	char what[160];
};

struct listing {
	int lines;
	struct line line[LINES];
};

/* Instants that are unknown, never came, or lie out of the picture are no lines. */
static char *add_line(struct listing *listing, double at_s, const char *who)
{
	static char unused[sizeof(listing->line[0].what)];
	struct line *line = &listing->line[listing->lines];

	if (isnan(at_s) || isinf(at_s))
		return unused;
	CHECK(listing->lines < LINES);
	listing->lines++;
	*line = (struct line){.at_s = at_s, .who = who};
	return line->what;
}

#define SAY(listing, at_s, who, ...)                                                               \
	snprintf(add_line(listing, at_s, who), sizeof(((struct line *)0)->what), __VA_ARGS__)

static void list_hold(struct listing *listing, const struct story *story,
		      const struct story_hold *hold)
{
	char company[STORY_COMPANY];

	SAY(listing, hold->asked_s, hold->worker, "asks for the lock%s", hold->how);
	SAY(listing, hold->believed_s, hold->worker, "is told that it holds the lock%s%s%s",
	    hold->how, hold->token ? "" : " (no token known)", story_company(story, hold, company));
	SAY(listing, hold->granted_s, "service", "makes the key of %.40s, revision %" PRId64,
	    hold->worker, hold->grant_revision);
	if (hold->believed_until_s >= hold->safe_until_s)
		SAY(listing, hold->safe_until_s, hold->worker, "passes its safe deadline");
	SAY(listing, hold->granted_until_s, "service", "%s the key of %.40s",
	    hold->taken_over ? "has another one in" : "removes", hold->worker);
	SAY(listing, hold->believed_until_s, hold->worker, "%s",
	    !hold->ended_by            ? "ends: its process is dead"
	    : hold->ended_by == F_LOSE ? "learns, or decides, that it holds the lock no more"
				       : "gives the lock back");
}

static void list_request(struct listing *listing, const struct story *story,
			 const struct story_request *request)
{
	const struct decision_row *decision = &request->decision;
	const char *who = request->hold < 0 ? "another worker" : story->hold[request->hold].worker;
	char token[48] = "without token";

	CHECK(request->hold < story->holds);
	if (decision->token)
		snprintf(token, sizeof(token), "token %" PRId64, decision->token);
	if (decision->f != F_WRITE)
		SAY(listing, request->at_s, "store", "%s a read of %.40s, %s, version %" PRId64,
		    decision->accepted ? "answers" : "refuses", who, token,
		    decision->version_before);
	else if (decision->accepted)
		SAY(listing, request->at_s, "store",
		    "applies a write of %.40s, %s, makes version %" PRId64 "%s", who, token,
		    decision->version_after,
		    request->ungranted ? ", after its grant had ended" : "");
	else
		SAY(listing, request->at_s, "store", "refuses a write of %.40s, %s: %.48s", who,
		    token, request->reason[0] ? request->reason : "no reason given");
}

static int by_time(const void *a, const void *b)
{
	const struct line *one = a, *other = b;

	return (one->at_s > other->at_s) - (one->at_s < other->at_s);
}

static void gather(struct listing *listing, const struct story *story)
{
	CHECK(story->holds <= STORY_HOLDS && story->requests <= STORY_REQUESTS &&
	      story->faults <= STORY_FAULTS);
	for (int i = 0; i < story->holds; i++)
		list_hold(listing, story, &story->hold[i]);
	for (int i = 0; i < story->requests; i++)
		list_request(listing, story, &story->request[i]);
	for (int i = 0; i < story->faults; i++) {
		const struct story_fault *fault = &story->fault[i];

		SAY(listing, fault->began_s, "nemesis", "begins fault %" PRId64 ": %s",
		    fault->row->id, fault->name);
		SAY(listing, fault->ended_s, "nemesis", "ends fault %" PRId64, fault->row->id);
	}
	for (int i = 0; i < story->renewals; i++) {
		CHECK(story->renewal[i].hold >= 0 && story->renewal[i].hold < story->holds);
		SAY(listing, story->renewal[i].at_s, story->hold[story->renewal[i].hold].worker,
		    "sends a renewal, which is acknowledged");
	}
	qsort(listing->line, (size_t)listing->lines, sizeof(listing->line[0]), by_time);
}

void timeline_tell(FILE *out, const struct story *story)
{
	fputs("<ol class=\"told\">\n", out);
	for (int i = 0; i < story->points; i++) {
		const struct story_point *point = &story->point[i];
		char *sentence = story_sentence(story, point);

		CHECK(point->number == i + 1);
		fprintf(out, "<li%s><span class=\"when\">%.3f s</span> ",
			point->is_proof ? " class=\"proof\"" : "", point->at_s);
		escape_html(out, sentence);
		fputs("</li>\n", out);
		free(sentence);
	}
	fputs("</ol>\n", out);
}

void timeline_list(FILE *out, const struct story *story)
{
	struct listing *listing = calloc(1, sizeof(*listing));

	CHECK_MEMORY(listing);
	gather(listing, story);
	fputs("<div class=\"scroll\" tabindex=\"0\"><table>\n<caption>All that is drawn, instant "
	      "by "
	      "instant</caption>\n<thead><tr><th scope=\"col\">at</th><th scope=\"col\">who</th>"
	      "<th scope=\"col\">what</th></tr></thead>\n<tbody>\n",
	      out);
	for (int i = 0; i < listing->lines; i++) {
		fprintf(out, "<tr><td class=\"number\">%.3f s</td><td>", listing->line[i].at_s);
		escape_html(out, listing->line[i].who);
		fputs("</td><td>", out);
		escape_html(out, listing->line[i].what);
		fputs("</td></tr>\n", out);
	}
	fputs("</tbody></table></div>\n", out);
	if (story->requests_left_out)
		fprintf(out, "<p>%d more requests to the store are left out here.</p>\n",
			story->requests_left_out);
	free(listing);
}
