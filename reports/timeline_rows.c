/*
 * The rows of a drawing. Faults: a line for each, where its shade begins, so that each has its name
 * beside itself; the shade then runs through all rows. A hold: above what its worker believed,
 * below what the service had granted; belief without a grant is hatched, for it is where harm is
 * done; a dashed line marks the safe deadline, strokes between the bars the acknowledged renewals.
 * The store: its decisions. Over each row stand the numbers of the instants that are told, and
 * evidence is in their titles. Colours come from the page's style by class, so that they follow
 * light and dark; shape and text say the same.
 */
#include "reports/timeline.h"

#include <inttypes.h>
#include <math.h>

#include "base/invariant.h"
#include "base/escape.h"

enum {
	FAULT_ROW = 19,
	NUMBERS = 17, /* the band of numbers over a row */
	BAR = 14,
	HOLD_ROW = NUMBERS + 62,
	STORE_ROW = NUMBERS + 44,
	TITLE_GAP = 6,    /* between a shade and its name beside it */
	NAME_WIDTH = 420, /* of a fault's name, at most */
	NUMBER_STEP = 20, /* from one of a fault's numbers to the next */
};

/* Numbers ------------------------------------------------------------------------------------- */

enum { ANY_INDEX = -2 };

static bool is_in_row(const struct story_point *point, enum story_what first, enum story_what last,
		      int index)
{
	return point->what >= first && point->what <= last &&
	       (index == ANY_INDEX || point->index == index);
}

static void draw_number(const struct canvas *canvas, const struct story_point *point, double x,
			double y)
{
	char text[16];

	CHECK(point->number > 0);
	fprintf(canvas->out, "<g class=\"point%s\">", point->is_proof ? " proof" : "");
	if (point->proofs) {
		fputs("<title>", canvas->out);
		for (int i = 0; i < point->proofs; i++) {
			fputs(i ? ", " : "", canvas->out);
			escape_html(canvas->out, point->proof[i].kind);
			fprintf(canvas->out, " %" PRId64, point->proof[i].ref);
		}
		fputs("</title>", canvas->out);
	}
	fprintf(canvas->out, "<circle class=\"badge\" cx=\"%.1f\" cy=\"%.1f\" r=\"8\"/>\n", x,
		y - 4);
	snprintf(text, sizeof(text), "%d", point->number);
	canvas_text(canvas, "number", x, y, ANCHOR_MIDDLE, text);
	fputs("</g>\n", canvas->out);
}

/* The numbers of the points of a row, each over its instant or led to it by a line down to
 * `mark_y`. */
static void draw_numbers(const struct canvas *canvas, const struct story *story,
			 enum story_what first, enum story_what last, int index, double mark_y)
{
	struct label_band band = {0};

	for (int i = 0; i < story->points; i++)
		if (is_in_row(&story->point[i], first, last, index))
			label_add(&band, canvas_x(canvas, story->point[i].at_s), 16, true, i);
	label_place(&band);
	for (int i = 0; i < band.labels; i++) {
		const struct band_label *label = &band.label[i];

		if (fabs(label->x - label->wanted_x) > 8)
			canvas_line(canvas, "leader", label->x, canvas->y + NUMBERS - 1,
				    label->wanted_x, mark_y);
		draw_number(canvas, &story->point[label->what], label->x, canvas->y + 12);
	}
}

/* Faults -------------------------------------------------------------------------------------- */

/* Its numbers and its name stand within the shade, else beside it, led to it by a line. */
static void name_fault(const struct canvas *canvas, const struct story *story, int index)
{
	const struct story_fault *fault = &story->fault[index];
	const char *class = index == story->guilty ? "guilty" : "name";
	double x = canvas_x(canvas, fault->began_s), end_x = canvas_x(canvas, fault->ended_s);
	double width = fmin(canvas_text_width(class, fault->name), NAME_WIDTH);
	double y = canvas->y + 13, numbers_x = x, name_x;

	for (int i = 0; i < story->points; i++)
		if (is_in_row(&story->point[i], POINT_FAULT_BEGAN, POINT_FAULT_ENDED, index))
			x += NUMBER_STEP;
	name_x = x + 4;
	if (name_x + width > end_x) {
		name_x = fmax(name_x, end_x + TITLE_GAP);
		if (name_x + width <= CANVAS_WIDTH) {
			canvas_line(canvas, "leader", end_x, y - 4, name_x - 2, y - 4);
		} else { /* before it */
			canvas_line(canvas, "leader", numbers_x - TITLE_GAP, y - 4, numbers_x,
				    y - 4);
			name_x = numbers_x - TITLE_GAP - width;
			numbers_x = name_x - (x - numbers_x) - 4;
		}
	}
	canvas_text_within(canvas, class, name_x, y, NAME_WIDTH, fault->name);
	for (int i = 0; i < story->points; i++)
		if (is_in_row(&story->point[i], POINT_FAULT_BEGAN, POINT_FAULT_ENDED, index)) {
			draw_number(canvas, &story->point[i], numbers_x + 9, y);
			numbers_x += NUMBER_STEP;
		}
}

