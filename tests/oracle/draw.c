/*
 * Random histories. Either anything at all; or a run of a right service, whose operations get
 * intervals around their instants and then a few blemishes, so that about as many are linearizable
 * as are not, and those that are not fail for one reason.
 */
#include "tests/oracle/draw.h"

#include <stdlib.h>
#include <string.h>

enum { OPS = SMALL_OPS / 2, INSTANT = 1000, OWNERS = 4 };

struct inside {
	uint32_t owner, attempt;
	bool shared;
};

/* What the run is like, and where the service stands. */
struct run {
	struct random_stream *random;
	struct small *small;
	int ops;          /* wanted */
	int open_percent; /* of the operations have no answer */
	bool attempts;    /* told */
	bool tokens;      /* told */
	bool sequential;  /* an owner does one thing at a time, and none after an open one */
	uint32_t owner[OWNERS];
	uint32_t owners, attempts_begun;
	int64_t token;
	int holders;
	struct inside inside[OPS];
	uint32_t value; /* number, letters or elements */
	bool unique;    /* each value of a register, each letter is written once; there is no cas */
	int written;    /* the last of these values, how many letters */
	int letters;
	bool removes; /* from a set */
};

static int between(struct run *run, int low, int high)
{
	return (int)random_between(run->random, low, high);
}

static bool percent(struct run *run, int chance)
{
	return between(run, 1, 100) <= chance;
}

/* A run of a right service ---------------------------------------------------------------------- */

/* Appends an operation at the next instant. */
static struct trace_op *add_op(struct run *run, enum trace_function f)
{
	struct small *small = run->small;
	struct part *part = &small->part[small->parts++];

	*part = (struct part){.op = {.f = (uint8_t)f}, .from = INSTANT * small->parts};
	part->to = part->from;
	return &part->op;
}

/* Without an answer; true when it took effect all the same. */
static bool takes_effect(struct run *run, struct trace_op *op)
{
	if (!percent(run, run->open_percent))
		return true;
	op->outcome = TRACE_OPEN;
	return percent(run, 50);
}

static void set_holder(struct run *run, struct trace_op *op, uint32_t owner, uint32_t attempt)
{
	op->owner = owner;
	op->process = (int32_t)owner;
	op->attempt = run->attempts ? attempt : 0;
}

static bool has_room(const struct run *run, uint32_t owner, bool shared)
{
	int exclusive = 0, others = 0;

	for (int i = 0; i < run->holders; i++) {
		exclusive += !run->inside[i].shared;
		others += run->inside[i].owner != owner;
	}
	if (run->small->model == MODEL_REENTRANT_MUTEX)
		return others == 0 && run->holders < run->small->limit;
	if (run->small->model == MODEL_RWLOCK && shared)
		return exclusive == 0;
	return run->holders < run->small->limit;
}

static void leave(struct run *run, int holder)
{
	run->inside[holder] = run->inside[--run->holders];
}

static void add_acquire(struct run *run)
{
	int slot = between(run, 0, OWNERS - 1);
	uint32_t owner = run->owner[slot];
	bool shared = run->small->model == MODEL_RWLOCK && percent(run, 60);
	bool room = has_room(run, owner, shared), leased = run->small->model == MODEL_LEASED_LOCK;

	if (!room && leased && percent(run, 60)) {
		leave(run, 0);
		room = true;
	}
	if (!room && percent(run, 50))
		return;
	struct trace_op *op = add_op(run, percent(run, 80) ? TRACE_ACQUIRE : TRACE_TRY_ACQUIRE);

	op->mode = shared ? TRACE_SHARED : TRACE_EXCLUSIVE;
	set_holder(run, op, owner, ++run->attempts_begun);
	if (!room) {
		op->f = TRACE_TRY_ACQUIRE;
		op->outcome = TRACE_FAILED;
		return;
	}
	bool enters = takes_effect(run, op);

	if (run->tokens && (op->outcome == TRACE_OK || percent(run, 40))) {
		op->token = run->token;
		op->has_token = true;
		run->token += between(run, 1, 3);
	}
	if (enters)
		run->inside[run->holders++] = (struct inside){owner, run->attempts_begun, shared};
	if (run->sequential && op->outcome == TRACE_OPEN)
		run->owner[slot] = ++run->owners;
}

