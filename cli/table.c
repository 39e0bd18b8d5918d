#include "cli/table.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/invariant.h"
#include "base/text.h"

enum { INDENT = 20 };

static int count_cells(const char *const *cell)
{
	int cells = 0;

	while (cell[cells])
		cells++;
	return cells;
}

/* A bar would end the cell. */
static void print_cell(FILE *out, const char *text)
{
	for (; *text; text++)
		fprintf(out, *text == '|' ? "\\%c" : "%c", *text);
}

static void print_markdown(const struct table *table, const char *const *cell, bool is_head)
{
	for (int i = 0; cell[i]; i++) {
		const char *quote = i == 0 && !is_head ? "`" : "";

		fprintf(table->out, "| %s", quote);
		print_cell(table->out, cell[i]);
		fprintf(table->out, "%s%s", quote, *cell[i] ? " " : "");
	}
	fputs("|\n", table->out);
}

/* "  word     the second cell", and below it "the third's head: the third cell". */
static void print_text(const struct table *table, const char *const *cell)
{
	char head[64];

	snprintf(head, sizeof(head), "  %s ", cell[0]);
	for (int i = 1; cell[i]; i++) {
		_cleanup_free_ char *text = text_format("%s: %s", table->head[i], cell[i]);

		if (*cell[i])
			escape_wrapped(table->out, i == 1 ? head : "", INDENT,
				       i == 1 ? cell[i] : text);
	}
}

void table_head(struct table *table, const char *const *head)
{
	CHECK(count_cells(head) >= 2);
	table->head = head;
	if (!table->markdown)
		return;
	print_markdown(table, head, true);
	for (int i = 0; head[i]; i++)
		fputs("|---", table->out);
	fputs("|\n", table->out);
}

void table_row(const struct table *table, const char *const *cell)
{
	CHECK(count_cells(cell) == count_cells(table->head) && *cell[0] && *cell[1]);
	if (table->markdown)
		print_markdown(table, cell, false);
	else
		print_text(table, cell);
}
