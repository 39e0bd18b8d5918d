/*
 * The maps are tables, so that their numbers are text of the page: as large on a phone as
 * elsewhere, read out in order, there without colours and on paper. What is predicted is drawn over
 * them by lines that are stretched with the table; a line's value stands in the legend.
 */
#include "reports/sweep_page.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/invariant.h"
#include "base/text.h"
#include "reports/contour.h"
#include "reports/markup.h"
#include "tuning/stated.h"

enum { STEPS = 5 /* of colour, beside none */ };

/* Whose settings lie where -------------------------------------------------------------------- */

/* The place of the nearest cell. */
static bool find_spot(const struct sweep_view *view, const struct lease *lease,
		      struct sweep_place *spot)
{
	int own = sweep_axis_nearest(&view->election, view->sweep->election_ms);

	spot->election = own < 0 ? 0 : own;
	spot->ttl = sweep_axis_nearest(&view->ttl, lease->ttl_ns);
	spot->heartbeat = sweep_axis_nearest(&view->heartbeat, lease->heartbeat_ns);
	spot->retries = sweep_axis_nearest(&view->retries, lease->retries);
	return spot->ttl >= 0 && spot->heartbeat >= 0;
}

/* Systems try again by their own clocks, so often that their retries lie on no axis: they stand on
 * the panel that is nearest. */
static bool find_preset(const struct sweep_view *view, const struct lock_preset *preset,
			struct sweep_place *spot)
{
	struct stated stated = stated_of_preset(preset);
	struct lease lease = stated_lease(&stated);

	if (preset->heartbeat_ms == 0 || !find_spot(view, &lease, spot))
		return false;
	if (spot->retries < 0)
		spot->retries =
			preset->retries < view->retries.value[0] ? 0 : view->retries.count - 1;
	return true;
}

static bool is_at(const struct sweep_place *one, const struct sweep_place *other)
{
	return one->election == other->election && one->retries == other->retries &&
	       one->heartbeat == other->heartbeat && one->ttl == other->ttl;
}

enum { LETTERS = 26 };

struct letters { /* the cells that are nearest to any preset; of each its place is its letter */
	struct sweep_place spot[LETTERS];
	int count;
};

static int letter_at(const struct letters *letters, const struct sweep_place *spot)
{
	int at = 0;

	while (at < letters->count && !is_at(&letters->spot[at], spot))
		at++;
	return at;
}

static struct letters find_letters(const struct sweep_view *view)
{
	struct letters letters = {.count = 0};
	struct sweep_place spot;

	for (const struct lock_preset *preset = lock_presets; preset->name; preset++) {
		if (!find_preset(view, preset, &spot) || letter_at(&letters, &spot) < letters.count)
			continue;
		CHECK(letters.count < LETTERS);
		letters.spot[letters.count++] = spot;
	}
	return letters;
}

static void write_preset(FILE *out, const struct lock_preset *preset)
{
	fputs("<dd><b>", out);
	escape_html(out, preset->name);
	fprintf(out, "</b>: %d s, renewed every %g s, %d retr%s; ", preset->ttl_s,
		preset->heartbeat_ms / 1e3, preset->retries, preset->retries == 1 ? "y" : "ies");
	escape_html(out, preset->system);
	fputs(preset->on_etcd ? "</dd>\n" : ", a timing profile: it is not on etcd</dd>\n", out);
}

static void write_letter(FILE *out, const struct sweep_view *view, const struct letters *letters,
			 int letter)
{
	struct sweep_place spot;

	fprintf(out, "<dt>%c</dt>", 'a' + letter);
	for (const struct lock_preset *preset = lock_presets; preset->name; preset++)
		if (find_preset(view, preset, &spot) && letter_at(letters, &spot) == letter)
			write_preset(out, preset);
}

void sweep_page_marks(FILE *out, const struct sweep_view *view)
{
	struct sweep_cell cell = sweep_own(view->sweep);
	_cleanup_free_ char *own = sweep_settings(view, &cell);
	struct letters letters = find_letters(view);
	struct sweep_place spot;

	markup_section(out, "marks", "You and others on the maps");
	fputs("<dl class=\"words marks\">\n<dt>you</dt><dd>", out);
	escape_html(out, own);
	if (!find_spot(view, &view->sweep->situation.lease, &spot) || spot.retries < 0)
		fputs("; they lie outside of what was swept", out);
	else if (!view->point)
		fputs("; the nearest cell is marked", out);
	fputs("</dd>\n", out);
	for (int i = 0; i < letters.count; i++)
		write_letter(out, view, &letters, i);
	fputs("</dl>\n", out);
	if (letters.count)
		fputs("<p class=\"muted\">A letter stands in the cell that is nearest to the times "
		      "of these systems (<code>fencepost presets</code>).</p>\n",
		      out);
	markup_end_section(out);
}

