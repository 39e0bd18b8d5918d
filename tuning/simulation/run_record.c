#include "tuning/simulation/run_record.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "campaign/fault.h"
#include "tuning/simulation/play.h"

enum { NEMESIS = 1, STORE, WITNESS }; /* processes; members and workers follow */
#define WITNESS_HEARS_NS NS_PER_MS    /* after a key's change; of each member */

struct recorded_worker {
	int32_t process, incarnation;
	uint32_t seq, attempts; /* of the process; attempts of those before it */
	struct event asked[2];  /* of main thread and heartbeat */
	bool open[2];           /* not answered yet */
};

struct recorded_lane {
	int arm, workers;
	struct recorded_worker *worker; /* owned */
};

struct record {
	struct record_config config;
	struct recorded_lane *lane;
	int lanes, room;
	int32_t processes, faults;
	int64_t leases, decisions;
	uint32_t *ops; /* by process */
	int32_t ops_room;
	struct error err; /* SQLite's first */
};

static const enum fault_kind kinds[STRIKES] = {FAULT_PAUSE, FAULT_CUT, FAULT_KILL};

void record_open(struct record **record, const struct record_config *config)
{
	ARRAY_NEW(*record, 1);
	(*record)->config = *config;
}

static void write_event(struct record *record, struct event *event)
{
	if (!record->err.code)
		writer_event(record->config.writer, event, &record->err);
}

/* Processes --------------------------------------------------------------------------------------- */

static void count_op(struct record *record, int32_t process)
{
	CHECK(process > 0 && process <= record->processes);
	record->ops[process]++;
}

static int32_t start_process(struct record *record, int64_t at_ns, struct process_event process)
{
	struct event event = {.kind = EVENT_PROCESS, .at_ns = at_ns};

	process.id = process.os_pid = ++record->processes;
	for (; record->ops_room <= process.id; record->ops_room++) {
		record->ops = array_resized(record->ops, (size_t)record->ops_room + 1,
					    sizeof(*record->ops));
		record->ops[record->ops_room] = 0;
	}
	event.started = process;
	write_event(record, &event);
	return process.id;
}

static void start_worker(struct record *record, int64_t at_ns, int lane, int number)
{
	struct recorded_lane *own = &record->lane[lane];
	struct recorded_worker *worker = &own->worker[number];
	struct process_event process = {
		.host = record->config.first_worker + number,
		.arm = own->arm,
		.lane = lane,
		.worker = number,
		.incarnation = ++worker->incarnation,
		.role = "worker",
		.client = "lock",
	};
	char *slash;

	CHECK(number >= 0 && number < 10000); /* in a name there is room for 24 characters and it */
	for (int i = 0; i < lane; i++)
		process.host += record->lane[i].workers;
	snprintf(process.name, sizeof(process.name), "%.24s-%d", record->config.lane[lane], number);
	while ((slash = strchr(process.name, '/')))
		*slash = '-';
	worker->process = start_process(record, at_ns, process);
	worker->seq = 0;
}

static void start_others(struct record *record)
{
	static const char *const roles[] = {
		[NEMESIS] = "nemesis", [STORE] = "store", [WITNESS] = "witness"};

	for (int i = NEMESIS; i <= WITNESS; i++) {
		struct process_event process = {.host = i == STORE     ? record->config.store
							: i == WITNESS ? record->config.witness
								       : -1,
						.arm = -1,
						.lane = -1,
						.worker = -1,
						.incarnation = 1};

		text_copy(process.role, sizeof(process.role), roles[i]);
		text_copy(process.name, sizeof(process.name), roles[i]);
		CHECK(start_process(record, 0, process) == i);
	}
	for (int i = 0; i < record->config.members; i++) {
		struct process_event process = {.host = i,
						.arm = -1,
						.lane = -1,
						.worker = -1,
						.incarnation = 1,
						.role = "member"};

		snprintf(process.name, sizeof(process.name), "m%d", i + 1);
		start_process(record, 0, process);
	}
}

void record_add_lane(struct record *record, int arm, int workers)
{
	ARRAY_GROW(record->lane, record->lanes, record->room);
	struct recorded_lane *lane = &record->lane[record->lanes++];

	*lane = (struct recorded_lane){.arm = arm, .workers = workers};
	ARRAY_NEW(lane->worker, workers);
}

static void tell_leader(struct record *record, int64_t at_ns, int leader, int64_t term)
{
	for (int i = 0; i < record->config.members; i++) {
		struct event event = {.kind = EVENT_LEADER,
				      .at_ns = at_ns,
				      .process = WITNESS,
				      .leader = {i, leader, term}};

		write_event(record, &event);
	}
}

