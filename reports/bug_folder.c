#include "reports/bug_folder.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/invariant.h"
#include "base/printable.h"
#include "base/text.h"
#include "history/packets.h"
#include "reports/json_whole.h"
#include "reports/known.h"
#include "reports/query.h"
#include "reports/run_outcome.h"
#include "reports/story.h"
#include "reports/story_text.h"

struct bug {
	const struct history *history;
	const struct verdicts *verdicts;
	const struct bug_request *request;
	const struct incident *incident;
	const struct story *story;
	int64_t packets;
};

/* The rows ------------------------------------------------------------------------------------- */

struct rows_out {
	FILE *out;
	const char *violation, *table, *part;
};

static void add_column(cJSON *row, sqlite3_stmt *statement, int column)
{
	const char *name = sqlite3_column_name(statement, column);

	switch (sqlite3_column_type(statement, column)) {
	case SQLITE_NULL:
		return;
	case SQLITE_INTEGER:
		json_add_whole(row, name, sqlite3_column_int64(statement, column));
		return;
	case SQLITE_FLOAT:
		cJSON_AddItemToObject(row, name,
				      json_real(sqlite3_column_double(statement, column)));
		return;
	default:
		json_add_text(row, name, (const char *)sqlite3_column_text(statement, column));
	}
}

static void write_evidence_row(sqlite3_stmt *statement, void *context)
{
	const struct rows_out *rows = context;
	cJSON *line = cJSON_CreateObject(), *row;

	json_add_text(line, "violation", rows->violation);
	json_add_text(line, "table", rows->table);
	json_add_text(line, "part", rows->part);
	row = cJSON_AddObjectToObject(line, "row");
	for (int i = 0; i < sqlite3_column_count(statement); i++)
		add_column(row, statement, i);
	char *text = cJSON_PrintUnformatted(line);

	CHECK_MEMORY(text);
	fprintf(rows->out, "%s\n", text);
	cJSON_free(text);
	cJSON_Delete(line);
}

/* What a kind of evidence is in the file, and by which column its rows are found. */
static const struct {
	const char *kind, *table, *column;
} places[] = {
	{"op", "op", "id"},
	{"attempt", "op", "attempt"},
	{"key_event", "key_event", "id"},
	{"decision", "decision", "id"},
	{"fault", "fault", "id"},
	{"fault", "proof", "fault"},
};

static int write_evidence(const struct bug *bug, FILE *out, struct error *err)
{
	for (int n = 0; n < bug->incident->names; n++) {
		const struct violation *told = bug->incident->told[n];

		for (int i = 0; i < told->evidences; i++)
			for (size_t p = 0; p < sizeof(places) / sizeof(*places); p++) {
				struct rows_out rows = {out, violation_word(told->name),
							places[p].table, told->evidence[i].part};

				if (strcmp(places[p].kind, told->evidence[i].kind) != 0)
					continue;
				_cleanup_free_ char *sql = text_format(
					"SELECT * FROM %s WHERE %s = %" PRId64, places[p].table,
					places[p].column, told->evidence[i].ref);

				if (query_rows(bug->history, sql, write_evidence_row, &rows, err))
					return -1;
			}
	}
	return 0;
}

/* The report ----------------------------------------------------------------------------------- */

/* As an indented block of code, in which nothing is markup. */
static void write_block(FILE *out, const char *text)
{
	for (const char *line = text; *line; line += strspn(line, "\n") ? 1 : 0) {
		size_t length = strcspn(line, "\n");

		fprintf(out, "%s%.*s\n", length ? "    " : "", (int)length, line);
		line += length;
	}
	fputc('\n', out);
}

static void write_fact(FILE *out, const char *name, const char *value)
{
	_cleanup_free_ char *line = printable_text(value ? value : "unknown");

	fprintf(out, "%s:\n\n    %s\n\n", name, line);
}

static int write_story(const struct bug *bug, FILE *out, struct error *err)
{
	struct story_choice choice = {.number = bug->request->number, .boxes = true, .columns = 80};
	char *text = NULL;
	size_t size;
	FILE *story = text_begin(&text, &size);
	int failed = story_print(bug->history, bug->verdicts, &choice, story, err);

	text_end(story, &text);
	if (!failed)
		write_block(out, text);
	free(text);
	return failed;
}

