#include "reports/twin.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/invariant.h"
#include "base/text.h"
#include "history/guard.h"
#include "reports/query.h"
#include "reports/timeline.h"

enum {
	PAIRS_TRIED = 8, /* of arms */
	NUMBER = 1000,   /* of the drawing: no story has it */
	HEAD_ROW = 26,
	OUTCOME_ROW = 26,
};

/* Choosing ------------------------------------------------------------------------------------ */

struct candidate {
	int harmed_arm, refused_arm, differences;
};

static bool is_guarded(const struct arm_model *arm)
{
	return guard_helps(guard_find(arm->row->guard));
}

static bool was_harmed(const struct arm_model *arm)
{
	return arm->judged && arm_is_honest(arm->row) && !is_guarded(arm) &&
	       judgement_count(arm->judged, NO_HARM) > 0;
}

static int differences(const struct arm_row *one, const struct arm_row *other)
{
	return (strcmp(one->service, other->service) != 0) +
	       (strcmp(one->recipe, other->recipe) != 0) + (strcmp(one->model, other->model) != 0) +
	       (strcmp(one->settings ? one->settings : "",
		       other->settings ? other->settings : "") != 0) +
	       (one->permits != other->permits) + (one->ttl_ms != other->ttl_ms) +
	       (one->heartbeat_ms != other->heartbeat_ms) + (one->retries != other->retries) +
	       (one->acquire_timeout_ms != other->acquire_timeout_ms);
}

/* The pairs of arms that differ least, by their order; returns how many. */
static int find_candidates(const struct model *model, struct candidate *best)
{
	int count = 0;

	for (int i = 0; i < model->arms; i++)
		for (int j = 0; j < model->arms && was_harmed(&model->arm[i]); j++) {
			struct candidate candidate = {
				i, j, differences(model->arm[i].row, model->arm[j].row)};
			int at = count;

			if (!is_guarded(&model->arm[j]) || model->arm[j].refused == 0)
				continue;
			if (count < PAIRS_TRIED)
				count++;
			else if (candidate.differences >= best[--at].differences)
				continue;
			for (; at > 0 && best[at - 1].differences > candidate.differences; at--)
				best[at] = best[at - 1];
			best[at] = candidate;
		}
	return count;
}

/* Pairs of faults by entry of the schedule and number of the lane, which stands behind the "/". */
#define PAIRS                                                                                      \
	"WITH p AS (SELECT f.schedule AS s, f.kind AS k, l.arm AS a, f.began_ns AS b, "            \
	" substr(l.name, instr(l.name, '/') + 1) AS ix, f.id AS fid, f.attempt AS att "            \
	" FROM fault f JOIN lane l ON l.id = f.lane WHERE l.arm IN (%d, %d)), "                    \
	"harm AS (SELECT e.ref AS fid, min(CASE v.name WHEN 'stale-write' THEN 1 "                 \
	" WHEN 'lost-update' THEN 2 ELSE 3 END) AS gravity FROM evidence e "                       \
	" JOIN violation v ON v.id = e.violation WHERE e.kind = 'fault' "                          \
	" AND v.name IN ('stale-write', 'lost-update', 'late-write') GROUP BY e.ref), "            \
	"refused AS (SELECT op.attempt AS att, max(d.f = 6) AS wrote FROM decision d "             \
	" JOIN op ON op.id = d.op WHERE d.accepted = 0 AND op.attempt IS NOT NULL "                \
	" GROUP BY op.attempt), "                                                                  \
	"pair AS (SELECT n.k AS kind, n.fid AS harmed, t.fid AS twin, n.b AS began, "              \
	" harm.gravity AS gravity, refused.wrote AS wrote "                                        \
	" FROM p n JOIN p t ON n.s = t.s AND n.ix = t.ix AND n.k = t.k "                           \
	" LEFT JOIN harm ON harm.fid = n.fid LEFT JOIN refused ON refused.att = t.att "            \
	" WHERE n.a = %d AND t.a = %d) "