static void add_release(struct run *run, bool proof)
{
	int holder = between(run, 0, run->holders - 1);
	struct inside *inside = &run->inside[holder];
	struct trace_op *op = add_op(run, proof ? TRACE_PROOF : TRACE_RELEASE);

	set_holder(run, op, inside->owner, inside->attempt);
	op->mode = inside->shared ? TRACE_SHARED : TRACE_EXCLUSIVE;
	bool left = takes_effect(run, op) && !proof;

	for (int i = 0; run->sequential && op->outcome == TRACE_OPEN && i < OWNERS; i++)
		if (run->owner[i] == inside->owner)
			run->owner[i] = ++run->owners;
	if (left)
		leave(run, holder);
}

static void add_lock_op(struct run *run)
{
	int proofs = run->small->model == MODEL_LEASED_LOCK ? 35 : 5;

	if (run->holders == 0 || percent(run, 45))
		add_acquire(run);
	else
		add_release(run, percent(run, proofs));
}

static void add_unique_op(struct run *run)
{
	bool reads = run->written == SMALL_VALUES || percent(run, 60);
	struct trace_op *op = add_op(run, reads ? TRACE_READ : TRACE_WRITE);

	op->a = small_number(reads ? (int)run->value : ++run->written);
	if (takes_effect(run, op) && !reads)
		run->value = (uint32_t)run->written;
}

static void add_register_op(struct run *run)
{
	int number = between(run, 1, SMALL_NUMBERS);
	struct trace_op *op;

	if (percent(run, 40)) {
		op = add_op(run, TRACE_READ);
		op->a = small_number((int)run->value);
		takes_effect(run, op);
	} else if (percent(run, 40)) {
		op = add_op(run, TRACE_WRITE);
		op->a = small_number(number);
		if (takes_effect(run, op))
			run->value = (uint32_t)number;
	} else {
		int expected = between(run, 0, SMALL_NUMBERS);

		op = add_op(run, TRACE_CAS);
		op->a = small_number(expected);
		op->b = small_number(number);
		if ((uint32_t)expected != run->value)
			op->outcome = percent(run, run->open_percent) ? TRACE_OPEN : TRACE_FAILED;
		else if (takes_effect(run, op))
			run->value = (uint32_t)number;
	}
}

/* A letter that nobody wrote before, as long as there are such; or one of two. */
static uint32_t next_letter(struct run *run)
{
	if (run->unique && run->written < SMALL_ALPHABET)
		return (uint32_t)run->written++;
	return (uint32_t)between(run, 0, run->unique ? SMALL_ALPHABET - 1 : 1);
}

static void add_kv_op(struct run *run)
{
	struct trace_op *op;

	if (percent(run, 45)) {
		op = add_op(run, TRACE_GET);
		op->a = small_letters(run->letters, run->value);
		takes_effect(run, op);
	} else if (run->letters == SMALL_LETTERS || percent(run, 40)) {
		int letters = percent(run, 85);
		uint32_t letter = letters ? next_letter(run) : 0;

		op = add_op(run, TRACE_PUT);
		op->a = small_letters(letters, letter);
		if (takes_effect(run, op)) {
			run->letters = letters;
			run->value = letter;
		}
	} else {
		uint32_t letter = next_letter(run);

		op = add_op(run, TRACE_APPEND);
		op->a = small_letters(1, letter);
		if (takes_effect(run, op)) {
			run->letters++;
			run->value = run->value << LETTER_BITS | letter;
		}
	}
}

static void add_set_op(struct run *run)
{
	int number = between(run, 1, SMALL_NUMBERS);
	uint32_t element = 1U << (number - 1);
	bool adds = !run->removes || percent(run, 60);
	struct trace_op *op = add_op(run, percent(run, 40) ? TRACE_READ
					  : adds           ? TRACE_ADD
							   : TRACE_REMOVE);

	op->a = op->f == TRACE_READ ? small_set(run->value) : small_number(number);
	if (takes_effect(run, op) && op->f != TRACE_READ)
		run->value = adds ? run->value | element : run->value & ~element;
}

