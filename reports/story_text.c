/*
 * The drawing: a row for each fault; for each hold a row of what its worker believed and one of
 * what the service had granted; below them, on the axis, the instants that the sentences tell of,
 * by their numbers.
 */
#include "reports/story_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/invariant.h"
#include "base/text.h"
#include "reports/diagram.h"
#include "reports/incident.h"
#include "reports/lines.h"
#include "reports/model.h"
#include "reports/story.h"
#include "reports/story_traffic.h"

enum {
	COLUMNS = 80,
	LABEL_COLUMNS = 22,
	PLOT_COLUMNS = COLUMNS - LABEL_COLUMNS - 1,
	NARROWEST_DRAWN = COLUMNS, /* a narrower terminal gets the sentences alone */
	SENTENCE_LINES = 40,
	ROW_SIZE = 4, /* bytes of a cell's text at most */
};

struct brush { /* a column each */
	const char *fault, *waits, *believes, *shares, *ungranted, *granted, *deadline, *axis,
		*tick;
	const char *applied, *late, *refused, *read;
};

static const struct brush ascii = {"~", "-", "#", "o", "%", "=", "|", "-", "+", "W", "!", "x", "r"};
static const struct brush box = {"\u2591", "\u2500", "\u2588", "\u2593", "\u2592",
				 "\u2580", "\u250a", "\u2500", "\u2534", "\u25cf",
				 "\u25c6", "\u2715", "r"};

struct canvas {
	FILE *out;
	const struct story *story;
	const struct brush *brush;
	const char *cell[PLOT_COLUMNS];
};

static void clear(struct canvas *canvas)
{
	for (int i = 0; i < PLOT_COLUMNS; i++)
		canvas->cell[i] = " ";
}

/* Out of the picture is at its edge. */
static int column_of(const struct canvas *canvas, double at_s)
{
	const struct story *story = canvas->story;
	double share = (at_s - story->from_s) / (story->until_s - story->from_s);
	double within = share < 0 ? 0 : share > 1 ? 1 : share;

	CHECK(within >= 0 && within <= 1); /* so that of NAN there is no column */
	return (int)(within * (PLOT_COLUMNS - 1) + 0.5);
}

static bool is_shown(const struct canvas *canvas, double at_s)
{
	return at_s >= canvas->story->from_s && at_s <= canvas->story->until_s;
}

/* An instant that is not known begins and ends nothing. */
static void fill(struct canvas *canvas, double from_s, double until_s, const char *with)
{
	if (isnan(from_s) || isnan(until_s) || until_s < canvas->story->from_s ||
	    from_s > canvas->story->until_s || until_s < from_s)
		return;
	for (int i = column_of(canvas, from_s); i <= column_of(canvas, until_s); i++)
		canvas->cell[i] = with;
}

static void put(struct canvas *canvas, double at_s, const char *mark)
{
	if (is_shown(canvas, at_s))
		canvas->cell[column_of(canvas, at_s)] = mark;
}

static void print_row(const struct canvas *canvas, const char *mark, const char *label)
{
	int last = PLOT_COLUMNS - 1;

	fputs(mark, canvas->out);
	int used = 1 + escape_terminal(canvas->out, label, LABEL_COLUMNS - 2);

	CHECK(used < LABEL_COLUMNS);
	while (last >= 0 && canvas->cell[last][0] == ' ')
		last--;
	if (last >= 0)
		fprintf(canvas->out, "%*s", LABEL_COLUMNS - used, "");
	for (int i = 0; i <= last; i++)
		fputs(canvas->cell[i], canvas->out);
	fputc('\n', canvas->out);
}

static void draw_faults(struct canvas *canvas)
{
	const struct story *story = canvas->story;

	for (int i = 0; i < story->faults; i++) {
		const struct story_fault *fault = &story->fault[i];

		clear(canvas);
		fill(canvas, fault->began_s, fault->ended_s, canvas->brush->fault);
		_cleanup_free_ char *label = text_format("%" PRId64 " %s %s", fault->row->id,
							 fault->row->kind, fault->row->target);

		print_row(canvas, i == story->guilty ? "*" : " ", label);
	}
}

