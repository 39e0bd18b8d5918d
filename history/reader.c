#include "history/reader.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "history/database.h"
#include "history/mixed.h"
#include "history/older.h"
#include "history/row.h"

enum { NUMBER_MAX = 1 << 20 }; /* of arms, lanes, hosts, workers: whoever counts by them is safe */

/* A whole number of the settings, which may be anybody's, and no JSON; 0: it is not there. */
#define SETTING(name)                                                                              \
	"CASE WHEN json_valid(settings) AND json_type(settings, '$." name "') IS 'integer' "       \
	"THEN json_extract(settings, '$." name "') ELSE 0 END AS " name

static int load_arms(struct history *history, struct error *err)
{
	struct rows rows;
	char sql[768];

	snprintf(sql, sizeof(sql),
		 "SELECT id, name, service, recipe, guard, model, expect, settings, permits, "
		 "ttl_ms, heartbeat_ms, retries, acquire_timeout_ms, %s, %s, " SETTING(
			 "renew_timeout_ms") ", " SETTING("retry_after_ms") " FROM arm ORDER BY id",
		 older_column(history->db, "arm", "planted", older_planted),
		 older_column(history->db, "arm", "acquire_within_ms", "0"));
	if (rows_open(&rows, history->db, history->arena, "arm", sql, err))
		return -1;
	while (rows_next(&rows)) {
		struct arm_row *arm = ROWS_ADD(history->arm, history->arms);

		arm->id = (int)rows_int(&rows, history->arms - 1, history->arms - 1);
		arm->name = rows_text(&rows);
		arm->service = rows_text(&rows);
		arm->recipe = rows_text(&rows);
		arm->guard = rows_text(&rows);
		arm->model = rows_text(&rows);
		arm->expect = rows_text(&rows);
		arm->settings = rows_text(&rows);
		arm->permits = (int)rows_int(&rows, 1, NUMBER_MAX);
		arm->ttl_ms = (int)rows_int(&rows, 0, INT_MAX);
		arm->heartbeat_ms = (int)rows_int(&rows, 0, INT_MAX);
		arm->retries = (int)rows_int(&rows, 0, INT_MAX);
		arm->acquire_timeout_ms = (int)rows_int(&rows, 0, INT_MAX);
		arm->planted = (unsigned int)rows_int(
			&rows, 0, PLANTED_CLIENT | PLANTED_STORE | FOREIGN_CLIENT);
		arm->acquire_within_ms = (int)rows_int(&rows, 0, INT_MAX);
		arm->renew_timeout_ms = (int)rows_int(&rows, 0, INT_MAX);
		arm->retry_after_ms = (int)rows_int(&rows, 0, INT_MAX);
	}
	return rows_close(&rows);
}

static int load_lanes(struct history *history, struct error *err)
{
	struct rows rows;

	if (rows_open(&rows, history->db, history->arena, "lane",
		      "SELECT id, arm, name, lock, resource FROM lane ORDER BY id", err))
		return -1;
	while (rows_next(&rows)) {
		struct lane_row *lane = ROWS_ADD(history->lane, history->lanes);

		lane->id = (int)rows_int(&rows, history->lanes - 1, history->lanes - 1);
		lane->arm = (int)rows_int(&rows, 0, history->arms - 1);
		lane->name = rows_text(&rows);
		lane->lock = rows_text(&rows);
		lane->resource = rows_text(&rows);
	}
	return rows_close(&rows);
}

static int load_hosts(struct history *history, struct error *err)
{
	struct rows rows;

	if (rows_open(&rows, history->db, history->arena, "host",
		      "SELECT id, name, role, address FROM host ORDER BY id", err))
		return -1;
	while (rows_next(&rows)) {
		struct host_row *host = ROWS_ADD(history->host, history->hosts);

		host->id = (int)rows_int(&rows, history->hosts - 1, history->hosts - 1);
		host->name = rows_text(&rows);
		host->role = rows_text(&rows);
		host->address = rows_text(&rows);
	}
	return rows_close(&rows);
}

