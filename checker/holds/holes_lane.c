/*
 * One lane's rows against one another. All instants are on one clock, as everywhere in the checker,
 * and only such are compared that were stamped in the order of cause and effect: under one lock of
 * one process, or before and after a message. The start of a process is no such stamp (the
 * conductor takes it after the fork, when the child may have acted already), so the lower end of a
 * life is the end of the one before on its host.
 */
#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "checker/holds/holes.h"
#include "history/guard.h"
#include "history/row.h"

static uint32_t number_of(int64_t id)
{
	return (uint32_t)id;
}

static int process_of(int64_t id)
{
	return (int)(id >> 32);
}

static void say_of(struct holes *holes, int64_t id, int process, const char *what)
{
	holes_say(holes, "operation %u of process %d (%s) %s", number_of(id), process,
		  holes_name(holes, process), what);
}

static void say_of_op(struct holes *holes, const struct op_row *op, const char *what)
{
	say_of(holes, op->id, op->process, what);
}

/* Operations ---------------------------------------------------------------------------------- */

/* The numbers of a process: `what` follows `before`, the last one seen, of whatever process. */
static void look_for_number(struct holes *holes, const char *what, int64_t before, int64_t id)
{
	bool first = process_of(before) != process_of(id);
	uint32_t wanted = first ? 1 : number_of(before) + 1;

	if (number_of(id) != wanted && id != before)
		holes_say(holes, "process %d (%s) lacks %s %u", process_of(id),
			  holes_name(holes, process_of(id)), what, wanted);
}

/* The process of the walk's next operations; NULL: unknown. */
static void find_life(const struct holes *holes, int id, struct holes_walk *walk)
{
	const struct history *history = holes->history;
	const struct process_row *process = holes_process(holes, id);

	CHECK(!process || process->id == id);
	walk->process = process;
	walk->born_ns = 0;
	if (!process || process->host < 0)
		return;
	for (const struct process_row *row = history->process; row < process; row++)
		if (row->host == process->host && row->ended_ns != NEVER_NS &&
		    row->ended_ns > walk->born_ns)
			walk->born_ns = row->ended_ns;
}

static void look_at_place(struct holes *holes, const struct holes_walk *walk,
			  const struct op_row *op)
{
	const struct process_row *process = walk->process;
	int64_t last_ns = op->returned_ns == NEVER_NS ? op->invoked_ns : op->returned_ns;

	if (process_of(op->id) != op->process ||
	    (op->attempt && process_of(op->attempt) != op->process))
		say_of_op(holes, op, "has the number of another process");
	else if (!process)
		say_of_op(holes, op, "is of a process that is missing");
	else if (process->lane != walk->lane || process->worker != op->worker)
		say_of_op(holes, op, "lies in another place than its process");
	else if (op->invoked_ns < walk->born_ns || last_ns > process->ended_ns)
		say_of_op(holes, op, "lies outside the life of its process");
}

/* A worker does one thing after the other, and renews beside that. */
static void look_at_order(struct holes *holes, const struct op_row *op, struct holes_step *last)
{
	if (last->id && last->process == op->process && last->returned_ns > op->invoked_ns)
		say_of(holes, last->id, last->process, "had not returned when its worker went on");
	*last = (struct holes_step){op->id, op->invoked_ns, op->returned_ns, op->process};
}

void holes_look_at_op(struct holes *holes, struct holes_walk *walk, const struct op_row *op)
{
	struct holes_step *before = &walk->before;
	bool same = before->id && before->process == op->process;

	walk->ops++;
	if (!same)
		find_life(holes, op->process, walk);
	look_at_place(holes, walk, op);
	look_for_number(holes, "operation", before->id, op->id);
	if (same && op->invoked_ns < before->invoked_ns)
		say_of_op(holes, op, "was invoked before the one before it");
	/* ids grow with processes, too */
	if (op->attempt && op->attempt < walk->begun)
		say_of_op(holes, op, "is of an attempt before one that had begun");
	walk->begun = op->attempt > walk->begun ? op->attempt : walk->begun;
	if (op->f != F_LOSE)
		look_at_order(holes, op, &walk->last[op->f == F_KEEPALIVE]);
	*before = (struct holes_step){op->id, op->invoked_ns, op->returned_ns, op->process};
}

/* Attempts ------------------------------------------------------------------------------------ */

static enum sharing sharing_of_lane(const struct holes *holes, int lane)
{
	return arm_sharing(&holes->history->arm[holes->history->lane[lane].arm]);
}

static bool shares(const struct holes *holes, int lane, enum mode mode)
{
	return sharing_mode(sharing_of_lane(holes, lane), mode) == MODE_SHARED;
}

