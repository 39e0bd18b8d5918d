/*
 * Each object is judged by what decides it in linear_decide: T1 and T1b by counting.c, T2, T3, T5
 * and T6 by owners that do one thing after the other (attempts_owners.c) or by name
 * (stream_named.c; with leases, stream_leased.c). None of them needs more than what is pending or
 * held. Which one it is, the first events tell; when a later one contradicts, the stream is silent.
 */
#include "checker/linear/stream.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/hash_table.h"
#include "checker/linear/holds_owners.h"
#include "checker/linear/counting.h"
#include "checker/linear/stream_leased.h"
#include "checker/linear/holds.h"
#include "checker/linear/stream_named.h"

enum {
	LOOKED_AT = 1 << 16, /* events before the models are guessed */
	OBJECTS_MAX = 1 << 17,
	OWNERS_MAX = 1 << 20,
};

enum way { UNDECIDED, BY_COUNTING, BY_NAME, BY_LEASE, BY_OWNER };

struct judged {
	struct seen seen;
	enum model model;
	enum way way;
	union {
		struct count count;
		struct named_stream named;
		struct leased_stream leased;
		struct owners owners;
	};
};

struct known_owner {
	struct {
		uint32_t object, owner;
	} key;
	struct owner owner;
	UT_hash_handle hh;
};

struct told {
	struct trace_op op;
	bool returns;
};

struct stream {
	struct trace_listener *listener;
	bool guesses;
	enum model model; /* given; else that of objects that come late */
	int limit;
	struct told *first; /* the first events, until the models are guessed */
	uint32_t firsts, firsts_room;
	bool begun;
	struct judged **object; /* NULL: nothing was told of it */
	uint32_t objects, objects_room;
	struct known_owner *owners;
	struct hold *holds;
	struct lease *leases;
};

static void stop(struct stream *stream, const char *why)
{
	if (!stream->listener->stopped)
		stream->listener->stopped = why;
}

static struct judged *find_object(struct stream *stream, uint32_t object)
{
	while (stream->objects <= object) {
		CHECK(object < OBJECTS_MAX); /* listen stops before */
		ARRAY_GROW(stream->object, stream->objects, stream->objects_room);
		stream->object[stream->objects++] = NULL;
	}
	if (!stream->object[object])
		ARRAY_NEW(stream->object[object], 1);
	return stream->object[object];
}

/* How an object is judged ---------------------------------------------------------------------- */

/* Where models are guessed a mutex of owners is judged as one with tokens, which may yet come:
 * without any, that is the same. */
static void choose_way(const struct stream *stream, struct judged *judged, enum model model,
		       bool named)
{
	CHECK(judged->way == UNDECIDED);
	if (stream->guesses && model == MODEL_OWNED_MUTEX)
		model = MODEL_FENCED_MUTEX;
	judged->model = model;
	if (model == MODEL_MUTEX || model == MODEL_SEMAPHORE) {
		judged->way = BY_COUNTING;
		judged->count =
			(struct count){.limit = model == MODEL_MUTEX ? 1 : (uint64_t)stream->limit};
	} else if (model == MODEL_LEASED_LOCK) {
		judged->way = BY_LEASE;
	} else if (named && model != MODEL_REENTRANT_MUTEX) {
		judged->way = BY_NAME;
		named_begin(&judged->named, model, stream->limit);
	} else {
		judged->way = BY_OWNER;
		owners_begin(&judged->owners, model, stream->limit, model == MODEL_FENCED_MUTEX);
	}
}

static struct owner *find_owner(struct stream *stream, const struct trace_op *op)
{
	struct known_owner *known, wanted = {.key = {op->object, op->owner}};

	HASH_FIND(hh, stream->owners, &wanted.key, sizeof(wanted.key), known);
	if (known)
		return &known->owner;
	if (HASH_COUNT(stream->owners) == OWNERS_MAX)
		stop(stream, "there are too many owners");
	ARRAY_NEW(known, 1);
	known->key = wanted.key;
	HASH_ADD(hh, stream->owners, key, sizeof(known->key), known);
	return &known->owner;
}

static bool step(struct stream *stream, struct judged *judged, const struct trace_op *op,
		 bool returns)
{
	switch (judged->way) {
	case BY_COUNTING:
		return count_step(&judged->count, op, returns);
	case BY_NAME:
		return (op->attempt || op->outcome == TRACE_FAILED) &&
		       named_step(&judged->named, &stream->holds, op, returns);
	case BY_LEASE:
		return (op->attempt || op->outcome == TRACE_FAILED) &&
		       leased_step(&judged->leased, &stream->leases, op, returns);
	case BY_OWNER:
		return owners_step(&judged->owners, find_owner(stream, op), op, 0, 0, returns) &&
		       !judged->owners.sweep.violations && !judged->owners.sweep.undecided;
	case UNDECIDED:
		break;
	}
	return false;
}

static void judge(struct stream *stream, const struct trace_op *op, bool returns)
{
	struct judged *judged = find_object(stream, op->object);

	if (judged->way == UNDECIDED)
		choose_way(stream, judged, stream->model, op->attempt != 0);
	if (!step(stream, judged, op, returns))
		stop(stream, "it is not linearizable, or not covered");
}

/* The models ----------------------------------------------------------------------------------- */

static struct seen *gather_seen(const struct stream *stream, uint32_t objects)
{
	struct seen *seen;

	CHECK(stream->objects <= objects);
	ARRAY_NEW(seen, objects);
	for (uint32_t i = 0; i < stream->objects; i++)
		if (stream->object[i])
			seen[i] = stream->object[i]->seen;
	return seen;
}

