#include "reports/canvas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/invariant.h"
#include "reports/markup.h"

/* Thousandths of the size, from blank to tilde. */
static const short advance[] = {
	318,  401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337,
	636,  636, 636, 636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531,
	1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787,
	603,  787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500,
	500,  613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612,
	635,  635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
};

static const struct text_class {
	const char *name;
	double size;
	bool bold;
} classes[] = {
	{"row", 14, true},    {"name", 13, false}, {"guilty", 13, true},
	{"small", 12, false}, {"mark", 12, false}, {"number", 11, true},
};

enum { GAP = 4 /* between labels */ };

static const struct text_class *class_of(const char *name)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strcmp(classes[i].name, name) == 0)
			return &classes[i];
	CHECK(!"a class of text");
	return NULL;
}

double canvas_text_width(const char *class, const char *text)
{
	const struct text_class *like = class_of(class);
	double width = 0;

	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if (*c < 0x80)
			width += *c >= ' ' && *c <= '~' ? advance[*c - ' '] : 1000;
		else if ((*c & 0xc0) != 0x80) /* the first byte of another character */
			width += 1000;
	return width / 1000 * like->size * (like->bold ? 1.15 : 1);
}

double canvas_x(const struct canvas *canvas, double at_s)
{
	double from_s = canvas->from_s, until_s = canvas->until_s;
	double inside_s = fmin(fmax(at_s, from_s), until_s);

	CHECK(from_s <= inside_s && inside_s <= until_s && from_s < until_s);
	return CANVAS_LEFT + (inside_s - from_s) / (until_s - from_s) *
				     (CANVAS_WIDTH - CANVAS_LEFT - CANVAS_RIGHT);
}

bool canvas_shows(const struct canvas *canvas, double at_s)
{
	return at_s >= canvas->from_s && at_s <= canvas->until_s;
}

bool canvas_bar(const struct canvas *canvas, const char *class, double from_s, double until_s,
		double y, double height)
{
	if (isnan(from_s) || isnan(until_s) || until_s < from_s || from_s > canvas->until_s ||
	    until_s < canvas->from_s)
		return false;
	CHECK(height > 0 && markup_is_plain(class));
	double x = canvas_x(canvas, from_s), width = fmax(canvas_x(canvas, until_s) - x, 2);

	fprintf(canvas->out,
		"<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
		class, x, y, width, height);
	return true;
}

void canvas_line(const struct canvas *canvas, const char *class, double x1, double y1, double x2,
		 double y2)
{
	CHECK(isfinite(x1) && isfinite(y1) && isfinite(x2) && isfinite(y2));
	CHECK(markup_is_plain(class));
	fprintf(canvas->out,
		"<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class, x1,
		y1, x2, y2);
}

void canvas_text(const struct canvas *canvas, const char *class, double x, double y,
		 enum anchor anchor, const char *text)
{
	static const char *const anchors[] = {"", " middle", " end"};

	CHECK(anchor <= ANCHOR_END && isfinite(x) && isfinite(y));
	CHECK(markup_is_plain(class));
	fprintf(canvas->out, "<text class=\"%s%s\" x=\"%.1f\" y=\"%.1f\">", class, anchors[anchor],
		x, y);
	escape_html(canvas->out, text);
	fputs("</text>\n", canvas->out);
}

void canvas_text_within(const struct canvas *canvas, const char *class, double x, double y,
			double width, const char *text)
{
	char cut[160];
	size_t length;

	CHECK(width > 0);
	snprintf(cut, sizeof(cut) - 3, "%s", text);
	length = strlen(cut);
	while (length > 0 && canvas_text_width(class, cut) > width) {
		/* Never in the middle of a character. */
		while (length > 0 && ((unsigned char)cut[--length] & 0xc0) == 0x80)
			;
		memcpy(cut + length, "...", 4);
	}
	canvas_text(canvas, class, x, y, ANCHOR_START, cut);
}

void canvas_row_name(const struct canvas *canvas, double y, const char *name, const char *under)
{
	canvas_text_within(canvas, "row", 0, y, CANVAS_LEFT - 10, name);
	if (under)
		canvas_text_within(canvas, "small", 0, y + 16, CANVAS_LEFT - 10, under);
}

/* Labels -------------------------------------------------------------------------------------- */

void label_add(struct label_band *band, double x, double width, bool needed, int what)
{
	CHECK(width >= 0 && isfinite(x));
	CHECK(!needed || band->labels < CANVAS_LABELS); /* it must stand */
	if (band->labels < CANVAS_LABELS)
		band->label[band->labels++] =
			(struct band_label){x, x, width, needed, needed, what};
}

static int by_place(const void *a, const void *b)
{
	const struct band_label *one = a, *other = b;

	if (one->wanted_x != other->wanted_x)
		return one->wanted_x < other->wanted_x ? -1 : 1;
	return (one->what > other->what) - (one->what < other->what);
}

/* From the left each is pushed behind the one before it; from the right all that went over the edge
 * are pushed back. */
static void spread(struct label_band *band)
{
	double free_x = CANVAS_LEFT - 8, end_x = CANVAS_WIDTH;

	for (int i = 0; i < band->labels; i++) {
		struct band_label *label = &band->label[i];

		if (!label->needed)
			continue;
		label->x = fmax(label->wanted_x, free_x + label->width / 2);
		free_x = label->x + label->width / 2 + GAP;
	}
	for (int i = band->labels - 1; i >= 0; i--) {
		struct band_label *label = &band->label[i];

		if (!label->needed)
			continue;
		label->x = fmin(label->x, end_x - label->width / 2);
		end_x = label->x - label->width / 2 - GAP;
	}
}

static bool has_room(const struct label_band *band, const struct band_label *label)
{
	if (label->x - label->width / 2 < CANVAS_LEFT - 8 ||
	    label->x + label->width / 2 > CANVAS_WIDTH)
		return false;
	for (int i = 0; i < band->labels; i++) {
		const struct band_label *other = &band->label[i];

		if (other != label && other->shown &&
		    fabs(other->x - label->x) < (other->width + label->width) / 2 + GAP)
			return false;
	}
	return true;
}

void label_place(struct label_band *band)
{
	qsort(band->label, (size_t)band->labels, sizeof(band->label[0]), by_place);
	spread(band);
	for (int i = 0; i < band->labels; i++)
		if (!band->label[i].needed)
			band->label[i].shown = has_room(band, &band->label[i]);
}

/* The axis ------------------------------------------------------------------------------------ */

double canvas_round_step(double span, int most)
{
	CHECK(span > 0 && most > 0);
	double step = pow(10, floor(log10(span / most)));

	for (int i = 0; span / step > most; i++)
		step *= i % 3 == 1 ? 2.5 : 2;
	CHECK(step > 0 && span / step <= most);
	return step;
}

void canvas_axis(struct canvas *canvas)
{
	double step_s = canvas_round_step(canvas->until_s - canvas->from_s, 10);
	int first = (int)ceil(canvas->from_s / step_s);
	char text[32];

	canvas_line(canvas, "axis", CANVAS_LEFT, canvas->y, CANVAS_WIDTH - CANVAS_RIGHT, canvas->y);
	for (int i = first; i <= first + 10 && canvas_shows(canvas, i * step_s); i++) {
		double x = canvas_x(canvas, i * step_s);

		canvas_line(canvas, "axis", x, canvas->y, x, canvas->y + 5);
		snprintf(text, sizeof(text), "%g s", i * step_s + 0.0);
		canvas_text(canvas, "mark", x, canvas->y + 20, ANCHOR_MIDDLE, text);
	}
	canvas->y += CANVAS_AXIS;
}
