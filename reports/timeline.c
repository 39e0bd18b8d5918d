/*
 * The drawing of a story. Theory: rows from top to bottom share one axis of time, whose zero is the
 * begin of the fault: faults, holds, where the service is accused its members and who led them,
 * what members told, the store's decisions, packets. What is numbered is told in a sentence below.
 */
#include "reports/timeline.h"

#include <inttypes.h>
#include <math.h>

#include "base/invariant.h"
#include "base/escape.h"

enum { MEMBER_ROW = 24, TRAFFIC_ROW = 42 };

/* Members ------------------------------------------------------------------------------------- */

static void draw_member(struct canvas *canvas, const struct story_member *member)
{
	canvas_row_name(canvas, canvas->y + 15, member->name, NULL);
	canvas_line(canvas, "rail", CANVAS_LEFT, canvas->y + 10, CANVAS_WIDTH - CANVAS_RIGHT,
		    canvas->y + 10);
	for (int i = 0; i < member->leads; i++) {
		double x = canvas_x(canvas, member->lead[i][0]);
		double end_x = canvas_x(canvas, member->lead[i][1]);

		canvas_bar(canvas, "leads", member->lead[i][0], member->lead[i][1], canvas->y + 3,
			   15);
		if (end_x - x > canvas_text_width("mark", "leads") + 10)
			canvas_text(canvas, "mark on", (x + end_x) / 2, canvas->y + 15,
				    ANCHOR_MIDDLE, "leads");
	}
	canvas->y += MEMBER_ROW;
}

/* What is known of keys of nobody in the picture ---------------------------------------------- */

static bool has_told(const struct story *story)
{
	for (int i = 0; i < story->points; i++)
		if (story->point[i].index < 0)
			return true;
	return false;
}

/* Packets ------------------------------------------------------------------------------------- */

/* All in one path: there may be many. */
static void draw_ticks(const struct canvas *canvas, const char *class, const double *at_s,
		       int count, double y, int height)
{
	if (count == 0)
		return;
	fprintf(canvas->out, "<path class=\"%s\" d=\"", class);
	for (int i = 0; i < count; i++)
		fprintf(canvas->out, "M%.1f %.1fv%d", canvas_x(canvas, at_s[i]), y, height);
	fputs("\"/>\n", canvas->out);
}

static void draw_traffic(struct canvas *canvas, const char *with,
			 const struct story_traffic *traffic)
{
	double y = canvas->y + 18;

	CHECK(traffic->sent <= STORY_TICKS && traffic->received <= STORY_TICKS);
	canvas_row_name(canvas, y - 1, with, "sent above, got below");
	canvas_line(canvas, "rail", CANVAS_LEFT, y, CANVAS_WIDTH - CANVAS_RIGHT, y);
	draw_ticks(canvas, "sent", traffic->sent_s, traffic->sent, y, -12);
	draw_ticks(canvas, "received", traffic->received_s, traffic->received, y, 12);
	canvas->y += TRAFFIC_ROW;
}

/* The whole ----------------------------------------------------------------------------------- */

static void draw_frame(const struct canvas *canvas, const struct story *story, double height)
{
	fprintf(canvas->out,
		"<svg class=\"timeline\" viewBox=\"0 0 %d %.0f\" role=\"img\" "
		"aria-labelledby=\"story-%d-title story-%d-text\">\n<title id=\"story-%d-title\">"
		"Timeline of story %d</title>\n<desc id=\"story-%d-text\">",
		CANVAS_WIDTH, height, canvas->number, canvas->number, canvas->number,
		canvas->number, canvas->number);
	escape_html(canvas->out, story->violation->summary);
	fputs(" The list below the drawing tells the same.</desc>\n", canvas->out);
	timeline_pattern(canvas);
}

static double rows_height(const struct story *story)
{
	return timeline_height(story) + story->members * MEMBER_ROW +
	       (story->to_cluster.sent_s ? 2 * TRAFFIC_ROW : 0) + has_told(story) * TIMELINE_TOLD;
}

void timeline_draw(FILE *out, const struct story *story, int number)
{
	struct canvas canvas = {out, story->from_s, story->until_s, number, 0};
	double rows = rows_height(story);

	CHECK(number > 0);
	if (story->holds == 0)
		return;
	fputs("<div class=\"scroll\" tabindex=\"0\">\n", out);
	draw_frame(&canvas, story, rows + CANVAS_AXIS);
	timeline_faults(&canvas, story, rows);
	for (int i = 0; i < story->holds; i++)
		timeline_hold(&canvas, story, i);
	for (int i = 0; i < story->members; i++)
		draw_member(&canvas, &story->member[i]);
	if (has_told(story))
		timeline_told(&canvas, story);
	if (story->requests)
		timeline_store(&canvas, story);
	if (story->to_cluster.sent_s) {
		draw_traffic(&canvas, "packets: cluster", &story->to_cluster);
		draw_traffic(&canvas, "packets: store", &story->to_store);
	}
	CHECK(canvas.y == rows); /* every row that was reckoned with is there */
	canvas_axis(&canvas);
	fputs("</svg>\n</div>\n", out);
}