/* A lease and a token of its own; and it writes what it has read, unless it shares the lock. */
void holes_look_at_attempt(struct holes *holes, struct holes_walk *walk,
			   const struct attempt *attempt)
{
	struct lease_use use = {.attempt = attempt->id};
	const struct op_row *read = NULL;
	int64_t token = 0;

	look_for_number(holes, "attempt", walk->attempt, attempt->id);
	walk->attempt = attempt->id;
	for (int i = 0; i < attempt->ops; i++) {
		const struct op_row *op = attempt->op[i];

		if (op->lease && use.lease && op->lease != use.lease)
			say_of_op(holes, op, "has another lease than its attempt");
		bool is_token = op->token && !(op_asks_store(op) && op->token == op->lease);

		if (is_token && token && op->token != token)
			say_of_op(holes, op, "has another token than its attempt");
		if (op->f == F_WRITE && shares(holes, walk->lane, attempt->mode))
			say_of_op(holes, op, "writes, although its attempt shares the lock");
		if (op->f == F_WRITE && read && op->base_version != read->version)
			say_of_op(holes, op, "is based on a version that its attempt did not read");
		if (op->lease)
			use.lease = op->lease;
		if (is_token)
			token = op->token;
		if (op->f == F_READ && op->outcome == OUTCOME_OK)
			read = op;
		use.granted |= op->f == F_LEASE_GRANT && op->outcome == OUTCOME_OK;
	}
	if (use.lease)
		*ROWS_APPEND(holes->use, holes->uses) = use;
}

/* The store ----------------------------------------------------------------------------------- */

static void say_of_decision(struct holes *holes, const struct decision_row *decision,
			    const char *what)
{
	holes_say(holes, "the store's decision %" PRId64 " %s", decision->id, what);
}

/* What the store knows of a resource before the next decision. */
struct state {
	int64_t version, value;
	int64_t greatest_token;       /* of all who came */
	int64_t greatest_alone_token; /* of those who do not share the lock */
};

/* The bar for such a request. */
static int64_t greatest_before(const struct state *state, bool shared)
{
	return shared ? state->greatest_alone_token : state->greatest_token;
}

static void pass_token(struct state *state, int64_t token, bool shared)
{
	if (token > state->greatest_token)
		state->greatest_token = token;
	if (!shared && token > state->greatest_alone_token)
		state->greatest_alone_token = token;
}

/* The greatest token is told by our store for every guard, and grows with what must carry one; of a
 * store that knows another rule (`guard` NULL, or none that asks for tokens) only this is sure,
 * that it cannot have seen a greater one. */
static void look_at_step(struct holes *holes, const struct guard_kind *guard,
			 const struct decision_row *decision, bool shared, struct state *state)
{
	int64_t greatest = greatest_before(state, shared);
	bool applied = decision->accepted && decision->f == F_WRITE;
	bool counts_tokens = guard && guard_needs_token(guard);
	bool counts = !counts_tokens || guard_carries(guard, decision->f == F_WRITE);

	if (decision->version_before != state->version)
		say_of_decision(holes, decision,
				"begins at another version than the one before it "
				"in its lane has left");
	if (decision->version_after != decision->version_before + applied)
		say_of_decision(holes, decision, "makes another version than the next one");
	if (decision->greatest_token > greatest ||
	    (counts_tokens && decision->greatest_token != greatest))
		say_of_decision(holes, decision,
				"knows another greatest token than came before it");
	if (decision->f == F_READ && decision->accepted && decision->value != state->value)
		say_of_decision(holes, decision, "read another value than was written");
	state->version = decision->version_after;
	if (applied)
		state->value = decision->value;
	if (decision->accepted && counts)
		pass_token(state, decision->token, shared);
}

static bool texts_differ(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") != 0;
}

/* What both sides say of one request. What the witness was told of a resource in the service, it
 * may have been told after the answer. */
static bool contradicts(const struct guard_kind *guard, const struct decision_row *decision,
			const struct op_row *op)
{
	bool too_late = !(guard && guard->in_service) && decision->decided_ns > op->returned_ns;

	if (op->f != decision->f || op->token != decision->token ||
	    decision->arrived_ns < op->invoked_ns)
		return true;
	if (op->f == F_WRITE && op->value != decision->value)
		return true;
	switch (op->outcome) {
	case OUTCOME_INFO:
		return false;
	case OUTCOME_OK:
		return !decision->accepted || op->version != decision->version_after ||
		       op->value != decision->value || too_late;
	case OUTCOME_FAIL:
		return decision->accepted || texts_differ(op->error, decision->reason) || too_late;
	}
	return true;
}

static int compare_id(const void *id, const void *op)
{
	return array_order(*(const int64_t *)id, (*(const struct op_row *const *)op)->id);
}

enum { NEAR = 4 /* a worker's write comes so soon after its read */ };

/* `near`: what was found last, or by_id; NULL: there is no such operation. */
static const struct op_row **find_request(const struct op_row **by_id, int ops, int64_t id,
					  const struct op_row **near)
{
	for (int i = 0; i < NEAR && near < by_id + ops; i++, near++)
		if ((*near)->id == id)
			return near;
	return bsearch(&id, by_id, (size_t)ops, sizeof(*by_id), compare_id);
}