static int load_processes(struct history *history, struct error *err)
{
	struct rows rows;

	if (rows_open(
		    &rows, history->db, history->arena, "process",
		    "SELECT id, host, arm, lane, worker, incarnation, os_pid, role, name, client, "
		    "started_ns, ended_ns, exit_status FROM process ORDER BY id",
		    err))
		return -1;
	while (rows_next(&rows)) {
		struct process_row *process = ROWS_ADD(history->process, history->processes);

		process->id = (int)rows_int(&rows, 1, INT_MAX);
		process->host = (int)rows_int_or(&rows, -1, 0, history->hosts - 1);
		process->arm = (int)rows_int_or(&rows, -1, 0, history->arms - 1);
		process->lane = (int)rows_int_or(&rows, -1, 0, history->lanes - 1);
		process->worker = (int)rows_int_or(&rows, -1, 0, NUMBER_MAX);
		process->incarnation = (int)rows_int(&rows, 0, INT_MAX);
		process->os_pid = (int)rows_int(&rows, 0, INT_MAX);
		process->role = rows_text(&rows);
		process->name = rows_text(&rows);
		process->client = rows_text_or_null(&rows);
		process->started_ns = rows_ns(&rows);
		process->ended_ns = rows_ns_or(&rows, NEVER_NS, process->started_ns);
		process->exit_status = (int)rows_int_or(&rows, 0, INT_MIN, INT_MAX);
	}
	return rows_close(&rows);
}

/* One text of the plan. */
static const char *read_plan(struct rows *rows, const cJSON *plan, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(plan, name);
	char complaint[64];

	if (cJSON_IsString(item) && *item->valuestring)
		return arena_text(rows->arena, item->valuestring, strlen(item->valuestring));
	snprintf(complaint, sizeof(complaint), "the plan names no %s", name);
	rows_refuse(rows, complaint);
	return "";
}

/* The plan has the word there, or where it is NULL anything but null. */
static bool says(const cJSON *plan, const char *name, const char *word)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(plan, name);

	if (!word)
		return item && !cJSON_IsNull(item);
	return cJSON_IsString(item) && strcmp(item->valuestring, word) == 0;
}

static int load_schedule(struct history *history, struct error *err)
{
	struct rows rows;

	if (rows_open(&rows, history->db, history->arena, "schedule",
		      "SELECT id, block, plan FROM schedule ORDER BY id", err))
		return -1;
	while (rows_next(&rows)) {
		struct schedule_row *entry = ROWS_ADD(history->schedule, history->schedules);

		entry->id = rows_int(&rows, 1, INT_MAX);
		entry->block = rows_text(&rows);
		const char *text = rows_text(&rows);
		cJSON *plan = cJSON_ParseWithOpts(text, NULL, true);

		if (!cJSON_IsObject(plan))
			rows_refuse(&rows, "the plan is not a JSON object");
		entry->kind = read_plan(&rows, plan, "kind");
		entry->when = read_plan(&rows, plan, "when");
		entry->of_lanes = says(plan, "lanes", NULL);
		entry->length_in_ttl = says(plan, "unit", "ttl");
		cJSON_Delete(plan);
	}
	return rows_close(&rows);
}

static int compare_schedule(const void *left, const void *right)
{
	const struct schedule_row *a = left, *b = right;

	return (a->id > b->id) - (a->id < b->id);
}

/* The moment that the fault was planned for; NULL for one of no schedule. */
static const char *find_moment(struct rows *rows, const struct history *history, int64_t schedule)
{
	const struct schedule_row wanted = {.id = schedule};

	if (schedule == 0)
		return NULL;
	const struct schedule_row *entry =
		history->schedules ? bsearch(&wanted, history->schedule, (size_t)history->schedules,
					     sizeof(wanted), compare_schedule)
				   : NULL;

	if (!entry)
		rows_refuse(rows, "no such entry in the schedule");
	return entry ? entry->when : NULL;
}

