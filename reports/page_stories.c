/* The stories of the gravest violations, drawn and listed, and the plain list of the others. */
#include "reports/page.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/escape.h"
#include "base/text.h"
#include "reports/diagram.h"
#include "reports/markup.h"
#include "reports/story.h"
#include "reports/timeline.h"
#include "reports/story_traffic.h"
#include "reports/words.h"

enum { STORIES_OPEN = 2 };

static bool any_shares(const struct history *history)
{
	for (int i = 0; i < history->arms; i++)
		if (arm_sharing(&history->arm[i]) != SHARING_MUTEX)
			return true;
	return false;
}

static void write_bar(FILE *out, const char *class, const char *meaning)
{
	fprintf(out,
		"<span><svg viewBox=\"0 0 22 12\" aria-hidden=\"true\"><rect class=\"%s\" "
		"width=\"22\" height=\"12\"/></svg> %s</span> ",
		class, meaning);
}

static void write_legend(FILE *out, const struct history *history)
{
	static const char *const entries[][2] = {
		{"believed", "believed hold"},
		{"granted", "its key stands: a place in the queue, then the grant"},
		{"ungranted", "belief without a grant"},
		{"fault", "fault"},
		{"fault cause", "fault that the checker names"},
	};

	static const char *const marks[][2] = {
		{"<circle class=\"applied\" cx=\"11\" cy=\"11\" r=\"8\"/>", "write applied"},
		{"<path class=\"ungranted\" d=\"M11,1 l10,10 l-10,10 l-10,-10 z\"/>",
		 "write applied without a grant"},
		{"<path class=\"refused\" d=\"M3,3 l16,16 m0,-16 l-16,16\"/>", "write refused"},
		{"<circle class=\"other\" cx=\"11\" cy=\"11\" r=\"8\"/>", "write by somebody else"},
		{"<line class=\"read\" x1=\"11\" y1=\"1\" x2=\"11\" y2=\"21\"/>", "read"},
		{"<circle class=\"ring\" cx=\"11\" cy=\"11\" r=\"9\"/>", "evidence"},
		{"<line class=\"renewal\" x1=\"11\" y1=\"6\" x2=\"11\" y2=\"16\"/>",
		 "renewal, acknowledged"},
		{"<line class=\"deadline\" x1=\"11\" y1=\"1\" x2=\"11\" y2=\"21\"/>",
		 "safe deadline"},
	};

	fputs("<p class=\"legend\">", out);
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		write_bar(out, entries[i][0], entries[i][1]);
	if (any_shares(history))
		write_bar(out, "believed shared",
			  "hold that may be shared: a reader's, or a permit (k of n: so many held "
			  "at once, of so many who may)");
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		fprintf(out,
			"<span><svg viewBox=\"0 0 22 22\" aria-hidden=\"true\">%s</svg> %s</span> ",
			marks[i][0], marks[i][1]);
	fputs("</p>\n", out);
}

static void write_heading(FILE *out, const struct model *model, const struct incident *incident,
			  int number)
{
	const struct violation *violation = incident->told[0];
	char *names = incident_names(incident);

	CHECK(incident->names > 0 && number > 0);
	fprintf(out, "<details class=\"story\" id=\"story-%d\"%s>\n<summary><h3>", number,
		number <= STORIES_OPEN ? " open=\"open\"" : "");
	escape_html(out, incident_sentence(model->history, incident));
	fputs("</h3> <span class=\"muted\">", out);
	escape_html(out, names);
	fputs(", ", out);
	escape_html(out, model_arm_name(model, violation->arm));
	fputs(", lane ", out);
	escape_html(out, model_lane_name(model, violation->lane));
	fprintf(out, "%s</span></summary>\n", violation->definite ? "" : ", possible");
	free(names);
}

