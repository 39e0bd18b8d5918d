/*
 * Operations on several keys at once, proved by their revisions: the requests in the order of the
 * store's revisions, each writer before those who read at its revision, are replayed against a
 * store of all keys. When every answer is what that store would have given, and nobody comes before
 * one that was over when it began, this is an order as linearizability wants it. Nothing is
 * concluded from a failure: then the order is not this one, or what moved the store was no request
 * that is told (a lease that ended, an answer that got lost).
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "history/traces/etcd_teller.h"

struct move {
	const struct etcd_request *request;
	int64_t revision, returned;
	bool writes;
};

struct cell {
	int64_t revision; /* 0: it is not there */
	uint32_t value;
};

static int compare_moves(const void *a, const void *b)
{
	const struct move *left = a, *right = b;

	if (left->revision != right->revision)
		return array_order(left->revision, right->revision);
	if (left->writes != right->writes)
		return left->writes ? -1 : 1;
	return array_order(left->request->call, right->request->call);
}

/* The revision that a request without an answer has, if all its puts were seen and are nobody
 * else's; 0: it is not known, or it never happened. */
static int64_t revision_of_open(struct etcd_teller *teller, const struct etcd_request *request)
{
	int64_t revision = 0;

	for (uint32_t i = 0; i < request->acts; i++) {
		const struct etcd_act *act = &teller->log->act[request->act + i];
		const struct open_put *open;

		if (act->on_failure || act->kind == ETCD_DELETE)
			return 0;
		if (act->kind != ETCD_PUT)
			continue;
		open = etcd_find_open_put(teller, act->key, act->value);
		if (open->puts != 1 || open->versions != 1 ||
		    (revision && revision != open->revision))
			return 0;
		revision = open->revision;
	}
	return revision;
}

static uint32_t list_moves(struct etcd_teller *teller, struct move *move)
{
	uint32_t moves = 0;

	for (uint32_t i = 0; i < teller->log->requests; i++) {
		const struct etcd_request *request = &teller->log->request[i];
		bool ok = request->answer == ETCD_OK, writes = !ok;

		for (uint32_t k = 0; ok && k < request->acts; k++) {
			const struct etcd_act *act = &teller->log->act[request->act + k];

			writes |= act->kind == ETCD_PUT || (act->kind == ETCD_DELETE && act->found);
		}
		int64_t revision = ok ? request->revision : revision_of_open(teller, request);

		if (request->acts && (ok || revision))
			move[moves++] = (struct move){request, revision,
						      ok ? request->returned : INT64_MAX, writes};
	}
	return moves;
}

static bool is_seen(const struct cell *cell, const struct etcd_seen *seen)
{
	return cell->revision == seen->revision && cell->value == seen->value;
}

static bool replay_range(const struct etcd_teller *teller, const struct cell *store,
			 const struct etcd_act *act)
{
	const struct etcd_log *log = teller->log;
	const char *end = act->end == ETCD_NONE ? NULL : interner_text(log->bounds, act->end);
	uint32_t found = 0;

	for (uint32_t i = etcd_first_from(teller, interner_text(log->bounds, act->start));
	     i < interner_count(log->keys); i++) {
		uint32_t key = teller->sorted[i];

		if (end && strcmp(interner_text(log->keys, key), end) >= 0)
			break;
		if (store[key].revision == 0)
			continue;
		if (found == act->seens)
			return act->cut;
		if (log->seen[act->seen + found].key != key ||
		    !is_seen(&store[key], &log->seen[act->seen + found]))
			return false;
		found++;
	}
	return found == act->seens;
}

static bool replay_act(const struct etcd_teller *teller, struct cell *store,
		       const struct move *move, const struct etcd_act *act, bool *failed)
{
	struct cell *cell = &store[act->key];

	switch ((enum etcd_act_kind)act->kind) {
	case ETCD_COMPARE:
		*failed |= cell->revision != act->revision;
		return act->revision >= 0;
	case ETCD_READ:
		return act->seens ? is_seen(cell, &teller->log->seen[act->seen])
				  : cell->revision == 0;
	case ETCD_RANGE:
		return replay_range(teller, store, act);
	case ETCD_PUT:
		*cell = (struct cell){move->revision, act->value};
		return true;
	case ETCD_DELETE:
		if (act->found != (cell->revision != 0))
			return false;
		*cell = (struct cell){0};
		return true;
	}
	return false;
}

static bool replay_move(const struct etcd_teller *teller, struct cell *store,
			const struct move *move)
{
	const struct etcd_request *request = move->request;
	bool failed = false;

	for (uint32_t i = 0; i < request->acts; i++)
		if (!replay_act(teller, store, move, &teller->log->act[request->act + i], &failed))
			return false;
	return failed == request->failure;
}

bool etcd_order_is_proved(struct etcd_teller *teller)
{
	int64_t latest_call = INT64_MIN;
	struct cell *store;
	struct move *move;
	bool proved = true;

	ARRAY_NEW(store, interner_count(teller->log->keys));
	ARRAY_NEW(move, teller->log->requests);
	uint32_t moves = list_moves(teller, move);

	qsort(move, moves, sizeof(*move), compare_moves);
	for (uint32_t i = 0; i < moves && proved; i++) {
		bool two_writers = i > 0 && move[i].writes && move[i - 1].writes &&
				   move[i].revision == move[i - 1].revision;

		proved = !two_writers && move[i].returned >= latest_call &&
			 replay_move(teller, store, &move[i]);
		if (move[i].request->call > latest_call)
			latest_call = move[i].request->call;
	}
	free(move);
	free(store);
	return proved;
}
