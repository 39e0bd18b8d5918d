/*
 * The drawing. Theory: rows from top to bottom share one time axis: a strip that names the faults
 * (their shade runs through all rows), one row for each hold (above what the worker believed, below
 * what the service had granted; belief without a grant is hatched, for it is where harm is done; a
 * tick marks the safe deadline), one row for the store's decisions, then packets. Colours come from
 * the page's style by class, so that they follow light and dark; shape and text say the same.
 */
#include "reports/timeline.h"

#include <inttypes.h>
#include <math.h>

#include "base/invariant.h"
#include "base/escape.h"
#include "reports/words.h"

enum {
	WIDTH = 960,
	LEFT = 168,
	RIGHT = 14,
	STRIP = 24,
	HOLD_ROW = 58,
	STORE_ROW = 62,
	TRAFFIC_ROW = 46,
	AXIS_ROW = 34,
};

struct canvas {
	FILE *out;
	const struct story *story;
	int number; /* of the drawing in the page */
	int y;      /* top of the next row */
	int height;
};

static double x_of(const struct canvas *canvas, double at_s)
{
	double from_s = canvas->story->from_s, until_s = canvas->story->until_s;
	double inside_s = fmin(fmax(at_s, from_s), until_s);

	CHECK(from_s <= inside_s && inside_s <= until_s && from_s < until_s);
	return LEFT + (inside_s - from_s) / (until_s - from_s) * (WIDTH - LEFT - RIGHT);
}

static bool is_shown(const struct canvas *canvas, double at_s)
{
	return at_s >= canvas->story->from_s && at_s <= canvas->story->until_s;
}

/* A bar from one instant to another; never so short that it cannot be seen. */
static void draw_bar(const struct canvas *canvas, const char *class, double from_s, double until_s,
		     double y, double height)
{
	double x = x_of(canvas, from_s), width = fmax(x_of(canvas, until_s) - x, 2);

	if (isnan(from_s) || isnan(until_s) || until_s < from_s ||
	    from_s > canvas->story->until_s || until_s < canvas->story->from_s)
		return;
	fprintf(canvas->out,
		"<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
		class, x, y, width, height);
}

