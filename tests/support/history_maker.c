#include "tests/support/history_maker.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "history/database.h"

enum { ARMS = 64, LANES = 1024, WORKERS = 64, PROCESSES = LANES * WORKERS };

struct maker {
	sqlite3 *db;
	char *path;
	int arms, lanes, hosts, processes, decisions;
	int lane_arm[LANES];
	int process[LANES][WORKERS]; /* the present one; 0: none yet */
	uint32_t ops[PROCESSES];     /* by process.id */
	int64_t last_ns;
};

static void must(int result, const struct error *err)
{
	if (result)
		fprintf(stderr, "history_maker: %s\n", err->text);
	CHECK(result == 0);
}

/* Formats (with %q and %Q of SQLite), runs, frees. */
static void run(struct maker *maker, char *sql)
{
	struct error err = {0};

	CHECK(sql);
	must(database_exec(maker->db, sql, &err), &err);
	sqlite3_free(sql);
}

static int64_t from_ms(struct maker *maker, double ms)
{
	int64_t ns = llround(ms * (double)NS_PER_MS);

	if (ns > maker->last_ns)
		maker->last_ns = ns;
	return ns;
}

/* An SQL literal, for %s: the number, or NULL. Several live at once, in turn. */
static const char *literal(bool present, int64_t number)
{
	static char text[32][24];
	static unsigned next;
	char *into = text[next++ % 32];

	if (present)
		snprintf(into, sizeof(text[0]), "%lld", (long long)number);
	return present ? into : "NULL";
}

static const char *unless_zero(int64_t number)
{
	return literal(number != 0, number);
}

static int add_host(struct maker *maker, const char *name, const char *role)
{
	int id = maker->hosts++;

	run(maker, sqlite3_mprintf("INSERT INTO host (id, name, role, address) "
				   "VALUES (%d, %Q, %Q, '10.77.0.%d')",
				   id, name, role, id + 1));
	return id;
}

struct maker *maker_open(const char *path)
{
	struct maker *maker = calloc(1, sizeof(*maker));
	struct error err = {0};

	CHECK(maker);
	maker->path = strdup(path);
	must(database_create(path, &maker->db, &err), &err);
	run(maker, sqlite3_mprintf("BEGIN"));
	maker_set_int(maker, "seed", 1);
	maker_set_text(maker, "start", "2026-01-01T00:00:00Z");
	add_host(maker, "m1", "member");
	add_host(maker, "m2", "member");
	add_host(maker, "m3", "member");
	return maker;
}

void maker_close(struct maker *maker, bool sealed)
{
	struct error err = {0};

	if (sealed)
		run(maker,
		    sqlite3_mprintf("INSERT OR IGNORE INTO run VALUES ('duration_ns', %lld), "
				    "('healed_ns', %lld)",
				    (long long)maker->last_ns, (long long)maker->last_ns));
	run(maker, sqlite3_mprintf("COMMIT"));
	sqlite3_close(maker->db);
	if (sealed)
		must(database_seal(maker->path, &err), &err);
	free(maker->path);
	free(maker);
}

int maker_add_arm(struct maker *maker, const struct maker_arm *arm)
{
	int id = maker->arms++;
	int ttl_ms = arm->ttl_ms ? arm->ttl_ms : 5000;
	const char *guard = arm->guard ? arm->guard : "none";
	char name[64];

	CHECK(id < ARMS);
	snprintf(name, sizeof(name), id ? "%s-%d" : "%s", guard, id);
	run(maker,
	    sqlite3_mprintf("INSERT INTO arm (id, name, service, recipe, guard, model, permits, "
			    "ttl_ms, heartbeat_ms, retries, acquire_timeout_ms, expect, settings, "
			    "planted) "
			    "VALUES (%d, %Q, %Q, %Q, %Q, %Q, %d, %d, %d, %d, %d, %Q, %Q, %u)",
			    id, arm->name ? arm->name : name, arm->service ? arm->service : "etcd",
			    arm->recipe ? arm->recipe : "lock", guard,
			    arm->model ? arm->model : "mutex", arm->permits ? arm->permits : 1,
			    ttl_ms, arm->heartbeat_ms ? arm->heartbeat_ms : ttl_ms / 3,
			    arm->retries, arm->acquire_timeout_ms ? arm->acquire_timeout_ms : 10000,
			    arm->expect ? arm->expect : "any", arm->settings ? arm->settings : "{}",
			    arm->planted));
	return id;
}

int maker_lane(struct maker *maker, int arm)
{
	int id = maker->lanes++, number = 0;

	CHECK(id < LANES && arm >= 0 && arm < maker->arms);
	for (int i = 0; i < id; i++)
		number += maker->lane_arm[i] == arm;
	maker->lane_arm[id] = arm;
	run(maker,
	    sqlite3_mprintf(
		    "INSERT INTO lane SELECT %d, id, name || '/%d', 'lock/' || name || '/%d', "
		    "name || '/%d' FROM arm WHERE id = %d",
		    id, number, number, number, arm));
	return id;
}

