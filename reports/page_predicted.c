/*
 * What `fencepost predict --from RUN` says of this run, beside what was measured in it. Predicted
 * is on the run's own times of work, requests and pauses, so it tells whether the arithmetic holds
 * here, before somebody goes by it with other settings.
 */
#include "reports/page.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/escape.h"
#include "base/invariant.h"
#include "reports/glossary.h"
#include "reports/markup.h"
#include "tuning/calibrate.h"

enum { ARMS_PREDICTED = 8 };

struct predicted_arm {
	int arm;
	double measured[PREDICTIONS_COUNT]; /* NAN: the run does not tell */
	int64_t of[PREDICTIONS_COUNT];
	struct prediction said;
};

/* What a file says of itself may be forged: none of it is too much for the arithmetic. */
static bool is_sound(const struct history *history, const struct situation *situation)
{
	const struct lease *lease = &situation->lease;

	return lease->ttl_ns > 0 && lease->heartbeat_ns > 0 && lease->retries > 0 &&
	       situation->locks > 0 && situation->workers <= history->processes &&
	       isfinite(situation->work_max_s) && isfinite(situation->overhead_s) &&
	       isfinite(situation->handover_s);
}

/* One in which nothing was read and written tells nothing, and is no error. */
static int read_arm(const struct model *model, int arm, struct predicted_arm *predicted, int *count,
		    struct error *err)
{
	struct calibration run;
	struct error trouble = {0};

	if (calibrate(model->history, model->verdicts, arm, &run, &trouble)) {
		if (trouble.code == EXIT_BAD_USAGE)
			return 0;
		*err = trouble;
		return -1;
	}
	if (is_sound(model->history, &run.situation)) {
		CHECK(*count < ARMS_PREDICTED);
		struct predicted_arm *into = &predicted[(*count)++];

		into->arm = arm;
		predict(&run.situation, &into->said);
		for (int i = 0; i < PREDICTIONS_COUNT; i++) {
			into->measured[i] = run.measured[i];
			into->of[i] = run.of[i];
		}
	}
	calibration_free(&run);
	return 0;
}

static void write_number(FILE *out, const char *label, double value, const char *unit)
{
	fprintf(out, "<td class=\"number\" data-label=\"%s\">", label);
	if (isnan(value))
		fputs("-</td>", out);
	else
		fprintf(out, "%.3g%s%s</td>", value, *unit ? " " : "", unit);
}

static void write_row(FILE *out, const struct model *model, const struct predicted_arm *arm,
		      int name)
{
	const struct prediction_row *row = &prediction_rows[name];

	CHECK(!isnan(arm->measured[name]));
	fprintf(out, "<tr><th scope=\"row\">%s</th><td data-label=\"variant\">", row->sentence);
	escape_html(out, model->arm[arm->arm].row->name);
	fputs("</td>", out);
	write_number(out, "predicted", arm->said.value[name], row->unit);
	write_number(out, "measured", arm->measured[name], row->unit);
	fprintf(out, "<td class=\"number\" data-label=\"of\">%" PRId64 "</td></tr>\n",
		arm->of[name]);
}

/* Returns how many figures were measured. */
static int write_rows(FILE *out, const struct model *model, const struct predicted_arm *arm,
		      int arms)
{
	int rows = 0;

	for (int name = 0; name < PREDICTIONS_COUNT; name++)
		for (int i = 0; i < arms; i++)
			if (arm[i].of[name] > 0) {
				write_row(out, model, &arm[i], name);
				rows++;
			}
	return rows;
}

static void write_section(FILE *out, const struct model *model, const struct predicted_arm *arm,
			  int arms)
{
	markup_section(out, "predicted", "Would it have been predicted?");
	if (!arms) {
		fputs("<p>No variant read and wrote, which a prediction needs.</p>\n", out);
		markup_end_section(out);
		return;
	}
	glossary_text(
		out, "p", NULL,
		"From TTL, heartbeat and retries, and the run's own times of work, requests and "
		"pauses. Failovers are those of faults that hit the holder alone.");
	fputs("\n<div class=\"scroll\" tabindex=\"0\"><table class=\"stacked\">\n"
	      "<caption>As <code>fencepost predict --from RUN</code> says, and by which "
	      "formula: <code>fencepost help predictions</code></caption>\n<thead><tr>"
	      "<th scope=\"col\">figure</th><th scope=\"col\">variant</th>"
	      "<th scope=\"col\" class=\"number\">predicted</th>"
	      "<th scope=\"col\" class=\"number\">measured</th>"
	      "<th scope=\"col\" class=\"number\">of so many</th></tr></thead>\n<tbody>\n",
	      out);
	if (!write_rows(out, model, arm, arms))
		fputs("<tr><td colspan=\"5\">Nothing to hold it to was measured.</td></tr>\n", out);
	markup_end_table(out);
	markup_end_section(out);
}

int page_predicted(FILE *out, const struct model *model, struct error *err)
{
	struct predicted_arm *arm;
	int arms = 0, failed = 0;

	ARRAY_NEW(arm, ARMS_PREDICTED);
	for (int i = 0; i < model->history->arms && i < ARMS_PREDICTED && !failed; i++)
		failed = read_arm(model, i, arm, &arms, err);
	if (!failed)
		write_section(out, model, arm, arms);
	free(arm);
	return failed;
}