static void add_any_op(struct run *run)
{
	if (run->small->model == MODEL_CAS_REGISTER && run->unique)
		add_unique_op(run);
	else if (run->small->model == MODEL_CAS_REGISTER)
		add_register_op(run);
	else if (run->small->model == MODEL_KV)
		add_kv_op(run);
	else if (run->small->model == MODEL_SET)
		add_set_op(run);
	else
		add_lock_op(run);
}

/* Intervals around the instants; wide ones make many pending at once. */
static void stretch(struct run *run)
{
	struct small *small = run->small;
	int reach = between(run, 0, 3) * INSTANT + INSTANT / 3;

	for (int i = 0; i < small->parts; i++) {
		struct part *part = &small->part[i];
		int64_t instant = part->from;

		part->from = instant - between(run, 1, reach);
		part->to = instant + between(run, 1, reach);
		for (int j = 0; run->sequential && j < i; j++) {
			struct part *before = &small->part[j];
			int64_t other = INSTANT * (j + 1);

			if (before->op.owner != part->op.owner || before->to < part->from)
				continue;
			before->to = other + (instant - other) / 3;
			part->from = instant - (instant - other) / 3;
		}
	}
}

/* Blemishes ----------------------------------------------------------------------------------- */

static unsigned int any_letter(struct run *run)
{
	return (unsigned int)between(run, 0,
				     run->unique && run->written > 1 ? run->written - 1 : 1);
}

static void change_value(struct run *run, struct part *part, const struct part *other)
{
	if (run->small->model == MODEL_CAS_REGISTER)
		part->op.a =
			small_number(between(run, 0, run->unique ? run->written : SMALL_NUMBERS));
	else if (run->small->model == MODEL_KV && part->op.f == TRACE_GET)
		part->op.a = small_letters(2, any_letter(run) << LETTER_BITS | any_letter(run));
	else if (run->small->model == MODEL_SET && part->op.f == TRACE_READ)
		part->op.a = small_set((unsigned int)between(run, 0, (1 << SMALL_NUMBERS) - 1));
	else if (part->op.has_token)
		part->op.token = between(run, -1, (int)run->token);
	else
		part->op.mode = other->op.mode;
}

static void change_outcome(struct run *run, struct part *part)
{
	bool may_fail = part->op.f == TRACE_TRY_ACQUIRE || part->op.f == TRACE_CAS ||
			run->small->model == MODEL_SET;
	int outcome = between(run, TRACE_OK, may_fail ? TRACE_FAILED : TRACE_OPEN);

	part->op.outcome = (uint8_t)outcome;
}

static void blemish(struct run *run)
{
	struct small *small = run->small;
	struct part *part = &small->part[between(run, 0, small->parts - 1)];
	struct part *other = &small->part[between(run, 0, small->parts - 1)];
	int64_t by = between(run, -2 * INSTANT, 2 * INSTANT);

	switch (between(run, 0, 7)) {
	case 0:
		part->from += by;
		part->to += by;
		break;
	case 1:
		part->from = part->to - 1;
		break;
	case 2:
		part->to = part->from + 1;
		break;
	case 3: /* in another's name */
		part->op.owner = other->op.owner;
		part->op.process = other->op.process;
		if (part->op.f == TRACE_RELEASE || part->op.f == TRACE_PROOF || percent(run, 5))
			part->op.attempt = other->op.attempt;
		break;
	case 4:
		change_outcome(run, part);
		break;
	case 5:
	case 6:
		change_value(run, part, other);
		break;
	case 7:
		*part = small->part[--small->parts];
		break;
	}
}

/* Anything at all ----------------------------------------------------------------------------- */

