/* The stories of the gravest violations, drawn and listed, and the plain list of the others. */
#include "reports/page.h"

#include <inttypes.h>

#include "base/invariant.h"
#include "base/escape.h"
#include "reports/markup.h"
#include "reports/story.h"
#include "reports/timeline.h"
#include "reports/words.h"

enum { STORIES = 6, STORIES_OPEN = 2, VIOLATIONS_LISTED = 60 };

static void write_legend(FILE *out)
{
	static const char *const entries[][2] = {
		{"believed", "believed hold"},
		{"granted", "granted hold"},
		{"ungranted", "belief without a grant"},
		{"fault", "fault"},
	};

	static const char *const marks[][2] = {
		{"<circle class=\"applied\" cx=\"11\" cy=\"11\" r=\"8\"/>", "write applied"},
		{"<path class=\"ungranted\" d=\"M11,1 l10,10 l-10,10 l-10,-10 z\"/>",
		 "write applied without a grant"},
		{"<path class=\"refused\" d=\"M3,3 l16,16 m0,-16 l-16,16\"/>", "write refused"},
		{"<circle class=\"other\" cx=\"11\" cy=\"11\" r=\"8\"/>", "write by somebody else"},
		{"<line class=\"read\" x1=\"11\" y1=\"1\" x2=\"11\" y2=\"21\"/>", "read"},
		{"<circle class=\"ring\" cx=\"11\" cy=\"11\" r=\"9\"/>", "evidence"},
	};

	fputs("<p class=\"legend\">", out);
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		fprintf(out,
			"<span><svg viewBox=\"0 0 22 12\" aria-hidden=\"true\"><rect class=\"%s\" "
			"width=\"22\" height=\"12\"/></svg> %s</span> ",
			entries[i][0], entries[i][1]);
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		fprintf(out,
			"<span><svg viewBox=\"0 0 22 22\" aria-hidden=\"true\">%s</svg> %s</span> ",
			marks[i][0], marks[i][1]);
	fputs("</p>\n", out);
}

static void write_heading(FILE *out, const struct model *model, const struct violation *violation,
			  bool open)
{
	fprintf(out, "<details class=\"story\"%s>\n<summary><h3>%s</h3> <span class=\"muted\">",
		open ? " open=\"open\"" : "", violation_word(violation->name));
	escape_html(out, model_arm_name(model, violation->arm));
	fputs(", lane ", out);
	escape_html(out, model_lane_name(model, violation->lane));
	fprintf(out, ", at %.3f s, %s</span></summary>\n<p class=\"sentence\">",
		(double)violation->at_ns / 1e9, violation->definite ? "definite" : "possible");
	escape_html(out, violation->summary);
	fputs("</p>\n", out);
}

static void write_evidence(FILE *out, const struct violation *violation)
{
	const char *separator = "";

	fprintf(out, "<p class=\"muted\">Evidence in history.db (view story, id %" PRId64 "): ",
		violation->id);
	for (int i = 0; i < violation->evidences; i++) {
		fputs(separator, out);
		escape_html(out, violation->evidence[i].kind);
		fprintf(out, " %" PRId64 " (", violation->evidence[i].ref);
		escape_html(out, violation->evidence[i].part);
		fputs(")", out);
		separator = ", ";
	}
	fputs(violation->evidences ? ".</p>\n" : "none.</p>\n", out);
}

static int write_story(FILE *out, const struct model *model, const struct violation *violation,
		       int number, struct error *err)
{
	struct story story;

	CHECK(number > 0); /* the drawing's ids in the page, and none twice */
	if (story_gather(model->history, violation, &story, err))
		return -1;
	write_heading(out, model, violation, number <= STORIES_OPEN);
	if (story.holds) {
		fprintf(out, "<p class=\"muted\">%s 0 s is %.3f s after the run's start.</p>\n",
			violation_kinds[violation->name].sentence, (double)story.zero_ns / 1e9);
		timeline_draw(out, &story, number);
		fputs("<details><summary>As a table</summary>\n", out);
		timeline_list(out, &story);
		write_evidence(out, violation);
		fputs("</details>\n", out);
	} else {
		markup_text(out, "p", "muted", violation_kinds[violation->name].sentence);
		write_evidence(out, violation);
	}
	fputs("</details>\n", out);
	story_free(&story);
	return 0;
}

int page_stories(FILE *out, const struct model *model, struct error *err)
{
	int picked[STORIES];
	int count = story_pick(model->verdicts, picked, STORIES);

	CHECK(count >= 0 && count <= STORIES);
	markup_section(out, "stories", "Stories");
	if (count == 0)
		fputs(model->verdicts->judgements
			      ? "<p>No violation was found, so there is no story to tell.</p>\n"
			      : "<p>The history was not checked, so there is no story to "
				"tell.</p>\n",
		      out);
	else
		write_legend(out);
	for (int i = 0; i < count; i++)
		if (write_story(out, model, &model->verdicts->violation[picked[i]], i + 1, err))
			return -1;
	markup_end_section(out);
	return 0;
}

static void write_violation(FILE *out, const struct model *model, const struct violation *violation)
{
	fputs("<tr>", out);
	markup_seconds(out, violation->at_ns);
	markup_text(out, "td", NULL, violation_word(violation->name));
	markup_text(out, "td", NULL, model_arm_name(model, violation->arm));
	markup_text(out, "td", NULL, model_lane_name(model, violation->lane));
	markup_text(out, "td", NULL, violation->definite ? "definite" : "possible");
	markup_text(out, "td", NULL, violation->summary);
	fputs("</tr>\n", out);
}

void page_violations(FILE *out, const struct model *model)
{
	static const char *const heads[] = {"#at, s",    "name",          "arm", "lane",
					    "certainty", "what happened", NULL};
	const struct verdicts *verdicts = model->verdicts;
	int shown =
		verdicts->violations < VIOLATIONS_LISTED ? verdicts->violations : VIOLATIONS_LISTED;
	int64_t all = 0;

	for (int i = 0; i < verdicts->judgements; i++)
		all += model_violations(&verdicts->judgement[i]);
	if (shown == 0)
		return;
	fprintf(out,
		"<details>\n<summary>List of violations: the first %d of %" PRId64 "</summary>\n",
		shown, all > shown ? all : shown);
	markup_table(out, "Violations by time", heads);
	for (int i = 0; i < shown; i++)
		write_violation(out, model, &verdicts->violation[i]);
	markup_end_table(out);
	if (all > shown)
		fprintf(out,
			"<p>%" PRId64 " more are left out here; history.db has those that the "
			"checker kept (table violation, view story).</p>\n",
			all - shown);
	fputs("</details>\n", out);
}
