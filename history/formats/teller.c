#include "history/formats/teller.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/invariant.h"
#include "base/text.h"
#include "history/formats/builder.h"
#include "history/formats/edn.h"
#include "history/formats/hash_int.h"
#include "history/formats/initial.h"
#include "history/formats/interner.h"
#include "history/formats/json.h"
#include "history/formats/order.h"

/* Times beyond this (13 months) are a wall clock's, and the first of them becomes 0. No time of a
 * trace is beyond it, so that an export is not taken for a wall clock's. */
#define LONGEST_TRACE_NS (INT64_C(1) << 55)

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

/* A process of the source, with the operation that it waits for. */
struct client {
	int process;
	uint32_t handle;
	bool pending;
	bool retired; /* its last answer was info */
	uint8_t f;    /* of the last invocation, as its object and its line */
	uint32_t object, attempt;
	uint32_t owner; /* of the process itself; OWNER_UNKNOWN */
	uint64_t line;
	UT_hash_handle hh;
};

enum { OWNER_UNKNOWN = UINT32_MAX };

/* An acquire with an attempt that was named before, and the place where it is told. */
struct claim {
	const struct trace_source *source;
	uint32_t handle, line, column;
};

struct teller {
	const struct syntax *syntax;
	struct trace_builder *builder;
	struct client *clients, *last;
	struct interner *owners, *attempts;
	struct buffer word;
	struct claim *claim;
	size_t claims, claims_room;
	uint64_t ignored;
	uint32_t invocations;
	bool owners_told, cas_observes;
	struct order order;
	struct input at_hand;                          /* of an event from the shelf */
	uint64_t lock_values, valueless, other_values; /* see struct trace */
	int64_t base_ns;                               /* of the wall clock; 0: none was seen */

	/* the event at hand */
	const struct fields *fields;
	const struct input *input;
	const char *where;
	struct error *err;
};

enum type { TYPE_INVOKE, TYPE_OK, TYPE_FAIL, TYPE_INFO };
static const char *const types[] = {"invoke", "ok", "fail", "info", NULL};