/* The pair that is drawn: that of the gravest story, if it has one. */
#define BEST                                                                                       \
	"SELECT harmed, twin FROM pair WHERE gravity IS NOT NULL AND wrote "                       \
	"ORDER BY harmed != %" PRId64 ", gravity, began, harmed, twin LIMIT 1"
#define COUNTS                                                                                     \
	"SELECT count(*), coalesce(sum(gravity IS NOT NULL), 0), "                                 \
	"coalesce(sum(gravity IS NOT NULL AND wrote IS NOT NULL), 0) FROM pair "                   \
	"WHERE kind = (SELECT kind FROM fault WHERE id = %" PRId64 ")"

static void visit_best(sqlite3_stmt *row, void *context)
{
	struct twin *twin = context;

	twin->harmed_fault = sqlite3_column_int64(row, 0);
	twin->refused_fault = sqlite3_column_int64(row, 1);
}

static void visit_counts(sqlite3_stmt *row, void *context)
{
	struct twin *twin = context;

	twin->pairs = sqlite3_column_int64(row, 0);
	twin->harmed = sqlite3_column_int64(row, 1);
	twin->refused = sqlite3_column_int64(row, 2);
	CHECK(0 <= twin->refused && twin->refused <= twin->harmed && twin->harmed <= twin->pairs);
}

static int ask(const struct model *model, const char *what, int64_t fault,
	       void (*visit)(sqlite3_stmt *row, void *context), struct twin *twin,
	       struct error *err)
{
	int harmed = model->arm[twin->harmed_arm].row->id;
	int refused = model->arm[twin->refused_arm].row->id;
	char *head = text_format(PAIRS, harmed, refused, harmed, refused);
	char *tail =
		strcmp(what, BEST) == 0 ? text_format(BEST, fault) : text_format(COUNTS, fault);
	char *sql = text_format("%s%s", head, tail);
	int failed = query_rows(model->history, sql, visit, twin, err);

	free(sql);
	free(tail);
	free(head);
	return failed;
}

/* Of the gravest story; 0: none. */
static int64_t gravest_fault(const struct model *model)
{
	return model->gravest ? incident_fault(&model->incidents.incident[0]) : 0;
}

int twin_find(const struct model *model, struct twin *twin, bool *found, struct error *err)
{
	struct candidate candidate[PAIRS_TRIED];
	int candidates = find_candidates(model, candidate);
	int64_t gravest = candidates ? gravest_fault(model) : 0;

	CHECK(model_is_whole(model));
	*found = false;
	for (int i = 0; i < candidates && !*found; i++) {
		*twin = (struct twin){.harmed_arm = candidate[i].harmed_arm,
				      .refused_arm = candidate[i].refused_arm};
		CHECK(twin->harmed_arm != twin->refused_arm);
		if (ask(model, BEST, gravest, visit_best, twin, err) ||
		    ask(model, COUNTS, twin->harmed_fault, visit_counts, twin, err))
			return -1;
		*found = twin->harmed_fault != 0;
	}
	return 0;
}

/* Drawing ------------------------------------------------------------------------------------- */

/* The gravest harm behind which the fault stands, as an incident by itself. */
static const struct violation *harm_by(const struct model *model, int64_t fault)
{
	const unsigned int harm = NO_STALE_WRITE | NO_LATE_WRITE | NO_LOST_UPDATE;
	const struct violation *gravest = NULL;

	for (int i = 0; i < model->verdicts->violations; i++) {
		const struct violation *violation = &model->verdicts->violation[i];
		const struct incident incident = incident_of(violation);

		if (violation->arm < 0 || !(harm & 1u << violation->name) ||
		    !incident_cites(&incident, "fault", fault))
			continue;
		if (!gravest || violation_kinds[violation->name].gravity <
					violation_kinds[gravest->name].gravity)
			gravest = violation;
	}
	return gravest;
}

