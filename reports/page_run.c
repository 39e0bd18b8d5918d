/* What was done to the cluster, and by which campaign. */
#include "reports/page.h"

#include <inttypes.h>

#include "base/invariant.h"
#include "base/cleanup.h"
#include "base/escape.h"
#include "reports/markup.h"
#include "reports/words.h"

enum { CELLS_LISTED = 250, NEVER_NAMED = 50 };

/* Faults -------------------------------------------------------------------------------------- */

static void write_proofs(FILE *out, const struct history *history, int64_t fault)
{
	bool any = false;

	fputs("<td>", out);
	for (int i = 0; i < history->proofs; i++) {
		const struct proof_row *proof = &history->proof[i];

		if (proof->fault != fault)
			continue;
		fputs(any ? "<br/>" : "", out);
		fputs(proof->holds ? "" : "against: ", out);
		escape_html(out, proof->what);
		if (proof->count)
			fprintf(out, ": %" PRId64, proof->count);
		if (proof->detail && *proof->detail) {
			fputs(" <span class=\"muted\">", out);
			escape_html(out, proof->detail);
			fputs("</span>", out);
		}
		any = true;
	}
	fputs(any ? "</td>" : "<span class=\"muted\">no proof recorded</span></td>", out);
}

static void write_fault(FILE *out, const struct model *model, const struct fault_row *fault)
{
	char what[128];

	CHECK(fault->began_ns <= fault->ended_ns);
	fprintf(out, "<tr id=\"fault-%" PRId64 "\"><td class=\"number\">%" PRId64 "</td>",
		fault->id, fault->id);
	snprintf(what, sizeof(what), "%s %s", fault->kind, fault->target);
	markup_text(out, "td", NULL, what);
	markup_text(out, "td", NULL, fault->lane >= 0 ? model_lane_name(model, fault->lane) : "-");
	markup_seconds(out, fault->began_ns);
	if (fault->ended_ns == NEVER_NS)
		markup_text(out, "td", "number", "never ended");
	else
		fprintf(out, "<td class=\"number\">%.3f</td>",
			((double)fault->ended_ns - (double)fault->began_ns) / 1e9);
	fputs(fault->bitten ? "<td>bitten</td>" : "<td><strong>not bitten</strong></td>", out);
	write_proofs(out, model->history, fault->id);
	markup_text(out, "td", NULL, fault->detail);
	fputs("</tr>\n", out);
}

static void name_never_happened(FILE *out, const struct model *model)
{
	int left = model_never_happened(model), named = 0;

	CHECK(left > 0);
	fputs("<p><strong>Never happened:</strong> ", out);
	for (int i = 0; i < model->verdicts->cells && named < NEVER_NAMED; i++) {
		const struct coverage_cell *cell = &model->verdicts->cell[i];

		if (coverage_never(cell) == NEVER_NOTHING)
			continue;
		_cleanup_free_ char *words = words_never(cell);

		fputs(named++ ? "; " : "", out);
		escape_html(out, words);
	}
	CHECK(named <= left);
	if (named < left)
		fprintf(out, "; and %d more", left - named);
	fputs(". Whatever was found, or not found, says nothing about these.</p>\n", out);
}

/* A moment that never came was not tested, however many faults there were. */
static void write_coverage(FILE *out, const struct model *model)
{
	static const char *const heads[] = {"fault",   "moment",     "#planned",    "#injected",
					    "#bitten", "#exposures", "#violations", NULL};
	const struct verdicts *verdicts = model->verdicts;
	int shown = verdicts->cells < CELLS_LISTED ? verdicts->cells : CELLS_LISTED;

	if (verdicts->cells == 0)
		return;
	markup_table(out, "Each kind of fault at each moment, and what it stood behind", heads);
	for (int i = 0; i < shown; i++) {
		const struct coverage_cell *cell = &verdicts->cell[i];

		fputs("<tr>", out);
		markup_text(out, "td", NULL, cell->kind);
		markup_text(out, "td", NULL, cell->moment);
		markup_number(out, cell->planned);
		markup_number(out, cell->injected);
		markup_number(out, cell->bitten);
		markup_number(out, cell->exposures);
		markup_number(out, cell->violations);
		fputs("</tr>\n", out);
	}
	markup_end_table(out);
	if (shown < verdicts->cells)
		fprintf(out, "<p>%d more are left out here; history.db has them all.</p>\n",
			verdicts->cells - shown);
	if (model_never_happened(model))
		name_never_happened(out, model);
}

void page_faults(FILE *out, const struct model *model)
{
	static const char *const heads[] = {"#id",    "fault",  "lane",   "#began, s", "#length, s",
					    "bitten", "proofs", "detail", NULL};
	const struct history *history = model->history;
	int shown = history->faults < FAULTS_LISTED ? history->faults : FAULTS_LISTED;

	markup_section(out, "faults", "Faults and their proofs");
	if (history->faults == 0) {
		fputs("<p>No fault was injected.</p>\n", out);
		write_coverage(out, model);
		markup_end_section(out);
		return;
	}
	fprintf(out,
		"<p>%" PRId64 " of %d faults are proved to have bitten. One that did not bite does "
		"not count as tried.</p>\n",
		model->bitten, history->faults);
	write_coverage(out, model);
	fprintf(out, "<details%s>\n<summary>All faults</summary>\n",
		history->faults <= 30 ? " open=\"open\"" : "");
	markup_table(out, "Faults by their begin", heads);
	for (int i = 0; i < shown; i++)
		write_fault(out, model, &history->fault[i]);
	markup_end_table(out);
	if (shown < history->faults)
		fprintf(out, "<p>%d more are left out here; history.db has them all.</p>\n",
			history->faults - shown);
	fputs("</details>\n", out);
	markup_end_section(out);
}

void page_campaign(FILE *out, const struct model *model)
{
	const char *campaign = history_text(model->history, "campaign");

	markup_section(out, "campaign", "Campaign");
	if (campaign) {
		fputs("<details>\n<summary>The resolved campaign</summary>\n<pre "
		      "tabindex=\"0\"><code>",
		      out);
		escape_html(out, campaign);
		fputs("</code></pre>\n</details>\n", out);
	} else {
		fputs("<p>The history holds no campaign.</p>\n", out);
	}
	markup_end_section(out);
}
