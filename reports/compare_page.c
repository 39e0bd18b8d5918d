/* Runs beside one another as a page: what was asked for differently, and what came of it, subject
 * by subject, each run against the first. */
#include "reports/compare.h"

#include <inttypes.h>
#include <string.h>

#include "base/escape.h"
#include "base/file.h"
#include "base/invariant.h"
#include "reports/markup.h"
#include "reports/page.h"
#include "reports/run_outcome.h"
#include "reports/words.h"

/* "No rate is shown to differ from the first run's." */
static void write_headline(FILE *out, const struct beside *compared)
{
	int count[4] = {0};

	for (int s = 0; s < compared->subjects; s++)
		for (int i = 1; i < compared->runs; i++) {
			const char *subject = compared->subject[s];
			const struct judgement *first = comparison_find(&compared->run[0], subject);
			const struct judgement *judged =
				comparison_find(&compared->run[i], subject);

			if (first && judged && judged->arm >= 0)
				count[compare_rates(first, judged)]++;
		}
	fputs("<h1>", out);
	if (count[RATE_LOWER] + count[RATE_HIGHER])
		fprintf(out,
			"Rates, against the first run's: %d lower, %d higher, %d not shown to "
			"differ.",
			count[RATE_LOWER], count[RATE_HIGHER], count[RATE_ALIKE]);
	else if (count[RATE_ALIKE])
		fputs("No rate is shown to differ from the first run's.", out);
	else
		fputs("These runs have no rates that can be compared.", out);
	fputs("</h1>\n", out);
}

static void write_head(FILE *out, const char *name)
{
	fputs("<th scope=\"row\">", out);
	escape_html(out, name);
	fputs("</th>", out);
}

/* Runs ---------------------------------------------------------------------------------------- */

static void write_run(FILE *out, const struct compared *run, int number)
{
	static const char *const keys[] = {"started", "campaign_name", "etcd"};
	bool interrupted = outcome_was_interrupted(run->history);

	fprintf(out, "<tr><td class=\"number\">%d</td>", number);
	write_head(out, run->path);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const char *text = history_text(run->history, keys[i]);

		markup_text(out, "td", NULL, text ? text : "unknown");
	}
	fprintf(out, "<td class=\"number\">%" PRIu64 "</td><td>%s%s</td></tr>\n",
		(uint64_t)run->history->seed, interrupted ? "INTERRUPTED " : "",
		run->history->sealed ? "" : "NOT SEALED");
}

static void write_runs(FILE *out, const struct beside *compared)
{
	static const char *const heads[] = {"#no.", "run",   "started", "campaign",
					    "etcd", "#seed", "state",   NULL};

	markup_section(out, "runs", "The runs");
	markup_table(out, "In the order in which they were named", heads);
	for (int i = 0; i < compared->runs; i++)
		write_run(out, &compared->run[i], i + 1);
	markup_end_table(out);
	markup_end_section(out);
}

/* Settings ------------------------------------------------------------------------------------ */

static void write_change(FILE *out, const struct beside *compared, const char *setting)
{
	fputs("<tr>", out);
	write_head(out, setting);
	for (int i = 0; i < compared->runs; i++) {
		const char *value = settings_find(&compared->settings[i], setting);

		markup_text(out, "td", NULL, value ? value : "(none)");
	}
	fputs("</tr>\n", out);
}

static void write_changes(FILE *out, const struct beside *compared)
{
	char number[COMPARE_RUNS][12];
	const char *heads[COMPARE_RUNS + 2] = {"setting"};

	CHECK(compared->runs <= COMPARE_RUNS);
	markup_section(out, "settings", "What was asked for");
	if (!compared->changes)
		fputs("<p>The same settings.</p>\n", out);
	for (int i = 0; i < compared->runs; i++) {
		snprintf(number[i], sizeof(number[i]), "run %d", i + 1);
		heads[i + 1] = number[i];
	}
	if (compared->changes)
		markup_table(out, "Settings that are not the same", heads);
	for (int i = 0; i < compared->changes && i < COMPARE_SETTINGS; i++)
		write_change(out, compared, compared->changed[i]);
	if (compared->changes)
		markup_end_table(out);
	if (compared->changes > COMPARE_SETTINGS)
		fprintf(out, "<p>And %d settings more.</p>\n",
			compared->changes - COMPARE_SETTINGS);
	markup_end_section(out);
}

/* Subjects ------------------------------------------------------------------------------------ */

static void write_names(FILE *out, const struct judgement *first, const struct judgement *judged,
			enum presence wanted)
{
	int said = 0;

	fputs("<td>", out);
	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++)
		if (comparison_presence(first, judged, name) == wanted)
			fprintf(out, "%s%s %" PRId64, said++ ? ", " : "",
				violation_word((enum violation_name)name),
				wanted == GONE ? first->definite[name] : judged->definite[name]);
	fputs("</td>", out);
}

static void write_judgement(FILE *out, int number, const struct judgement *judged,
			    const struct judgement *first)
{
	char trials[WORDS_SIZE], rate[WORDS_SIZE];

	fprintf(out, "<tr><th scope=\"row\">run %d</th>", number);
	if (!judged) {
		fputs("<td colspan=\"7\">not in this run</td></tr>\n", out);
		return;
	}
	fputs("<td>", out);
	page_verdict(out, judged->verdict);
	fputs("</td>", out);
	markup_text(out, "td", NULL, judged->arm >= 0 ? words_trials(trials, judged) : "");
	fputs("<td>", out);
	if (judged->arm >= 0) {
		page_interval(out, judged);
		fprintf(out, " %s", words_rate(rate, judged));
	}
	fputs("</td>", out);
	markup_text(out, "td", NULL,
		    first && judged->arm >= 0 ? compare_sentence(compare_rates(first, judged))
					      : "");
	for (enum presence wanted = GONE; wanted <= UNCHANGED && first; wanted++)
		write_names(out, first, judged, wanted);
	fputs(first ? "</tr>\n" : "<td></td><td></td><td></td></tr>\n", out);
}

static void write_subject(FILE *out, const struct beside *compared, const char *subject)
{
	static const char *const heads[] = {
		"run", "verdict", "tried", "rate, on a line to 100 %", "against the first", "gone",
		"new", "in both", NULL};
	const struct judgement *first = comparison_find(&compared->run[0], subject);

	markup_table(out, subject, heads);
	for (int i = 0; i < compared->runs; i++)
		write_judgement(out, i + 1, comparison_find(&compared->run[i], subject),
				i ? first : NULL);
	markup_end_table(out);
}

/* The page ------------------------------------------------------------------------------------ */

static void write_page(FILE *out, const struct beside *compared)
{
	markup_begin_page(out,
			  &(struct markup_page){.title = "Runs compared", .class = "compared"});
	fputs("<header>\n<p class=\"kicker\">fencepost: runs beside one another</p>\n", out);
	write_headline(out, compared);
	fputs("<p>Each run is held against the first. A rate is called higher or lower only where "
	      "the 95 % intervals do not meet. That a violation is new or gone says what was seen; "
	      "it is no claim that the runs differ.</p>\n</header>\n",
	      out);
	write_runs(out, compared);
	write_changes(out, compared);
	markup_section(out, "subjects", "What came of it");
	for (int i = 0; i < compared->subjects; i++)
		write_subject(out, compared, compared->subject[i]);
	markup_end_section(out);
	markup_end_page(out, "compare");
}

int compare_write_page(const struct beside *compared, const char *path, struct error *err)
{
	struct file file;

	if (file_begin(&file, path, err))
		return -1;
	write_page(file.out, compared);
	return file_end(&file, 0, err);
}