static void draw_requests(struct canvas *canvas, int hold)
{
	const struct brush *brush = canvas->brush;

	for (int i = 0; i < canvas->story->requests; i++) {
		const struct story_request *request = &canvas->story->request[i];

		if (request->hold != hold)
			continue;
		if (!request->decision.accepted)
			put(canvas, request->at_s, brush->refused);
		else if (request->decision.f != F_WRITE)
			put(canvas, request->at_s, brush->read);
		else
			put(canvas, request->at_s,
			    request->ungranted ? brush->late : brush->applied);
	}
}

/* Below the worker's name: in which way it holds a lock of several, and its token where there is
 * room for the whole of it. */
static char *say_label(const struct story *story, const struct story_hold *hold)
{
	const char *how = hold->mode == MODE_SHARED ? "reads" : "writes";
	bool believed = hold->believed_s < INFINITY;
	char whole[48];

	switch (story->sharing) {
	case SHARING_SEMAPHORE:
		return believed ? text_format("  %d of %d", 1 + hold->others[MODE_SHARED],
					      story->permits)
				: text_format("  its key");
	case SHARING_RWLOCK:
		snprintf(whole, sizeof(whole), "  %s, token %" PRId64, how, hold->token);
		return hold->token && strlen(whole) <= LABEL_COLUMNS - 2 ? text_format("%s", whole)
									 : text_format("  %s", how);
	case SHARING_MUTEX:
	case SHARINGS_COUNT:
		break;
	}
	return hold->token ? text_format("  token %" PRId64, hold->token)
			   : text_format("  its key");
}

static void draw_hold(struct canvas *canvas, int index)
{
	const struct story_hold *hold = &canvas->story->hold[index];
	const struct brush *brush = canvas->brush;
	_cleanup_free_ char *label = NULL;

	clear(canvas);
	fill(canvas, hold->asked_s, hold->believed_s, brush->waits);
	fill(canvas, hold->believed_s, hold->believed_until_s,
	     hold->mode == MODE_SHARED ? brush->shares : brush->believes);
	if (!isnan(hold->granted_until_s) && hold->believed_s < INFINITY)
		fill(canvas, fmax(hold->granted_until_s, hold->believed_s), hold->believed_until_s,
		     brush->ungranted);
	if (story_reaches_deadline(canvas->story, index))
		put(canvas, hold->safe_until_s, brush->deadline);
	draw_requests(canvas, index);
	print_row(canvas, " ", hold->worker);
	clear(canvas);
	fill(canvas, hold->granted_s, hold->granted_until_s, brush->granted);
	label = say_label(canvas->story, hold);
	print_row(canvas, " ", label);
}

/* The numbers of the sentences, as far as there is room below their ticks. */
static void draw_axis(struct canvas *canvas)
{
	const struct story *story = canvas->story;
	char numbers[PLOT_COLUMNS + 1];
	int free_from = 0;

	for (int i = 0; i < PLOT_COLUMNS; i++)
		canvas->cell[i] = canvas->brush->axis;
	memset(numbers, ' ', PLOT_COLUMNS);
	numbers[PLOT_COLUMNS] = '\0';
	for (int i = 0; i < story->points; i++) {
		char number[12];
		int length = snprintf(number, sizeof(number), "%d", story->point[i].number);
		int column = column_of(canvas, story->point[i].at_s);

		if (!is_shown(canvas, story->point[i].at_s))
			continue;
		canvas->cell[column] = canvas->brush->tick;
		if (column < free_from || column + length > PLOT_COLUMNS)
			continue;
		memcpy(numbers + column, number, (size_t)length);
		free_from = column + length + 1;
	}
	_cleanup_free_ char *from = text_format("%.3f to %.3f s", story->from_s, story->until_s);

	print_row(canvas, " ", from);
	for (int last = PLOT_COLUMNS - 1; last >= 0 && numbers[last] == ' '; last--)
		numbers[last] = '\0';
	fprintf(canvas->out, "%*s%s\n", LABEL_COLUMNS, "", numbers);
}

