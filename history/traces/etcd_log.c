/*
 * From etcd's requests to operations on registers, one for each key.
 *
 * The value of a register is what was put together with the revision of that put, ["v6" 3], and nil
 * where the key is not there. Each version was put once, by one transaction, so that a compare with
 * a mod revision is a cas, and a read names the put that it saw. An open put has no revision; when
 * a version was seen that only it can have put, it has that.
 *
 * The order of the revisions is no part of that. Where nothing but the requests moved the store, it
 * must be one of theirs (etcd_order.c), else there is a `doubt`.
 *
 * What cannot be said so is made weaker, never stronger: a violation stays one of the store.
 *   - A transaction or range on several keys is judged on each of them; that all happens at one
 *     instant only the revisions can prove (etcd_order.c), else there is a `doubt`.
 *   - Revisions that nobody in the log wrote, more of them than unknown outcomes and leases can
 *     account for, prove that others write too, as in one client's own log. Fewer leave that open:
 *     then there are two traces, and a violation is one in both (trace.weaker). What others wrote
 *     is taken from what was read: a version appears before its first reader is over, and not
 * before its first reader begins (it may always be moved there); an absent key was just deleted.
 *   - A key that was ever put with a lease may be deleted at any time.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/invariant.h"
#include "history/traces/etcd_teller.h"

/* The order ----------------------------------------------------------------------------------- */

struct event {
	int64_t at;
	uint32_t step;
	bool returns;
};

/* At equal times invocations first. */
static int compare_events(const void *a, const void *b)
{
	const struct event *left = a, *right = b;

	if (left->at != right->at)
		return array_order(left->at, right->at);
	if (left->returns != right->returns)
		return left->returns ? 1 : -1;
	return array_order(left->step, right->step);
}

static void replay(struct etcd_teller *teller)
{
	struct event *event;
	size_t events = 0;

	CHECK(teller->steps < TRACE_OPS_MAX);
	ARRAY_NEW(event, 2 * teller->steps);
	for (uint32_t i = 0; i < teller->steps; i++) {
		const struct etcd_step *step = &teller->step[i];

		event[events++] = (struct event){step->call, i, false};
		if (step->outcome != TRACE_OPEN)
			event[events++] = (struct event){step->returned, i, true};
	}
	if (events)
		qsort(event, events, sizeof(*event), compare_events);
	int64_t began = events ? event[0].at : 0;

	for (size_t i = 0; i < events; i++) {
		struct etcd_step *step = &teller->step[event[i].step];
		struct trace_op *op = &step->op;

		if (event[i].returns) {
			op->returned_ns = event[i].at - began;
			trace_return(teller->builder, step->handle, step->outcome, op);
		} else {
			op->invoked_ns = event[i].at - began;
			step->handle = trace_invoke(teller->builder, op);
		}
	}
	free(event);
}

/* All together -------------------------------------------------------------------------------- */

static int compare_keys(const void *a, const void *b, void *keys)
{
	return strcmp(interner_text(keys, *(const uint32_t *)a),
		      interner_text(keys, *(const uint32_t *)b));
}

static void open_teller(struct etcd_teller *teller, const struct etcd_log *log)
{
	uint32_t keys = interner_count(log->keys);

	*teller = (struct etcd_teller){.log = log, .builder = trace_begin("etcd-operations")};
	ARRAY_NEW(teller->leased, keys);
	ARRAY_NEW(teller->owned, log->requests);
	ARRAY_NEW(teller->sorted, keys);
	ARRAY_NEW(teller->effect, keys);
	ARRAY_NEW(teller->effect_of, keys);
	ARRAY_NEW(teller->seen_at, keys);
	for (uint32_t key = 0; key < keys; key++)
		teller->sorted[key] = key;
	if (keys)
		qsort_r(teller->sorted, keys, sizeof(*teller->sorted), compare_keys, log->keys);
}

static void close_teller(struct etcd_teller *teller)
{
	struct version *version, *next_version;
	struct open_put *open, *next_open;

	HASH_ITER (hh, teller->version, version, next_version) {
		HASH_DEL(teller->version, version);
		free(version);
	}
	HASH_ITER (hh, teller->open_put, open, next_open) {
		HASH_DEL(teller->open_put, open);
		free(open);
	}
	free(teller->leased);
	free(teller->owned);
	free(teller->sorted);
	free(teller->step);
	free(teller->effect);
	free(teller->effect_of);
	free(teller->seen_at);
	buffer_free(&teller->word);
}

static int64_t tell_log(const struct etcd_log *log, bool others, struct trace *trace)
{
	struct etcd_teller teller;

	open_teller(&teller, log);
	teller.others = teller.supposed = others;
	etcd_count_revisions(&teller);
	etcd_infer_versions(&teller);
	for (uint32_t i = 0; i < log->requests; i++)
		etcd_tell_request(&teller, &log->request[i]);
	if (!teller.others && etcd_order_is_proved(&teller))
		teller.several = 0;
	else
		teller.contradicted = !teller.others && !teller.unsure;
	replay(&teller);
	trace_end(teller.builder, trace);
	trace->left_out += log->failed;
	trace->remark = etcd_remark(&teller);
	trace->doubt = etcd_doubt(&teller);
	int64_t ambiguous = teller.others ? 0 : teller.unowned;

	close_teller(&teller);
	return ambiguous;
}

void etcd_log_tell(const struct etcd_log *log, struct trace *trace)
{
	struct trace *weaker;

	if (tell_log(log, false, trace) <= 0)
		return;
	ARRAY_NEW(weaker, 1);
	tell_log(log, true, weaker);
	trace->weaker = weaker;
}
