#include "checker/linear/explain_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "base/text.h"

enum { TEXT_COLUMNS = 44, MEMBERS_TOLD = 8 };

struct teller {
	FILE *out;
	const struct explaining *about;
	const struct state_source *source;
};

/* Who has this number among the steps: the process of one of his operations. */
static const char *holder_in_words(words text, const struct teller *teller, uint32_t holder)
{
	for (uint32_t i = 0; i < teller->source->problem->ops; i++) {
		const struct engine_op *op = &teller->source->problem->op[i];

		if (op->step.a == holder && op->step.kind != LOCK_SAW_TAKEN)
			return words_who(text, teller->about, teller->source->map[op->source]);
	}
	return "somebody";
}

static void tell_holder(const struct teller *teller, uint64_t state)
{
	uint32_t holder = (uint32_t)state, more = (uint32_t)(state >> 32);
	words who;

	if (holder == 0) {
		fputs("the lock is free", teller->out);
		return;
	}
	fprintf(teller->out, "%s holds the lock", holder_in_words(who, teller, holder));
	if (teller->about->request->model == MODEL_REENTRANT_MUTEX)
		fprintf(teller->out, " (%" PRIu32 " deep)", more);
}

static void tell_count(const struct teller *teller, uint64_t held)
{
	CHECK(held <= teller->source->problem->limit);
	if (teller->about->request->model == MODEL_MUTEX)
		fputs(held ? "the lock is held" : "the lock is free", teller->out);
	else
		fprintf(teller->out, "%" PRIu64 " of %" PRIu32 " permits are taken", held,
			teller->source->problem->limit);
}

static void tell_holders(const struct teller *teller, uint64_t state)
{
	const uint64_t exclusive = UINT64_C(1) << 63; /* as in step_holders.c */
	size_t count;
	words who;

	if (state & exclusive) {
		fprintf(teller->out, "%s holds it for writing",
			holder_in_words(who, teller, (uint32_t)state));
		return;
	}
	const uint32_t *holder =
		intern_bytes(&teller->source->states->texts, (uint32_t)state, &count);

	count /= sizeof(*holder);
	if (count == 0)
		fputs("nobody holds it", teller->out);
	for (size_t i = 0; i < count && i < MEMBERS_TOLD; i++)
		fprintf(teller->out, "%s%s", i ? ", " : "",
			holder_in_words(who, teller, holder[i]));
	if (count > MEMBERS_TOLD)
		fprintf(teller->out, " and %zu more", count - MEMBERS_TOLD);
	if (count > 0)
		fprintf(teller->out, " hold%s it", count == 1 ? "s" : "");
}

/* The middle of a long text is left out. */
static void tell_text(const struct teller *teller, uint32_t number)
{
	size_t length;
	const char *text = intern_bytes(&teller->source->states->texts, number, &length);
	int half = TEXT_COLUMNS / 2;

	if (length > TEXT_COLUMNS)
		fprintf(teller->out, "\"%.*s ... %.*s\"", half, text, half, text + length - half);
	else
		fprintf(teller->out, "\"%.*s\"", (int)length, length ? text : "");
}

static void tell_set(const struct teller *teller, uint64_t state)
{
	size_t count, length;
	const uint32_t *element =
		intern_bytes(&teller->source->states->texts, (uint32_t)state, &count);

	count /= sizeof(*element);
	fputs(count ? "the set is {" : "the set is empty", teller->out);
	for (size_t i = 0; i < count && i < MEMBERS_TOLD; i++) {
		const char *text =
			intern_bytes(&teller->source->states->texts, element[i], &length);

		fprintf(teller->out, "%s%.*s", i ? " " : "",
			length < TEXT_COLUMNS ? (int)length : TEXT_COLUMNS, text);
	}
	if (count > MEMBERS_TOLD)
		fprintf(teller->out, " and %zu more", count - MEMBERS_TOLD);
	fputs(count ? "}" : "", teller->out);
}

static void tell(const struct teller *teller, uint64_t state)
{
	words value;

	switch (teller->about->request->model) {
	case MODEL_MUTEX:
	case MODEL_SEMAPHORE:
		tell_count(teller, state);
		break;
	case MODEL_OWNED_MUTEX:
	case MODEL_REENTRANT_MUTEX:
	case MODEL_FENCED_MUTEX:
	case MODEL_LEASED_LOCK:
		tell_holder(teller, state);
		break;
	case MODEL_OWNED_SEMAPHORE:
	case MODEL_RWLOCK:
		tell_holders(teller, state);
		break;
	case MODEL_CAS_REGISTER: /* steps keep the values' numbers in the problem's own trace */
		fprintf(teller->out, "the register holds %s",
			words_value(value, teller->source->trace, (uint32_t)state));
		break;
	case MODEL_KV:
		fputs("the key holds ", teller->out);
		tell_text(teller, (uint32_t)state);
		break;
	case MODEL_SET:
		tell_set(teller, state);
		break;
	case MODELS_COUNT:
		CHECK(!"a model");
	}
}

char *state_in_words(const struct explaining *about, const struct state_source *source,
		     uint64_t state)
{
	struct teller teller = {.about = about, .source = source};
	char *text = NULL;
	size_t size;

	teller.out = text_begin(&text, &size);

	tell(&teller, state);
	text_end(teller.out, &text);
	return text;
}