static enum fault_effect read_effect(struct rows *rows)
{
	enum fault_effect effect = fault_effect_of_word(rows_text(rows));

	if (effect == EFFECT_UNKNOWN)
		rows_refuse(rows, "the effect is no known word");
	return effect;
}

static int load_faults(struct history *history, struct error *err)
{
	struct rows rows;
	char sql[1024];

	snprintf(sql, sizeof(sql),
		 "SELECT id, schedule, kind, target, detail, arm, lane, process, host, attempt, "
		 "planned_ns, length_ns, began_ns, ended_ns, bitten, %s "
		 "FROM fault ORDER BY began_ns, id",
		 older_column(history->db, "fault", "effect", older_effect));
	if (rows_open(&rows, history->db, history->arena, "fault", sql, err))
		return -1;
	while (rows_next(&rows)) {
		struct fault_row *fault = ROWS_ADD(history->fault, history->faults);

		fault->id = rows_int(&rows, 1, INT_MAX);
		fault->schedule = rows_int_or(&rows, 0, 0, INT_MAX);
		fault->kind = rows_text(&rows);
		fault->target = rows_text(&rows);
		fault->detail = rows_text_or_null(&rows);
		fault->arm = (int)rows_int_or(&rows, -1, 0, history->arms - 1);
		fault->lane = (int)rows_int_or(&rows, -1, 0, history->lanes - 1);
		fault->process = (int)rows_int_or(&rows, -1, 1, INT_MAX);
		fault->host = (int)rows_int_or(&rows, -1, 0, history->hosts - 1);
		fault->attempt = rows_int_or(&rows, 0, 1, INT64_MAX);
		fault->planned_ns = rows_ns(&rows);
		fault->length_ns = rows_ns(&rows);
		fault->began_ns = rows_ns(&rows);
		fault->ended_ns = rows_ns_or(&rows, NEVER_NS, fault->began_ns);
		fault->bitten = rows_int_or(&rows, 0, 0, 1);
		fault->effect = read_effect(&rows);
		fault->when = find_moment(&rows, history, fault->schedule);
	}
	return rows_close(&rows);
}

static int load_proofs(struct history *history, struct error *err)
{
	struct rows rows;

	if (rows_open(&rows, history->db, history->arena, "proof",
		      "SELECT fault, at_ns, count, holds, what, detail FROM proof "
		      "ORDER BY fault, at_ns, id",
		      err))
		return -1;
	while (rows_next(&rows)) {
		struct proof_row *proof = ROWS_ADD(history->proof, history->proofs);

		proof->fault = rows_int(&rows, 1, INT_MAX);
		proof->at_ns = rows_ns(&rows);
		proof->count = rows_int_or(&rows, 0, INT64_MIN, INT64_MAX);
		proof->holds = rows_int(&rows, 0, 1);
		proof->what = rows_text(&rows);
		proof->detail = rows_text_or_null(&rows);
	}
	return rows_close(&rows);
}

static int load_notes(struct history *history, struct error *err)
{
	struct rows rows;

	if (rows_open(&rows, history->db, history->arena, "note",
		      "SELECT at_ns, breaks, topic, text FROM note ORDER BY at_ns, id", err))
		return -1;
	while (rows_next(&rows)) {
		struct note_row *note = ROWS_ADD(history->note, history->notes);

		note->at_ns = rows_ns(&rows);
		note->breaks = rows_int(&rows, 0, 1);
		note->topic = rows_text(&rows);
		note->text = rows_text(&rows);
	}
	return rows_close(&rows);
}

/* Files that were made before there was the table have none. */
static int load_connections(struct history *history, struct error *err)
{
	struct rows rows;

	if (!older_column(history->db, "connection", "host", NULL))
		return 0;
	if (rows_open(&rows, history->db, history->arena, "connection",
		      "SELECT host, opened, failed, reset, retransmitted FROM connection "
		      "ORDER BY host",
		      err))
		return -1;
	while (rows_next(&rows)) {
		struct connection_row *row = ROWS_ADD(history->connection, history->connections);

		row->host = (int)rows_int(&rows, 0, history->hosts - 1);
		row->opened = rows_int(&rows, 0, INT64_MAX);
		row->failed = rows_int(&rows, 0, INT64_MAX);
		row->reset = rows_int(&rows, 0, INT64_MAX);
		row->retransmitted = rows_int(&rows, 0, INT64_MAX);
	}
	return rows_close(&rows);
}

