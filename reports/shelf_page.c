/* index.html of a folder of runs: one table, the newest run first; as inert as the page of a run.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/invariant.h"
#include "base/text.h"
#include "reports/markup.h"
#include "reports/run_outcome.h"
#include "reports/shelf.h"
#include "reports/words.h"

static const char mark[] = "<!-- made by fencepost: the runs of this folder -->\n";

struct shelf_rows {
	const char *folder;
	char *row[SHELF_RUNS];
	int rows;
};

static void write_subject(FILE *out, const struct judgement *judged)
{
	char trials[WORDS_SIZE], rate[WORDS_SIZE];

	fputs("<div>", out);
	escape_html(out, judged->subject);
	fprintf(out, ": <strong>%s</strong>", verdict_word(judged->verdict));
	if (judged->arm >= 0)
		fprintf(out, ", %s, %s", words_trials(trials, judged), words_rate(rate, judged));
	fputs("</div>", out);
}

static void write_cell(FILE *out, const struct history *history, const char *key)
{
	const char *text = history_text(history, key);

	markup_text(out, "td", NULL, text ? text : "unknown");
}

static void write_row(FILE *out, const char *folder, const char *name,
		      const struct history *history, const struct verdicts *verdicts)
{
	_cleanup_free_ char *page = NULL;

	CHECK_MEMORY(asprintf(&page, "%s/%s/report.html", folder, name) > 0);
	fputs("<tr><th scope=\"row\">", out);
	if (access(page, F_OK) == 0)
		markup_run_link(out, name);
	else
		escape_html(out, name);
	fputs("</th>", out);
	write_cell(out, history, "started");
	write_cell(out, history, "campaign_name");
	write_cell(out, history, "etcd");
	fputs("<td>", out);
	if (outcome_was_interrupted(history))
		fputs("<div><strong>INTERRUPTED</strong></div>", out);
	else if (!history->sealed)
		fputs("<div><strong>NOT SEALED</strong></div>", out);
	if (!verdicts->judgements)
		fputs("<div>never checked</div>", out);
	for (int i = 0; i < verdicts->judgements; i++)
		write_subject(out, &verdicts->judgement[i]);
	fputs("</td></tr>\n", out);
}

static void keep_row(void *context, const char *name, const struct history *history,
		     const struct verdicts *verdicts, const struct error *trouble)
{
	struct shelf_rows *rows = context;
	size_t size;

	CHECK(rows->rows < SHELF_RUNS);
	char **row = &rows->row[rows->rows++];
	FILE *out = text_begin(row, &size);

	if (history) {
		write_row(out, rows->folder, name, history, verdicts);
	} else {
		fputs("<tr><th scope=\"row\">", out);
		escape_html(out, name);
		fputs("</th><td colspan=\"4\">cannot be read: ", out);
		escape_html(out, trouble->text);
		fputs("</td></tr>\n", out);
	}
	text_end(out, row);
}

static void write_page(FILE *out, const struct shelf_rows *rows, int left)
{
	markup_begin_page(out,
			  &(struct markup_page){.title = "Runs", .mark = mark, .class = "shelf"});
	fprintf(out,
		"<header>\n<p class=\"kicker\">fencepost: is this lock safe?</p>\n"
		"<h1>%d run%s</h1>\n</header>\n",
		rows->rows, rows->rows == 1 ? "" : "s");
	markup_table(out, "The newest first",
		     (const char *const[]){"Run", "Started", "Campaign", "etcd", "Verdicts", NULL});
	for (int i = rows->rows - 1; i >= 0; i--)
		fputs(rows->row[i], out);
	markup_end_table(out);
	if (left)
		fprintf(out, "<p>%d older ones are not listed.</p>\n", left);
	markup_end_page(out, "list, and anew after each run");
}

/* Nobody's index.html is written over. */
static int check_ours(const char *path, struct error *err)
{
	char begin[256] = "";
	FILE *in = fopen(path, "re");

	if (!in)
		return 0;
	size_t got = fread(begin, 1, sizeof(begin) - 1, in);

	fclose(in);
	begin[got] = '\0';
	if (strstr(begin, mark))
		return 0;
	return error_set(err, EXIT_BAD_USAGE, "%s is none of ours, and stays as it is", path);
}

int shelf_write_index(const char *folder, struct error *err)
{
	struct shelf_rows *rows = calloc(1, sizeof(*rows));
	_cleanup_free_ char *path = NULL;
	struct file file;
	int seen = 0, left = 0;

	CHECK_MEMORY(rows);
	rows->folder = folder;
	CHECK_MEMORY(asprintf(&path, "%s/index.html", folder) > 0);
	int failed = shelf_visit(folder, &(struct shelf_viewer){keep_row, rows}, &seen, &left, err);

	CHECK(failed || seen == rows->rows);
	if (!failed && seen) {
		failed = check_ours(path, err) || file_begin(&file, path, err);
		if (!failed) {
			write_page(file.out, rows, left);
			failed = file_end(&file, 0, err);
		}
	}
	for (int i = 0; i < rows->rows; i++)
		free(rows->row[i]);
	free(rows);
	return failed ? -1 : 0;
}