static void draw(FILE *out, const struct story *story, bool boxes)
{
	const struct brush *brush = boxes ? &box : &ascii;
	struct canvas canvas = {.out = out, .story = story, .brush = brush};

	CHECK(story->from_s < story->until_s);
	draw_faults(&canvas);
	for (int i = 0; i < story->holds; i++)
		draw_hold(&canvas, i);
	draw_axis(&canvas);
	fprintf(out,
		"%s waits, %s believes, %s without a grant, %s its key, %s safe deadline, %s "
		"fault\n",
		brush->waits, brush->believes, brush->ungranted, brush->granted, brush->deadline,
		brush->fault);
	if (story->sharing != SHARING_MUTEX)
		fprintf(out, "%s believes, and may share: %s\n", brush->shares,
			story->sharing == SHARING_RWLOCK
				? "it reads"
				: "k of n: so many held at once, of so many who may");
	fprintf(out, "%s write applied, %s without a grant, %s refused, %s read\n", brush->applied,
		brush->late, brush->refused, brush->read);
	if (story->guilty >= 0)
		fputs("* before a fault: the one that the checker names\n", out);
}

/* Words ---------------------------------------------------------------------------------------- */

struct teller {
	FILE *out;
	int columns;
	const struct history *history;
	const struct verdicts *verdicts;
};

static void say(const struct teller *teller, const char *head, const char *text)
{
	struct lines lines;

	lines_begin(&lines, teller->out, teller->columns, head, (int)strlen(head), SENTENCE_LINES);
	lines_say(&lines, text);
	lines_end(&lines);
}

/* Frees the text, if there is one. */
static void conclude(const struct teller *teller, const char *head, char *text)
{
	if (text)
		say(teller, head, text);
	free(text);
}

static char *title_of(const struct teller *teller, const struct incident *incident)
{
	const struct violation *violation = incident->told[0];
	_cleanup_free_ char *names = incident_names(incident);
	const struct history *history = teller->history;
	bool in_lane = violation->lane >= 0 && violation->lane < history->lanes;
	bool of_arm = violation->arm >= 0 && violation->arm < history->arms;

	return text_format("%s (%s%s, %s%s%s)", incident_sentence(history, incident), names,
			   violation->definite || incident->refused ? "" : ", possible",
			   of_arm ? history->arm[violation->arm].name : "service",
			   in_lane ? ", lane " : "",
			   in_lane ? history->lane[violation->lane].name : "");
}

static void tell_points(const struct teller *teller, const struct story *story)
{
	for (int i = 0; i < story->points; i++) {
		const struct story_point *point = &story->point[i];
		_cleanup_free_ char *sentence = story_sentence(story, point);
		char head[40];

		snprintf(head, sizeof(head), "%3d%s %7.3f s  ", point->number,
			 point->is_proof ? "*" : " ", point->at_s);
		say(teller, head, sentence);
	}
}

static void tell_zero(const struct teller *teller, const struct story *story)
{
	double zero_s = (double)story->zero_ns / (double)NS_PER_S;

	if (story->guilty >= 0)
		conclude(teller, "",
			 text_format("0 s is the begin of fault %" PRId64
				     ", which the checker names (that proves no cause); %.3f s of "
				     "the run. * is evidence.",
				     story->fault[story->guilty].row->id, zero_s));
	else
		conclude(teller, "",
			 text_format("0 s is the first belief; %.3f s of the run. No fault is "
				     "named. * is evidence.",
				     zero_s));
}

