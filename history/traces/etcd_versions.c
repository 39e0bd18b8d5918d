/* Versions of keys, who may have put them, and what must have happened beside the log. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "history/traces/etcd_teller.h"

/* Versions and who may have put them ---------------------------------------------------------- */

struct version *etcd_find_version(struct etcd_teller *teller, uint32_t key, int64_t revision)
{
	struct pair id = {key, revision};
	struct version *version;

	HASH_FIND(hh, teller->version, &id, sizeof(id), version);
	return version;
}

static struct version *add_version(struct etcd_teller *teller, uint32_t key, int64_t revision)
{
	struct version *version = etcd_find_version(teller, key, revision);

	if (version)
		return version;
	ARRAY_NEW(version, 1);
	version->id = (struct pair){key, revision};
	version->value = ETCD_NONE;
	HASH_ADD(hh, teller->version, id, sizeof(version->id), version);
	return version;
}

static void note_seen(struct etcd_teller *teller, const struct etcd_request *request, uint32_t key,
		      int64_t revision, uint32_t value)
{
	struct version *version = add_version(teller, key, revision);

	if (!version->seen || request->call < version->call)
		version->call = request->call;
	if (!version->seen || request->returned < version->returned)
		version->returned = request->returned;
	if (!version->seen)
		version->line = request->line;
	if (version->value == ETCD_NONE)
		version->value = value;
	version->seen = true;
}

struct open_put *etcd_find_open_put(struct etcd_teller *teller, uint32_t key, uint32_t value)
{
	struct pair id = {key, value};
	struct open_put *found;

	HASH_FIND(hh, teller->open_put, &id, sizeof(id), found);
	return found;
}

static void note_open_put(struct etcd_teller *teller, const struct etcd_request *request,
			  uint32_t key, uint32_t value)
{
	struct open_put *open = etcd_find_open_put(teller, key, value);

	if (!open) {
		ARRAY_NEW(open, 1);
		open->id = (struct pair){key, value};
		open->call = INT64_MAX;
		HASH_ADD(hh, teller->open_put, id, sizeof(open->id), open);
	}
	open->puts++;
	if (request->call >= open->call)
		return;
	open->call = request->call;
	open->client = request->client;
	open->line = request->line;
}

static int compare_revisions(const void *a, const void *b)
{
	return array_order(*(const int64_t *)a, *(const int64_t *)b);
}

static bool is_owned(const struct etcd_teller *teller, int64_t revision)
{
	return bsearch(&revision, teller->owned, teller->owned_count, sizeof(revision),
		       compare_revisions) != NULL;
}

static bool changes(const struct etcd_request *request, const struct etcd_act *act)
{
	return act->kind == ETCD_PUT ||
	       (act->kind == ETCD_DELETE && (act->found || request->answer != ETCD_OK));
}

static void note_act(struct etcd_teller *teller, const struct etcd_request *request,
		     const struct etcd_act *act)
{
	const struct etcd_log *log = teller->log;

	if (act->kind == ETCD_PUT && act->leased)
		teller->leased[act->key] = true;
	if (request->answer != ETCD_OK) {
		if (act->kind == ETCD_PUT) {
			note_open_put(teller, request, act->key, act->value);
			note_open_put(teller, request, act->key, ETCD_NONE);
		}
		return;
	}
	if (act->kind == ETCD_PUT) {
		struct version *version = add_version(teller, act->key, request->revision);

		version->owned = true;
		version->value = act->value;
	}
	if (act->kind == ETCD_READ || act->kind == ETCD_RANGE)
		for (uint32_t i = 0; i < act->seens; i++) {
			const struct etcd_seen *seen = &log->seen[act->seen + i];

			note_seen(teller, request, seen->key, seen->revision, seen->value);
		}
	if (act->kind == ETCD_COMPARE && act->revision > 0 && !request->failure)
		note_seen(teller, request, act->key, act->revision, ETCD_NONE);
}

void etcd_count_revisions(struct etcd_teller *teller)
{
	const struct etcd_log *log = teller->log;
	int64_t open = (int64_t)log->revokes, distinct = 0;

	for (uint32_t i = 0; i < log->requests; i++) {
		const struct etcd_request *request = &log->request[i];
		bool writes = false;

		for (uint32_t k = 0; k < request->acts; k++) {
			const struct etcd_act *act = &log->act[request->act + k];

			note_act(teller, request, act);
			writes |= changes(request, act);
			open += act->kind == ETCD_PUT && act->leased;
		}
		if (writes && request->answer == ETCD_OK)
			teller->owned[teller->owned_count++] = request->revision;
		open += writes && request->answer != ETCD_OK;
		teller->unsure |=
			request->acts && request->answer == ETCD_OK && request->revision <= 0;
	}
	if (teller->owned_count)
		qsort(teller->owned, teller->owned_count, sizeof(*teller->owned),
		      compare_revisions);
	for (uint32_t i = 0; i < teller->owned_count; i++)
		distinct += i == 0 || teller->owned[i] != teller->owned[i - 1];
	teller->unowned = log->revision_max - 1 - distinct;
	teller->others |= teller->unowned > open;
	teller->unsure |= open || log->versions;
}

