#include "history/writer.h"

#include <stdio.h>
#include <string.h>

#include "history/database.h"
#include "history/row.h"

enum { MEMBERS_MAX = 256 }; /* as in lane.c */

static int count_lanes(sqlite3 *db)
{
	sqlite3_stmt *statement = database_prepare(db, "SELECT count(*) FROM lane");
	int lanes = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int(statement, 0) : 0;

	sqlite3_finalize(statement);
	return lanes;
}

void writer_open(struct writer *writer, sqlite3 *db, int64_t start_ns)
{
	*writer = (struct writer){
		.db = db,
		.start_ns = start_ns,
		.lanes = count_lanes(db),
		.op = database_prepare(
			db, "INSERT INTO op VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
			    "?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)"),
		/* The same numbers, so that one function binds for both. */
		.op_again = database_prepare(
			db, "UPDATE op SET outcome = ?9, returned_ns = ?11, endpoint = ?12, "
			    "lease = ?13, key = ?14, ttl_ms = ?15, token = ?16, revision = ?17, "
			    "version = ?19, value = ?21, error = ?22 WHERE id = ?1"),
		.key = database_prepare(db,
					"INSERT INTO key_event (member, lane, deleted, revision, "
					"create_revision, lease, key, seen_ns) "
					"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"),
		.decision = database_prepare(
			db, "INSERT INTO decision (id, op, lane, f, accepted, token, "
			    "greatest_token, version_before, version_after, value, arrived_ns, "
			    "decided_ns, reason) "
			    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"),
		.fault = database_prepare(
			db, "INSERT INTO fault (id, schedule, kind, target, arm, lane, process, "
			    "attempt, host, planned_ns, length_ns, began_ns, detail, effect, "
			    "aimed_ns) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
			    "?13, ?14, ?15)"),
		.fault_end = database_prepare(
			db, "UPDATE fault SET ended_ns = ?2, bitten = ?3 WHERE id = ?1"),
		.proof =
			database_prepare(db, "INSERT INTO proof (fault, at_ns, holds, what, count, "
					     "detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"),
		.link = database_prepare(db, "INSERT INTO link (second, src, dst, packets, bytes, "
					     "dropped) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"),
		.dropped = database_prepare(db, "INSERT INTO dropped (fault, src, dst, packets) "
						"VALUES (?1, ?2, ?3, ?4)"),
		.process = database_prepare(
			db, "INSERT INTO process (id, host, role, name, client, arm, lane, worker, "
			    "incarnation, os_pid, started_ns) "
			    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"),
		.process_end = database_prepare(
			db, "UPDATE process SET ended_ns = ?2, exit_status = ?3 WHERE id = ?1"),
		.note = database_prepare(db, "INSERT INTO note (at_ns, process, breaks, topic, "
					     "text) VALUES (?1, ?2, ?3, ?4, ?5)"),
		.leader = database_prepare(db, "INSERT INTO leader (at_ns, member, leader, term) "
					       "VALUES (?1, ?2, ?3, ?4)"),
	};
}

void writer_close(struct writer *writer)
{
	sqlite3_finalize(writer->op);
	sqlite3_finalize(writer->op_again);
	sqlite3_finalize(writer->key);
	sqlite3_finalize(writer->decision);
	sqlite3_finalize(writer->fault);
	sqlite3_finalize(writer->fault_end);
	sqlite3_finalize(writer->proof);
	sqlite3_finalize(writer->link);
	sqlite3_finalize(writer->dropped);
	sqlite3_finalize(writer->process);
	sqlite3_finalize(writer->process_end);
	sqlite3_finalize(writer->note);
	sqlite3_finalize(writer->leader);
}

/* Binding ------------------------------------------------------------------------------------- */

static void number(sqlite3_stmt *statement, int column, int64_t value)
{
	sqlite3_bind_int64(statement, column, value);
}

static void number_if(bool applies, sqlite3_stmt *statement, int column, int64_t value)
{
	if (applies)
		sqlite3_bind_int64(statement, column, value);
	else
		sqlite3_bind_null(statement, column);
}

static void unless_zero(sqlite3_stmt *statement, int column, int64_t value)
{
	number_if(value != 0, statement, column, value);
}

static void unless_negative(sqlite3_stmt *statement, int column, int64_t value)
{
	number_if(value >= 0, statement, column, value);
}

/* From a field of the given size; not copied, so the event must live until the step. */
static void text(sqlite3_stmt *statement, int column, const char *field, size_t size)
{
	sqlite3_bind_text(statement, column, field, (int)strnlen(field, size), SQLITE_STATIC);
}

static void text_unless_empty(sqlite3_stmt *statement, int column, const char *field, size_t size)
{
	if (field[0])
		text(statement, column, field, size);
	else
		sqlite3_bind_null(statement, column);
}

#define FIELD(field) (field), sizeof(field)

static void instant(struct writer *writer, sqlite3_stmt *statement, int column, int64_t at_ns)
{
	/* A producer that stamps before the start is a bug of ours, but the file must stay
	 * readable. */
	if (at_ns < writer->start_ns)
		writer->early++;
	int64_t since_ns = at_ns < writer->start_ns ? 0 : at_ns - writer->start_ns;

	sqlite3_bind_int64(statement, column,
			   since_ns < HISTORY_LAST_NS ? since_ns : HISTORY_LAST_NS);
}

/* process << 32 | number, the identity of operations and attempts. */
static int64_t identity(int32_t process, uint32_t number)
{
	return (int64_t)process << 32 | number;
}

static void refuse(struct writer *writer, const char *why)
{
	if (writer->refused++ == 0)
		snprintf(writer->first_refusal, sizeof(writer->first_refusal), "%s", why);
}

static int run(struct writer *writer, sqlite3_stmt *statement, struct error *err)
{
	int status = sqlite3_step(statement), result = 0;

	if (status == SQLITE_CONSTRAINT)
		refuse(writer, sqlite3_errmsg(writer->db));
	else if (status != SQLITE_DONE)
		result = database_error(writer->db, err);
	sqlite3_reset(statement);
	return result;
}

/* An update of a row that must be there. */
static int run_update(struct writer *writer, sqlite3_stmt *statement, const char *missing,
		      struct error *err)
{
	if (run(writer, statement, err))
		return -1;
	if (sqlite3_changes(writer->db) != 1)
		refuse(writer, missing);
	return 0;
}

/* What the reader would refuse is not written, but counted: a file that we wrote can be read,
 * whatever a producer was told by somebody else. The bounds are those of lane.c and reader.c. */
static const char *flaw_of_op(const struct event *invoked, const struct event *returned)
{
	const struct op_event *sent = &invoked->op, *back = returned ? &returned->op : sent;

	if (invoked->process <= 0 || sent->f < F_LEASE_GRANT || sent->f > F_LAST ||
	    sent->mode > MODE_SHARED || back->outcome > OUTCOME_FAIL)
		return "an operation of no known kind";
	if (returned && returned->at_ns < invoked->at_ns)
		return "an operation returned before it was invoked";
	if (sent->ttl_ms < 0 || back->ttl_ms < 0 || sent->revision < 0 || back->revision < 0 ||
	    sent->version < 0 || back->version < 0)
		return "an operation with a negative TTL, revision or version";
	return NULL;
}

static const char *flaw_of_key(const struct writer *writer, const struct key_event *key)
{
	if (key->lane >= writer->lanes)
		return "a key of no known lane";
	if (key->member < 0 || key->member >= MEMBERS_MAX || key->deleted > 1)
		return "a key changed at no known member";
	if (key->revision < 1 || key->create_revision < 0)
		return "a key changed at no possible revision";
	return NULL;
}

static const char *flaw_of_decision(const struct writer *writer, const struct event *event)
{
	const struct decision_event *decision = &event->decision;

	if (decision->seq < 1 || decision->lane < 0 || decision->lane >= writer->lanes ||
	    (decision->f != F_READ && decision->f != F_WRITE) || decision->accepted > 1)
		return "a decision of no known kind";
	if (decision->version_before < 0 || decision->version_after < 0)
		return "a decision with a negative version";
	if (decision->arrived_ns > event->at_ns)
		return "a decision before its request";
	return NULL;
}

/* Operations ---------------------------------------------------------------------------------- */

/* The answer's value where it has one, else what was sent. */
#define LATEST(field) (back && back->field ? back->field : sent->field)

static void bind_answer(sqlite3_stmt *statement, const struct op_event *sent,
			const struct op_event *back)
{
	bool touches = sent->f == F_READ || sent->f == F_WRITE;
	bool renews = sent->f == F_LEASE_GRANT || sent->f == F_KEEPALIVE;
	bool ok = back && back->outcome == OUTCOME_OK;
	bool knows = back && back->outcome != OUTCOME_INFO;

	number(statement, 9, back ? back->outcome : OUTCOME_INFO);
	unless_negative(statement, 12,
			back && back->endpoint >= 0 ? back->endpoint : sent->endpoint);
	unless_zero(statement, 13, LATEST(lease));
	if (back && back->key[0])
		text(statement, 14, FIELD(back->key));
	else
		text_unless_empty(statement, 14, FIELD(sent->key));
	/* An answered renewal without a TTL says that the lease is gone; a resource that was never
	 * written has version 0: there 0 is a number. */
	number_if(knows ? renews || back->ttl_ms : false, statement, 15, back ? back->ttl_ms : 0);
	unless_zero(statement, 16, LATEST(token));
	unless_zero(statement, 17, back ? back->revision : 0);
	number_if(back && ((ok && touches) || back->version), statement, 19,
		  back ? back->version : 0);
	number_if(sent->f == F_WRITE || (ok && touches) || LATEST(value), statement, 21,
		  LATEST(value));
	if (back)
		text_unless_empty(statement, 22, FIELD(back->error));
	else
		sqlite3_bind_null(statement, 22);
}

int writer_op(struct writer *writer, const struct event *invoked, const struct event *returned,
	      struct place place, bool again, struct error *err)
{
	sqlite3_stmt *statement = again ? writer->op_again : writer->op;
	const struct op_event *sent = &invoked->op, *back = returned ? &returned->op : NULL;
	uint32_t attempt = LATEST(attempt);
	const char *flaw = flaw_of_op(invoked, returned);

	if (flaw) {
		refuse(writer, flaw);
		return 0;
	}
	number(statement, 1, identity(invoked->process, sent->seq));
	number(statement, 2, invoked->process);
	number(statement, 3, place.arm);
	number(statement, 4, place.lane);
	number(statement, 5, place.worker);
	number_if(attempt, statement, 6, identity(invoked->process, attempt));
	number(statement, 7, sent->f);
	number(statement, 8, sent->mode);
	instant(writer, statement, 10, invoked->at_ns);
	if (returned)
		instant(writer, statement, 11, returned->at_ns);
	else
		sqlite3_bind_null(statement, 11);
	bind_answer(statement, sent, back);
	if (sent->safe_until_ns)
		instant(writer, statement, 18, sent->safe_until_ns);
	else
		sqlite3_bind_null(statement, 18);
	number_if(sent->f == F_WRITE, statement, 20, sent->version);
	return again ? run_update(writer, statement, "an operation's row is gone", err)
		     : run(writer, statement, err);
}

/* Everything else ----------------------------------------------------------------------------- */

static int write_key(struct writer *writer, const struct event *event, struct error *err)
{
	const struct key_event *key = &event->key;
	sqlite3_stmt *statement = writer->key;
	const char *flaw = flaw_of_key(writer, key);

	if (flaw) {
		refuse(writer, flaw);
		return 0;
	}
	number(statement, 1, key->member);
	unless_negative(statement, 2, key->lane);
	number(statement, 3, key->deleted);
	number(statement, 4, key->revision);
	unless_zero(statement, 5, key->create_revision);
	unless_zero(statement, 6, key->lease);
	text(statement, 7, FIELD(key->key));
	instant(writer, statement, 8, event->at_ns);
	return run(writer, statement, err);
}

static int write_decision(struct writer *writer, const struct event *event, struct error *err)
{
	const struct decision_event *decision = &event->decision;
	sqlite3_stmt *statement = writer->decision;
	const char *flaw = flaw_of_decision(writer, event);

	if (flaw) {
		refuse(writer, flaw);
		return 0;
	}
	number(statement, 1, decision->seq);
	unless_zero(statement, 2, decision->op);
	number(statement, 3, decision->lane);
	number(statement, 4, decision->f);
	number(statement, 5, decision->accepted);
	unless_zero(statement, 6, decision->token);
	number(statement, 7, decision->greatest_token);
	number(statement, 8, decision->version_before);
	number(statement, 9, decision->version_after);
	number(statement, 10, decision->value);
	instant(writer, statement, 11, decision->arrived_ns);
	instant(writer, statement, 12, event->at_ns);
	text_unless_empty(statement, 13, FIELD(decision->reason));
	return run(writer, statement, err);
}

static int write_fault_begin(struct writer *writer, const struct event *event, struct error *err)
{
	const struct fault_event *fault = &event->fault;
	const char *effect = fault_effect_word((enum fault_effect)fault->effect);
	sqlite3_stmt *statement = writer->fault;

	if (!effect) {
		refuse(writer, "a fault of no known effect");
		return 0;
	}
	number(statement, 1, fault->id);
	unless_zero(statement, 2, fault->scheduled);
	text(statement, 3, FIELD(fault->kind));
	text(statement, 4, FIELD(fault->target));
	unless_negative(statement, 5, fault->arm);
	unless_negative(statement, 6, fault->lane);
	unless_zero(statement, 7, fault->process);
	number_if(fault->attempt, statement, 8, identity(fault->process, fault->attempt));
	unless_negative(statement, 9, fault->host);
	instant(writer, statement, 10, fault->planned_ns);
	number(statement, 11, fault->length_ns);
	instant(writer, statement, 12, event->at_ns);
	text_unless_empty(statement, 13, FIELD(fault->detail));
	text(statement, 14, effect, strlen(effect));
	if (fault->aimed_ns)
		instant(writer, statement, 15, fault->aimed_ns);
	else
		sqlite3_bind_null(statement, 15);
	return run(writer, statement, err);
}

static int write_fault_end(struct writer *writer, const struct event *event, struct error *err)
{
	number(writer->fault_end, 1, event->fault.id);
	instant(writer, writer->fault_end, 2, event->at_ns);
	number(writer->fault_end, 3, event->fault.bitten);
	return run_update(writer, writer->fault_end, "a fault ended that never began", err);
}

static int write_proof(struct writer *writer, const struct event *event, struct error *err)
{
	const struct proof_event *proof = &event->proof;

	number(writer->proof, 1, proof->fault);
	instant(writer, writer->proof, 2, event->at_ns);
	number(writer->proof, 3, proof->holds);
	text(writer->proof, 4, FIELD(proof->what));
	number(writer->proof, 5, proof->count);
	text_unless_empty(writer->proof, 6, FIELD(proof->detail));
	return run(writer, writer->proof, err);
}

static int write_link(struct writer *writer, const struct event *event, struct error *err)
{
	const struct link_event *link = &event->link;

	number(writer->link, 1, link->second);
	number(writer->link, 2, link->from);
	number(writer->link, 3, link->to);
	number(writer->link, 4, link->packets);
	number(writer->link, 5, link->bytes);
	number(writer->link, 6, link->dropped);
	return run(writer, writer->link, err);
}

static int write_dropped(struct writer *writer, const struct event *event, struct error *err)
{
	const struct dropped_event *dropped = &event->dropped;

	number(writer->dropped, 1, dropped->fault);
	number(writer->dropped, 2, dropped->from);
	number(writer->dropped, 3, dropped->to);
	number(writer->dropped, 4, dropped->packets);
	return run(writer, writer->dropped, err);
}

static int write_process_end(struct writer *writer, const struct event *event, struct error *err)
{
	number(writer->process_end, 1, event->started.id);
	instant(writer, writer->process_end, 2, event->at_ns);
	number(writer->process_end, 3, event->started.exit_status);
	return run_update(writer, writer->process_end, "a process ended that never started", err);
}

static int write_process(struct writer *writer, const struct event *event, struct error *err)
{
	const struct process_event *process = &event->started;
	sqlite3_stmt *statement = writer->process;

	if (process->ended)
		return write_process_end(writer, event, err);
	number(statement, 1, process->id);
	unless_negative(statement, 2, process->host);
	text(statement, 3, FIELD(process->role));
	text(statement, 4, FIELD(process->name));
	text_unless_empty(statement, 5, FIELD(process->client));
	unless_negative(statement, 6, process->arm);
	unless_negative(statement, 7, process->lane);
	unless_negative(statement, 8, process->worker);
	number(statement, 9, process->incarnation);
	number(statement, 10, process->os_pid);
	instant(writer, statement, 11, event->at_ns);
	return run(writer, statement, err);
}

static int write_note(struct writer *writer, const struct event *event, struct error *err)
{
	const struct note_event *note = &event->note;

	instant(writer, writer->note, 1, event->at_ns);
	number_if(event->process > 0, writer->note, 2, event->process);
	number(writer->note, 3, note->breaks);
	text(writer->note, 4, FIELD(note->topic));
	text(writer->note, 5, FIELD(note->text));
	return run(writer, writer->note, err);
}

static int write_leader(struct writer *writer, const struct event *event, struct error *err)
{
	instant(writer, writer->leader, 1, event->at_ns);
	number(writer->leader, 2, event->leader.member);
	unless_negative(writer->leader, 3, event->leader.leader);
	number(writer->leader, 4, event->leader.term);
	return run(writer, writer->leader, err);
}

static int write_count(sqlite3_stmt *statement, const char *what, int32_t process, int64_t rows,
		       struct error *err)
{
	text(statement, 1, what, strlen(what));
	number(statement, 2, process);
	number(statement, 3, rows);
	int status = sqlite3_step(statement);

	sqlite3_reset(statement);
	return status == SQLITE_DONE ? 0 : database_error(sqlite3_db_handle(statement), err);
}

int writer_write_counts(struct writer *writer, const uint32_t *ops, int32_t processes,
			struct error *err)
{
	static const struct {
		const char *table;
		enum event_kind kind;
	} counted[] = {
		{"key_event", EVENT_KEY},     {"decision", EVENT_DECISION},
		{"fault", EVENT_FAULT_BEGIN}, {"proof", EVENT_PROOF},
		{"link", EVENT_LINK},         {"process", EVENT_PROCESS},
		{"note", EVENT_NOTE},         {"leader", EVENT_LEADER},
		{"dropped", EVENT_DROPPED},
	};
	sqlite3_stmt *statement =
		database_prepare(writer->db, "INSERT OR REPLACE INTO recorded VALUES (?1, ?2, ?3)");
	int64_t all = 0;
	int failed = 0;

	for (int32_t process = 0; process < processes && !failed; process++) {
		all += ops[process];
		if (ops[process])
			failed = write_count(statement, "op", process, ops[process], err);
	}
	for (size_t i = 0; i < sizeof(counted) / sizeof(*counted) && !failed; i++)
		failed = write_count(statement, counted[i].table, 0, writer->taken[counted[i].kind],
				     err);
	failed = failed || write_count(statement, "op", 0, all, err);
	sqlite3_finalize(statement);
	/* The schedule was written before there was a recorder. */
	return failed ? -1
		      : database_exec(writer->db,
				      "INSERT OR REPLACE INTO recorded "
				      "SELECT 'schedule', 0, count(*) FROM schedule",
				      err);
}

int writer_event(struct writer *writer, const struct event *event, struct error *err)
{
	bool makes_a_row = event->kind != EVENT_PROCESS || !event->started.ended;

	if (event->kind <= EVENT_LAST && makes_a_row)
		writer->taken[event->kind]++;
	switch ((enum event_kind)event->kind) {
	case EVENT_INVOKE:
	case EVENT_RETURN:
		break; /* two halves of writer_op */
	case EVENT_KEY:
		return write_key(writer, event, err);
	case EVENT_DECISION:
		return write_decision(writer, event, err);
	case EVENT_FAULT_BEGIN:
		return write_fault_begin(writer, event, err);
	case EVENT_FAULT_END:
		return write_fault_end(writer, event, err);
	case EVENT_PROOF:
		return write_proof(writer, event, err);
	case EVENT_LINK:
		return write_link(writer, event, err);
	case EVENT_PROCESS:
		return write_process(writer, event, err);
	case EVENT_NOTE:
		return write_note(writer, event, err);
	case EVENT_LEADER:
		return write_leader(writer, event, err);
	case EVENT_DROPPED:
		return write_dropped(writer, event, err);
	}
	refuse(writer, "an event of no known kind");
	return 0;
}
