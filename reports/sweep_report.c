/*
 * The page of a sweep: first what to change, what that gains and costs; then the maps, the front,
 * what was predicted, and all cells. As inert as the page of a run: no script, nothing is loaded.
 */
#include "reports/sweep_report.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/invariant.h"
#include "base/text.h"
#include "reports/glossary.h"
#include "reports/markup.h"
#include "reports/sweep_advice.h"
#include "reports/sweep_page.h"

static void write_heading(FILE *out, const struct sweep *sweep, const struct sweep_advice *advice)
{
	fputs("<header>\n<p class=\"kicker\">fencepost " FENCEPOST_VERSION
	      " \u00b7 a sweep of campaign ",
	      out);
	escape_html(out, sweep->campaign);
	fputs(" \u00b7 arm ", out);
	escape_html(out, sweep->arm);
	if (sweep->etcd) {
		fputs(" \u00b7 etcd ", out);
		escape_html(out, sweep->etcd);
	}
	fputs("</p>\n", out);
	markup_text(out, "h1", NULL, advice->headline);
	fputc('\n', out);
	glossary_text(out, "p", "data", advice->data);
	fputs("\n</header>\n", out);
}

/* NULL: there is nothing to say. */
static void write_card(FILE *out, const char *id, const char *class, const char *heading,
		       const char *text)
{
	if (!text || !*text)
		return;
	markup_card(out, id, class, heading);
	glossary_text(out, "p", NULL, text);
	fputs("\n</section>\n", out);
}

static void write_complaints(FILE *out, const struct complaints *complaints)
{
	markup_card(out, "lint", complaints->count ? "unsafe wide" : "safe",
		    "What lint says of them");
	if (complaints->count == 0)
		fputs("<p>Nothing is wrong with them.</p>\n", out);
	else
		fputs("<ul class=\"lint\">\n", out);
	for (int i = 0; i < complaints->count; i++) {
		const struct complaint *complaint = &complaints->complaint[i];

		fprintf(out, "<li><b>%s</b>: ", complaint_words(complaint->rule)->word);
		glossary_prose(out, complaint->what);
		fputs(". What mends it: ", out);
		glossary_prose(out, complaint->change);
		fputs("; ", out);
		glossary_prose(out, complaint->price);
		fputs(".</li>\n", out);
	}
	fputs(complaints->count ? "</ul>\n</section>\n" : "</section>\n", out);
}

static void write_answers(FILE *out, const struct sweep_advice *advice)
{
	bool compared = advice->costs != NULL;

	if (!advice->chosen)
		return;
	fputs("<div class=\"answers\">\n", out);
	write_card(out, "gains", "safe", compared ? "What it gains" : "What was measured of them",
		   advice->gains);
	write_card(out, "costs", "plain", "What it costs",
		   compared && !*advice->costs ? "Nothing that this sweep can show."
					       : advice->costs);
	write_card(out, "untold", "inconclusive", "What is not shown to differ", advice->untold);
	write_card(out, "follows", "plain", "What follows from them alone", advice->follows);
	write_complaints(out, &advice->complaints);
	fputs("</div>\n", out);
}

static void write_links(FILE *out)
{
	static const char *const links[][2] = {
		{"marks", "You and others"},
		{"maps", "Maps"},
		{"front", "Harm against failover"},
		{"agreement", "Predicted"},
		{"cells", "All cells"},
		{"how", "How it was measured"},
		{"words", "Words"},
	};

	markup_links(out, links, sizeof(links) / sizeof(links[0]));
}

static void write_states(FILE *out, const struct sweep *sweep)
{
	int count[SWEEP_STATES_COUNT] = {0};

	for (int i = 0; i < sweep->cells; i++) {
		CHECK(sweep->cell[i].state < SWEEP_STATES_COUNT);
		count[sweep->cell[i].state]++;
	}
	fprintf(out, "<li>%d cells:", sweep->cells);
	for (int i = 0; i < SWEEP_STATES_COUNT; i++)
		if (count[i])
			fprintf(out, " %d %s.", count[i], sweep_state_word((enum sweep_state)i));
	fputs("</li>\n", out);
}

static void write_seeds(FILE *out, const struct sweep *sweep)
{
	fprintf(out, "<li>Runs of %g s each, seed%s", sweep->duration_s,
		sweep->seeds == 1 ? "" : "s");
	for (int i = 0; i < sweep->seeds; i++)
		fprintf(out, "%s %" PRIu64, i ? "," : "", sweep->seed[i]);
	if (sweep->until_width > 0)
		fprintf(out,
			"; repeated until the interval of stale writes per exposure is no wider "
			"than %g",
			sweep->until_width);
	fputs(".</li>\n", out);
}

static void write_how(FILE *out, const struct sweep *sweep)
{
	markup_section(out, "how", "How it was measured");
	fputs("<ul>\n<li>Each cell is arm ", out);
	escape_html(out, sweep->arm);
	fputs(" of campaign ", out);
	escape_html(out, sweep->campaign);
	fprintf(out, " with settings of its own. Guard %s: %s.</li>\n", sweep->guard->word,
		sweep->guard->sentence);
	write_states(out, sweep);
	write_seeds(out, sweep);
	fputs("<li>Hours are hours of holding under this campaign's faults, which come far more "
	      "often than in life: rates of cells can be held to one another, not to a "
	      "service that runs undisturbed.</li>\n"
	      "<li>Intervals are of 95 %. Of events per hour they are those of a Poisson process "
	      "of occasions, since events of one occasion may all come for one reason; of "
	      "failovers they are by order statistics. Two cells are said to differ only where "
	      "their intervals do not meet.</li>\n"
	      "<li>Predicted is what <code>fencepost predict</code> says, in each cell on the same "
	      "pauses, work and waiting times.</li>\n</ul>\n",
	      out);
	markup_end_section(out);
}

static void write_page(FILE *out, const struct sweep_view *view, const struct sweep_advice *advice)
{
	const struct sweep *sweep = view->sweep;

	_cleanup_free_ char *title = text_format("A sweep of %s", sweep->campaign);

	markup_begin_page(
		out, &(struct markup_page){.title = title, .class = "sweep", .style = sweep_style});
	write_heading(out, sweep, advice);
	write_answers(out, advice);
	write_links(out);
	sweep_page_marks(out, view);
	sweep_page_maps(out, view);
	sweep_page_front(out, view);
	sweep_page_agreement(out, view);
	sweep_page_table(out, view);
	write_how(out, sweep);
	glossary_write(out);
	markup_end_page(out, "tune. All of it comes from the runs' own histories");
}

int report_write_sweep(const struct sweep *sweep, FILE *out, struct error *err)
{
	struct sweep_view view;
	struct sweep_advice advice;

	sweep_view_make(sweep, &view);
	sweep_advice_make(&view, &advice);
	write_page(out, &view, &advice);
	sweep_advice_free(&advice);
	sweep_view_free(&view);
	if (ferror(out))
		return error_errno(err, EXIT_MACHINE_LACKS,
				   "the page of the sweep cannot be written");
	return 0;
}