void timeline_faults(struct canvas *canvas, const struct story *story, double bottom)
{
	double top = canvas->y;

	CHECK(bottom >= top + story->faults * FAULT_ROW);
	for (int i = 0; i < story->faults; i++)
		canvas_bar(canvas, i == story->guilty ? "fault cause" : "fault",
			   story->fault[i].began_s, story->fault[i].ended_s, top + i * FAULT_ROW,
			   bottom - top - i * FAULT_ROW);
	for (int i = 0; i < story->faults; i++) {
		if (story->fault[i].began_s <= canvas->until_s &&
		    story->fault[i].ended_s >= canvas->from_s)
			name_fault(canvas, story, i);
		canvas->y += FAULT_ROW;
	}
}

/* Holds --------------------------------------------------------------------------------------- */

static void draw_ungranted(const struct canvas *canvas, const struct story_hold *hold, double y)
{
	double from_s = fmax(hold->believed_s, hold->granted_until_s);
	char hatch[48];

	if (isnan(hold->granted_until_s) || isinf(hold->granted_until_s) ||
	    !(hold->believed_until_s > from_s) ||
	    !canvas_bar(canvas, "ungranted", from_s, hold->believed_until_s, y, BAR))
		return;
	snprintf(hatch, sizeof(hatch), "url(#hatch-%d)", canvas->number);
	fprintf(canvas->out,
		"<rect fill=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\"/>\n", hatch,
		canvas_x(canvas, from_s), y,
		fmax(canvas_x(canvas, hold->believed_until_s) - canvas_x(canvas, from_s), 2), BAR);
}

static void draw_deadline(const struct canvas *canvas, const struct story_hold *hold, double y)
{
	double x = canvas_x(canvas, hold->safe_until_s);
	const char *text = "safe deadline";
	bool at_the_end = x + 4 + canvas_text_width("mark", text) > CANVAS_WIDTH;

	canvas_line(canvas, "deadline", x, y - 2, x, y + 44);
	canvas_text(canvas, "mark", x + (at_the_end ? -4 : 4), y + 43,
		    at_the_end ? ANCHOR_END : ANCHOR_START, text);
}

static void name_hold(const struct canvas *canvas, const struct story *story,
		      const struct story_hold *hold, double y)
{
	char under[96], role[STORY_ROLE];

	story_role(story, hold, role);
	if (hold->token && story->sharing != SHARING_SEMAPHORE) /* which no token orders */
		snprintf(under, sizeof(under), "%s%stoken %" PRId64, role, *role ? ", " : "",
			 hold->token);
	else
		snprintf(under, sizeof(under), "%s", *role ? role : "no token");
	canvas_row_name(canvas, y, hold->worker, under);
}

void timeline_hold(struct canvas *canvas, const struct story *story, int index)
{
	const struct story_hold *hold = &story->hold[index];
	double y = canvas->y + NUMBERS + 2;

	CHECK(index >= 0 && index < story->holds);
	name_hold(canvas, story, hold, y + 12);
	canvas_bar(canvas, "waiting", hold->asked_s,
		   isnan(hold->believed_s) ? INFINITY : hold->believed_s, y + 6, 3);
	canvas_bar(canvas, hold->mode == MODE_SHARED ? "believed shared" : "believed",
		   hold->believed_s, hold->believed_until_s, y, BAR);
	draw_ungranted(canvas, hold, y);
	canvas_bar(canvas, "granted", hold->granted_s, hold->granted_until_s, y + BAR + 2, BAR);
	for (int i = 0; i < story->renewals; i++)
		if (story->renewal[i].hold == index &&
		    canvas_shows(canvas, story->renewal[i].at_s)) {
			double x = canvas_x(canvas, story->renewal[i].at_s);

			canvas_line(canvas, "renewal", x, y + BAR - 3, x, y + BAR + 5);
		}
	if (story_reaches_deadline(story, index) && canvas_shows(canvas, hold->safe_until_s))
		draw_deadline(canvas, hold, y);
	draw_numbers(canvas, story, POINT_ASKED, POINT_OPERATION, index, y);
	canvas->y += HOLD_ROW;
}

/* The store ----------------------------------------------------------------------------------- */