static int load_leaders(struct history *history, struct error *err)
{
	struct rows rows;

	if (!older_column(history->db, "leader", "term", NULL))
		return 0;
	if (rows_open(&rows, history->db, history->arena, "leader",
		      "SELECT at_ns, member, leader, term FROM leader ORDER BY at_ns, rowid", err))
		return -1;
	while (rows_next(&rows)) {
		struct leader_row *leader = ROWS_ADD(history->leader, history->leaders);

		leader->at_ns = rows_ns(&rows);
		leader->member = (int)rows_int(&rows, 0, NUMBER_MAX);
		leader->leader = (int)rows_int_or(&rows, -1, 0, NUMBER_MAX);
		leader->term = rows_int(&rows, 0, INT64_MAX);
	}
	return rows_close(&rows);
}

/* What the run tells of itself, at once: who asks for it later cannot fail. */
static int load_texts(struct history *history, struct error *err)
{
	struct rows rows;

	if (rows_open(&rows, history->db, history->arena, "run",
		      "SELECT key, CAST(value AS TEXT) FROM run WHERE value IS NOT NULL"
		      " ORDER BY key",
		      err))
		return -1;
	while (rows_next(&rows)) {
		struct text_row *text = ROWS_ADD(history->text, history->texts);

		text->key = rows_text(&rows);
		text->value = rows_text(&rows);
	}
	return rows_close(&rows);
}

/* run.key as a number, or `absent`. */
static int load_number(struct history *history, const char *key, int64_t low, int64_t absent,
		       int64_t *value, struct error *err)
{
	struct rows rows;

	if (rows_open(&rows, history->db, history->arena, "run",
		      "SELECT value FROM run WHERE key = ?1", err))
		return -1;
	sqlite3_bind_text(rows.statement, 1, key, -1, SQLITE_STATIC);
	*value = rows_next(&rows) ? rows_int_or(&rows, absent, low, INT64_MAX) : absent;
	if (rows_close(&rows))
		return error_wrap(err, "run.%s", key);
	return 0;
}

/* A run that did not end in order lasted until the last stamp in the file. */
static int find_last_stamp(struct history *history, struct error *err)
{
	struct rows rows;

	if (rows_open(&rows, history->db, history->arena, "op",
		      "SELECT max(coalesce((SELECT max(coalesce(returned_ns, invoked_ns)) FROM op),"
		      " 0), coalesce((SELECT max(decided_ns) FROM decision), 0),"
		      " coalesce((SELECT max(seen_ns) FROM key_event), 0))",
		      err))
		return -1;
	if (rows_next(&rows))
		history->duration_ns = rows_ns(&rows);
	return rows_close(&rows);
}

static int load_run(struct history *history, struct error *err)
{
	int64_t sealed;

	if (load_number(history, "seed", INT64_MIN, 0, &history->seed, err) ||
	    load_number(history, "sealed", 0, 0, &sealed, err) ||
	    load_number(history, "duration_ns", 0, -1, &history->duration_ns, err) ||
	    load_number(history, "healed_ns", 0, NEVER_NS, &history->healed_ns, err) ||
	    load_number(history, "worst_gap_ns", 0, -1, &history->worst_gap_ns, err) ||
	    load_number(history, "worst_gap_at_ns", 0, -1, &history->worst_gap_at_ns, err) ||
	    load_number(history, "election_ms", 0, 0, &history->election_ms, err))
		return -1;
	history->sealed = sealed == 1;
	return history->duration_ns < 0 ? find_last_stamp(history, err) : 0;
}

/* What belongs to no lane would never be loaded, nor missed. Three questions, as each is answered
 * by the index of lanes at once; with OR between them it would be read from end to end. */
