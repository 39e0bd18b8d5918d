/* Where the run took place, in words and units, and what it noted about itself. */
#include "reports/page.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/invariant.h"
#include "reports/capture_facts.h"
#include "reports/markup.h"
#include "reports/query.h"

enum { GROUPS_LISTED = 200 };

/* Environment --------------------------------------------------------------------------------- */

enum unit { PLAIN, BYTES, NANOSECONDS, MILLISECONDS };

/* What a reader asks for, in the order in which one asks. */
static const struct fact {
	const char *key, *title;
	enum unit unit;
} facts[] = {
	{"etcd", "etcd, version", PLAIN},
	{"etcd_path", "etcd, program", PLAIN},
	{"members", "members of the cluster", PLAIN},
	{"election_ms", "election timeout", MILLISECONDS},
	{"machine", "kernel", PLAIN},
	{"cores", "processor cores", PLAIN},
	{"memory_bytes", "memory", BYTES},
	{"load_before", "load of the machine before", PLAIN},
	{"worst_gap_ns", "longest time that nothing of the run ran", NANOSECONDS},
	{"worst_gap_at_ns", "which began after", NANOSECONDS},
	{"sandbox", "sandbox", PLAIN},
	{"started", "started", PLAIN},
	{"duration_ns", "planned length", NANOSECONDS},
	{"settle_ms", "time to settle after the last heal", MILLISECONDS},
	{"fencepost", "fencepost, version", PLAIN},
	{"program", "fencepost, program", PLAIN},
	{"command", "command", PLAIN},
};

static void write_value(FILE *out, const char *value, enum unit unit)
{
	char *end;
	double number = strtod(value, &end);
	bool is_number = *value && !*end;

	fputs("<td>", out);
	if (!is_number || unit == PLAIN)
		escape_html(out, value);
	else if (unit == BYTES)
		fprintf(out, "%.1f GiB", number / (1 << 30));
	else
		fprintf(out, "%.3f s", number / (unit == NANOSECONDS ? 1e9 : 1e3));
	fputs("</td>", out);
}

static void write_facts(FILE *out, const struct history *history)
{
	static const char *const heads[] = {"what", "of this run", NULL};

	fputs("<div class=\"facts\">", out);
	markup_table(out, "Where it was run, and how", heads);
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		const char *value = history_text(history, facts[i].key);

		if (!value)
			continue;
		fprintf(out, "<tr><th scope=\"row\">%s</th>", facts[i].title);
		write_value(out, value, facts[i].unit);
		fputs("</tr>\n", out);
	}
	markup_end_table(out);
	fputs("</div>\n", out);
}

static bool is_told(const char *key)
{
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (strcmp(key, facts[i].key) == 0)
			return true;
	return strcmp(key, "campaign") == 0;
}

/* The rest of what the run says about itself, as it stands in the file. */
static void visit_rest(sqlite3_stmt *row, void *context)
{
	FILE *out = context;
	const char *key = (const char *)sqlite3_column_text(row, 0);
	const char *value = (const char *)sqlite3_column_text(row, 1);

	if (!key || !value || is_told(key))
		return;
	fputs("<tr><th scope=\"row\">", out);
	escape_html(out, key);
	fputs("</th>", out);
	markup_text(out, "td", NULL, value);
	fputs("</tr>\n", out);
}

static void write_capture(FILE *out, const struct model *model)
{
	struct capture_facts capture;

	if (!capture_read(model->history, &capture)) {
		fputs("<p>No packets were captured; the notes say why.</p>\n", out);
		return;
	}
	_cleanup_free_ char *sentence = capture_describe(&capture);

	fputs("<p><code>capture.pcap</code>: ", out);
	escape_html(out, sentence);
	fputs(".</p>\n", out);
}

int page_environment(FILE *out, const struct model *model, struct error *err)
{
	static const char *const heads[] = {"key", "value", NULL};

	markup_section(out, "environment", "Environment");
	write_facts(out, model->history);
	write_capture(out, model);
	fputs("<details><summary>The table run of history.db</summary>\n", out);
	markup_table(out, "What else the run told about itself", heads);
	int failed = query_rows(model->history,
				"SELECT key, substr(value, 1, 2000) FROM run ORDER BY key "
				"LIMIT 200",
				visit_rest, out, err);
	markup_end_table(out);
	fputs("</details>\n", out);
	markup_end_section(out);
	return failed;
}

/* Notes --------------------------------------------------------------------------------------- */

/* Notes that say the same but for their numbers: lanes, occasions, times. */
struct note_group {
	const struct note_row *first;
	int64_t last_ns;
	int count;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Equal when each run of digits counts as one. */
static bool says_the_same(const char *one, const char *other)
{
	while (*one && *other) {
		if (is_digit(*one) && is_digit(*other)) {
			while (is_digit(*one))
				one++;
			while (is_digit(*other))
				other++;
		} else if (*one++ != *other++) {
			return false;
		}
	}
	return *one == *other;
}

static struct note_group *group_of(struct note_group *group, int groups,
				   const struct note_row *note)
{
	for (int i = 0; i < groups; i++)
		if (group[i].first->breaks == note->breaks &&
		    strcmp(group[i].first->topic, note->topic) == 0 &&
		    says_the_same(group[i].first->text, note->text))
			return &group[i];
	return NULL;
}

/* Fills `group` and returns how many there are; what has no room is counted in *left_out. */
static int group_notes(const struct history *history, struct note_group group[GROUPS_LISTED],
		       int *left_out)
{
	int groups = 0;

	*left_out = 0;
	for (int i = 0; i < history->notes; i++) {
		const struct note_row *note = &history->note[i];
		struct note_group *same = group_of(group, groups, note);

		if (!same && groups == GROUPS_LISTED) {
			++*left_out;
			continue;
		}
		if (!same) {
			same = &group[groups++];
			*same = (struct note_group){.first = note};
		}
		CHECK(same->last_ns <= note->at_ns);
		same->last_ns = note->at_ns;
		same->count++;
	}
	return groups;
}

static void write_group(FILE *out, const struct note_group *group)
{
	CHECK(group->count > 0 && group->first->at_ns <= group->last_ns);
	fputs("<tr>", out);
	markup_seconds(out, group->first->at_ns);
	markup_text(out, "td", NULL, group->first->topic);
	fputs(group->first->breaks ? "<td><strong>BROKEN: </strong>" : "<td>", out);
	escape_html(out, group->first->text);
	if (group->count > 1)
		fprintf(out,
			" <span class=\"muted\">(%d more with other numbers, until %.3f s)</span>",
			group->count - 1, (double)group->last_ns / 1e9);
	fputs("</td></tr>\n", out);
}

void page_notes(FILE *out, const struct model *model)
{
	static const char *const heads[] = {"#at, s", "topic", "note", NULL};
	struct note_group group[GROUPS_LISTED];
	int left_out, groups = group_notes(model->history, group, &left_out);

	CHECK(groups <= GROUPS_LISTED);
	markup_section(out, "notes", "Notes of the run");
	if (groups == 0)
		fputs("<p>The run noted nothing.</p>\n", out);
	else
		markup_table(out, "Notes by time", heads);
	for (int i = 0; i < groups; i++)
		write_group(out, &group[i]);
	if (groups)
		markup_end_table(out);
	if (left_out)
		fprintf(out, "<p>%d more are left out here; history.db has them all.</p>\n",
			left_out);
	markup_end_section(out);
}
