#include "history/traces/teller.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/invariant.h"
#include "history/traces/edn.h"
#include "history/traces/initial.h"
#include "history/traces/json.h"
#include "history/traces/teller_fields.h"

/* Jepsen's workers took the time of an event before they took their turn in the history. */
#define JEPSEN_SLACK_NS 10000000

const struct syntax syntax_edn = {
	.slack_ns = JEPSEN_SLACK_NS,
	.add_name = edn_add_name,
	.add_canonical = edn_add_canonical,
	.other_processes = true,
	.retires = true,
};

const struct syntax syntax_kv = {
	.slack_ns = JEPSEN_SLACK_NS,
	.add_name = edn_add_name,
	.add_canonical = edn_add_canonical,
	.other_processes = true,
	.retires = true,
	.keyed = true,
};

const struct syntax syntax_json = {
	.add_name = json_add_name,
	.add_canonical = json_add_canonical,
};

static void set_initial(struct teller *teller, const char *text)
{
	if (!text)
		return;
	buffer_clear(&teller->word);
	initial_add_canonical(&teller->word, text);
	trace_set_initial(teller->builder, strcmp(text, "any") == 0 ? NULL : teller->word.text);
}

struct teller *teller_open(const char *format, const struct syntax *syntax,
			   const struct input *input, enum trace_failed_cas failed_cas)
{
	struct teller *teller = calloc(1, sizeof(*teller));
	enum trace_failed_cas asked = input->source->failed_cas;

	CHECK_MEMORY(teller);
	teller->cas_observes =
		(asked == FAILED_CAS_AS_FORMAT ? failed_cas : asked) == FAILED_CAS_OBSERVES;
	teller->syntax = syntax;
	teller->builder = trace_begin(format);
	teller->listener = input->source->listener;
	if (teller->listener) {
		builder_relay(teller->builder, teller->listener);
		teller->names = names_open();
	}
	teller->owners = interner_open();
	teller->attempts = attempts_open();
	teller->processes = interner_open();
	set_initial(teller, input->source->initial);
	return teller;
}

static void free_teller(struct teller *teller)
{
	struct client *client, *next;

	HASH_ITER (hh, teller->clients, client, next) {
		HASH_DEL(teller->clients, client);
		free(client);
	}
	interner_close(teller->owners);
	attempts_close(teller->attempts);
	interner_close(teller->processes);
	names_close(teller->names);
	buffer_free(&teller->word);
	free(teller->claim);
	free(teller);
}

void teller_close(struct teller *teller)
{
	struct trace trace;

	if (!teller)
		return;
	trace_end(teller->builder, &trace);
	trace_free(&trace);
	free_teller(teller);
}

/* Events -------------------------------------------------------------------------------------- */

static struct client *find_client(struct teller *teller, int process)
{
	bool small = process >= 0 && process < SMALL_PROCESSES;
	struct client *client = small ? teller->small[process] : NULL;

	if (client)
		return client;
	HASH_FIND_INT(teller->clients, &process, client);
	if (!client) {
		client = calloc(1, sizeof(*client));
		CHECK_MEMORY(client);
		client->process = process;
		client->owner = OWNER_UNKNOWN;
		HASH_ADD_INT(teller->clients, process, client);
		if (teller->listener && HASH_COUNT(teller->clients) > TOLD_CLIENTS_MAX)
			teller->listener->stopped = "there are too many processes";
	}
	if (small)
		teller->small[process] = client;
	return client;
}

static int check_free(struct teller *teller, const struct client *client)
{
	if (client->pending)
		return input_complain(teller->input, teller->where, teller->err,
				      "expected an answer to process %d's %s of line %" PRIu64
				      " first, found another invocation",
				      client->process, trace_function_names[client->f],
				      client->line);
	if (client->retired && teller->syntax->retires && !teller->input->source->reuse)
		return input_complain(teller->input, teller->where, teller->err,
				      "expected a new process, found process %d again, whose %s of "
				      "line %" PRIu64 " ended with info (--reuse lets it go on)",
				      client->process, trace_function_names[client->f],
				      client->line);
	return 0;
}

