/*
 * T3b: a fenced mutex whose owners go on after releases of unknown outcome. Which of their later
 * holds such a release ended is open, and without tokens that is NP-complete; but tokens say in
 * which order the holds came.
 *
 * Covered: every acquire answered, with a token; no observers, no proofs; of an owner's operations
 * that answered, each was invoked after the one before had returned.
 *
 * Then the holds stand in the order of their tokens, and each but the last must end before the next
 * begins. A release that answered can only end its owner's last hold before it, and no other
 * release can have ended that one. A hold without such a release takes an open one of its owner:
 * those that were invoked by then are equally good, for they never return; if none was, the one
 * that is invoked first. So the order of everything is forced, and it is possible iff each takes
 * its place at the earliest instant that is left.
 */
#include <stdlib.h>

#include "base/array.h"
#include "checker/linear/holds.h"
#include "checker/linear/holds_parts.h"
#include "checker/linear/models.h"

struct owner {
	uint32_t last;       /* its last hold so far + 1; 0: none */
	uint32_t busy_until; /* return of its last operation that answered */
	/* its open releases in `release`: where they begin, how many, and which is free next */
	uint32_t open, opens, next;
};

struct hold {
	int64_t token;
	uint32_t acquire, release; /* ops; release: TRACE_NEVER when none answered */
	uint32_t owner;
};

struct fenced {
	const struct linear_object *object;
	const struct trace_op *ops;
	struct keys keys;
	struct owner *owner;
	struct hold *hold;
	uint32_t holds;
	uint32_t *release; /* open ones, by owner, by invocation */
	/* Operations, or TRACE_NEVER: the first release of nothing; of those that were given their
	 * instants, the last to return. */
	uint32_t astray, stuck;
};

static void gather_answered(struct fenced *fenced, struct owner *owner, uint32_t index)
{
	CHECK(fenced->holds < fenced->object->ops);
	if (op_acquires(&fenced->ops[index])) {
		fenced->hold[fenced->holds++] = (struct hold){
			.token = fenced->ops[index].token,
			.acquire = index,
			.release = TRACE_NEVER,
			.owner = (uint32_t)(owner - fenced->owner),
		};
		owner->last = fenced->holds;
	} else if (!owner->last || fenced->hold[owner->last - 1].release != TRACE_NEVER) {
		fenced->astray = fenced->astray == TRACE_NEVER ? index : fenced->astray;
	} else {
		fenced->hold[owner->last - 1].release = index;
	}
}

/* In the order of invocations. False when it is not covered. */
static bool gather_one(struct fenced *fenced, uint32_t index)
{
	const struct trace_op *op = &fenced->ops[index];
	struct owner *owner = &fenced->owner[keys_number(&fenced->keys, op->owner)];
	bool ok = op->outcome == TRACE_OK;

	if (op->outcome == TRACE_FAILED || op->f == TRACE_PROOF ||
	    (op_acquires(op) && (!ok || !op->has_token)))
		return false;
	if (!ok) {
		owner->opens++;
		return true;
	}
	if (owner->busy_until > op->invoked)
		return false;
	owner->busy_until = op->returned;
	gather_answered(fenced, owner, index);
	return true;
}

static void list_open_releases(struct fenced *fenced)
{
	const struct linear_object *object = fenced->object;
	uint32_t count = 0;

	for (uint32_t i = 0; i < fenced->keys.count; i++) {
		struct owner *owner = &fenced->owner[i];

		owner->open = owner->next = count;
		count += owner->opens;
		owner->opens = 0;
	}
	ARRAY_NEW(fenced->release, count);
	for (uint32_t i = 0; i < object->ops; i++) {
		uint32_t index = object_op(object, i);
		const struct trace_op *op = &fenced->ops[index];

		if (op->outcome != TRACE_OPEN)
			continue;
		struct owner *owner = &fenced->owner[keys_number(&fenced->keys, op->owner)];

		fenced->release[owner->open + owner->opens++] = index;
	}
}

static int compare_holds(const void *left, const void *right)
{
	const struct hold *a = left, *b = right;

	return array_order(a->token, b->token) ?: array_order(a->acquire, b->acquire);
}

/* The operation's instant is the earliest after `*now`; false: it has returned by then. */
static bool place(struct fenced *fenced, uint32_t index, uint32_t *now)
{
	const struct trace_op *op = &fenced->ops[index];

	if (op->outcome == TRACE_OK &&
	    (fenced->stuck == TRACE_NEVER || op->returned > fenced->ops[fenced->stuck].returned))
		fenced->stuck = index;
	if (op->invoked > *now)
		*now = op->invoked;
	return op->returned > *now;
}

static bool place_open_end(struct fenced *fenced, const struct hold *hold, uint32_t *now)
{
	struct owner *owner = &fenced->owner[hold->owner];

	CHECK(owner->open <= owner->next && owner->next <= owner->open + owner->opens);
	return owner->next < owner->open + owner->opens &&
	       place(fenced, fenced->release[owner->next++], now);
}

static bool is_possible(struct fenced *fenced)
{
	uint32_t now = 0;

	for (uint32_t i = 0; i < fenced->holds; i++) {
		const struct hold *hold = &fenced->hold[i];
		const struct hold *before = i > 0 ? hold - 1 : NULL;
		bool ended = !before || before->release != TRACE_NEVER ||
			     place_open_end(fenced, before, &now);

		if (!place(fenced, hold->acquire, &now) || !ended ||
		    (before && before->token == hold->token))
			return false;
		if (hold->release != TRACE_NEVER && !place(fenced, hold->release, &now))
			return false;
	}
	return true;
}

static bool gather(struct fenced *fenced)
{
	const struct linear_object *object = fenced->object;

	owners_open(object, &fenced->keys);
	ARRAY_NEW(fenced->owner, fenced->keys.count);
	ARRAY_NEW(fenced->hold, object->ops);
	for (uint32_t i = 0; i < object->ops; i++)
		if (!gather_one(fenced, object_op(object, i)))
			return false;
	return true;
}

static void refute(const struct fenced *fenced, uint32_t stuck, struct linear_result *result)
{
	CHECK(stuck != TRACE_NEVER);
	result->verdict = NOT_LINEARIZABLE;
	result->violations = 1;
	result->certificate.stuck = stuck;
	result->certificate.prefix =
		object_find_event(fenced->object, fenced->ops[stuck].returned) + 1;
}

bool attempts_by_token(const struct linear_object *object, struct linear_result *result)
{
	struct fenced fenced = {.object = object,
				.ops = object->trace->op,
				.astray = TRACE_NEVER,
				.stuck = TRACE_NEVER};
	bool covered = gather(&fenced);

	if (covered) {
		list_open_releases(&fenced);
		qsort(fenced.hold, fenced.holds, sizeof(*fenced.hold), compare_holds);
		if (!is_possible(&fenced))
			refute(&fenced, fenced.stuck, result);
		else if (fenced.astray != TRACE_NEVER)
			refute(&fenced, fenced.astray, result);
		result->procedure = "T3b";
	}
	keys_close(&fenced.keys);
	free(fenced.owner);
	free(fenced.hold);
	free(fenced.release);
	return covered;
}