/* Leaves the fault, the two holders and what happened in the time shown. */
static void trim(struct story *story, double from_s, double until_s)
{
	int place[STORY_HOLDS] = {0}, holds = 0, kept = 0;

	for (int h = 0; h < story->holds; h++) {
		place[h] = h == story->accused || h == story->later ? holds++ : -1;
		if (place[h] >= 0)
			story->hold[place[h]] = story->hold[h];
	}
	for (int r = 0; r < story->requests; r++) {
		struct story_request request = story->request[r];

		CHECK(request.hold < story->holds);
		request.hold = request.hold < 0 ? -1 : place[request.hold];
		if (request.at_s >= from_s && request.at_s <= until_s)
			story->request[kept++] = request;
	}
	CHECK(holds <= 2);
	story->requests = kept;
	kept = 0;
	for (int i = 0; i < story->renewals; i++)
		if (place[story->renewal[i].hold] >= 0) {
			story->renewal[kept] = story->renewal[i];
			story->renewal[kept++].hold = place[story->renewal[i].hold];
		}
	story->renewals = kept;
	story->accused = story->accused < 0 ? -1 : place[story->accused];
	story->later = story->later < 0 ? -1 : place[story->later];
	story->holds = holds;
	if (story->guilty > 0)
		story->fault[0] = story->fault[story->guilty];
	story->faults = story->guilty >= 0;
	story->guilty = story->faults - 1;
	story->points = 0; /* there is no list for their numbers */
}

/* "APPLIED: it made version 7, with a key of revision 323 after a holder of revision 445". */
static char *say_outcome(const struct story *story, const struct decision_row *decision)
{
	const struct story_hold *hold = story->accused < 0 ? NULL : &story->hold[story->accused];
	const struct story_hold *later = story->later < 0 ? NULL : &story->hold[story->later];

	if (!decision->accepted)
		return text_format("REFUSED: token %" PRId64 " < %" PRId64
				   ", the greatest that the store has seen",
				   decision->token, decision->greatest_token);
	if (hold && later && hold->grant_revision && later->grant_revision)
		return text_format(
			"APPLIED: it made version %" PRId64 ", with a key of revision %" PRId64
			" after a holder of revision %" PRId64,
			decision->version_after, hold->grant_revision, later->grant_revision);
	return text_format("APPLIED: it made version %" PRId64, decision->version_after);
}

static double block_height(const struct story *story)
{
	return HEAD_ROW + timeline_height(story) + OUTCOME_ROW;
}

static void draw_block(struct canvas *canvas, const struct model *model, const struct story *story,
		       const struct decision_row *deed, double at_s)
{
	CHECK(story->violation->arm >= 0 && story->violation->arm < model->arms);
	const struct arm_row *arm = model->arm[story->violation->arm].row;
	char *head = text_format("%s: guard %s, lane %s", arm->name, arm->guard,
				 model_lane_name(model, story->violation->lane));
	char *outcome = say_outcome(story, deed);
	double bottom = canvas->y + block_height(story) - OUTCOME_ROW;
	double width = canvas_text_width("row", outcome), x = canvas_x(canvas, at_s) + 10;

	canvas_text_within(canvas, "row", 0, canvas->y + 17, CANVAS_WIDTH, head);
	canvas->y += HEAD_ROW;
	timeline_faults(canvas, story, bottom);
	for (int i = 0; i < story->holds; i++)
		timeline_hold(canvas, story, i);
	timeline_store(canvas, story);
	x = fmax(fmin(x, CANVAS_WIDTH), width);
	canvas_text(canvas, "row", x, canvas->y + 12, ANCHOR_END, outcome);
	canvas->y += OUTCOME_ROW;
	free(outcome);
	free(head);
}

