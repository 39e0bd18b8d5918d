/* What the verdicts rest on, and how to repeat the run. */
#include "reports/page.h"

#include <inttypes.h>

#include "base/escape.h"
#include "reports/markup.h"
#include "reports/words.h"

/* In words ------------------------------------------------------------------------------------ */

void page_what_happened(FILE *out, const struct model *model)
{
	char workers[WORDS_SIZE], arms[WORDS_SIZE], faults[WORDS_SIZE];

	markup_section(out, "happened", "What happened");
	if (model->acquisitions == 0) {
		fputs("<p>Nothing: no worker ever acquired a lock, so there was nothing to break."
		      "</p>\n",
		      out);
		markup_end_section(out);
		return;
	}
	fprintf(out,
		"<p>In %.1f s, %s in %s acquired locks %" PRId64 " times. The nemesis injected %s",
		(double)model->length_ns / 1e9, words_count(workers, model->workers, "worker"),
		words_count(arms, model->arms, "variant"), model->acquisitions,
		words_count(faults, model->history->faults, "fault"));
	if (model->history->faults)
		fprintf(out, ", of which %" PRId64 " are proved to have bitten", model->bitten);
	fputs(".</p>\n", out);
	markup_end_section(out);
}

/* What it rests on ---------------------------------------------------------------------------- */

void page_limits(FILE *out)
{
	fputs("<aside class=\"limits\"><p><strong>What SAFE does not mean.</strong> SAFE says that "
	      "in this run, under these faults and these settings, no promise was broken in the "
	      "exposures that were counted; it is no proof, it bounds the rate only as far as the "
	      "interval says, and it says nothing about faults that were not injected.</p></aside>"
	      "\n",
	      out);
}

void page_repeat(FILE *out, const struct model *model)
{
	const char *command = history_text(model->history, "command");

	markup_section(out, "repeat", "Repeat this run");
	if (command) {
		fputs("<pre class=\"command\"><code>", out);
		escape_html(out, command);
		fputs("</code></pre>\n<p class=\"muted\">The seed fixes the schedule of faults and "
		      "what each worker draws; the operating system's timing is its own.</p>\n",
		      out);
	} else {
		fprintf(out,
			"<p>The history holds no command. The seed is %" PRIu64
			"; the resolved campaign stands at the end of this page.</p>\n",
			(uint64_t)model->history->seed);
	}
	markup_end_section(out);
}

/* From acquisitions down to events: each column is a part of the one before, or tells why not. */
void page_coverage(FILE *out, const struct model *model)
{
	static const char *const heads[] = {
		"variant",    "#acquisitions", "#faults aimed at it", "#bitten",      "#holds hit",
		"#exposures", "#went wrong",   "#rate bounded by",    "#by occasion", NULL};
	char bound[WORDS_SIZE];

	markup_section(out, "coverage", "Coverage: was the lock put to the test?");
	fputs("<p>An exposure is an occasion on which a violation was possible: a holder's lease "
	      "ended without its asking while somebody wanted the lock. The holder had stopped in "
	      "time, or it outlived its lease, or it did harm. A test of the guard is a stale "
	      "holder's request that reached the store after a later holder's first one; the "
	      "verdict of a guarded arm rests on these. Without such trials there is no verdict: "
	      "zero events in N trials bound the rate only at about 3/N.</p>\n",
	      out);
	markup_table(out, "From acquisitions to violations", heads);
	for (int i = 0; i < model->arms; i++) {
		const struct arm_model *arm = &model->arm[i];

		fputs("<tr>", out);
		markup_text(out, "td", NULL, arm->row->name);
		markup_number(out, arm->acquisitions);
		markup_number(out, arm->faults);
		markup_number(out, arm->bitten);
		markup_number(out, arm->holds_hit);
		markup_number(out, arm->judged ? arm->judged->exposures : 0);
		markup_number(out, arm->judged ? arm->judged->events : 0);
		markup_text(out, "td", "number",
			    arm->judged ? words_percent(bound, arm->judged->rate_high) : "-");
		markup_text(out, "td", "number",
			    arm->judged && arm->judged->by_occasion.occasions
				    ? words_percent(bound, arm->judged->by_occasion.rate_high)
				    : "-");
		fputs("</tr>\n", out);
	}
	markup_end_table(out);
	markup_end_section(out);
}