static void add_anything(struct run *run)
{
	static const enum trace_function lock[] = {TRACE_ACQUIRE, TRACE_ACQUIRE,     TRACE_RELEASE,
						   TRACE_RELEASE, TRACE_TRY_ACQUIRE, TRACE_PROOF};
	int most = run->small->model == MODEL_LEASED_LOCK ? 5 : 4 + percent(run, 10);
	struct trace_op *op = add_op(run, lock[between(run, 0, most)]);
	uint32_t owner = (uint32_t)between(run, 1, 3);
	bool acquires = op->f == TRACE_ACQUIRE || op->f == TRACE_TRY_ACQUIRE;

	/* owner o has the attempts o, o + 4, ...; an attempt acquires once, mostly */
	uint32_t attempt = owner;

	for (int i = 0; acquires && !percent(run, 2) && i < run->small->parts - 1; i++)
		if (run->small->part[i].op.attempt == attempt)
			attempt += 4;
	if (!acquires && percent(run, 30))
		attempt += 4;
	set_holder(run, op, owner, attempt);
	if (run->small->model == MODEL_RWLOCK && percent(run, 50))
		op->mode = TRACE_SHARED;
	if (op->f == TRACE_TRY_ACQUIRE && percent(run, 60))
		op->outcome = TRACE_FAILED;
	else if (percent(run, run->open_percent))
		op->outcome = TRACE_OPEN;
	op->has_token = acquires && run->tokens && percent(run, 90);
	op->token = op->has_token ? between(run, -1, 3) : 0;
}

static void scatter(struct run *run)
{
	for (int i = 0; i < run->small->parts; i++) {
		struct part *part = &run->small->part[i];

		part->from = between(run, 0, OPS * INSTANT);
		part->to = part->from + between(run, 1, 3 * INSTANT);
	}
}

/* ----------------------------------------------------------------------------------------------- */

static int draw_limit(struct run *run, enum model model)
{
	bool many = model == MODEL_SEMAPHORE || model == MODEL_OWNED_SEMAPHORE ||
		    model == MODEL_REENTRANT_MUTEX;

	return many ? between(run, 1, 3) : 1;
}

/* That of the run, or, as a blemish, another one. */
static void draw_initial(struct run *run)
{
	struct small *small = run->small;

	if (percent(run, 5) && small->model == MODEL_CAS_REGISTER)
		small->initial = small_number(between(run, 0, SMALL_NUMBERS));
	if (percent(run, 5) && small->model == MODEL_KV)
		small->initial = small_letters(1, 1);
}

void draw(enum model model, struct random_stream *random, struct small *small)
{
	static const int open_percents[] = {0, 0, 15, 30, 60};
	struct run run = {.random = random, .small = small, .owners = OWNERS};

	*small = (struct small){.model = model};
	small->limit = draw_limit(&run, model);
	run.ops = between(&run, 2, percent(&run, 10) ? OPS - 1 : 8);
	run.open_percent = open_percents[between(&run, 0, 4)];
	run.attempts = percent(&run, 60);
	run.tokens = percent(&run, model == MODEL_FENCED_MUTEX  ? 90
				   : model == MODEL_LEASED_LOCK ? 60
								: 0);
	run.sequential = percent(&run, 60);
	run.unique = percent(&run, 50);
	for (uint32_t i = 0; i < OWNERS; i++)
		run.owner[i] = i + 1;
	if (model == MODEL_CAS_REGISTER && percent(&run, 40)) {
		run.value = (uint32_t)between(&run, 0, SMALL_NUMBERS);
		small->initial = small_number((int)run.value);
		run.written = (int)run.value;
	}
	if (model == MODEL_KV && percent(&run, 40)) {
		run.letters = 1;
		run.value = next_letter(&run);
		small->initial = small_letters(1, run.value);
	}
	run.removes = model == MODEL_SET && percent(&run, 50);
	bool anything = model < MODEL_CAS_REGISTER && percent(&run, 20);

	for (int tries = 0; small->parts < run.ops && tries < 4 * OPS; tries++)
		if (anything)
			add_anything(&run);
		else
			add_any_op(&run);
	if (anything)
		scatter(&run);
	else
		stretch(&run);
	for (int blemishes = between(&run, 0, 2); !anything && blemishes > 0; blemishes--)
		if (small->parts > 1)
			blemish(&run);
	draw_initial(&run);
	small_build(small);
}