static int write_report(const struct bug *bug, FILE *out, struct error *err)
{
	const struct violation *violation = bug->incident->told[0];
	_cleanup_free_ char *known = known_brief(bug->history, bug->verdicts);

	CHECK(!bug->incident->refused); /* which has no name */
	fprintf(out, "# %s: %s\n\n", violation_word(violation->name),
		incident_sentence(bug->history, bug->incident));
	write_fact(out, "In the checker's words, in seconds of the run", violation->summary);
	if (write_story(bug, out, err))
		return -1;
	write_fact(out, "etcd", history_text(bug->history, "etcd"));
	write_fact(out, "Machine", history_text(bug->history, "machine"));
	write_fact(out, "fencepost", history_text(bug->history, "fencepost"));
	write_fact(out, "Seen by", history_text(bug->history, "command"));
	if (violation->arm < 0 && *known)
		write_fact(out, "Known of what the service did in this run", known);
	if (outcome_was_interrupted(bug->history))
		fputs("The run was interrupted.\n\n", out);
	fprintf(out,
		"Beside this file: `campaign.conf`%s (`fencepost run campaign.conf`), the rows of "
		"the record that prove it in `evidence.jsonl`, times in nanoseconds of the run",
		bug->request->shrunk ? ", shrunk," : "");
	fputs(bug->packets ? ", and the packets of that time in `packets.pcap`.\n"
			   : "; the run has no packets of that time.\n",
	      out);
	return 0;
}

static int write_campaign(const struct bug *bug, FILE *out, struct error *err)
{
	const char *campaign = history_text(bug->history, "campaign");

	(void)err;
	fputs(bug->request->shrunk ? bug->request->shrunk : campaign ? campaign : "", out);
	return 0;
}

/* From before the story to after it. */
static int write_packets(struct bug *bug, FILE *out, struct error *err)
{
	const char *start = history_text(bug->history, "start_wall_ns");
	int64_t zero_ns = (start ? strtoll(start, NULL, 10) : 0) + bug->story->zero_ns;

	if (!start)
		return 0;
	CHECK(bug->story->from_s <= bug->story->until_s);
	return packets_copy(bug->request->capture, zero_ns + (int64_t)(bug->story->from_s * 1e9),
			    zero_ns + (int64_t)(bug->story->until_s * 1e9), out, &bug->packets,
			    err);
}

/* The folder ----------------------------------------------------------------------------------- */

static int write_file(struct bug *bug, const char *name,
		      int (*write)(const struct bug *bug, FILE *out, struct error *err),
		      struct error *err)
{
	_cleanup_free_ char *path = text_format("%s/%s", bug->request->folder, name);
	struct file file;

	if (file_begin(&file, path, err))
		return -1;
	return file_end(&file, write(bug, file.out, err), err);
}

/* Without packets there is no file. */
static int write_packets_file(struct bug *bug, struct error *err)
{
	_cleanup_free_ char *path = text_format("%s/packets.pcap", bug->request->folder);
	struct file file;

	if (file_begin(&file, path, err))
		return -1;
	int failed = write_packets(bug, file.out, err);

	if (!failed && bug->packets)
		return file_end(&file, 0, err);
	file_end(&file, -1, err);
	return failed;
}

static int write_all(struct bug *bug, struct error *err)
{
	if (mkdir(bug->request->folder, 0777))
		return error_errno(err, EXIT_BAD_USAGE, "cannot make the folder %.300s",
				   bug->request->folder);
	return write_file(bug, "campaign.conf", write_campaign, err) ||
			       write_file(bug, "evidence.jsonl", write_evidence, err) ||
			       write_packets_file(bug, err) ||
			       write_file(bug, "report.md", write_report, err)
		       ? -1
		       : 0;
}

static int write_of(struct bug *bug, struct error *err)
{
	struct story *story = calloc(1, sizeof(*story));

	CHECK_MEMORY(story);
	int failed = story_gather_incident(bug->history, bug->incident, story, err);

	if (!failed) {
		bug->story = story;
		failed = write_all(bug, err);
		story_free(story);
	}
	free(story);
	return failed;
}

int bug_write(const struct history *history, const struct verdicts *verdicts,
	      const struct bug_request *request, int64_t *packets, struct error *err)
{
	struct bug bug = {.history = history, .verdicts = verdicts, .request = request};
	struct incidents incidents;
	int failed;

	if (incidents_find(history, verdicts, INCIDENTS_MAX, &incidents, err))
		return -1;
	if (request->number < 1 || request->number > incidents.count) {
		failed = error_set(err, EXIT_BAD_USAGE, "there is no story %d: this run has %d",
				   request->number, incidents.count);
	} else if (incidents.incident[request->number - 1].refused) {
		failed = error_set(err, EXIT_BAD_USAGE,
				   "story %d is of a write that a guard refused, which is no bug",
				   request->number);
	} else {
		bug.incident = &incidents.incident[request->number - 1];
		failed = write_of(&bug, err);
	}
	*packets = bug.packets;
	incidents_free(&incidents);
	return failed;
}
