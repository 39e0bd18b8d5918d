/*
 * Theory of operation. Rows that count from 1 are missing somewhere iff there are fewer than the
 * greatest id says; SQLite counts them in no time, and is asked where only then. What belongs to
 * one lane is looked at when the lane is in memory anyway (holes_lane.c). Leases and the times of
 * decisions are compared over all lanes: each lane leaves its own here, to be sorted at the end.
 */
#include "checker/holds/holes.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/sort.h"
#include "history/older.h"
#include "history/row.h"

/* X(table, one row of it in words): the ids count from 1, and nobody ever deletes. */
#define COUNTED_TABLES(X)                                                                          \
	X("process", "process")                                                                    \
	X("schedule", "the schedule's entry")                                                      \
	X("decision", "the store's decision")                                                      \
	X("key_event", "the witness's word")                                                       \
	X("fault", "fault")                                                                        \
	X("proof", "proof")                                                                        \
	X("note", "note")                                                                          \
	X("link", "the count of packets")                                                          \
	X("leader", "the member's word on who leads")                                              \
	X("dropped", "the count of packets that a fault dropped")

void holes_say(struct holes *holes, const char *format, ...)
{
	va_list arguments;

	if (*holes->text)
		return;
	va_start(arguments, format);
	vsnprintf(holes->text, sizeof(holes->text), format, arguments);
	va_end(arguments);
}

static int compare_process(const void *id, const void *process)
{
	return array_order(*(const int *)id, ((const struct process_row *)process)->id);
}

const struct process_row *holes_process(const struct holes *holes, int process)
{
	const struct history *history = holes->history;

	return history->processes == 0
		       ? NULL
		       : bsearch(&process, history->process, (size_t)history->processes,
				 sizeof(*history->process), compare_process);
}

const char *holes_name(const struct holes *holes, int process)
{
	const struct process_row *row = holes_process(holes, process);

	return row ? row->name : "unknown";
}

/* The answer's one number, or `absent` for none. */
static int ask(const struct history *history, int64_t absent, int64_t *answer, struct error *err,
	       const char *format, ...) __attribute__((format(printf, 5, 6)));

static int ask(const struct history *history, int64_t absent, int64_t *answer, struct error *err,
	       const char *format, ...)
{
	char question[400];
	struct rows rows;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(question, sizeof(question), format, arguments);
	va_end(arguments);
	if (rows_open(&rows, history->db, history->arena, "history", question, err))
		return -1;
	*answer = rows_next(&rows) ? rows_int_or(&rows, absent, INT64_MIN, INT64_MAX) : absent;
	return rows_close(&rows);
}

static int look_for_gap(struct holes *holes, const char *table, const char *words,
			struct error *err)
{
	int64_t lacking, missing;

	if (ask(holes->history, 0, &lacking, err,
		"SELECT (SELECT coalesce(max(rowid), 0) FROM %s) - (SELECT count(*) FROM %s)",
		table, table))
		return -1;
	if (!lacking)
		return 0;
	if (ask(holes->history, 0, &missing, err,
		"SELECT before + 1 FROM (SELECT rowid n, lag(rowid, 1, 0) OVER (ORDER BY rowid) "
		"before FROM %s) WHERE n != before + 1",
		table))
		return -1;
	holes_say(holes, "%s %" PRId64 " is missing", words, missing);
	return 0;
}

static int compare_count(struct holes *holes, const char *table, struct error *err)
{
	bool is_there = older_has_table(holes->history->db, table);
	int64_t recorded, here = 0;

	if (ask(holes->history, -1, &recorded, err,
		"SELECT rows FROM recorded WHERE what = '%s' AND process = 0", table) ||
	    (is_there && ask(holes->history, 0, &here, err, "SELECT count(*) FROM %s", table)))
		return -1;
	if (recorded < 0 && !is_there)
		return 0; /* a file from before there was such a table */
	if (recorded < 0)
		holes_say(holes, "it is not told how many rows of the table %s were recorded",
			  table);
	else if (recorded != here)
		holes_say(holes,
			  "%" PRId64 " rows of the table %s were recorded, %" PRId64 " are here",
			  recorded, table, here);
	return 0;
}

static void say_that_some_lack(struct holes *holes, int process)
{
	holes_say(holes, "process %d (%s) lacks its last operations", process,
		  holes_name(holes, process));
}

static int read_counts(struct holes *holes, struct holes *last, struct error *err)
{
	const struct history *history = holes->history;
	struct rows rows;

	ARRAY_NEW(holes->count, history->processes);
	for (int i = 0; i < history->processes; i++)
		holes->count[i].recorded = -1;
	if (rows_open(&rows, history->db, history->arena, "recorded",
		      "SELECT process, rows FROM recorded WHERE what = 'op' AND process > 0", err))
		return -1;
	while (rows_next(&rows)) {
		int id = (int)rows_int(&rows, 1, INT_MAX);
		int64_t recorded = rows_int(&rows, 0, INT64_MAX);
		const struct process_row *process = holes_process(holes, id);

		if (process)
			holes->count[process - history->process].recorded = recorded;
		else if (recorded)
			say_that_some_lack(last, id);
	}
	return rows_close(&rows);
}

/* For the end: gaps between operations are found, and named, by their lanes. */
int holes_count_operations(struct holes *holes, struct error *err)
{
	struct holes last = {.history = holes->history};

	if (!*older_column(holes->history->db, "recorded", "what", ""))
		return 0;
	if (read_counts(holes, &last, err) || compare_count(&last, "op", err))
		return -1;
	memcpy(holes->last, last.text, sizeof(holes->last));
	return 0;
}

