#include "reports/markup.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/invariant.h"
#include "history/reader.h"
#include "reports/page.h"

bool markup_is_plain(const char *word)
{
	return *word && !word[strspn(word, "0123456789abcdefghijklmnopqrstuvwxyz"
					   "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_ ")];
}

void markup_text(FILE *out, const char *tag, const char *class, const char *text)
{
	CHECK(markup_is_plain(tag) && (!class || markup_is_plain(class)));
	fprintf(out, "<%s", tag);
	if (class)
		fprintf(out, " class=\"%s\"", class);
	fputc('>', out);
	escape_html(out, text);
	fprintf(out, "</%s>", tag);
}

void markup_number(FILE *out, int64_t number)
{
	fprintf(out, "<td class=\"number\">%" PRId64 "</td>", number);
}

void markup_seconds(FILE *out, int64_t ns)
{
	CHECK(ns >= 0); /* of the run */
	if (ns == NEVER_NS)
		fputs("<td class=\"number\">-</td>", out);
	else
		fprintf(out, "<td class=\"number\">%.3f</td>", (double)ns / (double)NS_PER_S);
}

void markup_run_link(FILE *out, const char *folder)
{
	fputs("<a href=\"./", out);
	for (const char *at = folder; *at; at++) {
		bool plain = strchr("0123456789abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_./",
				    *at) != NULL;

		if (plain)
			fputc(*at, out);
		else
			fprintf(out, "%%%02X", (unsigned char)*at);
	}
	fputs("/report.html\">", out);
	escape_html(out, folder);
	fputs("</a>", out);
}

void markup_section(FILE *out, const char *id, const char *heading)
{
	CHECK(markup_is_plain(id));
	fprintf(out, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">", id, id);
	escape_html(out, heading);
	fputs("</h2>\n", out);
}

void markup_end_section(FILE *out)
{
	fputs("</section>\n", out);
}

void markup_table(FILE *out, const char *caption, const char *const *heads)
{
	fputs("<div class=\"scroll\" tabindex=\"0\"><table>\n", out);
	markup_text(out, "caption", NULL, caption);
	fputs("\n<thead><tr>", out);
	for (; *heads; heads++) {
		fputs(**heads == '#' ? "<th scope=\"col\" class=\"number\">" : "<th scope=\"col\">",
		      out);
		escape_html(out, *heads + (**heads == '#'));
		fputs("</th>", out);
	}
	fputs("</tr></thead>\n<tbody>\n", out);
}

void markup_end_table(FILE *out)
{
	fputs("</tbody></table></div>\n", out);
}

void markup_card(FILE *out, const char *id, const char *class, const char *heading)
{
	CHECK(markup_is_plain(id) && markup_is_plain(class));
	CHECK(!strpbrk(heading, "<>&")); /* ours, and written as it is */
	fprintf(out, "<section class=\"card %s\" aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n",
		class, id, id, heading);
}

void markup_links(FILE *out, const char *const (*links)[2], size_t count)
{
	fputs("<nav aria-label=\"Sections\">", out);
	for (size_t i = 0; i < count; i++) {
		CHECK(markup_is_plain(links[i][0]) && !strpbrk(links[i][1], "<>&"));
		fprintf(out, "<a href=\"#%s\">%s</a> ", links[i][0], links[i][1]);
	}
	fputs("</nav>\n", out);
}

void markup_begin_page(FILE *out, const struct markup_page *page)
{
	CHECK(!page->class || markup_is_plain(page->class));
	CHECK(!page->mark || strncmp(page->mark, "<!--", 4) == 0); /* it stands before the policy */
	fprintf(out,
		"<!DOCTYPE html>\n%s<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src 'unsafe-inline'; %sbase-uri 'none'; form-action 'none'\"/>\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
		"<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>",
		page->mark ? page->mark : "", page->images ? "img-src data:; " : "");
	escape_html(out, page->title);
	fprintf(out, " - fencepost</title>\n<style>\n%s%s</style>\n</head>\n<body>\n", page_style,
		page->style ? page->style : "");
	if (page->class)
		fprintf(out, "<main class=\"%s\">\n", page->class);
	else
		fputs("<main>\n", out);
}

void markup_end_page(FILE *out, const char *made_by)
{
	CHECK(!strpbrk(made_by, "<>&"));
	fprintf(out,
		"<footer class=\"muted\">Made by fencepost " FENCEPOST_VERSION
		" %s.</footer>\n</main>\n</body>\n</html>\n",
		made_by);
}
