/*
 * The page of judged traces: one file or several. First the answers, of the gravest; then each file
 * with its reasons, as far as there is room. What comes from a file is cut where it is very long.
 */
#include "reports/trace_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/invariant.h"
#include "base/text.h"
#include "reports/glossary.h"
#include "reports/markup.h"
#include "reports/page.h"

enum {
	NAME_MOST = 160,  /* bytes */
	TEXT_MOST = 2000, /* bytes */
	LINES_NAMED = 8,
	TRACES_OPEN = 2,
	DETAILS_MOST = TRACE_PAGE_MOST / 3, /* bytes; the rest is for what is told of every file */
};

/* Texts --------------------------------------------------------------------------------------- */

/* The caller frees. */
static char *cut(const char *text, size_t most)
{
	size_t length = strlen(text);

	if (length <= most)
		return text_format("%s", text);
	for (length = most; length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80; length--)
		;
	return text_format("%.*s ...", (int)length, text);
}

static void write_cut(FILE *out, const char *text, size_t most)
{
	_cleanup_free_ char *shown = cut(text, most);

	escape_html(out, shown);
}

static void write_prose(FILE *out, const char *tag, const char *class, const char *text)
{
	_cleanup_free_ char *shown = cut(text, TEXT_MOST);

	CHECK(markup_is_plain(tag) && markup_is_plain(class));
	fprintf(out, "<%s class=\"%s\">", tag, class);
	glossary_trace_prose(out, shown);
	fprintf(out, "</%s>\n", tag);
}

/* Verdicts ------------------------------------------------------------------------------------ */

/* The gravest first. */
enum kind { NOT, CONTRADICTED, UNREAD, UNKNOWN, SOUND, KINDS };

static const struct kind_words {
	const char *class, *sign, *alone;
	const char *one, *many; /* behind a number of files */
} kinds[KINDS] = {
	[NOT] = {"unsafe", "\u2717", "This history is not linearizable.", "is not linearizable",
		 "are not linearizable"},
	[CONTRADICTED] = {"broken", "!", "The judge contradicts itself on this history.",
			  "contradicts its judge", "contradict their judge"},
	[UNREAD] = {"broken", "!", "This history could not be read.", "could not be read",
		    "could not be read"},
	[UNKNOWN] = {"inconclusive", "?", "Whether this history is linearizable is not known.",
		     "is not known", "are not known"},
	[SOUND] = {"safe", "\u2713", "This history is linearizable.", "is linearizable",
		   "are linearizable"},
};

static enum kind kind_of(const struct trace_told *told)
{
	if (told->unread)
		return UNREAD;
	if (told->facts.code == EXIT_AS_EXPECTED)
		return SOUND;
	if (told->facts.code == EXIT_VIOLATION)
		return NOT;
	return told->facts.code == EXIT_INCONCLUSIVE ? UNKNOWN : CONTRADICTED;
}

static const struct trace_told *gravest_of(const struct trace_told *told, int count)
{
	const struct trace_told *gravest = told;

	for (int i = 1; i < count; i++)
		if (kind_of(&told[i]) < kind_of(gravest))
			gravest = &told[i];
	return gravest;
}

static void write_verdict(FILE *out, const struct trace_told *told)
{
	const struct kind_words *words = &kinds[kind_of(told)];

	fprintf(out, "<span class=\"verdict %s\"><span aria-hidden=\"true\">%s</span> %s</span>",
		words->class, words->sign, told->unread ? "NOT READ" : told->facts.verdict);
}

/* "2 of 5 histories are not linearizable, 3 are linearizable." */
static void say_headline(FILE *out, const struct trace_told *told, int count)
{
	int number[KINDS] = {0}, said = 0;

	for (int i = 0; i < count; i++)
		number[kind_of(&told[i])]++;
	if (count == 1) {
		fputs(kinds[kind_of(told)].alone, out);
		return;
	}
	for (int k = 0; k < KINDS; k++) {
		if (!number[k])
			continue;
		fprintf(out, "%s%d", said ? ", " : number[k] == count ? "All " : "", number[k]);
		if (!said++ && number[k] == count)
			fputs(" histories", out);
		else if (said == 1)
			fprintf(out, " of %d histories", count);
		fprintf(out, " %s", number[k] == 1 ? kinds[k].one : kinds[k].many);
	}
	fputc('.', out);
}

/* The first screen ---------------------------------------------------------------------------- */

static void write_heading(FILE *out, const struct trace_told *told, int count)
{
	_cleanup_free_ char *headline = TEXT_SAID(say_headline, told, count);

	fputs("<header>\n<p class=\"kicker\">fencepost " FENCEPOST_VERSION " \u00b7 ", out);
	if (count == 1)
		write_cut(out, told->name, NAME_MOST);
	else
		fprintf(out, "%d files", count);
	fprintf(out, "</p>\n<h1><span aria-hidden=\"true\">%s</span> %s</h1>\n",
		kinds[kind_of(gravest_of(told, count))].sign, headline);
	if (count == 1 && !told->unread)
		write_prose(out, "p", "data", told->facts.summary);
	fputs("</header>\n", out);
}