static void draw_write(const struct canvas *canvas, const struct story_request *request, double x,
		       double y)
{
	if (!request->decision.accepted)
		fprintf(canvas->out,
			"<path class=\"refused\" d=\"M%.1f,%.1f l10,10 m0,-10 l-10,10\"/>\n", x - 5,
			y - 5);
	else if (request->ungranted)
		fprintf(canvas->out,
			"<path class=\"ungranted\" d=\"M%.1f,%.1f l7,7 l-7,7 l-7,-7 z\"/>\n", x,
			y - 7);
	else
		fprintf(canvas->out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"6\"/>\n",
			request->hold < 0 ? "other" : "applied", x, y);
}

static void label_request(struct canvas *canvas, const struct story_request *request,
			  struct label_band *band, int index)
{
	char text[32];

	if (request->decision.token)
		snprintf(text, sizeof(text), "%" PRId64, request->decision.token);
	else
		snprintf(text, sizeof(text), "v%" PRId64, request->decision.version_after);
	label_add(band, canvas_x(canvas, request->at_s), canvas_text_width("mark", text),
		  request->is_proof, index);
}

static void write_labels(const struct canvas *canvas, const struct story *story,
			 struct label_band *band, double y)
{
	label_place(band);
	for (int i = 0; i < band->labels; i++) {
		const struct band_label *label = &band->label[i];
		const struct decision_row *decision = &story->request[label->what].decision;
		char text[32];

		CHECK(label->what >= 0 && label->what < story->requests);
		if (!label->shown)
			continue;
		snprintf(text, sizeof(text), decision->token ? "%" PRId64 : "v%" PRId64,
			 decision->token ? decision->token : decision->version_after);
		if (fabs(label->x - label->wanted_x) > 6)
			canvas_line(canvas, "leader", label->x, y - 10, label->wanted_x, y - 17);
		canvas_text(canvas, "mark", label->x, y, ANCHOR_MIDDLE, text);
	}
}

void timeline_store(struct canvas *canvas, const struct story *story)
{
	double y = canvas->y + NUMBERS + 12;
	struct label_band band = {0};
	bool tokens = false;

	for (int i = 0; i < story->requests; i++)
		tokens |= story->request[i].decision.token != 0;
	canvas_row_name(canvas, y + 4, "store", tokens ? "tokens sent" : "versions made");
	canvas_line(canvas, "rail", CANVAS_LEFT, y, CANVAS_WIDTH - CANVAS_RIGHT, y);
	for (int i = 0; i < story->requests; i++) {
		const struct story_request *request = &story->request[i];
		double x = canvas_x(canvas, request->at_s);

		CHECK(request->hold < story->holds);
		if (request->decision.f != F_WRITE) {
			canvas_line(canvas, request->decision.accepted ? "read" : "refused", x,
				    y - 9, x, y + 9);
			continue;
		}
		draw_write(canvas, request, x, y);
		label_request(canvas, request, &band, i);
	}
	for (int i = 0; i < story->requests; i++)
		if (story->request[i].is_proof)
			fprintf(canvas->out,
				"<circle class=\"ring\" cx=\"%.1f\" cy=\"%.1f\" r=\"10\"/>\n",
				canvas_x(canvas, story->request[i].at_s), y);
	write_labels(canvas, story, &band, y + 26);
	draw_numbers(canvas, story, POINT_REQUEST, POINT_REQUEST, ANY_INDEX, y - 10);
	canvas->y += STORE_ROW;
}

void timeline_told(struct canvas *canvas, const struct story *story)
{
	double y = canvas->y + NUMBERS + 8;

	canvas_row_name(canvas, y + 4, "told", NULL);
	canvas_line(canvas, "rail", CANVAS_LEFT, y, CANVAS_WIDTH - CANVAS_RIGHT, y);
	for (int i = 0; i < story->points; i++)
		if (story->point[i].index < 0) {
			double x = canvas_x(canvas, story->point[i].at_s);

			canvas_line(canvas, "read", x, y - 7, x, y + 7);
		}
	draw_numbers(canvas, story, POINT_ASKED, POINT_TOLD, -1, y - 8);
	canvas->y += TIMELINE_TOLD;
}

double timeline_height(const struct story *story)
{
	return story->faults * FAULT_ROW + story->holds * HOLD_ROW +
	       (story->requests > 0) * STORE_ROW;
}

void timeline_pattern(const struct canvas *canvas)
{
	fprintf(canvas->out,
		"<defs><pattern id=\"hatch-%d\" width=\"6\" height=\"6\" "
		"patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><line "
		"class=\"hatch\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\"/></pattern></defs>\n",
		canvas->number);
}