static const struct {
	const char *word;
	enum trace_function f;
} synonyms[] = {
	{"lock", TRACE_ACQUIRE},    {"unlock", TRACE_RELEASE}, {"try-lock", TRACE_TRY_ACQUIRE},
	{"keepalive", TRACE_PROOF}, {"renew", TRACE_PROOF},
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
			   const struct input *input, bool cas_observes)
{
	struct teller *teller = calloc(1, sizeof(*teller));
	enum trace_failed_cas asked = input->source->failed_cas;

	CHECK(teller);
	teller->cas_observes =
		asked == FAILED_CAS_AS_FORMAT ? cas_observes : asked == FAILED_CAS_OBSERVES;
	teller->syntax = syntax;
	teller->builder = trace_begin(format);
	teller->owners = interner_open();
	teller->attempts = interner_open();
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
	interner_close(teller->attempts);
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

/* Fields -------------------------------------------------------------------------------------- */

static struct slice field(const struct teller *teller, enum field field)
{
	return teller->fields->field[field];
}

static bool told(const struct teller *teller, enum field which)
{
	return field(teller, which).at != NULL;
}

static int refuse(struct teller *teller, enum field which, const char *expected)
{
	struct slice value = field(teller, which);

	return input_refuse(teller->input, value.at ? value.at : teller->where, expected,
			    teller->err);
}

/* The field as a plain text, until the next call. */
static const char *name_of(struct teller *teller, enum field which)
{
	buffer_clear(&teller->word);
	teller->syntax->add_name(&teller->word, field(teller, which));
	return teller->word.text;
}

/* "a function: acquire, ..." and the nearest one. */
static int refuse_word(struct teller *teller, enum field which, const char *what,
		       const char *const *words)
{
	char expected[200];
	const char *word = told(teller, which) ? name_of(teller, which) : "";
	const char *nearest = text_nearest(word + (*word == ':'), words);

	snprintf(expected, sizeof(expected), "%s%s%s%s", what, nearest ? " (perhaps " : "",
		 nearest ? nearest : "", nearest ? ")" : "");
	return refuse(teller, which, expected);
}

static bool find_word(struct teller *teller, enum field which, const char *const *words, int *found)
{
	const char *word = name_of(teller, which);

	word += *word == ':'; /* a keyword, in EDN or copied from it */
	for (*found = 0; words[*found]; ++*found)
		if (strcmp(word, words[*found]) == 0)
			return true;
	return false;
}

static int read_type(struct teller *teller, enum type *type)
{
	int found;

	if (!told(teller, FIELD_TYPE) || !find_word(teller, FIELD_TYPE, types, &found))
		return refuse_word(teller, FIELD_TYPE, "a type: invoke, ok, fail or info", types);
	*type = (enum type)found;
	return 0;
}

static int read_function(struct teller *teller, uint8_t *f)
{
	int found;

	if (!told(teller, FIELD_F))
		return refuse(teller, FIELD_F, "a function (f)");
	if (find_word(teller, FIELD_F, trace_function_names, &found)) {
		*f = (uint8_t)found;
		return 0;
	}
	const char *word = teller->word.text + (*teller->word.text == ':');

	for (size_t i = 0; i < sizeof(synonyms) / sizeof(*synonyms); i++) {
		if (strcmp(word, synonyms[i].word) == 0) {
			*f = (uint8_t)synonyms[i].f;
			return 0;
		}
	}
	return refuse_word(teller, FIELD_F,
			   "a function (acquire, release, proof, read, write, cas, get, put, ...)",
			   trace_function_names);
}

static int read_mode(struct teller *teller, uint8_t *mode)
{
	static const char *const modes[] = {"exclusive", "shared", NULL};
	int found;

	if (!told(teller, FIELD_MODE))
		return 0;
	if (!find_word(teller, FIELD_MODE, modes, &found))
		return refuse_word(teller, FIELD_MODE, "a mode: exclusive or shared", modes);
	*mode = (uint8_t)found;
	return 0;
}

/* An integer, or one in quotes: JSON's readers elsewhere lose what is beyond 2^53. */
static int read_integer_of(struct teller *teller, enum field which, struct slice text,
			   int64_t *value)
{
	if (text.length > 2 && *text.at == '"')
		text = (struct slice){text.at + 1, text.length - 2};
	if (!slice_integer(text, value))
		return refuse(teller, which, "an integer of 64 bits");
	return 0;
}

static int read_integer(struct teller *teller, enum field which, int64_t *value)
{
	return told(teller, which) ? read_integer_of(teller, which, field(teller, which), value)
				   : 0;
}

static int read_token(struct teller *teller, struct trace_op *op)
{
	op->has_token |= told(teller, FIELD_TOKEN);
	return read_integer(teller, FIELD_TOKEN, &op->token);
}

static int read_time(struct teller *teller, int64_t *time_ns)
{
	int64_t value = 0;

	if (!told(teller, FIELD_TIME))
		return 0;
	if (read_integer(teller, FIELD_TIME, &value))
		return -1;
	if (value > INT64_MAX / 4 || value < -LONGEST_TRACE_NS)
		return refuse(teller, FIELD_TIME, "a time in nanoseconds");
	if (value > LONGEST_TRACE_NS) {
		teller->base_ns = teller->base_ns ? teller->base_ns : value;
		value -= teller->base_ns;
	}
	if (value > LONGEST_TRACE_NS || value < -LONGEST_TRACE_NS)
		return refuse(teller, FIELD_TIME, "a time within 13 months of the first");
	*time_ns = value;
	return 0;
}

static uint32_t intern_value(struct teller *teller, struct slice value)
{
	if (!value.at)
		return TRACE_NIL;
	buffer_clear(&teller->word);
	teller->syntax->add_canonical(&teller->word, value);
	return trace_intern_value(teller->builder, teller->word.text);
}

/* A value that is a pair, [a b], as two; false when it is none. Both syntaxes agree on what a pair
 * is once it is canonical. */
static bool intern_pair(struct teller *teller, struct slice value, struct trace_op *op)
{
	struct buffer *word = &teller->word;
	struct slice first, second;

	buffer_clear(word);
	teller->syntax->add_canonical(word, value);
	if (!edn_pair((struct slice){word->text, word->length}, &first, &second))
		return false;
	word->text[first.at - word->text + (ptrdiff_t)first.length] = '\0';
	word->text[second.at - word->text + (ptrdiff_t)second.length] = '\0';
	op->a = trace_intern_value(teller->builder, first.at);
	op->b = trace_intern_value(teller->builder, second.at);
	return true;
}

static uint32_t intern_object(struct teller *teller)
{
	return trace_intern_object(teller->builder,
				   told(teller, FIELD_OBJECT) ? name_of(teller, FIELD_OBJECT) : "");
}

/* Of the same name at two objects: two attempts. From 1. */
static uint32_t intern_attempt(struct teller *teller, uint32_t object)
{
	struct buffer *word = &teller->word;

	if (!told(teller, FIELD_ATTEMPT))
		return 0;
	buffer_clear(word);
	for (; object > 0; object >>= 6)
		buffer_add_char(word, (char)('0' + (object & 63)));
	buffer_add_char(word, ' ');
	teller->syntax->add_name(word, field(teller, FIELD_ATTEMPT));
	return interner_add(teller->attempts, word->text, word->length) + 1;
}

/* A name that the source gives, or its process; never mistaken for one another. */
static uint32_t intern_owner(struct teller *teller, struct client *client, int process)
{
	struct buffer *word = &teller->word;
	bool own = !told(teller, FIELD_OWNER) && process == client->process;
	char number[16];

	if (own && client->owner != OWNER_UNKNOWN)
		return client->owner;
	buffer_clear(word);
	if (told(teller, FIELD_OWNER)) {
		buffer_add_char(word, '=');
		teller->syntax->add_name(word, field(teller, FIELD_OWNER));
	} else {
		int length = snprintf(number, sizeof(number), "%d", process);

		buffer_add(word, number, (size_t)length);
	}
	uint32_t owner = interner_add(teller->owners, word->text, word->length);

	if (own)
		client->owner = owner;
	return owner;
}

static bool of_locks(uint8_t f)
{
	return f == TRACE_ACQUIRE || f == TRACE_TRY_ACQUIRE || f == TRACE_RELEASE ||
	       f == TRACE_PROOF;
}

static bool reads(uint8_t f)
{
	return f == TRACE_READ || f == TRACE_GET;
}

/* What is to be written; of locks, no value means anything. */
static int read_arguments(struct teller *teller, struct trace_op *op)
{
	if (of_locks(op->f) || reads(op->f))
		return 0;
	if (op->f != TRACE_CAS)
		op->a = intern_value(teller, field(teller, FIELD_VALUE));
	else if (!told(teller, FIELD_VALUE) || !intern_pair(teller, field(teller, FIELD_VALUE), op))
		return refuse(teller, FIELD_VALUE, "the value of a cas: [expected new]");
	return 0;
}

/* Events -------------------------------------------------------------------------------------- */

static struct client *find_client(struct teller *teller, int process)
{
	struct client *client = teller->last;

	if (client && client->process == process)
		return client;
	HASH_FIND_INT(teller->clients, &process, client);
	if (!client) {
		client = calloc(1, sizeof(*client));
		CHECK(client);
		client->process = process;
		client->owner = OWNER_UNKNOWN;
		HASH_ADD_INT(teller->clients, process, client);
	}
	teller->last = client;
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
	if (client->retired && teller->syntax->retires)
		return input_complain(teller->input, teller->where, teller->err,
				      "expected a new process, found process %d again, whose %s of "
				      "line %" PRIu64 " ended with info",
				      client->process, trace_function_names[client->f],
				      client->line);
	return 0;
}

static int check_key(struct teller *teller, uint8_t f)
{
	if (!teller->syntax->keyed)
		return 0;
	if (f != TRACE_GET && f != TRACE_PUT && f != TRACE_APPEND)
		return refuse(teller, FIELD_F, "get, put or append");
	if (!told(teller, FIELD_OBJECT))
		return refuse(teller, FIELD_OBJECT, "a :key");
	return 0;
}

/* If it is an acquire it may be one too many, which shows at the end: the other may yet fail. */
static void note_claim(struct teller *teller, const struct client *client)
{
	if (client->f != TRACE_ACQUIRE && client->f != TRACE_TRY_ACQUIRE)
		return;
	if (teller->claims == teller->claims_room) {
		teller->claims_room = teller->claims_room ? 2 * teller->claims_room : 16;
		teller->claim =
			realloc(teller->claim, teller->claims_room * sizeof(*teller->claim));
		CHECK(teller->claim);
	}
	teller->claim[teller->claims++] =
		(struct claim){teller->input->source, client->handle, (uint32_t)teller->input->line,
			       (uint32_t)teller->input->column};
}

static int tell_invocation(struct teller *teller, struct client *client)
{
	uint32_t attempts = interner_count(teller->attempts);
	int64_t display = client->process;
	struct trace_op op = {.line = (uint32_t)teller->input->line};

	if (check_free(teller, client) || read_function(teller, &op.f) || check_key(teller, op.f) ||
	    read_mode(teller, &op.mode) || read_token(teller, &op) ||
	    read_time(teller, &op.invoked_ns) || read_arguments(teller, &op) ||
	    read_integer(teller, FIELD_CLIENT, &display))
		return -1;
	if (display > INT32_MAX || display < INT32_MIN)
		return refuse(teller, FIELD_CLIENT, "a client of 32 bits");
	if (++teller->invocations == TRACE_OPS_MAX)
		return input_complain(teller->input, teller->where, teller->err,
				      "expected at most 2^30 operations, found more");
	op.process = (int32_t)display;
	op.object = intern_object(teller);
	op.owner = intern_owner(teller, client, op.process);
	op.has_owner = told(teller, FIELD_OWNER);
	op.attempt = intern_attempt(teller, op.object);
	teller->owners_told |= told(teller, FIELD_OWNER);
	client->f = op.f;
	client->object = op.object;
	client->attempt = op.attempt;
	client->line = teller->input->line;
	client->retired = false;
	client->pending = true;
	client->handle = trace_invoke(teller->builder, &op);
	if (op.attempt && op.attempt <= attempts)
		note_claim(teller, client);
	return 0;
}

static int check_answer(struct teller *teller, const struct client *client)
{
	uint8_t f = client->f;

	if (!client->pending)
		return input_complain(teller->input, teller->where, teller->err,
				      "expected an invocation of process %d before its answer, "
				      "found none",
				      client->process);
	if (told(teller, FIELD_F) && read_function(teller, &f))
		return -1;
	if (f != client->f ||
	    (told(teller, FIELD_OBJECT) && intern_object(teller) != client->object))
		return input_complain(teller->input, teller->where, teller->err,
				      "expected the answer to process %d's %s of line %" PRIu64
				      ", found that of another function or object",
				      client->process, trace_function_names[client->f],
				      client->line);
	if (client->attempt && told(teller, FIELD_ATTEMPT) &&
	    intern_attempt(teller, client->object) != client->attempt)
		return refuse(teller, FIELD_ATTEMPT, "the attempt of its invocation");
	return 0;
}

static bool acquires(uint8_t f)
{
	return f == TRACE_ACQUIRE || f == TRACE_TRY_ACQUIRE;
}

/* Some recorders tell the fencing token within the value of an acquire: {:fence 17}. */
static int read_fence(struct teller *teller, struct trace_op *op)
{
	static const char *const names[] = {"fence", "token", "fencing-token"};
	struct buffer *word = &teller->word;
	struct slice fence;

	buffer_clear(word);
	teller->syntax->add_canonical(word, field(teller, FIELD_VALUE));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!edn_find((struct slice){word->text, word->length}, names[i], &fence) ||
		    slice_is(fence, "nil"))
			continue;
		op->has_token = true;
		return read_integer_of(teller, FIELD_VALUE, fence, &op->token);
	}
	teller->lock_values += strcmp(word->text, "nil") != 0;
	return 0;
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
			!slice_is(value, "nil") && (!intern_pair(teller, value, &pair) ||
						    pair.a != asked->a || pair.b != asked->b);
		return 0;
	}
	op->a = intern_value(teller, value);
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
	uint32_t attempts = interner_count(teller->attempts);
	struct trace_op op = {0};

	if (check_answer(teller, client) || read_token(teller, &op) ||
	    read_time(teller, &op.returned_ns))
		return -1;
	if (!client->attempt)
		op.attempt = intern_attempt(teller, client->object);
	if (op.attempt && op.attempt <= attempts)
		note_claim(teller, client);
	if (type == TYPE_OK &&
	    read_result(teller, builder_op(teller->builder, client->handle), &op))
		return -1;
	if (type == TYPE_FAIL && client->f == TRACE_RELEASE) /* kept aside, with the reason */
		op.a = intern_value(teller, field(teller, FIELD_ERROR));
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
	int64_t process;
	enum type type = TYPE_INVOKE;

	if (!told(teller, FIELD_PROCESS))
		return refuse(teller, FIELD_PROCESS, "a process");
	if (!slice_integer(field(teller, FIELD_PROCESS), &process)) {
		if (!teller->syntax->other_processes)
			return refuse(teller, FIELD_PROCESS, "an integer (the process)");
		teller->ignored++;
		return 0;
	}
	if (process > INT32_MAX || process < INT32_MIN)
		return refuse(teller, FIELD_PROCESS, "a process of 32 bits");
	if (teller->input->shelf)
		return shelf_add(teller->input->shelf, teller->fields, teller->syntax,
				 teller->cas_observes, teller->input, teller->where, teller->err);
	if (read_type(teller, &type) ||
	    (!teller->input->source->sort &&
	     order_check(&teller->order, teller->fields, teller->syntax->slack_ns, teller->input,
			 teller->where, teller->err)))
		return -1;
	struct client *client = find_client(teller, (int)process);

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
	return tell_event(teller);
}

