/* The columns' lines on the left, and the sentence, on as many lines as it needs, beside them. */
#include "reports/diagram.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/text.h"
#include "reports/lines.h"

enum { TIME_COLUMNS = 12, COLUMN = 5, DRAWN_MOST = 8 /* columns: more have no room */, LINES = 6 };

struct pen { /* a column each */
	const char *line, *fault, *arrow, *right, *left, *lost;
};

static const struct pen ascii = {"|", "#", "-", ">", "<", "x"};
static const struct pen box = {"\u2502", "\u2588", "\u2500", "\u25b6", "\u25c0", "\u2715"};

/* Cells of the drawing: column A is at 0, B at COLUMN. */
static void draw(FILE *out, const struct diagram *diagram, const struct diagram_row *row,
		 const struct pen *pen)
{
	const char *cell[(DRAWN_MOST - 1) * COLUMN + 1];
	int last = (diagram->actors - 1) * COLUMN;

	CHECK(diagram->actors > 0 && diagram->actors <= DRAWN_MOST);
	CHECK(row->under_fault < diagram->actors);
	for (int i = 0; i <= last; i++)
		cell[i] = i % COLUMN ? " " : pen->line;
	if (row->under_fault >= 0)
		cell[row->under_fault * COLUMN] = pen->fault;
	if (row->from >= 0) {
		int from = row->from * COLUMN, to = row->to * COLUMN, step = to > from ? 1 : -1;
		int end = row->lost ? (from + to) / 2 : to - step;

		for (int i = from + step; i != end; i += step)
			cell[i] = pen->arrow;
		cell[end] = row->lost ? pen->lost : step > 0 ? pen->right : pen->left;
	}
	for (int i = 0; i <= last; i++)
		fputs(cell[i], out);
}

static void print_row(FILE *out, const struct diagram *diagram, const struct diagram_row *row,
		      const struct pen *pen, int columns)
{
	_cleanup_free_ char *head = NULL;
	size_t size;
	FILE *drawn = text_begin(&head, &size);
	bool has_room = diagram->actors <= DRAWN_MOST && columns >= LINES_WIDEST;
	int indent = TIME_COLUMNS;
	struct lines lines;

	fprintf(drawn, "%8.3f s%s ", row->at_s, row->is_proof ? "*" : " ");
	if (has_room) {
		draw(drawn, diagram, row, pen);
		fputs("  ", drawn);
		indent += (diagram->actors - 1) * COLUMN + 3;
	}
	text_end(drawn, &head);
	lines_begin(&lines, out, columns, head, indent, LINES);
	if (row->from >= 0) {
		_cleanup_free_ char *whole =
			text_format("%c>%c %s", 'A' + row->from, 'A' + row->to, row->text);

		lines_say(&lines, whole);
	} else {
		lines_say(&lines, row->text);
	}
	lines_end(&lines);
}

static void print_actors(FILE *out, const struct story *story, const struct diagram *diagram,
			 int columns)
{
	struct lines lines;

	lines_begin(&lines, out, columns, "Packets at the hub: ", 4, LINES);
	for (int i = 0; i < diagram->actors; i++) {
		_cleanup_free_ char *name = diagram_describe_actor(story, &diagram->actor[i]);
		_cleanup_free_ char *whole =
			text_format("%c %s%s", 'A' + i, name, i + 1 < diagram->actors ? ";" : ".");

		lines_say(&lines, whole);
	}
	lines_say(&lines, "x: no sign that it arrived.");
	lines_end(&lines);
}

void diagram_print(FILE *out, const struct story *story, int columns, bool boxes)
{
	struct diagram *diagram = calloc(1, sizeof(*diagram));

	CHECK_MEMORY(diagram);
	diagram_build(story, diagram);
	const char *why = diagram_why_empty(story, diagram);

	if (why) {
		struct lines lines;

		lines_begin(&lines, out, columns, "", 0, LINES);
		lines_say(&lines, why);
		lines_end(&lines);
	} else {
		print_actors(out, story, diagram, columns);
		for (int i = 0; i < diagram->rows; i++)
			print_row(out, diagram, &diagram->row[i], boxes ? &box : &ascii, columns);
	}
	free(diagram);
}