static void tell_commands(const struct teller *teller, const struct story *story)
{
	static const char *const commands[] = {"replay", "shrink"};
	const char *directory = history_text(teller->history, "directory");

	if (story->incident.refused || !directory)
		return;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		char *text = NULL;
		size_t size;
		FILE *out = text_begin(&text, &size);

		fprintf(out, "fencepost %s ", commands[i]);
		text_print_quoted(out, directory);
		fprintf(out, " --violation %" PRId64, story->violation->id);
		text_end(out, &text);
		fputs("  ", teller->out);
		escape_terminal(teller->out, text, INT32_MAX); /* whole, so that it can be copied */
		fputc('\n', teller->out);
		free(text);
	}
}

static int tell(const struct teller *teller, const struct incident *incident, bool boxes,
		struct error *err)
{
	_cleanup_free_ char *title = title_of(teller, incident);
	struct story *story = calloc(1, sizeof(*story));

	CHECK_MEMORY(story);
	if (story_gather_incident(teller->history, incident, story, err)) {
		free(story);
		return -1;
	}
	traffic_read(teller->history, story, 1);
	say(teller, "", title);
	fputc('\n', teller->out);
	if (story->holds) {
		if (teller->columns >= NARROWEST_DRAWN && story->until_s > story->from_s)
			draw(teller->out, story, boxes);
		fputc('\n', teller->out);
		tell_points(teller, story);
		fputc('\n', teller->out);
		diagram_print(teller->out, story, teller->columns, boxes);
		fputc('\n', teller->out);
		tell_zero(teller, story);
		conclude(teller, "In numbers: ", story_inequality(story));
		conclude(teller, "Guard: ", story_guard(story));
		conclude(teller, "Setting: ", story_setting(story));
	} else if (!incident->refused) {
		say(teller, "", story->violation->summary);
	}
	tell_commands(teller, story);
	story_free(story);
	free(story);
	return 0;
}

/* Choosing ------------------------------------------------------------------------------------- */

static int tell_violation(const struct teller *teller, const struct story_choice *choice,
			  struct error *err)
{
	for (int i = 0; i < teller->verdicts->violations; i++) {
		const struct violation *violation = &teller->verdicts->violation[i];

		if (violation->id != choice->violation)
			continue;
		struct incident incident = incident_of(violation);

		return tell(teller, &incident, choice->boxes, err);
	}
	return error_set(err, EXIT_BAD_USAGE,
			 "there is no violation %" PRId64
			 " in this run; its table violation has %d",
			 choice->violation, teller->verdicts->violations);
}

static void list_others(const struct teller *teller, const struct incidents *incidents)
{
	if (incidents->count > 1)
		fputs("\nThe other stories:\n", teller->out);
	for (int i = 1; i < incidents->count; i++) {
		_cleanup_free_ char *title = title_of(teller, &incidents->incident[i]);
		char head[16];

		snprintf(head, sizeof(head), "%4d  ", i + 1);
		say(teller, head, title);
	}
}

static int tell_number(const struct teller *teller, const struct story_choice *choice,
		       struct error *err)
{
	struct incidents incidents;
	int at = choice->number ? choice->number - 1 : 0, failed = 0;

	if (incidents_find(teller->history, teller->verdicts, INCIDENTS_MAX, &incidents, err))
		return -1;
	if (incidents.count == 0 && choice->number == 0)
		say(teller, "", "There is no story: no violation was found, and no write refused.");
	else if (at >= incidents.count)
		failed = error_set(err, EXIT_BAD_USAGE, "there is no story %d: this run has %d",
				   choice->number, incidents.count);
	else
		failed = tell(teller, &incidents.incident[at], choice->boxes, err);
	if (!failed && choice->number == 0)
		list_others(teller, &incidents);
	incidents_free(&incidents);
	return failed;
}

int story_print(const struct history *history, const struct verdicts *verdicts,
		const struct story_choice *choice, FILE *out, struct error *err)
{
	struct teller teller = {out, choice->columns, history, verdicts};

	CHECK(choice->number >= 0);
	teller.columns = lines_columns(teller.columns);
	return choice->violation ? tell_violation(&teller, choice, err)
				 : tell_number(&teller, choice, err);
}