static bool guess(const struct stream *stream, enum model *models)
{
	struct trace so_far = {.objects = stream->objects};
	struct seen *seen = gather_seen(stream, stream->objects);

	for (uint32_t i = 0; i < stream->objects; i++) {
		models[i] = stream->model;
		so_far.has_owners |= seen[i].owners;
	}
	bool good = !stream->guesses || models_of_seen(&so_far, seen, models);

	free(seen);
	return good;
}

/* Goes on from the first events. */
static void begin(struct stream *stream)
{
	enum model *models;
	bool good;

	CHECK(!stream->begun);
	ARRAY_NEW(models, stream->objects);
	good = guess(stream, models);
	for (uint32_t i = stream->objects; good && i-- > 0;) {
		struct judged *judged = stream->object[i];

		if (!judged)
			continue;
		good = model_is_lock(models[i]);
		stream->model = models[i];
		if (good)
			choose_way(stream, judged, models[i], !judged->seen.nameless);
	}
	free(models);
	stream->begun = true;
	if (!good)
		stop(stream, "its models are not judged as it is read");
	for (uint32_t i = 0; i < stream->firsts && !stream->listener->stopped; i++)
		judge(stream, &stream->first[i].op, stream->first[i].returns);
	free(stream->first);
	stream->first = NULL;
}

/* Listening ------------------------------------------------------------------------------------ */

static void listen(void *context, const struct trace_op *op, bool returns)
{
	struct stream *stream = context;

	if (op->object >= OBJECTS_MAX)
		stop(stream, "there are too many objects");
	else if (!model_knows(MODEL_MUTEX, (enum trace_function)op->f) || op->b)
		stop(stream, "it holds more than locks");
	if (stream->listener->stopped)
		return;
	if (!returns)
		seen_add(&find_object(stream, op->object)->seen, op);
	if (stream->begun) {
		judge(stream, op, returns);
		return;
	}
	ARRAY_GROW(stream->first, stream->firsts, stream->firsts_room);
	stream->first[stream->firsts++] = (struct told){*op, returns};
	if (stream->firsts == LOOKED_AT)
		begin(stream);
}

struct stream *stream_open(const enum model *model, int limit, struct trace_listener *listener)
{
	struct stream *stream;

	ARRAY_NEW(stream, 1);
	stream->guesses = !model;
	stream->model = model ? *model : MODEL_MUTEX;
	stream->limit = limit;
	stream->listener = listener;
	*listener = (struct trace_listener){.event = listen, .context = stream};
	return stream;
}

void stream_close(struct stream *stream)
{
	struct known_owner *owner, *next;

	for (uint32_t i = 0; i < stream->objects; i++) {
		if (stream->object[i] && stream->object[i]->way == BY_COUNTING)
			count_close(&stream->object[i]->count);
		free(stream->object[i]);
	}
	HASH_ITER (hh, stream->owners, owner, next) {
		HASH_DEL(stream->owners, owner);
		free(owner);
	}
	named_free(&stream->holds);
	leased_free(&stream->leases);
	free(stream->object);
	free(stream->first);
	free(stream);
}

/* The end -------------------------------------------------------------------------------------- */

static bool finish_object(struct judged *judged)
{
	switch (judged->way) {
	case BY_COUNTING:
	case BY_LEASE:
		return true;
	case BY_NAME:
		return named_finish(&judged->named);
	case BY_OWNER:
		sweep_finish(&judged->owners.sweep);
		return !judged->owners.sweep.undecided;
	case UNDECIDED:
		break;
	}
	return false;
}

/* Is it what linear_judge would ask, and is the answer the same? */
static bool agrees(struct judged *judged, const struct trace *trace, enum model model)
{
	const struct seen *seen = &judged->seen;
	bool named = trace->has_attempts || (seen->acquires && !seen->nameless);
	bool same = judged->model == model ||
		    (judged->model == MODEL_FENCED_MUTEX && model == MODEL_OWNED_MUTEX);

	if (judged->way != BY_COUNTING && model != MODEL_REENTRANT_MUTEX)
		same &= named == (judged->way != BY_OWNER);
	if (model == MODEL_FENCED_MUTEX && seen->acquires && !seen->tokens)
		return false; /* unknown */
	return same && finish_object(judged);
}

static void summarize(const struct judged *judged, enum model model, uint32_t object,
		      struct linear_summary *summary)
{
	if (summary->objects++ > 0)
		return;
	summary->worst = object;
	summary->model = model;
	summary->result.procedure = judged->way != BY_COUNTING ? attempts_procedure(model)
				    : judged->count.observed   ? "T1b"
							       : "T1";
}

bool stream_finish(struct stream *stream, const struct trace *trace, struct linear_summary *summary,
		   enum model **models, struct seen **seen)
{
	bool good;

	if (!stream->begun && !stream->listener->stopped)
		begin(stream);
	*summary = (struct linear_summary){
		.verdict = LINEARIZABLE,
		.result = {.verdict = LINEARIZABLE, .certificate = {.stuck = TRACE_NEVER}}};
	*seen = gather_seen(stream, trace->objects);
	*models = NULL;
	if (stream->guesses)
		ARRAY_NEW(*models, trace->objects);
	good = !stream->listener->stopped && trace->ops > 0 &&
	       (!stream->guesses || models_of_seen(trace, *seen, *models));
	for (uint32_t i = 0; good && i < stream->objects; i++) {
		enum model model = *models ? (*models)[i] : stream->model;

		if (!stream->object[i])
			continue;
		good = agrees(stream->object[i], trace, model);
		summarize(stream->object[i], model, i, summary);
	}
	CHECK(!good || summary->objects > 0);
	if (good)
		return true;
	stop(stream, "its end contradicts what was thought of it");
	free(*seen);
	free(*models);
	*seen = NULL;
	*models = NULL;
	return false;
}
