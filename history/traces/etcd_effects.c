/* What a request did to each key: from its parts to steps. */
#include <string.h>

#include "base/array.h"
#include "history/traces/etcd_teller.h"

static struct effect *effect_on(struct etcd_teller *teller, uint32_t key)
{
	uint32_t *number = &teller->effect_of[key];

	if (*number == 0) {
		teller->effect[teller->effects++] =
			(struct effect){.key = key, .saw_value = ETCD_NONE, .other_than = -1};
		*number = teller->effects;
	}
	return &teller->effect[*number - 1];
}

static void put_read(struct etcd_teller *teller, const struct etcd_request *request, uint32_t key,
		     uint32_t value)
{
	struct etcd_step step = etcd_step_of(teller, request, key, TRACE_READ);

	step.op.a = value;
	etcd_add_step(teller, &step);
}

/* A second look at a key, in one request, is an operation of its own where it differs. Behind a
 * write of the same request it tells what that wrote. */
static void tell_seen(struct etcd_teller *teller, const struct etcd_request *request, uint32_t key,
		      int64_t revision, uint32_t value)
{
	struct effect *effect = effect_on(teller, key);
	bool same = effect->saw_revision == revision &&
		    (effect->saw_value == value || effect->saw_value == ETCD_NONE);

	if (effect->wrote)
		return;
	if (effect->saw && !same) {
		put_read(teller, request, key, etcd_intern_seen(teller, key, revision, value));
		return;
	}
	effect->saw = true;
	effect->saw_revision = revision;
	effect->saw_value = value;
}

static const char *key_text(const struct etcd_teller *teller, uint32_t key)
{
	return interner_text(teller->log->keys, key);
}

uint32_t etcd_first_from(const struct etcd_teller *teller, const char *start)
{
	return (uint32_t)ARRAY_BEFORE(interner_count(teller->log->keys), i,
				      strcmp(key_text(teller, teller->sorted[i]), start) < 0);
}

/* All keys of the log that lie in the range: those that were not told are not there, but for those
 * behind the limit. */
static void tell_range(struct etcd_teller *teller, const struct etcd_request *request,
		       const struct etcd_act *act)
{
	const struct etcd_log *log = teller->log;
	const struct etcd_seen *seen = act->seens ? &log->seen[act->seen] : NULL;
	const char *end = act->end == ETCD_NONE ? NULL : interner_text(log->bounds, act->end);
	const char *last = act->seens ? key_text(teller, seen[act->seens - 1].key) : "";

	for (uint32_t i = 0; i < act->seens; i++)
		teller->seen_at[seen[i].key] = i + 1;
	for (uint32_t i = etcd_first_from(teller, interner_text(log->bounds, act->start));
	     i < interner_count(log->keys); i++) {
		uint32_t key = teller->sorted[i], at = teller->seen_at[key];

		if (end && strcmp(key_text(teller, key), end) >= 0)
			break;
		if (at > 0)
			tell_seen(teller, request, key, seen[at - 1].revision, seen[at - 1].value);
		else if (act->cut && strcmp(key_text(teller, key), last) > 0)
			break;
		else if (teller->absent == ABSENT_MAX)
			teller->absent_left++;
		else if (++teller->absent)
			tell_seen(teller, request, key, 0, ETCD_NONE);
	}
	for (uint32_t i = 0; i < act->seens; i++)
		teller->seen_at[seen[i].key] = 0;
}

static void tell_write(struct etcd_teller *teller, uint32_t key, uint32_t value)
{
	struct effect *effect = effect_on(teller, key);

	effect->wrote = true;
	effect->value = value;
}

static uint32_t count_compares(const struct etcd_teller *teller, const struct etcd_request *request)
{
	uint32_t compares = 0;

	while (compares < request->acts &&
	       teller->log->act[request->act + compares].kind == ETCD_COMPARE)
		compares++;
	return compares;
}

/* Of several compares that failed together, nobody knows which one did. */
static void tell_compare(struct etcd_teller *teller, const struct etcd_request *request,
			 const struct etcd_act *act)
{
	if (act->revision < 0)
		return;
	if (!request->failure)
		tell_seen(teller, request, act->key, act->revision, ETCD_NONE);
	else if (count_compares(teller, request) == 1)
		effect_on(teller, act->key)->other_than = act->revision;
	else
		teller->told_nothing++;
}