/* A map --------------------------------------------------------------------------------------- */

struct map {
	const struct sweep_view *view;
	enum sweep_figure_name name;
	struct letters letters;
	const struct seen_cell *least; /* NULL: the figure is known of none */
	double low, high;              /* of those above 0 */
	double level[CONTOUR_LEVELS];
	int levels;
};

static void find_levels(struct map *map)
{
	double *predicted;

	ARRAY_NEW(predicted, map->view->cells);
	for (int i = 0; i < map->view->cells; i++)
		predicted[i] = map->view->cell[i].predicted[map->name];
	map->levels = contour_levels(predicted, map->view->cells, map->level);
	free(predicted);
}

static struct map read_map(const struct sweep_view *view, enum sweep_figure_name name)
{
	struct map map = {.view = view,
			  .name = name,
			  .letters = find_letters(view),
			  .low = INFINITY,
			  .high = -INFINITY};

	for (int i = 0; i < view->cells; i++) {
		const struct seen_cell *seen = &view->cell[i];
		double value = seen->cell->figure[name].value;

		if (isnan(value))
			continue;
		if (!map.least || value < map.least->cell->figure[name].value)
			map.least = seen;
		if (value > 0) {
			map.low = fmin(map.low, value);
			map.high = fmax(map.high, value);
		}
	}
	find_levels(&map);
	return map;
}

/* 0 for nothing; what is more than that by equal steps. */
static int step_of(const struct map *map, double value)
{
	if (isnan(value) || value <= 0)
		return 0;
	CHECK(value >= map->low && value <= map->high);
	if (map->high <= map->low)
		return 1;
	return 1 + (int)fmin(STEPS - 1, STEPS * (value - map->low) / (map->high - map->low));
}

/* The whole of it, for whoever points at a cell. */
static void write_title(FILE *out, const struct map *map, const struct seen_cell *seen)
{
	const struct sweep_figure *figure = &seen->cell->figure[map->name];
	_cleanup_free_ char *settings = sweep_settings(map->view, seen->cell);
	char text[SWEEP_WORDS];

	fprintf(out, " title=\"%s: ", settings);
	if (seen->cell->state != SWEEP_MEASURED) {
		fprintf(out, "%s, ", sweep_state_word(seen->cell->state));
		escape_html(out, seen->cell->reason);
	} else if (isnan(figure->value)) {
		fputs("not known", out);
	} else {
		fputs(sweep_amount(text, map->name, figure->value), out);
		fprintf(out, ", %s", sweep_interval(text, map->name, figure));
	}
	if (!isnan(seen->predicted[map->name]))
		fprintf(out, "; predicted %s",
			sweep_amount(text, map->name, seen->predicted[map->name]));
	fputc('"', out);
}

static void write_measured(FILE *out, const struct map *map, const struct seen_cell *seen)
{
	double value = seen->cell->figure[map->name].value;
	bool least = !isnan(value) && sweep_compare(seen, map->least, map->name) != SWEEP_MORE;
	char text[SWEEP_WORDS];

	fprintf(out, "<td class=\"h%d\"", step_of(map, value));
	write_title(out, map, seen);
	fprintf(out, "><span>%s%s%s</span>", least ? "<b>" : "",
		sweep_number(text, map->name, value), least ? "</b>" : "");
}

static void write_marks(FILE *out, const struct map *map, const struct sweep_place *here)
{
	const struct lease *own = &map->view->sweep->situation.lease;
	int letter = letter_at(&map->letters, here);
	struct sweep_place spot;

	if (find_spot(map->view, own, &spot) && is_at(&spot, here))
		fputs(" <small class=\"you\">you</small>", out);
	if (letter < map->letters.count)
		fprintf(out, " <small>%c</small>", 'a' + letter);
}

static void write_cell(FILE *out, const struct map *map, const struct sweep_place *spot)
{
	const struct seen_cell *seen = sweep_view_at(map->view, spot);

	if (!seen) {
		fputs("<td class=\"none\">", out);
	} else if (seen->cell->state == SWEEP_MEASURED) {
		write_measured(out, map, seen);
	} else {
		fputs("<td class=\"none\"", out);
		write_title(out, map, seen);
		fprintf(out, "><span>%s</span>", sweep_state_word(seen->cell->state));
	}
	write_marks(out, map, spot);
	fputs("</td>", out);
}