static void start_process(struct maker *maker, int lane, int worker, double at_ms)
{
	int id = ++maker->processes, arm = maker->lane_arm[lane];
	char name[32];

	CHECK(id < PROCESSES);
	snprintf(name, sizeof(name), "w-%d-%d", lane, worker);
	if (maker->process[lane][worker] == 0)
		add_host(maker, name, "worker");
	run(maker,
	    sqlite3_mprintf("INSERT INTO process (id, host, role, name, client, arm, lane, "
			    "worker, incarnation, os_pid, started_ns) "
			    "SELECT %d, id, 'worker', name, 'lock', %d, %d, %d, "
			    "1 + (SELECT count(*) FROM process WHERE host = host.id), %d, %lld "
			    "FROM host WHERE name = %Q",
			    id, arm, lane, worker, 1000 + id, (long long)from_ms(maker, at_ms),
			    name));
	maker->process[lane][worker] = id;
}

int maker_process(struct maker *maker, int lane, int worker)
{
	CHECK(lane >= 0 && lane < maker->lanes && worker >= 0 && worker < WORKERS);
	if (maker->process[lane][worker] == 0)
		start_process(maker, lane, worker, 0);
	return maker->process[lane][worker];
}

void maker_restart(struct maker *maker, int lane, int worker, double at_ms)
{
	run(maker,
	    sqlite3_mprintf("UPDATE process SET ended_ns = %lld, exit_status = 9 WHERE id = %d",
			    (long long)from_ms(maker, at_ms), maker_process(maker, lane, worker)));
	start_process(maker, lane, worker, at_ms);
}

int64_t maker_attempt(struct maker *maker, int lane, int worker, uint32_t attempt)
{
	return (int64_t)maker_process(maker, lane, worker) << 32 | attempt;
}

int64_t maker_add_op(struct maker *maker, const struct maker_op *op)
{
	int process = maker_process(maker, op->lane, op->worker);
	int64_t id = (int64_t)process << 32 | ++maker->ops[process];
	bool touches = op->f == F_READ || op->f == F_WRITE;
	bool renews = op->f == F_LEASE_GRANT || op->f == F_KEEPALIVE;

	CHECK(function_name(op->f) && op->f != 0);
	run(maker,
	    sqlite3_mprintf("INSERT INTO op VALUES (%lld, %d, %d, %d, %d, %s, %d, %d, %d, %lld, "
			    "%s, %s, %s, "
			    "%Q, %s, %s, %s, %s, %s, %s, %s, %Q)",
			    (long long)id, process, maker->lane_arm[op->lane], op->lane, op->worker,
			    literal(op->attempt, (int64_t)process << 32 | op->attempt), op->f,
			    op->mode, op->outcome, (long long)from_ms(maker, op->invoked_ms),
			    literal(op->returned_ms > 0, from_ms(maker, op->returned_ms)),
			    literal(op->endpoint >= 0, op->endpoint), unless_zero(op->lease),
			    op->key, literal(op->ttl_ms || renews, op->ttl_ms),
			    unless_zero(op->token), unless_zero(op->revision),
			    /* A deadline may lie after the end of the run: it does not count for
			       last_ns. */
			    unless_zero(llround(op->safe_until_ms * (double)NS_PER_MS)),
			    literal(op->version || touches, op->version),
			    literal(op->f == F_WRITE, op->base_version),
			    literal(op->value || touches, op->value), op->error));
	return id;
}

int64_t maker_add_key(struct maker *maker, const struct maker_key *key)
{
	run(maker, sqlite3_mprintf("INSERT INTO key_event (member, lane, deleted, revision, "
				   "create_revision, lease, key, seen_ns) "
				   "VALUES (%d, %s, %d, %lld, %s, %s, %Q, %lld)",
				   key->member, literal(key->lane >= 0, key->lane), key->deleted,
				   (long long)key->revision, unless_zero(key->create_revision),
				   unless_zero(key->lease), key->key ? key->key : "lock/key",
				   (long long)from_ms(maker, key->seen_ms)));
	return sqlite3_last_insert_rowid(maker->db);
}

int64_t maker_add_decision(struct maker *maker, const struct maker_decision *decision)
{
	int64_t decided_ns = from_ms(maker, decision->decided_ms);

	run(maker,
	    sqlite3_mprintf(
		    "INSERT INTO decision VALUES (%d, %s, %d, %d, %d, %s, %lld, %lld, %lld, "
		    "%lld, %lld, %lld, %Q)",
		    ++maker->decisions, unless_zero(decision->op), decision->lane, decision->f,
		    decision->accepted, unless_zero(decision->token),
		    (long long)decision->greatest_token, (long long)decision->version_before,
		    (long long)decision->version_after, (long long)decision->value,
		    (long long)(decision->arrived_ms > 0 ? from_ms(maker, decision->arrived_ms)
							 : decided_ns),
		    (long long)decided_ns, decision->reason));
	return maker->decisions;
}