static void tell_act(struct etcd_teller *teller, const struct etcd_request *request,
		     const struct etcd_act *act)
{
	const struct etcd_log *log = teller->log;
	const struct etcd_seen *seen = act->seens ? &log->seen[act->seen] : NULL;

	switch ((enum etcd_act_kind)act->kind) {
	case ETCD_COMPARE:
		tell_compare(teller, request, act);
		return;
	case ETCD_READ:
		tell_seen(teller, request, act->key, seen ? seen->revision : 0,
			  seen ? seen->value : ETCD_NONE);
		return;
	case ETCD_RANGE:
		tell_range(teller, request, act);
		return;
	case ETCD_PUT:
		tell_write(teller, act->key, act->value);
		return;
	case ETCD_DELETE:
		if (act->found)
			tell_write(teller, act->key, ETCD_NONE);
		else
			tell_seen(teller, request, act->key, 0, ETCD_NONE);
		return;
	}
}

static void put_failed_compare(struct etcd_teller *teller, const struct etcd_request *request,
			       const struct effect *effect)
{
	struct etcd_step step = etcd_step_of(teller, request, effect->key, TRACE_CAS);

	if (etcd_is_fleeting(teller, effect->key)) { /* what nobody saw may be the reason */
		teller->told_nothing++;
		return;
	}
	step.op.a = etcd_intern_seen(teller, effect->key, effect->other_than, ETCD_NONE);
	step.outcome = TRACE_FAILED;
	etcd_add_step(teller, &step);
}

static void put_effect(struct etcd_teller *teller, const struct etcd_request *request,
		       const struct effect *effect)
{
	struct etcd_step step = etcd_step_of(teller, request, effect->key, TRACE_WRITE);
	uint32_t saw =
		etcd_intern_seen(teller, effect->key, effect->saw_revision, effect->saw_value);

	if (effect->saw && effect->saw_revision == 0)
		etcd_infer_deletion(teller, request, effect->key);
	if (!effect->wrote) {
		if (effect->saw)
			put_read(teller, request, effect->key, saw);
		else if (effect->other_than >= 0)
			put_failed_compare(teller, request, effect);
		return;
	}
	step.op.a = etcd_intern_put(teller, request, effect->key, effect->value);
	if (effect->saw) {
		step.op.f = TRACE_CAS;
		step.op.b = step.op.a;
		step.op.a = saw;
	}
	etcd_add_step(teller, &step);
}

/* Without an answer it is a cas when that is all that it can have done; else each write for itself,
 * of both branches, without conditions. */
static void put_open(struct etcd_teller *teller, const struct etcd_request *request)
{
	const struct etcd_act *act = teller->log->act + request->act;
	const struct version *version;
	bool cas = request->acts == 2 && act[0].kind == ETCD_COMPARE && act[0].revision >= 0 &&
		   act[1].kind >= ETCD_PUT && !act[1].on_failure && act[0].key == act[1].key;

	if (cas && act->revision == 0) {
		cas = !etcd_is_fleeting(teller, act->key);
	} else if (cas) {
		version = etcd_find_version(teller, act->key, act->revision);
		cas = version && version->owned;
	}
	for (uint32_t i = 0; i < request->acts; i++) {
		if (act[i].kind != ETCD_PUT && act[i].kind != ETCD_DELETE)
			continue;
		struct etcd_step step = etcd_step_of(teller, request, act[i].key, TRACE_WRITE);

		effect_on(teller, act[i].key);
		step.op.a = etcd_intern_put(teller, request, act[i].key,
					    act[i].kind == ETCD_PUT ? act[i].value : ETCD_NONE);
		if (cas) {
			step.op.f = TRACE_CAS;
			step.op.b = step.op.a;
			step.op.a = etcd_intern_seen(teller, act->key, act->revision, ETCD_NONE);
		}
		etcd_add_step(teller, &step);
	}
}

void etcd_tell_request(struct etcd_teller *teller, const struct etcd_request *request)
{
	for (uint32_t i = 0; i < request->acts && request->answer == ETCD_OK; i++)
		tell_act(teller, request, &teller->log->act[request->act + i]);
	for (uint32_t i = 0; i < teller->effects; i++)
		put_effect(teller, request, &teller->effect[i]);
	if (request->answer != ETCD_OK && request->acts)
		put_open(teller, request);
	teller->several += teller->effects > 1;
	for (uint32_t i = 0; i < teller->effects; i++)
		teller->effect_of[teller->effect[i].key] = 0;
	teller->effects = 0;
}