static void draw_text(const struct canvas *canvas, const char *class, double x, double y,
		      const char *text)
{
	fprintf(canvas->out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", class, x, y);
	escape_html(canvas->out, text);
	fputs("</text>\n", canvas->out);
}

static void draw_line(const struct canvas *canvas, const char *class, double x1, double y1,
		      double x2, double y2)
{
	fprintf(canvas->out,
		"<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class, x1,
		y1, x2, y2);
}

/* A row's name on the left; long names are cut, the table has them whole. */
static void draw_label(const struct canvas *canvas, double y, const char *name, const char *under)
{
	char cut[64];

	snprintf(cut, sizeof(cut), "%.20s", name);
	draw_text(canvas, "row", 0, y, cut);
	if (under)
		draw_text(canvas, "small", 0, y + 15, under);
}

/* Faults -------------------------------------------------------------------------------------- */

/* Shades first, so that all else lies upon them; names of overlapping faults share the strip: the
 * later one is left to the table. */
static void draw_faults(struct canvas *canvas)
{
	double free_from_x = 0;

	for (int i = 0; i < canvas->story->faults; i++) {
		const struct story_fault *fault = &canvas->story->fault[i];
		double x = x_of(canvas, fault->began_s), middle;
		char name[96];

		draw_bar(canvas, "fault", fault->began_s, fault->ended_s, 0,
			 canvas->height - AXIS_ROW);
		snprintf(name, sizeof(name), "%.24s %.24s%s", fault->row->kind, fault->row->target,
			 fault->row->bitten ? "" : " (did not bite)");
		middle = x + 4;
		if (middle < free_from_x || middle > WIDTH - 120)
			continue;
		draw_text(canvas, "fault-name", middle, STRIP - 8, name);
		free_from_x = middle + 7.5 * 24;
	}
}

/* Holds --------------------------------------------------------------------------------------- */

static void draw_ungranted(const struct canvas *canvas, const struct story_hold *hold, double y)
{
	double from_s = fmax(hold->believed_s, hold->granted_until_s);
	char hatch[48];

	if (isnan(hold->granted_until_s) || isinf(hold->granted_until_s) ||
	    !(hold->believed_until_s > from_s))
		return;
	draw_bar(canvas, "ungranted", from_s, hold->believed_until_s, y, 15);
	snprintf(hatch, sizeof(hatch), "hatch hatch-%d", canvas->number);
	fprintf(canvas->out,
		"<rect fill=\"url(#hatch-%d)\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
		"height=\"15\"/>\n",
		canvas->number, x_of(canvas, from_s), y,
		fmax(x_of(canvas, hold->believed_until_s) - x_of(canvas, from_s), 2));
}

static void draw_hold(struct canvas *canvas, const struct story_hold *hold)
{
	double y = canvas->y + 8;
	char under[64];

	if (hold->token)
		snprintf(under, sizeof(under), "%.20s%stoken %" PRId64,
			 hold->part ? hold->part : "", hold->part ? ", " : "", hold->token);
	else
		snprintf(under, sizeof(under), "%.40s", hold->part ? hold->part : "no token");
	draw_label(canvas, y + 13, hold->worker, under);
	if (isnan(hold->believed_s))
		draw_bar(canvas, "waiting", hold->asked_s, INFINITY, y + 6, 3);
	else
		draw_bar(canvas, "waiting", hold->asked_s, hold->believed_s, y + 6, 3);
	draw_bar(canvas, "believed", hold->believed_s, hold->believed_until_s, y, 15);
	draw_ungranted(canvas, hold, y);
	draw_bar(canvas, "granted", hold->granted_s, hold->granted_until_s, y + 20, 15);
	if (!isnan(hold->safe_until_s) && is_shown(canvas, hold->safe_until_s)) {
		double x = x_of(canvas, hold->safe_until_s);
		bool at_the_end = x > WIDTH - 100;

		draw_line(canvas, "deadline", x, y - 5, x, y + 40);
		draw_text(canvas, at_the_end ? "mark end" : "mark", x + (at_the_end ? -4 : 4),
			  y + 46, "safe deadline");
	}
	canvas->y += HOLD_ROW;
}

/* The store ----------------------------------------------------------------------------------- */

static void draw_request(const struct canvas *canvas, const struct story_request *request, double y,
			 double *free_from_x)
{
	const struct decision_row *decision = request->decision;
	double x = x_of(canvas, request->at_s);
	char token[32];

	CHECK(request->hold < canvas->story->holds);
	if (decision->f != F_WRITE)
		draw_line(canvas, "read", x, y - 5, x, y + 5);
	else if (decision->accepted && request->ungranted)
		fprintf(canvas->out,
			"<path class=\"ungranted\" d=\"M%.1f,%.1f l7,7 l-7,7 l-7,-7 z\"/>\n", x,
			y - 7);
	else if (decision->accepted)
		fprintf(canvas->out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"6\"/>\n",
			request->hold < 0 ? "other" : "applied", x, y);
	else
		fprintf(canvas->out,
			"<path class=\"refused\" d=\"M%.1f,%.1f l10,10 m0,-10 l-10,10\"/>\n", x - 5,
			y - 5);
	if (request->is_proof)
		fprintf(canvas->out, "<circle class=\"ring\" cx=\"%.1f\" cy=\"%.1f\" r=\"10\"/>\n",
			x, y);
	if (decision->f != F_WRITE || (x < *free_from_x && !request->is_proof))
		return;
	if (decision->token)
		snprintf(token, sizeof(token), "%" PRId64, decision->token);
	else
		snprintf(token, sizeof(token), "v%" PRId64, decision->version_after);
	draw_text(canvas, "mark middle", x, y - 15, token);
	*free_from_x = x + 34;
}

static void draw_store(struct canvas *canvas)
{
	double y = canvas->y + 36, free_from_x = 0;
	bool tokens = false;

	for (int i = 0; i < canvas->story->requests; i++)
		tokens |= canvas->story->request[i].decision->token != 0;
	draw_label(canvas, y - 4, "store", tokens ? "its tokens" : "versions made");
	draw_line(canvas, "rail", LEFT, y, WIDTH - RIGHT, y);
	for (int i = 0; i < canvas->story->requests; i++)
		draw_request(canvas, &canvas->story->request[i], y, &free_from_x);
	canvas->y += STORE_ROW;
}

/* Packets and the axis ------------------------------------------------------------------------ */

static void draw_traffic(struct canvas *canvas, const char *name,
			 const struct story_traffic *traffic)
{
	const struct story *story = canvas->story;
	double zero_s = (double)story->zero_ns / 1e9, y = canvas->y + TRAFFIC_ROW - 8, high = 30;
	int64_t most = 1;
	char under[48];

	CHECK(story->seconds <= STORY_SECONDS);
	for (int i = 0; i < story->seconds; i++)
		if (traffic->packets[i] > most)
			most = traffic->packets[i];
	snprintf(under, sizeof(under), "packets/s, up to %" PRId64, most);
	draw_label(canvas, y - 15, name, under);
	draw_line(canvas, "rail", LEFT, y, WIDTH - RIGHT, y);
	for (int i = 0; i < story->seconds; i++) {
		double from_s = (double)(story->first_second + i) - zero_s;
		double all = high * (double)traffic->packets[i] / (double)most;
		double lost = high * (double)traffic->dropped[i] / (double)most;

		if (all > 0)
			draw_bar(canvas, "packets", from_s, from_s + 1, y - all, all);
		if (lost > 0)
			draw_bar(canvas, "dropped", from_s, from_s + 1, y - fmin(lost, high),
				 fmin(lost, high));
	}
	canvas->y += TRAFFIC_ROW;
}

/* A round step (1, 2 or 5 times a power of ten) that gives at most ten. */
static double round_step(double span_s)
{
	CHECK(span_s > 0);
	double step = pow(10, floor(log10(span_s / 10)));

	for (int i = 0; span_s / step > 10; i++)
		step *= i % 3 == 1 ? 2.5 : 2;
	CHECK(step > 0 && span_s / step <= 10);
	return step;
}

static void draw_axis(struct canvas *canvas)
{
	double step_s = round_step(canvas->story->until_s - canvas->story->from_s);
	double y = canvas->y;
	char text[32];

	draw_line(canvas, "axis", LEFT, y, WIDTH - RIGHT, y);
	for (int i = 0; i <= 10 && is_shown(canvas, i * step_s); i++) {
		double x = x_of(canvas, i * step_s);

		draw_line(canvas, "axis", x, y, x, y + 5);
		snprintf(text, sizeof(text), "%g s", i * step_s);
		draw_text(canvas, "mark middle", x, y + 20, text);
	}
}

static void draw_frame(const struct canvas *canvas)
{
	const struct story *story = canvas->story;

	fprintf(canvas->out,
		"<svg class=\"timeline\" viewBox=\"0 0 %d %d\" role=\"img\" "
		"aria-labelledby=\"story-%d-title story-%d-text\">\n<title id=\"story-%d-title\">"
		"Timeline of story %d</title>\n<desc id=\"story-%d-text\">",
		WIDTH, canvas->height, canvas->number, canvas->number, canvas->number,
		canvas->number, canvas->number);
	escape_html(canvas->out, story->violation->summary);
	fprintf(canvas->out,
		" The table below the drawing lists the same events.</desc>\n<defs><pattern "
		"id=\"hatch-%d\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
		"patternTransform=\"rotate(45)\"><line class=\"hatch\" x1=\"0\" y1=\"0\" x2=\"0\" "
		"y2=\"6\"/></pattern></defs>\n",
		canvas->number);
}

void timeline_draw(FILE *out, const struct story *story, int number)
{
	struct canvas canvas = {out, story, number, STRIP, 0};

	if (story->holds == 0)
		return;
	canvas.height = STRIP + story->holds * HOLD_ROW + (story->requests > 0) * STORE_ROW +
			(story->to_cluster.known + story->to_store.known) * TRAFFIC_ROW + AXIS_ROW;
	fputs("<div class=\"scroll\" tabindex=\"0\">\n", out);
	draw_frame(&canvas);
	draw_faults(&canvas);
	for (int i = 0; i < story->holds; i++)
		draw_hold(&canvas, &story->hold[i]);
	if (story->requests)
		draw_store(&canvas);
	if (story->to_cluster.known)
		draw_traffic(&canvas, "holder to cluster", &story->to_cluster);
	if (story->to_store.known)
		draw_traffic(&canvas, "holder to store", &story->to_store);
	CHECK(canvas.y + AXIS_ROW == canvas.height); /* every row that was reckoned with is there */
	draw_axis(&canvas);
	fputs("</svg>\n</div>\n", out);
}
