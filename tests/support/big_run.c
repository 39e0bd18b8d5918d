#include "tests/support/big_run.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "history/database.h"
#include "history/event.h"
#include "tests/support/history_maker.h"

enum { LANES = 16, WORKERS = 4, MEMBERS = 3, TTL_MS = 5000, BATCH = 2000 /* holds */ };
static const int64_t first_lease = 0x2f22a224fc848d00, step_ns = 100 * NS_PER_US;

struct worker {
	int64_t process, lease, asked_ns;
	uint32_t ops, attempts, grant; /* grant: the operation that asked for the lease */
	uint32_t acquire;
	char key[KEY_SIZE];
};

struct lane {
	struct worker worker[WORKERS];
	int64_t version, value, greatest_token, now_ns;
};

struct big_run {
	struct maker *maker;
	sqlite3_stmt *op, *key, *decision;
	struct lane lane[LANES];
	int64_t revision, leases, decided_ns, seen_ns;
	uint32_t ops;
};

static void exec(struct big_run *run, const char *sql)
{
	struct error err = {0};

	CHECK(database_exec(maker_db(run->maker), sql, &err) == 0);
}

static void put(sqlite3_stmt *row)
{
	CHECK(sqlite3_step(row) == SQLITE_DONE);
	sqlite3_reset(row);
	sqlite3_clear_bindings(row);
}

/* A number for each operation of the worker, in the order of its invocations. */
static uint32_t ask(struct big_run *run, struct worker *worker)
{
	run->ops++;
	return ++worker->ops;
}

struct answer {
	enum function f;
	uint32_t number;
	int64_t invoked_ns, returned_ns, revision, token;
	bool has_key, renews, touches;
	int64_t base_version;
};

static void put_op(struct big_run *run, int lane, int number, const struct answer *answer)
{
	struct lane *of = &run->lane[lane];
	struct worker *worker = &of->worker[number];
	sqlite3_stmt *row = run->op;

	sqlite3_bind_int64(row, 1, worker->process << 32 | answer->number);
	sqlite3_bind_int64(row, 2, worker->process);
	sqlite3_bind_int(row, 3, lane);
	sqlite3_bind_int(row, 4, number);
	sqlite3_bind_int64(row, 5, worker->process << 32 | worker->attempts);
	sqlite3_bind_int(row, 6, answer->f);
	sqlite3_bind_int64(row, 7, answer->invoked_ns);
	sqlite3_bind_int64(row, 8, answer->returned_ns);
	if (!answer->touches)
		sqlite3_bind_int(row, 9, lane % MEMBERS);
	sqlite3_bind_int64(row, 10, worker->lease);
	if (answer->has_key)
		sqlite3_bind_text(row, 11, worker->key, -1, SQLITE_STATIC);
	if (answer->renews)
		sqlite3_bind_int(row, 12, TTL_MS);
	if (answer->token)
		sqlite3_bind_int64(row, 13, answer->token);
	if (answer->revision)
		sqlite3_bind_int64(row, 14, answer->revision);
	if (answer->f != F_LEASE_GRANT)
		sqlite3_bind_int64(row, 15, worker->asked_ns + TTL_MS * NS_PER_MS);
	if (answer->touches) {
		sqlite3_bind_int64(row, 16, of->version);
		sqlite3_bind_int64(row, 18, of->value);
	}
	if (answer->f == F_WRITE)
		sqlite3_bind_int64(row, 17, answer->base_version);
	put(row);
}

/* The members tell one after the other. */
static void put_change(struct big_run *run, int lane, const struct worker *worker, bool deleted,
		       int64_t created)
{
	for (int member = 0; member < MEMBERS; member++) {
		sqlite3_bind_int(run->key, 1, member);
		sqlite3_bind_int(run->key, 2, lane);
		sqlite3_bind_int(run->key, 3, deleted);
		sqlite3_bind_int64(run->key, 4, run->revision);
		sqlite3_bind_int64(run->key, 5, created);
		sqlite3_bind_int64(run->key, 6, worker->lease);
		sqlite3_bind_text(run->key, 7, worker->key, -1, SQLITE_STATIC);
		run->seen_ns = run->seen_ns < run->lane[lane].now_ns ? run->lane[lane].now_ns
								     : run->seen_ns + 1;
		sqlite3_bind_int64(run->key, 8, run->seen_ns);
		put(run->key);
	}
}

/* The store's decision, between the operation's invocation and its answer. */
static void touch(struct big_run *run, int lane, int number, enum function f, int64_t token)
{
	struct lane *of = &run->lane[lane];
	struct worker *worker = &of->worker[number];
	struct answer answer = {
		.f = f,
		.number = ask(run, worker),
		.invoked_ns = of->now_ns,
		.token = token,
		.has_key = true,
		.touches = true,
		.base_version = of->version,
	};
	int64_t id = worker->process << 32 | answer.number;

	run->decided_ns = run->decided_ns < of->now_ns ? of->now_ns + 1 : run->decided_ns + 1;
	sqlite3_bind_int64(run->decision, 1, id);
	sqlite3_bind_int(run->decision, 2, lane);
	sqlite3_bind_int(run->decision, 3, f);
	sqlite3_bind_int64(run->decision, 4, token);
	sqlite3_bind_int64(run->decision, 5, of->greatest_token);
	sqlite3_bind_int64(run->decision, 6, of->version);
	of->version += f == F_WRITE;
	of->value = f == F_WRITE ? id : of->value;
	of->greatest_token = token;
	sqlite3_bind_int64(run->decision, 7, of->version);
	sqlite3_bind_int64(run->decision, 8, of->value);
	sqlite3_bind_int64(run->decision, 9, run->decided_ns);
	put(run->decision);
	answer.returned_ns = run->decided_ns + step_ns;
	put_op(run, lane, number, &answer);
	of->now_ns = answer.returned_ns + step_ns;
}