static void write_broke(FILE *out, const struct trace_told *told, int count)
{
	CHECK(!told->explained || told->explanation.headline);
	markup_card(out, "broke", kinds[kind_of(told)].class, "What broke");
	fputs("<p>", out);
	write_verdict(out, told);
	if (count > 1) {
		fputs(" <span>", out);
		write_cut(out, told->name, NAME_MOST);
		fputs("</span>", out);
	}
	fputs("</p>\n", out);
	write_prose(out, "p", "sentence",
		    told->unread             ? told->unread
		    : told->explained        ? told->explanation.headline
		    : kind_of(told) == SOUND ? "Nothing that was looked for."
					     : told->facts.meaning);
	markup_end_section(out);
}

static void write_reasons(FILE *out, const struct explanation *explanation)
{
	_cleanup_free_ char *proof = trace_proof_sentence(explanation);

	fputs("<ul class=\"changes\">\n", out);
	for (int i = 0; i < explanation->sentences; i++)
		write_prose(out, "li", "reason", explanation->sentence[i]);
	fputs("</ul>\n", out);
	write_prose(out, "p", "proof", proof);
}

static void write_why(FILE *out, const struct trace_told *told)
{
	markup_card(out, "why", told->explained ? "plain wide" : "plain", "Why");
	if (told->explained)
		write_reasons(out, &told->explanation);
	else
		write_prose(out, "p", "reason",
			    told->unread ? "It is malformed where the message says, or not there."
					 : told->facts.meaning);
	markup_end_section(out);
}

/* "line 3: process 2 acquire, token 18" */
static void write_line(FILE *out, const struct explanation_row *row)
{
	fputs("<li>", out);
	if (row->line)
		fprintf(out, "line %" PRIu32 ": ", row->line);
	fputs("<b>", out);
	escape_html(out, row->who);
	fputs("</b> ", out);
	escape_html(out, row->what);
	fputs(row->culprit ? ", fits nowhere</li>\n" : "</li>\n", out);
}

/* The lines of the file, and what the verdict does not rest on. */
static void write_look(FILE *out, const struct trace_told *told)
{
	const struct explanation *explanation = &told->explanation;
	int rows = told->explained ? explanation->rows : 0, said = 0;

	markup_card(out, "look", "plain", "What to look at");
	fputs("<ul class=\"changes\">\n", out);
	for (int i = 0; i < rows && i < LINES_NAMED; i++, said++)
		write_line(out, &explanation->row[i]);
	if (rows > LINES_NAMED)
		fprintf(out, "<li>and %d more, below</li>\n", rows - LINES_NAMED);
	if (kind_of(told) == UNKNOWN && ++said)
		fputs("<li>A higher bound may tell: --max-seconds, --max-memory or "
		      "--max-configurations. So may attempts, owners or tokens in the file, which "
		      "make a search needless.</li>\n",
		      out);
	for (int i = 0; i < told->facts.facts; i++)
		if (told->facts.fact[i].caveat && ++said) {
			fprintf(out, "<li>%s: ", told->facts.fact[i].name);
			write_cut(out, told->facts.fact[i].value, TEXT_MOST);
			fputs("</li>\n", out);
		}
	if (!said)
		fputs(told->unread ? "<li>The place that the message names.</li>\n"
				   : "<li>Nothing: all that the file tells was judged.</li>\n",
		      out);
	fputs("</ul>\n", out);
	markup_end_section(out);
}

static void write_answers(FILE *out, const char *command, const struct trace_told *told, int count)
{
	const struct trace_told *gravest = gravest_of(told, count);

	fputs("<div class=\"answers\">\n", out);
	write_broke(out, gravest, count);
	write_why(out, gravest);
	write_look(out, gravest);
	markup_card(out, "again", "plain", "See it again");
	fputs("<p>In the folder where it was judged:</p>\n<pre class=\"command\"><code>", out);
	write_cut(out, command, TEXT_MOST);
	if (count > 1) {
		_cleanup_free_ char *name = TEXT_SAID(text_print_quoted, gravest->name);

		fputc(' ', out);
		write_cut(out, name, TEXT_MOST);
	}
	fputs("</code></pre>\n", out);
	markup_end_section(out);
	fputs("</div>\n", out);
}

/* Each file ----------------------------------------------------------------------------------- */

static void write_facts(FILE *out, const struct trace_facts *facts)
{
	static const char *const heads[] = {"Fact", "Value", NULL};

	markup_table(out, "What was judged, and how: all that the verdict rests on", heads);
	for (int i = 0; i < facts->facts; i++) {
		fputs("<tr><th scope=\"row\">", out);
		escape_html(out, facts->fact[i].name);
		fputs("</th>", out);
		fputs("<td>", out);
		write_cut(out, facts->fact[i].value, TEXT_MOST);
		fputs("</td></tr>\n", out);
	}
	markup_end_table(out);
}