/* As the nemesis has it for these kinds. */
static const char *effect_of(const char *kind)
{
	static const struct {
		const char *kind;
		enum fault_effect effect;
	} known[] = {
		{"kill", EFFECT_KILL},
		{"kill-for-good", EFFECT_KILL},
		{"revoke", EFFECT_REVOKE},
		{"ballast", EFFECT_LOAD},
		{"writes", EFFECT_LOAD},
		{"cut", EFFECT_PACKETS},
		{"stall", EFFECT_STALL},
		{"power-loss", EFFECT_KILL},
		{"clock", EFFECT_CLOCK},
		{"partition", EFFECT_PACKETS},
		{"shifted-restart", EFFECT_CLOCK},
		{"move-leader", EFFECT_OPERATOR},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (kind && !strcmp(known[i].kind, kind))
			return fault_effect_word(known[i].effect);
	return fault_effect_word(EFFECT_STOP);
}

int64_t maker_add_fault(struct maker *maker, const struct maker_fault *fault)
{
	bool hit_worker = fault->lane >= 0;
	int process = hit_worker ? maker_process(maker, fault->lane, fault->worker) : 0;
	int64_t began_ns = from_ms(maker, fault->began_ms);
	int64_t ended_ns = from_ms(maker, fault->ended_ms);
	bool ended = fault->ended_ms > 0;

	run(maker,
	    sqlite3_mprintf(
		    "INSERT INTO fault (kind, target, detail, arm, lane, process, attempt, host, "
		    "planned_ns, length_ns, began_ns, ended_ns, bitten, schedule, effect) "
		    "VALUES (%Q, %Q, %Q, %s, "
		    "%s, "
		    "%s, %s, coalesce((SELECT host FROM process WHERE id = %d), nullif(%d, -1)), "
		    "%lld, %lld, "
		    "%lld, %s, %s, nullif(%lld, 0), %Q)",
		    fault->kind ? fault->kind : "pause", fault->target ? fault->target : "holder",
		    fault->detail,
		    literal(hit_worker, hit_worker ? maker->lane_arm[fault->lane] : 0),
		    literal(hit_worker, fault->lane), unless_zero(process),
		    literal(hit_worker && fault->attempt, (int64_t)process << 32 | fault->attempt),
		    process, fault->host, (long long)began_ns,
		    (long long)(ended ? ended_ns - began_ns : 0), (long long)began_ns,
		    literal(ended, ended_ns), literal(ended, fault->bitten),
		    (long long)fault->schedule,
		    fault->effect ? fault->effect : effect_of(fault->kind)));
	return sqlite3_last_insert_rowid(maker->db);
}

void maker_proof(struct maker *maker, int64_t fault, const char *what, int64_t count)
{
	run(maker, sqlite3_mprintf("INSERT INTO proof (fault, at_ns, holds, what, count) "
				   "VALUES (%lld, 0, 1, %Q, %lld)",
				   (long long)fault, what, (long long)count));
}

void maker_count_in(struct maker *maker, int64_t occasion, const char *unit)
{
	run(maker, sqlite3_mprintf("UPDATE schedule SET plan = json_patch(plan, json_object("
				   "'unit', %Q, 'lanes', 'all')) WHERE id = %lld",
				   unit, (long long)occasion));
}

int64_t maker_occasion(struct maker *maker, const char *kind, const char *when)
{
	run(maker, sqlite3_mprintf("INSERT INTO schedule (block, at_ns, plan) VALUES (%Q, 0, "
				   "json_object('kind', %Q, 'when', %Q))",
				   kind, kind, when));
	return sqlite3_last_insert_rowid(maker->db);
}

void maker_leader(struct maker *maker, double at_ms, int member, int leader, int64_t term)
{
	run(maker,
	    sqlite3_mprintf("INSERT INTO leader VALUES (%lld, %d, nullif(%d, -1), %lld)",
			    (long long)from_ms(maker, at_ms), member, leader, (long long)term));
}

void maker_note(struct maker *maker, double at_ms, enum note_weight weight, const char *topic,
		const char *text)
{
	run(maker, sqlite3_mprintf("INSERT INTO note (at_ns, breaks, topic, text) "
				   "VALUES (%lld, %d, %Q, %Q)",
				   (long long)from_ms(maker, at_ms), weight, topic, text));
}

void maker_set_int(struct maker *maker, const char *key, int64_t value)
{
	struct error err = {0};

	must(database_set_int(maker->db, key, value, &err), &err);
}

void maker_set_text(struct maker *maker, const char *key, const char *value)
{
	struct error err = {0};

	must(database_set_text(maker->db, key, value, &err), &err);
}

sqlite3 *maker_db(struct maker *maker)
{
	return maker->db;
}

void maker_count_rows(struct maker *maker)
{
	static const char *const tables[] = {"key_event", "decision", "fault", "proof",
					     "link",      "process",  "note",  "leader",
					     "schedule",  "dropped",  "op"};

	run(maker, sqlite3_mprintf("INSERT INTO recorded SELECT 'op', process, count(*) FROM op "
				   "GROUP BY process"));
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		run(maker, sqlite3_mprintf("INSERT INTO recorded SELECT %Q, 0, count(*) FROM %s",
					   tables[i], tables[i]));
}