static int check_key(struct teller *teller, uint8_t f)
{
	if (!teller->syntax->keyed)
		return 0;
	if (f != TRACE_GET && f != TRACE_PUT && f != TRACE_APPEND)
		return teller_refuse(teller, FIELD_F, "get, put or append");
	if (!told(teller, FIELD_OBJECT))
		return teller_refuse(teller, FIELD_OBJECT, "a :key");
	return 0;
}

static bool acquires(uint8_t f)
{
	return f == TRACE_ACQUIRE || f == TRACE_TRY_ACQUIRE;
}

/* If it is an acquire it may be one too many, which shows at the end: the other may yet fail. */
static void note_claim(struct teller *teller, const struct client *client)
{
	if (!acquires(client->f))
		return;
	ARRAY_GROW(teller->claim, teller->claims, teller->claims_room);
	teller->claim[teller->claims++] =
		(struct claim){teller->input->source, client->handle, (uint32_t)teller->input->line,
			       (uint32_t)teller->input->column};
}

/* The operation at hand has an attempt; it was named before if it is among the first `attempts`. */
static void note_attempt(struct teller *teller, const struct client *client, uint32_t attempt,
			 uint32_t attempts)
{
	if (!attempt)
		return;
	if (!teller->names && attempt <= attempts)
		note_claim(teller, client);
	if (teller->names && !names_use(teller->names, attempt, (enum trace_function)client->f))
		teller->listener->stopped = "an attempt is acquired twice";
}

static int tell_invocation(struct teller *teller, struct client *client)
{
	uint32_t attempts = attempts_count(teller->attempts);
	int64_t display = client->process;
	struct trace_op op = {.line = (uint32_t)teller->input->line};

	if (check_free(teller, client) || teller_read_function(teller, &op.f) ||
	    check_key(teller, op.f) || teller_read_mode(teller, &op) ||
	    teller_read_token(teller, &op) || teller_read_time(teller, &op.invoked_ns) ||
	    teller_read_arguments(teller, &op) ||
	    teller_read_integer(teller, FIELD_CLIENT, &display))
		return -1;
	if (display > INT32_MAX || display < INT32_MIN)
		return teller_refuse(teller, FIELD_CLIENT, "a client of 32 bits");
	if (++teller->invocations == TRACE_OPS_MAX)
		return input_complain(teller->input, teller->where, teller->err,
				      "expected at most 2^30 operations, found more");
	op.process = (int32_t)display;
	op.object = teller_intern_object(teller);
	op.owner = teller_intern_owner(teller, client, op.process);
	op.has_owner = told(teller, FIELD_OWNER);
	op.attempt = teller_intern_attempt(teller, client, op.object);
	teller->owners_told |= told(teller, FIELD_OWNER);
	client->f = op.f;
	client->object = op.object;
	client->attempt = op.attempt;
	client->line = teller->input->line;
	client->retired = false;
	client->pending = true;
	client->handle = trace_invoke(teller->builder, &op);
	note_attempt(teller, client, op.attempt, attempts);
	return 0;
}

static int check_answer(struct teller *teller, struct client *client)
{
	uint8_t f = client->f;

	if (!client->pending)
		return input_complain(teller->input, teller->where, teller->err,
				      "expected an invocation of process %d before its answer, "
				      "found none",
				      client->process);
	if (told(teller, FIELD_F) && teller_read_function(teller, &f))
		return -1;
	if (f != client->f ||
	    (told(teller, FIELD_OBJECT) && teller_intern_object(teller) != client->object))
		return input_complain(teller->input, teller->where, teller->err,
				      "expected the answer to process %d's %s of line %" PRIu64
				      ", found that of another function or object",
				      client->process, trace_function_names[client->f],
				      client->line);
	if (client->attempt && told(teller, FIELD_ATTEMPT) &&
	    teller_intern_attempt(teller, client, client->object) != client->attempt)
		return teller_refuse(teller, FIELD_ATTEMPT, "the attempt of its invocation");
	return 0;
}