static int check_lanes_of(struct history *history, const char *table, bool must_have,
			  struct error *err)
{
	struct rows rows;
	char sql[256];

	snprintf(sql, sizeof(sql),
		 "SELECT id FROM %s WHERE lane < 0 UNION ALL SELECT id FROM %s WHERE lane >= ?1 "
		 "UNION ALL SELECT id FROM %s WHERE ?2 AND lane IS NULL LIMIT 1",
		 table, table, table);
	if (rows_open(&rows, history->db, history->arena, table, sql, err))
		return -1;
	sqlite3_bind_int(rows.statement, 1, history->lanes);
	sqlite3_bind_int(rows.statement, 2, must_have);
	if (rows_next(&rows))
		rows_refuse(&rows, "no such lane");
	return rows_close(&rows);
}

static int load(struct history *history, struct error *err)
{
	if (load_arms(history, err) || load_lanes(history, err) || load_hosts(history, err) ||
	    load_processes(history, err) || load_schedule(history, err) ||
	    load_faults(history, err) || load_proofs(history, err) || load_notes(history, err) ||
	    load_connections(history, err) || load_leaders(history, err) ||
	    load_texts(history, err) || load_run(history, err))
		return -1;
	if (check_lanes_of(history, "op", true, err) ||
	    check_lanes_of(history, "decision", true, err))
		return -1;
	return check_lanes_of(history, "key_event", false, err);
}

int history_open(const char *path, struct history *history, struct error *err)
{
	*history = (struct history){0};
	if (database_open(path, DATABASE_READ, &history->db, err))
		return -1;
	if (rows_enable_bulk(history->db, err)) {
		history_close(history);
		return -1;
	}
	history->arena = arena_open();
	history->path = arena_text(history->arena, path, strlen(path));
	if (database_exec(history->db, "BEGIN", err) || load(history, err) ||
	    (history->sealed && history_end_snapshot(history, err))) {
		history_close(history);
		return -1;
	}
	return 0;
}

int history_end_snapshot(const struct history *history, struct error *err)
{
	return sqlite3_get_autocommit(history->db) ? 0 : database_exec(history->db, "COMMIT", err);
}

void history_close(struct history *history)
{
	mixed_close(history->mixed);
	sqlite3_close(history->db);
	free(history->arm);
	free(history->lane);
	free(history->host);
	free(history->process);
	free(history->schedule);
	free(history->fault);
	free(history->proof);
	free(history->note);
	free(history->connection);
	free(history->leader);
	free(history->text);
	arena_close(history->arena);
	*history = (struct history){0};
}

static int compare_key(const void *key, const void *text)
{
	return strcmp(key, ((const struct text_row *)text)->key);
}

const struct fault_row *history_fault(const struct history *history, int64_t id)
{
	for (int i = 0; i < history->faults; i++)
		if (history->fault[i].id == id)
			return &history->fault[i];
	return NULL;
}

const char *history_text(const struct history *history, const char *key)
{
	const struct text_row *text = history->texts
					      ? bsearch(key, history->text, (size_t)history->texts,
							sizeof(*text), compare_key)
					      : NULL;

	return text ? text->value : NULL;
}

int64_t history_number(const struct history *history, const char *key, int64_t absent)
{
	const char *text = history_text(history, key);

	return text ? strtoll(text, NULL, 10) : absent;
}

void history_tell(struct history *history, const char *key, const char *value)
{
	const char *kept = arena_text(history->arena, value, strlen(value));
	int at = 0;

	while (at < history->texts && strcmp(history->text[at].key, key) < 0)
		at++;
	if (at == history->texts || strcmp(history->text[at].key, key) != 0) {
		(void)ROWS_ADD(history->text, history->texts);
		memmove(&history->text[at + 1], &history->text[at],
			(size_t)(history->texts - 1 - at) * sizeof(*history->text));
		history->text[at].key = arena_text(history->arena, key, strlen(key));
	}
	history->text[at].value = kept;
}