void record_begin(struct record *record, const struct lock_service *service)
{
	start_others(record);
	for (int lane = 0; lane < record->lanes; lane++)
		for (int i = 0; i < record->lane[lane].workers; i++)
			start_worker(record, 0, lane, i);
	tell_leader(record, 0, 0, 1);
	for (int i = 0; i < service->changes; i++) {
		tell_leader(record, service->change[i].from_ns, -1, i + 1);
		tell_leader(record, service->change[i].to_ns, (i + 1) % record->config.members,
			    i + 2);
	}
}

int64_t record_new_lease(struct record *record)
{
	return ++record->leases;
}

/* Operations -------------------------------------------------------------------------------------- */

static struct recorded_worker *worker_of(struct record *record, const struct lock *lock, int number)
{
	struct recorded_lane *lane = &record->lane[lock->resource.lane];

	CHECK(number >= 0 && number < lane->workers);
	return &lane->worker[number];
}

static void write_op(struct record *record, const struct lock *lock, int number,
		     const struct event *asked, const struct event *answered)
{
	struct place place = {record->lane[lock->resource.lane].arm, lock->resource.lane, number};

	if (!record->err.code)
		writer_op(record->config.writer, asked, answered, place, false, &record->err);
}

static void name_key(const struct record *record, const struct lock *lock, int64_t lease, char *key)
{
	snprintf(key, KEY_SIZE, "%.70s/%" PRIx64, record->config.locks[lock->resource.lane],
		 (uint64_t)lease);
}

static struct event new_op(const struct record *record, const struct lock *lock,
			   const struct worker *worker, struct recorded_worker *own,
			   enum function f)
{
	bool of_store = f == F_READ || f == F_WRITE;
	struct event event = {
		.kind = EVENT_INVOKE,
		.process = own->process,
		.at_ns = lock->now_ns,
		.op = {.seq = ++own->seq,
		       .f = (uint8_t)f,
		       .endpoint = of_store || f == F_LOSE
					   ? -1
					   : (int8_t)(own->process % record->config.members),
		       .attempt = worker->attempt - own->attempts,
		       .lease = worker->lease,
		       .safe_until_ns = worker->safe_until_ns},
	};

	if (worker->acquired)
		name_key(record, lock, worker->lease, event.op.key);
	if (of_store && guard_carries(lock->terms.guard, f == F_WRITE))
		event.op.token = worker->token;
	if (f == F_WRITE)
		event.op.version = worker->version;
	return event;
}

void record_ask(struct record *record, struct lock *lock, int number, int slot)
{
	struct recorded_worker *own = worker_of(record, lock, number);
	struct worker *worker = &lock->worker[number];
	struct asker *asker = slot == MAIN ? &worker->main : &worker->beat;
	struct event event = new_op(record, lock, worker, own, asker->f);

	CHECK(!own->open[slot]);
	count_op(record, own->process);
	asker->op = (int64_t)own->process << 32 | own->seq;
	if (asker->f == F_WRITE)
		event.op.value = asker->op;
	own->asked[slot] = event;
	own->open[slot] = true;
}

void record_answer(struct record *record, struct lock *lock, int number, int slot)
{
	struct recorded_worker *own = worker_of(record, lock, number);
	const struct worker *worker = &lock->worker[number];
	const struct asker *asker = slot == MAIN ? &worker->main : &worker->beat;
	const struct reply *reply = &asker->reply;
	struct event event = own->asked[slot];
	struct op_event *op = &event.op;

	CHECK(own->open[slot]);
	event.kind = EVENT_RETURN;
	event.at_ns = lock->now_ns;
	op->outcome = (uint8_t)reply->outcome;
	op->ttl_ms = reply->ttl_ms;
	op->revision = reply->revision;
	if (asker->f == F_LEASE_GRANT && reply->outcome == OUTCOME_OK)
		op->lease = worker->lease;
	if (asker->f == F_ACQUIRE && reply->outcome == OUTCOME_OK)
		name_key(record, lock, worker->lease, op->key);
	if (asker->f == F_TOKEN)
		op->token = reply->token;
	if (asker->f == F_READ || asker->f == F_WRITE)
		op->version = reply->version;
	if (asker->f == F_READ)
		op->value = reply->outcome == OUTCOME_OK ? reply->value : 0;
	if (reply->error)
		text_copy(op->error, sizeof(op->error), reply->error);
	write_op(record, lock, number, &own->asked[slot], &event);
	own->open[slot] = false;
}