/* Some recorders tell the fencing token within the value of an acquire: {:fence 17}. */
static int read_fence(struct teller *teller, struct trace_op *op)
{
	static const char *const names[] = {"fence", "token", "fencing-token"};
	struct buffer *word = &teller->word;
	struct slice fence, key, value;

	buffer_clear(word);
	teller->syntax->add_canonical(word, field(teller, FIELD_VALUE));
	value = tuples_untag(&teller->tuples, (struct slice){word->text, word->length});
	if (edn_pair(value, &key, &fence))
		value = fence; /* of an independent key */
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!edn_find(value, names[i], &fence) || slice_is(fence, "nil"))
			continue;
		op->has_token = true;
		return teller_read_integer_of(teller, FIELD_VALUE, fence, &op->token);
	}
	teller->lock_values += !slice_is(value, "nil");
	return 0;
}

/* Whatever nothing is called where the value was told: nil, null. */
static bool is_nil(struct teller *teller, struct slice value)
{
	buffer_clear(&teller->word);
	teller->syntax->add_canonical(&teller->word, value);
	return slice_is((struct slice){teller->word.text, teller->word.length}, "nil");
}

/* What an ok tells beside its being ok. Of what was to be written only if the question did not say:
 * it may well be a response, as "OK". */
static int read_result(struct teller *teller, const struct trace_op *asked, struct trace_op *op)
{
	struct slice value = field(teller, FIELD_VALUE);

	if (!value.at)
		return 0;
	if (of_locks(asked->f))
		return acquires(asked->f) && !op->has_token ? read_fence(teller, op) : 0;
	if (asked->f == TRACE_CAS) {
		struct trace_op pair = *asked;

		teller->other_values +=
			!is_nil(teller, value) && (!teller_intern_pair(teller, value, &pair) ||
						   pair.a != asked->a || pair.b != asked->b);
		return 0;
	}
	op->a = teller_intern_value(teller, value);
	if (reads(asked->f) || asked->a == TRACE_NIL)
		return 0;
	teller->other_values += op->a != TRACE_NIL && op->a != asked->a;
	op->a = TRACE_NIL;
	return 0;
}

static int tell_answer(struct teller *teller, struct client *client, enum type type)
{
	static const enum trace_outcome outcomes[] = {
		[TYPE_OK] = TRACE_OK, [TYPE_FAIL] = TRACE_FAILED, [TYPE_INFO] = TRACE_OPEN};
	uint32_t attempts = attempts_count(teller->attempts);
	struct trace_op op = {0};

	if (check_answer(teller, client) || teller_read_token(teller, &op) ||
	    teller_read_time(teller, &op.returned_ns))
		return -1;
	if (!client->attempt)
		op.attempt = teller_intern_attempt(teller, client, client->object);
	note_attempt(teller, client, op.attempt, attempts);
	if (type == TYPE_OK &&
	    read_result(teller, builder_op(teller->builder, client->handle), &op))
		return -1;
	if (teller->names)
		names_end(teller->names, client->attempt ? client->attempt : op.attempt,
			  (enum trace_function)client->f, outcomes[type]);
	else if (type == TYPE_FAIL && client->f == TRACE_RELEASE) /* kept aside, with the reason */
		op.a = teller_intern_value(teller, field(teller, FIELD_ERROR));
	client->pending = false;
	client->retired = type == TYPE_INFO;
	bool silent =
		told(teller, FIELD_ERROR) || (client->f == TRACE_CAS && !teller->cas_observes);

	bool valueless = type == TYPE_OK && reads(client->f) && !told(teller, FIELD_VALUE);

	teller->valueless += valueless;
	if (valueless || (type == TYPE_FAIL && silent &&
			  (client->f == TRACE_CAS || client->f == TRACE_TRY_ACQUIRE)))
		builder_drop(teller->builder, client->handle);
	else
		trace_return(teller->builder, client->handle, outcomes[type], &op);
	return 0;
}

static int tell_event(struct teller *teller)
{
	enum type type = TYPE_INVOKE;
	int process = 0, told = teller_read_process(teller, &process);

	if (told <= 0) {
		teller->ignored += told == 0;
		return told;
	}
	if (teller->input->shelf)
		return shelf_add(teller->input->shelf, teller->fields, teller->syntax,
				 teller->cas_observes, teller->input, teller->where, teller->err);
	if (teller_read_type(teller, &type) ||
	    (!teller->input->source->sort &&
	     order_check(&teller->order, teller->fields, teller->syntax->slack_ns, teller->input,
			 teller->where, teller->err)))
		return -1;
	struct client *client = find_client(teller, process);

	return type == TYPE_INVOKE ? tell_invocation(teller, client)
				   : tell_answer(teller, client, type);
}