static void look_at_counts(struct holes *holes)
{
	for (int i = 0; holes->count && i < holes->history->processes; i++)
		if (holes->count[i].recorded >= 0 &&
		    holes->count[i].recorded != holes->count[i].looked_at)
			say_that_some_lack(holes, holes->history->process[i].id);
}

static int look_at_tables(struct holes *holes, struct error *err)
{
	static const struct {
		const char *table, *words;
	} counted[] = {
#define X(table, words) {table, words},
		COUNTED_TABLES(X)
#undef X
	};
	enum { TABLES = sizeof(counted) / sizeof(counted[0]) };
	bool has_counts = *older_column(holes->history->db, "recorded", "what", "");

	for (int i = 0; i < TABLES; i++)
		if (older_has_table(holes->history->db, counted[i].table) &&
		    look_for_gap(holes, counted[i].table, counted[i].words, err))
			return -1;
	for (int i = 0; i < TABLES && has_counts; i++)
		if (compare_count(holes, counted[i].table, err))
			return -1;
	return 0;
}

/* Processes, faults and their proofs are in memory. */
static void look_at_processes(struct holes *holes)
{
	const struct history *history = holes->history;

	for (int i = 0; i < history->processes; i++) {
		const struct process_row *process = &history->process[i];

		if (process->lane >= 0 && history->lane[process->lane].arm != process->arm)
			holes_say(holes, "process %d (%s) is of another arm than its lane",
				  process->id, process->name);
	}
}

static void look_at_faults(struct holes *holes)
{
	const struct history *history = holes->history;
	bool *proved;

	ARRAY_NEW(proved, history->faults + 1);
	for (int i = 0; i < history->proofs; i++) {
		const struct proof_row *proof = &history->proof[i];

		CHECK(proof->fault > 0);
		if (proof->fault > history->faults)
			holes_say(holes, "fault %" PRId64 " is missing, and has a proof",
				  proof->fault);
		else
			proved[proof->fault] |= proof->holds;
	}
	for (int i = 0; i < history->faults; i++) {
		const struct fault_row *fault = &history->fault[i];

		CHECK(fault->id > 0);
		if (fault->id > history->faults)
			continue; /* ids with a gap: that is told */
		if (fault->bitten && !proved[fault->id])
			holes_say(holes,
				  "fault %" PRId64 " is told to have bitten, and has no "
				  "proof of it",
				  fault->id);
		if (fault->process > 0 && !holes_process(holes, fault->process))
			holes_say(holes, "process %d is missing, and was hit by fault %" PRId64,
				  fault->process, fault->id);
	}
	free(proved);
}

int holes_open(struct holes *holes, const struct history *history, struct error *err)
{
	*holes = (struct holes){.history = history};
	if (look_at_tables(holes, err))
		return -1;
	look_at_processes(holes);
	look_at_faults(holes);
	return 0;
}

/* Those of one lease, by attempt. */
static void sort_run(const struct lease_use *use, struct sort_item *run, size_t uses)
{
	for (size_t i = 0; i < uses; i++)
		run[i].key = use[run[i].place].attempt;
	sort_items(run, uses);
	for (size_t i = 0; i < uses; i++)
		run[i].key = use[run[i].place].lease;
}

/* By lease, then attempt. */
static struct sort_item *sort_uses(const struct lease_use *use, int uses)
{
	struct sort_item *sorted;

	ARRAY_ROOM(sorted, uses);
	for (int i = 0; i < uses; i++)
		sorted[i] = (struct sort_item){use[i].lease, (uint32_t)i};
	sort_items(sorted, (size_t)uses);
	for (int begin = 0, end; begin < uses; begin = end) {
		for (end = begin + 1; end < uses && sorted[end].key == sorted[begin].key;)
			end++;
		if (end - begin > 1)
			sort_run(use, &sorted[begin], (size_t)(end - begin));
	}
	return sorted;
}

/* A service gives no lease twice, and no worker has that of another one. */
static void look_at_leases(struct holes *holes)
{
	struct sort_item *sorted = sort_uses(holes->use, holes->uses);

	for (int i = 1; i < holes->uses; i++) {
		if (sorted[i].key != sorted[i - 1].key)
			continue;
		const struct lease_use *a = &holes->use[sorted[i - 1].place];
		const struct lease_use *b = &holes->use[sorted[i].place];
		int process_a = (int)(a->attempt >> 32), process_b = (int)(b->attempt >> 32);

		if (process_a != process_b || (a->granted && b->granted))
			holes_say(holes,
				  "attempts of process %d (%s) and process %d (%s) have one lease, "
				  "%" PRIx64,
				  process_a, holes_name(holes, process_a), process_b,
				  holes_name(holes, process_b), (uint64_t)a->lease);
	}
	free(sorted);
}

/* The store decides on one request after the other. */
static void look_at_times(struct holes *holes)
{
	struct sort_item *sorted;

	ARRAY_ROOM(sorted, holes->decisions);
	for (int i = 0; i < holes->decisions; i++)
		sorted[i] = (struct sort_item){holes->decision[i].id, (uint32_t)i};
	sort_items(sorted, (size_t)holes->decisions);
	for (int i = 1; i < holes->decisions; i++) {
		const struct made *made = &holes->decision[sorted[i].place];

		if (made->arrived_ns < holes->decision[sorted[i - 1].place].decided_ns)
			holes_say(holes,
				  "the store's decision %" PRId64
				  " was made before the one before it",
				  made->id);
	}
	free(sorted);
}

void holes_close(struct holes *holes)
{
	look_at_leases(holes);
	look_at_times(holes);
	look_at_counts(holes);
	holes_say(holes, "%s", holes->last);
	free(holes->use);
	free(holes->decision);
	free(holes->count);
	holes->use = NULL;
	holes->decision = NULL;
	holes->count = NULL;
	holes->uses = holes->decisions = 0;
}
