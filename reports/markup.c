#include "reports/markup.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "history/reader.h"
#include "base/escape.h"

void markup_text(FILE *out, const char *tag, const char *class, const char *text)
{
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