/* What the checker said, in its own words and in its own time. */
static void write_evidence(FILE *out, const struct incident *incident)
{
	for (int n = 0; n < incident->names; n++) {
		const struct violation *violation = incident->told[n];
		const char *separator = "";

		fputs("<p class=\"muted\">", out);
		if (!incident->refused) {
			fputs("In the checker's words, in seconds of the run: ", out);
			escape_html(out, violation->summary);
			fprintf(out,
				". Evidence of this %s in history.db (view story, id %" PRId64
				"): ",
				violation_word(violation->name), violation->id);
		} else {
			fputs("Rows of history.db: ", out);
		}
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
}

/* Each as a paragraph of its own, if there is one to say; frees it. */
static void write_conclusion(FILE *out, const char *head, char *text)
{
	if (text) {
		fprintf(out, "<p class=\"conclusion\"><b>%s</b> ", head);
		escape_html(out, text);
		fputs("</p>\n", out);
	}
	free(text);
}

/* As they can be typed where the run was started. */
static void write_commands(FILE *out, const struct story *story)
{
	static const char *const commands[] = {"replay", "shrink"};
	const char *program = history_text(story->history, "program");
	const char *directory = history_text(story->history, "directory");

	if (story->incident.refused || !directory)
		return;
	fputs("<pre class=\"command\"><code>", out);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		char *text = NULL;
		size_t size;
		FILE *line = text_begin(&text, &size);

		text_print_quoted(line, program ? program : "fencepost");
		fprintf(line, " %s ", commands[i]);
		text_print_quoted(line, directory);
		fprintf(line, " --violation %" PRId64 "\n", story->violation->id);
		text_end(line, &text);
		escape_html(out, text);
		free(text);
	}
	fputs("</code></pre>\n", out);
}

static bool begins_with_belief(const struct story *story)
{
	for (int h = 0; h < story->holds; h++)
		if (story->hold[h].believed_s == 0)
			return true;
	return false;
}

static void write_zero(FILE *out, const struct story *story)
{
	double zero_s = (double)story->zero_ns / (double)NS_PER_S;

	CHECK(story->guilty < story->faults);
	if (story->guilty >= 0)
		fprintf(out,
			"<p class=\"zero muted\">0 s is the begin of fault %" PRId64
			", which the checker names; %.3f s of the run. That it is named proves no "
			"cause.",
			story->fault[story->guilty].row->id, zero_s);
	else
		fprintf(out,
			"<p class=\"zero muted\">0 s is %s; %.3f s of the run. No fault is named.",
			begins_with_belief(story) ? "the first belief" : "what the checker found",
			zero_s);
	if (story->to_cluster.sent_s && story->accused >= 0) {
		fputs(" The packets are those of ", out);
		escape_html(out, story->hold[story->accused].worker);
		fputs(".", out);
	}
	if (story->faults_left_out)
		fprintf(out, " %d more faults of this time are left out.", story->faults_left_out);
	fputs("</p>\n", out);
}

static void write_story(FILE *out, const struct model *model, const struct story *story, int number)
{
	write_heading(out, model, &story->incident, number);
	if (story->holds) {
		write_zero(out, story);
		timeline_draw(out, story, number);
		timeline_tell(out, story);
		diagram_write(out, story);
		write_conclusion(out, "In numbers:", story_inequality(story));
		write_conclusion(out, "Guard:", story_guard(story));
		write_conclusion(out, "Setting:", story_setting(story));
	}
	write_commands(out, story);
	fputs("<details><summary>All instants, and the evidence</summary>\n", out);
	if (story->holds)
		timeline_list(out, story);
	write_evidence(out, &story->incident);
	fputs("</details>\n</details>\n", out);
}

static int write_stories(FILE *out, const struct model *model, const struct incidents *incidents,
			 struct error *err)
{
	struct story *story = calloc((size_t)incidents->count + 1, sizeof(*story));
	int gathered = 0, failed = 0;

	CHECK_MEMORY(story);
	while (gathered < incidents->count && !failed) {
		failed = story_gather_incident(model->history, &incidents->incident[gathered],
					       &story[gathered], err);
		gathered += !failed;
	}
	if (!failed) {
		traffic_read(model->history, story, gathered);
		for (int i = 0; i < gathered; i++)
			write_story(out, model, &story[i], i + 1);
	}
	for (int i = 0; i < gathered; i++)
		story_free(&story[i]);
	free(story);
	return failed;
}

int page_stories(FILE *out, const struct model *model, struct error *err)
{
	const struct incidents *incidents = &model->incidents;

	markup_section(out, "stories", "Stories");
	if (incidents->count == 0)
		fputs(model->verdicts->judgements
			      ? "<p>No violation was found, so there is no story to tell.</p>\n"
			      : "<p>The history was not checked, so there is no story to "
				"tell.</p>\n",
		      out);
	else
		write_legend(out, model->history);
	if (write_stories(out, model, incidents, err))
		return -1;
	markup_end_section(out);
	return 0;
}

static void write_violation(FILE *out, const struct model *model, const struct violation *violation)
{
	fprintf(out, "<tr id=\"violation-%" PRId64 "\">", violation->id);
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
		"<details id=\"violations\">\n<summary>List of violations: the first %d of %" PRId64
		"</summary>\n",
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