int teller_tell(struct teller *teller, const struct fields *fields, const struct input *input,
		const char *where, struct error *err)
{
	teller->fields = fields;
	teller->input = input;
	teller->where = where;
	teller->err = err;
	if (tell_event(teller))
		return -1;
	if (teller->listener && teller->listener->stopped)
		return input_complain(input, where, err, "expected what can be told, found that %s",
				      teller->listener->stopped);
	return 0;
}

/* The same bytes may mean something else in the next syntax. */
static void change_syntax(struct teller *teller, const struct syntax *syntax)
{
	if (teller->syntax == syntax)
		return;
	teller->syntax = syntax;
	memset(teller->word_memo, 0, sizeof(teller->word_memo));
	teller->object_memo.length = 0;
	for (struct client *client = teller->clients; client; client = client->hh.next)
		client->named_owner.length = client->named_attempt.length = 0;
}

int teller_tell_shelf(struct teller *teller, const struct shelf *shelf, struct error *err)
{
	for (uint32_t i = 0; i < shelf_count(shelf); i++) {
		const struct shelved *event = shelf_at(shelf, i);

		teller->at_hand = shelf_input(shelf, event);
		change_syntax(teller, event->syntax);
		teller->cas_observes = event->cas_observes;
		if (teller_tell(teller, &event->fields, &teller->at_hand, event->text, err))
			return -1;
	}
	return 0;
}

/* The end ------------------------------------------------------------------------------------- */

/* Of two acquires with one attempt, the one that named it later, which is a claim. */
static int refuse_claim(struct teller *teller, const uint32_t *two, struct error *err)
{
	const struct claim *claim = &teller->claim[teller->claims - 1];

	while (claim->handle != two[0] && claim->handle != two[1])
		claim--;
	const struct trace_op *other = builder_op(teller->builder, two[claim->handle == two[0]]);
	const struct input input = {.source = claim->source};

	buffer_clear(&teller->word);
	attempts_add_name(teller->attempts, other->attempt, &teller->word);

	return input_complain_of(
		&input, claim->line, claim->column, err,
		"expected an attempt of its own, found %.199s, which line %u acquires with too",
		teller->word.text, other->line);
}

/* An attempt begins one hold, or the procedures that rest on identities would err. */
static int check_attempts(struct teller *teller, struct error *err)
{
	uint32_t *first; /* of each attempt: the acquire's handle + 1 */
	int result = 0;

	if (!teller->claims)
		return 0;
	first = calloc(attempts_count(teller->attempts) + 1, sizeof(*first));
	CHECK_MEMORY(first);
	for (uint32_t i = 0; i < teller->invocations && !result; i++) {
		const struct trace_op *op = builder_op(teller->builder, i);

		if (!op || !op->attempt || op->outcome == TRACE_FAILED ||
		    (op->f != TRACE_ACQUIRE && op->f != TRACE_TRY_ACQUIRE))
			continue;
		if (first[op->attempt])
			result = refuse_claim(teller, (uint32_t[]){first[op->attempt] - 1, i}, err);
		first[op->attempt] = i + 1;
	}
	free(first);
	return result;
}

static void own_by_process(struct trace_op *op, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		op[i].owner = (uint32_t)op[i].process;
}

int teller_finish(struct teller *teller, const struct input *input, struct trace *trace,
		  struct error *err)
{
	bool whole;

	if (check_attempts(teller, err) ||
	    independent_split(teller->builder, &teller->tuples, input, &whole, err)) {
		teller_close(teller);
		return -1;
	}
	trace_end(teller->builder, trace);
	trace->ignored = teller->ignored;
	trace->whole_tuples = whole;
	trace->torn_line = input->torn_line;
	trace->times_back = teller->order.back;
	trace->back_line = teller->order.first_line;
	trace->lock_values = teller->lock_values;
	trace->valueless = teller->valueless;
	trace->other_values = teller->other_values;
	trace->has_owners = teller->owners_told;
	if (!teller->owners_told && !teller->listener) {
		own_by_process(trace->op, trace->ops);
		own_by_process(trace->failure, trace->failures);
	}
	free_teller(teller);
	return 0;
}