/* Any request that ends at once; `revision`: of the answer. */
static void request(struct big_run *run, int lane, int number, const struct answer *what)
{
	struct lane *of = &run->lane[lane];
	struct answer answer = *what;

	answer.number = ask(run, &of->worker[number]);
	answer.invoked_ns = of->now_ns;
	answer.returned_ns = of->now_ns += step_ns;
	of->now_ns++;
	put_op(run, lane, number, &answer);
}

/* A new attempt: a lease, and the lock is asked for while another worker has it. */
static void begin(struct big_run *run, int lane, int number)
{
	struct lane *of = &run->lane[lane];
	struct worker *worker = &of->worker[number];

	worker->attempts++;
	worker->lease = first_lease + ++run->leases;
	worker->asked_ns = of->now_ns;
	snprintf(worker->key, sizeof(worker->key), "lock/token/%d/%" PRIx64, lane,
		 (uint64_t)worker->lease);
	request(run, lane, number,
		&(struct answer){.f = F_LEASE_GRANT, .revision = run->revision, .renews = true});
	worker->acquire = ask(run, worker);
	worker->asked_ns = of->now_ns;
}

/* From the grant to the end of the lease. */
static void hold(struct big_run *run, int lane, int number)
{
	struct lane *of = &run->lane[lane];
	struct worker *worker = &of->worker[number];
	int64_t token = ++run->revision;

	put_change(run, lane, worker, false, token);
	of->now_ns += step_ns;
	put_op(run, lane, number,
	       &(struct answer){.f = F_ACQUIRE,
				.number = worker->acquire,
				.invoked_ns = worker->asked_ns,
				.returned_ns = of->now_ns++,
				.revision = token,
				.has_key = true});
	request(run, lane, number,
		&(struct answer){
			.f = F_TOKEN, .revision = run->revision, .token = token, .has_key = true});
	touch(run, lane, number, F_READ, token);
	request(run, lane, number,
		&(struct answer){.f = F_KEEPALIVE,
				 .revision = run->revision,
				 .has_key = true,
				 .renews = true});
	touch(run, lane, number, F_WRITE, token);
	run->revision++;
	request(run, lane, number,
		&(struct answer){.f = F_RELEASE, .revision = run->revision, .has_key = true});
	put_change(run, lane, worker, true, token);
	request(run, lane, number,
		&(struct answer){.f = F_LEASE_REVOKE, .revision = run->revision, .has_key = true});
}

static void open_rows(struct big_run *run)
{
	sqlite3 *db = maker_db(run->maker);

	run->op = database_prepare(
		db, "INSERT INTO op (id, process, arm, lane, worker, attempt, f, mode, outcome, "
		    "invoked_ns, returned_ns, endpoint, lease, key, ttl_ms, token, revision, "
		    "safe_until_ns, version, base_version, value) VALUES (?1, ?2, 0, ?3, ?4, ?5, "
		    "?6, 0, 1, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)");
	run->key = database_prepare(
		db, "INSERT INTO key_event (member, lane, deleted, revision, create_revision, "
		    "lease, key, seen_ns) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
	run->decision = database_prepare(
		db, "INSERT INTO decision (op, lane, f, accepted, token, greatest_token, "
		    "version_before, version_after, value, arrived_ns, decided_ns) "
		    "VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, ?7, ?8, ?9, ?9)");
	for (int lane = 0; lane < LANES; lane++) {
		run->lane[lane].now_ns = NS_PER_MS;
		for (int i = 0; i < WORKERS; i++)
			run->lane[lane].worker[i].process = maker_process(run->maker, lane, i);
	}
}

/* One hold after the other, over all lanes; the last workers do not ask again. */
static int64_t write_holds(struct big_run *run, uint32_t operations)
{
	int64_t now_ns = 0;

	for (int lane = 0; lane < LANES; lane++)
		for (int i = 0; i < WORKERS; i++)
			begin(run, lane, i);
	for (uint32_t held = 0, left = LANES * WORKERS; left > 0; held++) {
		int lane = (int)(held % LANES), number = (int)(held / LANES % WORKERS);
		struct lane *of = &run->lane[lane];

		now_ns = of->now_ns = now_ns < of->now_ns ? of->now_ns : now_ns + 1;
		hold(run, lane, number);
		if (run->ops < operations)
			begin(run, lane, number);
		else
			left--;
		now_ns = of->now_ns;
		if (held % BATCH == BATCH - 1)
			exec(run, "COMMIT; BEGIN"); /* or the journal holds all of it */
	}
	return now_ns;
}

void big_run_write(const char *path, uint32_t operations)
{
	struct big_run run = {.maker = maker_open(path), .revision = 1};
	int arm = maker_arm(run.maker, .guard = "token", .ttl_ms = TTL_MS);

	for (int lane = 0; lane < LANES; lane++)
		CHECK(maker_lane(run.maker, arm) == lane);
	open_rows(&run);
	int64_t ended_ns = write_holds(&run, operations) + NS_PER_MS;

	sqlite3_finalize(run.op);
	sqlite3_finalize(run.key);
	sqlite3_finalize(run.decision);
	maker_set_int(run.maker, "duration_ns", ended_ns);
	maker_set_int(run.maker, "healed_ns", ended_ns);
	maker_set_text(run.maker, "audit", "agreed");
	maker_count_rows(run.maker);
	maker_close(run.maker, true);
}