/* Values -------------------------------------------------------------------------------------- */

/* ["v6" 3]; a revision of 0 is not known. */
static uint32_t intern_version(struct etcd_teller *teller, uint32_t value, int64_t revision)
{
	struct buffer *word = &teller->word;
	const char *text = value == ETCD_NONE ? "nil" : interner_text(teller->log->values, value);
	char number[24] = "nil";

	if (revision)
		snprintf(number, sizeof(number), "%" PRId64, revision);
	buffer_clear(word);
	buffer_add_char(word, '[');
	buffer_add(word, text, strlen(text));
	buffer_add_char(word, ' ');
	buffer_add(word, number, strlen(number));
	buffer_add_char(word, ']');
	return trace_intern_value(teller->builder, word->text);
}

uint32_t etcd_intern_seen(struct etcd_teller *teller, uint32_t key, int64_t revision,
			  uint32_t value)
{
	const struct version *version = NULL;

	if (revision == 0)
		return TRACE_NIL;
	if (value == ETCD_NONE)
		version = etcd_find_version(teller, key, revision);
	return intern_version(teller, version ? version->value : value, revision);
}

uint32_t etcd_intern_put(struct etcd_teller *teller, const struct etcd_request *request,
			 uint32_t key, uint32_t value)
{
	const struct open_put *open = NULL;

	if (value == ETCD_NONE)
		return TRACE_NIL;
	if (request->answer == ETCD_OK)
		return intern_version(teller, value, request->revision);
	if (!teller->others)
		open = etcd_find_open_put(teller, key, value);
	return intern_version(teller, value,
			      open && open->puts == 1 && open->versions == 1 ? open->revision : 0);
}

/* Steps --------------------------------------------------------------------------------------- */

void etcd_add_step(struct etcd_teller *teller, const struct etcd_step *step)
{
	ARRAY_GROW(teller->step, teller->steps, teller->steps_room);
	teller->step[teller->steps++] = *step;
}

static uint32_t object_of(struct etcd_teller *teller, uint32_t key)
{
	return trace_intern_object(teller->builder, interner_text(teller->log->keys, key));
}

struct etcd_step etcd_step_of(struct etcd_teller *teller, const struct etcd_request *request,
			      uint32_t key, enum trace_function f)
{
	return (struct etcd_step){
		.op = {.f = (uint8_t)f,
		       .object = object_of(teller, key),
		       .process = request->client,
		       .owner = (uint32_t)request->client,
		       .line = request->line},
		.call = request->call,
		.returned = request->returned,
		.outcome = request->answer == ETCD_OK ? TRACE_OK : TRACE_OPEN,
	};
}

/* What somebody else did, or an open put, by inference. */
static void infer(struct etcd_teller *teller, uint32_t key, uint32_t value, uint32_t line,
		  int32_t who, int64_t call, int64_t returned, enum trace_outcome outcome)
{
	etcd_add_step(teller, &(struct etcd_step){
				      .op = {.f = TRACE_WRITE,
					     .object = object_of(teller, key),
					     .process = who,
					     .owner = (uint32_t)who,
					     .a = value,
					     .line = line},
				      .call = call,
				      .returned = returned,
				      .outcome = outcome,
			      });
	teller->inferred++;
}

/* Versions that no request of the log answers for. */
static void find_writer(struct etcd_teller *teller, const struct version *version)
{
	uint32_t key = (uint32_t)version->id.key;
	struct open_put *open;

	if (version->owned || teller->others || is_owned(teller, version->id.number))
		return;
	open = etcd_find_open_put(teller, key, version->value);
	if (!open)
		return;
	open->versions++;
	open->revision = version->id.number;
}

static void infer_version(struct etcd_teller *teller, const struct version *version)
{
	uint32_t key = (uint32_t)version->id.key;
	int64_t revision = version->id.number;
	const struct open_put *open;

	if (version->owned || is_owned(teller, revision))
		return;
	uint32_t value = intern_version(teller, version->value, revision);

	if (teller->others) {
		infer(teller, key, value, version->line, NOBODY, version->call, version->returned,
		      TRACE_OK);
		return;
	}
	open = etcd_find_open_put(teller, key, version->value);
	if (open && (open->puts > 1 || open->versions > 1 || version->value == ETCD_NONE))
		infer(teller, key, value, open->line, open->client, open->call, 0, TRACE_OPEN);
}

void etcd_infer_versions(struct etcd_teller *teller)
{
	struct version *version;

	for (version = teller->version; version; version = version->hh.next)
		find_writer(teller, version);
	for (version = teller->version; version; version = version->hh.next)
		infer_version(teller, version);
}

/* Where a key may vanish by itself, it did just before it was found missing. */
void etcd_infer_deletion(struct etcd_teller *teller, const struct etcd_request *request,
			 uint32_t key)
{
	if (etcd_is_fleeting(teller, key))
		infer(teller, key, TRACE_NIL, request->line, NOBODY, request->call,
		      request->returned, TRACE_OK);
}