/* `found`: the request, in by_id; NULL: there is none. */
static void look_at_request(struct holes *holes, const struct guard_kind *guard,
			    const struct op_row **by_id, int ops,
			    const struct decision_row *decision, bool *decided,
			    const struct op_row **found)
{
	if (!found) {
		holes_say(holes,
			  "process %d (%s) lacks operation %u, of which the store's decision "
			  "%" PRId64 " is",
			  process_of(decision->op), holes_name(holes, process_of(decision->op)),
			  number_of(decision->op), decision->id);
		return;
	}
	CHECK(found >= by_id && found < by_id + ops && (*found)->id == decision->op);
	if (decided[found - by_id])
		say_of_op(holes, *found, "has two decisions of the store");
	decided[found - by_id] = true;
	if (contradicts(guard, decision, *found))
		holes_say(holes,
			  "the store's decision %" PRId64 " contradicts operation %u of process %d "
			  "(%s)",
			  decision->id, number_of((*found)->id), (*found)->process,
			  holes_name(holes, (*found)->process));
}

void holes_look_at_decisions(struct holes *holes, const struct lane_history *rows, int lane,
			     const struct op_row **by_id, int ops)
{
	CHECK(lane >= 0 && lane < holes->history->lanes);
	const struct guard_kind *guard =
		guard_find(holes->history->arm[holes->history->lane[lane].arm].guard);
	bool by_store = !guard || !guard->in_service;
	enum sharing sharing = sharing_of_lane(holes, lane);
	struct state state = {0};
	const struct op_row **near = by_id;
	bool *decided;

	ARRAY_NEW(decided, ops);
	for (int i = 0; i < rows->decisions; i++) {
		const struct decision_row *decision = &rows->decision[i];

		if (by_store)
			*ROWS_APPEND(holes->decision, holes->decisions) = (struct made){
				decision->id, decision->arrived_ns, decision->decided_ns};
		/* One without is nobody's who was asked to name himself. */
		const struct op_row **asked =
			decision->op ? find_request(by_id, ops, decision->op, near) : NULL;
		bool shared = asked && sharing_mode(sharing, (*asked)->mode) == MODE_SHARED;

		look_at_step(holes, guard, decision, shared, &state);
		if (decision->op)
			look_at_request(holes, guard, by_id, ops, decision, decided, asked);
		if (asked)
			near = asked;
	}
	for (int i = 0; i < ops; i++) {
		const struct op_row *op = by_id[i];

		if (op_asks_store(op) && op->outcome == OUTCOME_OK && !decided[i])
			say_of_op(holes, op,
				  "was answered by the store, whose decision is missing");
	}
	free(decided);
}

/* The witness --------------------------------------------------------------------------------- */

static int compare_keys(const void *left, const void *right)
{
	const struct key_row *a = *(const struct key_row *const *)left;
	const struct key_row *b = *(const struct key_row *const *)right;

	return array_order(a->id, b->id);
}

void holes_look_at_keys(struct holes *holes, const struct lane_history *rows, int lane)
{
	const char *lock = holes->history->lane[lane].lock;
	size_t length = strlen(lock);
	const struct key_row **by_id;

	ARRAY_ROOM(by_id, rows->keys);
	for (int i = 0; i < rows->keys; i++)
		by_id[i] = &rows->key[i];
	array_sort(by_id, (size_t)rows->keys, sizeof(*by_id), compare_keys);
	for (int i = 0; i < rows->keys; i++) {
		const struct key_row *key = by_id[i];

		if (i && key->seen_ns < by_id[i - 1]->seen_ns)
			holes_say(holes, "the witness's word %" PRId64 " was told before %" PRId64,
				  key->id, by_id[i - 1]->id);
		if (strncmp(key->key, lock, length) != 0 || key->key[length] != '/')
			holes_say(holes, "the witness's word %" PRId64 " is of another lane",
				  key->id);
	}
	free(by_id);
}

void holes_look(struct holes *holes, const struct lane_facts *facts)
{
	struct holes_walk walk = {.lane = facts->lane->id};
	int uses = holes->uses;

	for (int i = 0; i < facts->rows->ops; i++) {
		array_foresee(facts->by_id, i, facts->rows->ops);
		holes_look_at_op(holes, &walk, facts->by_id[i]);
		/* Each is counted under its own process, or a hole is seen in another one. */
		CHECK(!walk.process || walk.process->id == facts->by_id[i]->process);
		if (holes->count && walk.process)
			holes->count[walk.process - holes->history->process].looked_at++;
	}
	for (int i = 0; i < facts->attempts; i++)
		holes_look_at_attempt(holes, &walk, &facts->attempt[i]);
	if (arm_is_foreign(facts->arm)) /* whose leases are as it says: a lie is no hole */
		holes->uses = uses;
	holes_look_at_decisions(holes, facts->rows, facts->lane->id, facts->by_id,
				facts->rows->ops);
	holes_look_at_keys(holes, facts->rows, facts->lane->id);
}