int teller_tell_shelf(struct teller *teller, const struct shelf *shelf, struct error *err)
{
	for (uint32_t i = 0; i < shelf_count(shelf); i++) {
		const struct shelved *event = shelf_at(shelf, i);

		teller->at_hand = shelf_input(shelf, event);
		teller->syntax = event->syntax;
		teller->cas_observes = event->cas_observes;
		if (teller_tell(teller, &event->fields, &teller->at_hand, event->text, err))
			return -1;
	}
	return 0;
}

/* The end ------------------------------------------------------------------------------------- */

/* Of two acquires with one attempt, the one that named it later, which is a claim. */
static int refuse_claim(const struct teller *teller, const uint32_t *two, struct error *err)
{
	const struct claim *claim = &teller->claim[teller->claims - 1];

	while (claim->handle != two[0] && claim->handle != two[1])
		claim--;
	const struct trace_op *other = builder_op(teller->builder, two[claim->handle == two[0]]);
	const char *name = interner_text(teller->attempts, other->attempt - 1);

	const struct input input = {.source = claim->source};

	return input_complain_of(
		&input, claim->line, claim->column, err,
		"expected an attempt of its own, found%.200s, which line %u acquires with too",
		strchr(name, ' '), other->line);
}

/* An attempt begins one hold, or the procedures that rest on identities would err. */
static int check_attempts(const struct teller *teller, struct error *err)
{
	uint32_t *first; /* of each attempt: the acquire's handle + 1 */
	int result = 0;

	if (!teller->claims)
		return 0;
	first = calloc(interner_count(teller->attempts) + 1, sizeof(*first));
	CHECK(first);
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
	(void)input;
	if (check_attempts(teller, err)) {
		teller_close(teller);
		return -1;
	}
	trace_end(teller->builder, trace);
	trace->ignored = teller->ignored;
	trace->times_back = teller->order.back;
	trace->back_line = teller->order.first_line;
	trace->lock_values = teller->lock_values;
	trace->valueless = teller->valueless;
	trace->other_values = teller->other_values;
	trace->has_owners = teller->owners_told;
	if (!teller->owners_told) {
		own_by_process(trace->op, trace->ops);
		own_by_process(trace->failure, trace->failures);
	}
	free_teller(teller);
	return 0;
}