/* The reasons of the gravest stand on the first screen. */
static void say_details(FILE *out, const struct trace_told *told, int number, bool gravest)
{
	if (told->explained && !gravest) {
		write_prose(out, "p", "sentence", told->explanation.headline);
		write_reasons(out, &told->explanation);
	}
	if (told->explained && told->explanation.rows > 0)
		trace_draw_html(out, &told->explanation, number);
	if (told->unread)
		write_prose(out, "p", "sentence", told->unread);
	else
		write_facts(out, &told->facts);
}

/* What there is room for, of the gravest first; NULL is left out. The caller frees. */
static char **make_details(const struct trace_told *told, int count)
{
	const struct trace_told *gravest = gravest_of(told, count);
	char **details = calloc((size_t)count, sizeof(*details));
	size_t used = 0;

	CHECK_MEMORY(details);
	for (int k = 0; k < KINDS; k++)
		for (int i = 0; i < count; i++) {
			if ((int)kind_of(&told[i]) != k)
				continue;
			char *text = TEXT_SAID(say_details, &told[i], i + 1, &told[i] == gravest);

			if (used + strlen(text) <= DETAILS_MOST) {
				used += strlen(text);
				details[i] = text;
			} else {
				free(text);
			}
		}
	return details;
}

static const char *fact_of(const struct trace_facts *facts, const char *name)
{
	for (int i = 0; i < facts->facts; i++)
		if (strcmp(facts->fact[i].name, name) == 0)
			return facts->fact[i].value;
	return "-";
}

static void write_row(FILE *out, const struct trace_told *told, int number, bool detailed)
{
	static const char *const names[] = {"model", "operations", "objects"};

	fputs("<tr><th scope=\"row\">", out);
	if (detailed)
		fprintf(out, "<a href=\"#trace-%d\">", number);
	write_cut(out, told->name, NAME_MOST);
	fputs(detailed ? "</a></th><td>" : "</th><td>", out);
	write_verdict(out, told);
	fputs("</td>", out);
	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		fprintf(out, "<td data-label=\"%s\">", names[n]);
		write_cut(out, fact_of(&told->facts, names[n]), NAME_MOST);
		fputs("</td>", out);
	}
	fputs("</tr>\n", out);
}

static void write_files(FILE *out, const struct trace_told *told, int count, char *const *details)
{
	static const char *const heads[] = {"File",       "Verdict", "Model",
					    "Operations", "Objects", NULL};
	int left_out = 0;

	markup_section(out, "files", "The files");
	fputs("<div class=\"scroll\" tabindex=\"0\"><table class=\"stacked\">\n<thead><tr>", out);
	for (const char *const *head = heads; *head; head++)
		fprintf(out, "<th scope=\"col\">%s</th>", *head);
	fputs("</tr></thead>\n<tbody>\n", out);
	for (int i = 0; i < count; i++) {
		write_row(out, &told[i], i + 1, details[i] != NULL);
		left_out += !details[i];
	}
	fputs("</tbody></table></div>\n", out);
	if (left_out)
		fprintf(out,
			"<p>Of %d of them no more stands here: a page has its bounds. Judged "
			"alone, each has a page of its own.</p>\n",
			left_out);
	markup_end_section(out);
}

static void write_details(FILE *out, const struct trace_told *told, int count, char *const *details)
{
	int shown = 0;

	markup_section(out, "operations", count == 1 ? "What was judged" : "File by file");
	for (int i = 0; i < count; i++) {
		if (!details[i])
			continue;
		if (count > 1) {
			fprintf(out, "<details class=\"story\" id=\"trace-%d\"%s><summary><h3>",
				i + 1, shown++ < TRACES_OPEN ? " open=\"open\"" : "");
			write_cut(out, told[i].name, NAME_MOST);
			fputs("</h3> ", out);
			write_verdict(out, &told[i]);
			fputs("</summary>\n", out);
		}
		fputs(details[i], out);
		fputs(count > 1 ? "</details>\n" : "", out);
	}
	markup_end_section(out);
}

static void write_page(FILE *out, const char *command, const struct trace_told *told, int count)
{
	char **details = make_details(told, count);
	_cleanup_free_ char *title = cut(gravest_of(told, count)->name, NAME_MOST);

	markup_begin_page(out, &(struct markup_page){.title = title, .class = "traces"});
	write_heading(out, told, count);
	write_answers(out, command, told, count);
	if (count > 1)
		write_files(out, told, count, details);
	write_details(out, told, count, details);
	glossary_trace_write(out);
	fputs("<footer class=\"muted\">Made by fencepost " FENCEPOST_VERSION
	      ".</footer>\n</main>\n</body>\n</html>\n",
	      out);
	for (int i = 0; i < count; i++)
		free(details[i]);
	free(details);
}

int trace_write_page(const char *path, const char *command, const struct trace_told *told,
		     int count, struct error *err)
{
	struct file file;

	CHECK(count > 0);
	if (file_begin(&file, path, err))
		return -1;
	write_page(file.out, command, told, count);
	return file_end(&file, 0, err);
}
