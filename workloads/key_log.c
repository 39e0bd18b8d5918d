#include "workloads/key_log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "workloads/key_resource.h"
#include "workloads/rule/store_rule.h"
#include "workloads/witness.h"

enum { KEY_LOG_MAGIC = 0x6b6c6f67, MADE_AT = 1 /* the log's version when it has no entry yet */ };

struct lane_log {
	const struct witness_lane *lane;
	int64_t told; /* the log's version that was told last */
	struct store_state state;
};

struct key_log {
	uint32_t magic;
	pthread_mutex_t lock;
	struct journal *journal;
	struct live *live;
	bool ended;
	int lanes;
	struct lane_log lane[];
};

struct key_log *key_log_open(const struct witness_lane *lane, int lanes, struct journal *journal,
			     struct live *live)
{
	struct key_log *log = calloc(1, sizeof(*log) + (size_t)lanes * sizeof(log->lane[0]));

	CHECK_MEMORY(log);
	log->magic = KEY_LOG_MAGIC;
	log->lock = (pthread_mutex_t)PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
	log->journal = journal;
	log->live = live;
	for (int i = 0; i < lanes; i++)
		if (lane[i].in_service)
			log->lane[log->lanes++] =
				(struct lane_log){.lane = &lane[i], .told = MADE_AT};
	return log;
}

void key_log_close(struct key_log *log)
{
	CHECK(log->magic == KEY_LOG_MAGIC);
	CHECK(pthread_mutex_destroy(&log->lock) == 0);
	log->magic = 0;
	free(log);
}

/* The lane whose key is `key`, which ends in `what`. */
static struct lane_log *find_lane(struct key_log *log, const char *key, const char *what)
{
	for (int i = 0; i < log->lanes; i++) {
		const char *lock = log->lane[i].lane->lock;
		size_t length = strlen(lock);

		if (strncmp(key, lock, length) == 0 && strcmp(key + length, what) == 0)
			return &log->lane[i];
	}
	return NULL;
}

/* What etcd has decided, by the store's own rule: it says what comes of that. */
static void record(struct key_log *log, struct lane_log *lane, const struct key_entry *entry)
{
	static const struct store_resource resource = {.guard = GUARD_TXN};
	const struct store_request request = {
		.write = entry->write,
		.token = entry->token,
		.op = entry->op,
		.value = entry->value,
		.base = NO_VERSION,
		.key_gone = !entry->accepted,
	};
	struct decision_event decision;

	store_decide(&resource, &lane->state, &request, &decision);
	CHECK(decision.accepted == entry->accepted);
	decision.lane = lane->lane->lane;
	decision.arrived_ns = clock_now_ns();
	journal_decision(log->journal, log->live, &decision);
}

static void tell_entry(struct key_log *log, struct lane_log *lane, const struct etcd_kv *kv)
{
	struct key_entry entry;

	if (kv->version != lane->told + 1)
		return; /* told before; or what is between is told by another member */
	lane->told = kv->version;
	if (key_entry_parse(kv->value, &entry))
		record(log, lane, &entry);
	else
		journal_note(log->journal, NOTE_BREAKS, "witness",
			     "an entry of the log of %.60s is not ours: %.60s", lane->lane->lock,
			     kv->value);
}

bool key_log_tell(struct key_log *log, const struct etcd_watch_event *event)
{
	CHECK(log->magic == KEY_LOG_MAGIC);
	struct lane_log *lane = find_lane(log, event->kv.key, KEY_RESOURCE_LOG);

	if (!lane)
		return find_lane(log, event->kv.key, KEY_RESOURCE_VALUE) != NULL;
	CHECK(pthread_mutex_lock(&log->lock) == 0);
	if (!event->deleted)
		tell_entry(log, lane, &event->kv);
	else if (!log->ended)
		journal_note(log->journal, NOTE_BREAKS, "witness",
			     "the resource of %.60s went away", lane->lane->lock);
	CHECK(pthread_mutex_unlock(&log->lock) == 0);
	return true;
}

void key_log_end(struct key_log *log)
{
	CHECK(pthread_mutex_lock(&log->lock) == 0);
	log->ended = true;
	CHECK(pthread_mutex_unlock(&log->lock) == 0);
}