void record_loss(struct record *record, struct lock *lock, const struct worker *worker,
		 const char *why)
{
	int number = (int)(worker - lock->worker);
	struct recorded_worker *own = worker_of(record, lock, number);
	struct event asked = new_op(record, lock, worker, own, F_LOSE), answered = asked;

	count_op(record, own->process);
	name_key(record, lock, worker->lease, asked.op.key);
	answered.kind = EVENT_RETURN;
	answered.op.outcome = OUTCOME_OK;
	text_copy(answered.op.error, sizeof(answered.op.error), why);
	write_op(record, lock, number, &asked, &answered);
}

/* Service and store ------------------------------------------------------------------------------- */

void record_key(struct record *record, const struct lock *lock, const struct session *session,
		bool deleted)
{
	struct event event = {
		.kind = EVENT_KEY,
		.process = WITNESS,
		.at_ns = lock->now_ns + WITNESS_HEARS_NS,
		.key = {.lane = lock->resource.lane,
			.deleted = deleted,
			.revision = *lock->revision,
			.create_revision = session->order,
			.lease = deleted ? 0 : session->id},
	};

	name_key(record, lock, session->id, event.key.key);
	for (int i = 0; i < record->config.members; i++) {
		event.key.member = i;
		write_event(record, &event);
	}
}

void record_decision(struct record *record, const struct lock *lock,
		     const struct decision_event *decision)
{
	struct event event = {.kind = EVENT_DECISION,
			      .process = STORE,
			      .at_ns = lock->now_ns,
			      .decision = *decision};

	event.decision.seq = ++record->decisions;
	write_event(record, &event);
}

/* Faults ------------------------------------------------------------------------------------------ */

static void end_process(struct record *record, struct lock *lock, int number)
{
	struct recorded_worker *own = worker_of(record, lock, number);
	struct event event = {.kind = EVENT_PROCESS,
			      .at_ns = lock->now_ns,
			      .started = {.id = own->process, .ended = 1, .exit_status = SIGKILL}};

	for (int slot = 0; slot < 2; slot++)
		if (own->open[slot])
			write_op(record, lock, number, &own->asked[slot], NULL);
	own->open[0] = own->open[1] = false;
	write_event(record, &event);
}

static void prove(struct record *record, const struct lock *lock, const struct fault_traits *traits)
{
	struct event event = {.kind = EVENT_PROOF,
			      .process = NEMESIS,
			      .at_ns = lock->now_ns,
			      .proof = {.fault = record->faults, .holds = 1, .count = 1}};

	text_copy(event.proof.what, sizeof(event.proof.what), traits->proof);
	write_event(record, &event);
}

void record_fault(struct record *record, struct lock *lock, int number, int strike,
		  int64_t length_ns)
{
	const struct fault_traits *traits = fault_traits(kinds[strike]);
	struct recorded_worker *own = worker_of(record, lock, number);
	int host = record->config.first_worker + number;

	for (int i = 0; i < lock->resource.lane; i++)
		host += record->lane[i].workers;
	struct event event = {
		.kind = EVENT_FAULT_BEGIN,
		.process = NEMESIS,
		.at_ns = lock->now_ns,
		.fault = {.id = ++record->faults,
			  .arm = record->lane[lock->resource.lane].arm,
			  .lane = lock->resource.lane,
			  .process = own->process,
			  .host = host,
			  .attempt = lock->worker[number].attempt - own->attempts,
			  .effect = (uint8_t)traits->effect,
			  .planned_ns = lock->now_ns,
			  .length_ns = length_ns,
			  .target = "holder"},
	};

	text_copy(event.fault.kind, sizeof(event.fault.kind), traits->word);
	write_event(record, &event);
	prove(record, lock, traits);
	event.kind = EVENT_FAULT_END;
	event.at_ns += length_ns;
	event.fault.bitten = 1;
	write_event(record, &event);
	if (strike == STRIKE_DEATH)
		end_process(record, lock, number);
}

void record_restart(struct record *record, struct lock *lock, int number)
{
	worker_of(record, lock, number)->attempts = lock->worker[number].attempt;
	start_worker(record, lock->now_ns, lock->resource.lane, number);
}

/* The end ----------------------------------------------------------------------------------------- */

int record_close(struct record *record, struct error *err)
{
	const struct writer *writer = record->config.writer;

	CHECK(!writer->refused && !writer->early);
	if (!record->err.code)
		writer_write_counts(record->config.writer, record->ops, record->processes + 1,
				    &record->err);
	int failed = record->err.code;

	if (failed)
		*err = record->err;
	for (int i = 0; i < record->lanes; i++)
		free(record->lane[i].worker);
	free(record->lane);
	free(record->ops);
	free(record);
	return failed ? -1 : 0;
}