static void write_caption(FILE *out, const struct model *model, const struct twin *twin,
			  const struct story *story)
{
	const struct arm_row *harmed = model->arm[twin->harmed_arm].row;
	const struct arm_row *refused = model->arm[twin->refused_arm].row;
	const char *kind = story->guilty < 0 ? "fault" : story->fault[story->guilty].row->kind;

	fputs("<figcaption>The same fault, without and with the guard</figcaption>\n"
	      "<p class=\"muted\">0 s is its begin in each. ",
	      out);
	fprintf(out,
		"<span class=\"twins\">%" PRId64 " of %" PRId64 " twins</span>: of %" PRId64
		" faults of kind ",
		twin->refused, twin->harmed, twin->pairs);
	escape_html(out, kind);
	fputs(" that hit the same place in both arms, ", out);
	fprintf(out, "%" PRId64 " did harm in ", twin->harmed);
	escape_html(out, harmed->name);
	fprintf(out, "; of these %" PRId64 " had a request refused in ", twin->refused);
	escape_html(out, refused->name);
	fputs(".</p>\n", out);
}

static void draw(FILE *out, const struct model *model, const struct twin *twin,
		 struct story story[2])
{
	const struct story_request *deed[2] = {story_deed(&story[0]), story_deed(&story[1])};
	struct canvas canvas = {out, 0, 0, NUMBER, 0};
	struct decision_row decision[2];
	double at_s[2], rows = 0;

	if (!deed[0] || !deed[1] || story[0].guilty < 0 || story[1].guilty < 0 ||
	    deed[0]->at_s <= 0 || deed[1]->at_s <= 0)
		return;
	for (int i = 0; i < 2; i++) {
		double end_s = story[i].fault[story[i].guilty].ended_s;

		decision[i] = deed[i]->decision;
		at_s[i] = deed[i]->at_s;
		canvas.until_s = fmax(canvas.until_s, at_s[i]);
		canvas.until_s = fmax(canvas.until_s, isinf(end_s) ? at_s[i] : end_s);
	}
	canvas.from_s = -0.12 * canvas.until_s;
	canvas.until_s *= 1.06;
	for (int i = 0; i < 2; i++) {
		trim(&story[i], canvas.from_s, canvas.until_s);
		rows += block_height(&story[i]);
	}
	fputs("<figure class=\"twin\">\n", out);
	write_caption(out, model, twin, &story[0]);
	fputs("<div class=\"scroll\" tabindex=\"0\">\n", out);
	fprintf(out,
		"<svg class=\"timeline\" viewBox=\"0 0 %d %.0f\" role=\"img\" "
		"aria-labelledby=\"twin-title\">\n<title id=\"twin-title\">The same fault in two "
		"arms: applied in the one, refused in the other</title>\n",
		CANVAS_WIDTH, rows + CANVAS_AXIS);
	timeline_pattern(&canvas);
	for (int i = 0; i < 2; i++)
		draw_block(&canvas, model, &story[i], &decision[i], at_s[i]);
	CHECK(canvas.y == rows);
	canvas_axis(&canvas);
	fputs("</svg>\n</div>\n</figure>\n", out);
}

int twin_draw(FILE *out, const struct model *model, struct error *err)
{
	struct story *story = calloc(2, sizeof(*story));
	struct violation refusal;
	struct twin twin;
	bool found;
	int failed = 0;

	CHECK_MEMORY(story);
	failed = twin_find(model, &twin, &found, err);
	const struct violation *harm = failed || !found ? NULL : harm_by(model, twin.harmed_fault);

	if (harm)
		failed = incident_refused_by_fault(model->history, twin.refused_fault, &refusal,
						   &found, err);
	if (harm && found && !failed) {
		const struct incident incident[2] = {
			incident_of(harm),
			{.names = 1, .told = {&refusal}, .refused = true},
		};

		failed = story_gather_incident(model->history, &incident[0], &story[0], err) ||
			 story_gather_incident(model->history, &incident[1], &story[1], err);
		if (!failed)
			draw(out, model, &twin, story);
	}
	story_free(&story[0]);
	story_free(&story[1]);
	free(story);
	return failed;
}