static void write_lines(FILE *out, const struct map *map, int election, int retries)
{
	const struct sweep_view *view = map->view;
	int columns = view->ttl.count, rows = view->heartbeat.count;
	double *predicted;

	ARRAY_NEW(predicted, columns * rows);
	for (int row = 0; row < rows; row++)
		for (int column = 0; column < columns; column++) {
			const struct seen_cell *seen = sweep_view_at(
				view, &(struct sweep_place){election, retries, row, column});

			predicted[row * columns + column] = seen ? seen->predicted[map->name] : NAN;
		}
	fprintf(out,
		"<svg class=\"contours\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" "
		"aria-hidden=\"true\">",
		columns, rows);
	for (int i = 0; i < map->levels; i++) {
		_cleanup_free_ char *path =
			TEXT_SAID(contour_path, predicted, columns, rows, map->level[i]);

		if (*path)
			fprintf(out, "<path class=\"level%d\" d=\"%s\"/>", i, path);
	}
	fputs("</svg>\n", out);
	free(predicted);
}

static void write_panel(FILE *out, const struct map *map, int election, int retries)
{
	const struct sweep_view *view = map->view;
	int number = (int)view->retries.value[retries];

	fprintf(out, "<div class=\"heat\"><table><caption>%d retr%s", number,
		number == 1 ? "y" : "ies");
	if (view->election.count > 1)
		fprintf(out, ", election time-out %g s",
			(double)view->election.value[election] / 1e3);
	fputs("</caption>\n<thead><tr><td></td>", out);
	for (int ttl = 0; ttl < view->ttl.count; ttl++)
		fprintf(out, "<th scope=\"col\">%g s</th>",
			(double)view->ttl.value[ttl] / NS_PER_S);
	fputs("</tr></thead>\n<tbody>\n", out);
	for (int heartbeat = 0; heartbeat < view->heartbeat.count; heartbeat++) {
		fprintf(out, "<tr><th scope=\"row\">%g s</th>",
			(double)view->heartbeat.value[heartbeat] / NS_PER_S);
		for (int ttl = 0; ttl < view->ttl.count; ttl++)
			write_cell(out, map,
				   &(struct sweep_place){election, retries, heartbeat, ttl});
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table>", out);
	if (map->levels)
		write_lines(out, map, election, retries);
	fputs("</div>\n", out);
}

static void write_legend(FILE *out, const struct map *map)
{
	char text[SWEEP_WORDS];

	if (!map->levels)
		return;
	fputs("<p class=\"legend\">Predicted:", out);
	for (int i = 0; i < map->levels; i++)
		fprintf(out,
			" <span><svg class=\"line\" viewBox=\"0 0 32 8\" "
			"aria-hidden=\"true\"><path "
			"class=\"level%d\" d=\"M0 4H32\"/></svg> %s</span>",
			i, sweep_amount(text, map->name, map->level[i]));
	fputs("</p>\n", out);
}

static void write_map(FILE *out, const struct sweep_view *view, enum sweep_figure_name name)
{
	const struct sweep_figure_row *row = &sweep_figure_rows[name];
	struct map map = read_map(view, name);

	CHECK(row->sentence[0] >= 'a' && row->sentence[0] <= 'z'); /* it is made a capital */
	fprintf(out, "<section aria-labelledby=\"map%d\">\n<h3 id=\"map%d\">%c%s</h3>\n", name,
		name, row->sentence[0] - 'a' + 'A', row->sentence + 1);
	if (!map.least)
		fputs("<p>Not known of any cell.</p>\n", out);
	write_legend(out, &map);
	fprintf(out, "<div class=\"panels\" style=\"--columns:%d\">\n", view->ttl.count);
	for (int election = 0; election < view->election.count; election++)
		for (int retries = 0; retries < view->retries.count; retries++)
			write_panel(out, &map, election, retries);
	fputs("</div>\n</section>\n", out);
}

void sweep_page_maps(FILE *out, const struct sweep_view *view)
{
	markup_section(out, "maps", "What was measured");
	fputs("<p>Columns are TTLs, rows heartbeats. The stronger the colour, the more, "
	      "and less is better, on each map. "
	      "<b>Bold</b>: not shown to be more than the least, since "
	      "the 95 % intervals meet. What is not known, for want of exposures or failovers, "
	      "is a question mark. Intervals stand in the table of all cells.</p>\n",
	      out);
	for (int i = 0; i < SWEEP_FIGURES_COUNT; i++)
		write_map(out, view, (enum sweep_figure_name)i);
	markup_end_section(out);
}
