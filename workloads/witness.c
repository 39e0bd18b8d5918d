/*
 * Theory of operation. Each member has a thread with a client of its own, which watches the run's
 * prefix on that member only. It begins at the revision after one that a read returned, so it does
 * not matter when exactly the watch comes to stand: history is replayed from there. A stream that
 * broke is opened again at the revision after the last one told.
 *
 * At the end the witness must know that every member has told everything. It puts a mark below the
 * prefix, outside every lock, and waits until each member has told that revision; a watch tells in
 * order, so everything before it was told too. The mark itself is not recorded, and is removed.
 *
 * The resources that lie in the service are made before the first watch, and hang on one lease.
 */
#include "workloads/witness.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/pulse.h"
#include "base/text.h"
#include "etcd/etcd.h"
#include "workloads/worker/journal.h"
#include "workloads/key_log.h"
#include "workloads/key_resource.h"
#include "workloads/leader_watch.h"
#include "workloads/lease_record.h"

enum {
	WATCHER_MAGIC = 0x77617463,
	REQUEST_TIMEOUT_MS = 1000,
	RETRY_MS = 50, /* a member that is down wakes nobody when it comes back: look again */
	STOP_LOOK_MS = 20,
	MAKE_PATIENCE_S = 10,
	MARK_TTL_S = 30, /* outlives the waiting for it, and not for long us */
};

struct witness {
	const struct witness_config *config;
	struct journal journal;
	struct key_log *log;
	int64_t resources; /* the lease on which those in the service hang; 0: there are none */
	char mark[ETCD_TEXT];
	_Atomic bool quit;
	struct watcher *watcher; /* one per member */
};

struct watcher {
	uint32_t magic;
	struct witness *witness;
	int member;
	struct etcd *etcd;
	pthread_t thread;
	bool stood;             /* the watch stood before */
	bool stands;            /* and does now */
	_Atomic int64_t told;   /* every change up to this revision was told; 0: none yet */
	_Atomic int64_t gap_to; /* the last of the revisions that it could not tell of; 0: none */
};

/* The lane of the longest lock name that the key lies below; -1: of none. */
static int find_lane(const struct witness_config *config, const char *key)
{
	const struct witness_lane *found = NULL;

	for (int i = 0; i < config->lanes; i++) {
		const struct witness_lane *lane = &config->lane[i];
		size_t length = strlen(lane->lock);

		if (strncmp(key, lane->lock, length) == 0 && key[length] == '/' &&
		    (!found || length > strlen(found->lock)))
			found = lane;
	}
	return found ? found->lane : -1;
}

/* In whose hands it is: a lease's, or his who is named in a record that hangs on none. */
static int64_t holder_of(const struct etcd_kv *kv)
{
	struct lease_record record;

	if (kv->lease)
		return kv->lease;
	return lease_record_parse(kv->value, &record) ? record.holder : 0;
}

static void record_key(struct watcher *watcher, const struct etcd_watch_event *told)
{
	struct witness *witness = watcher->witness;
	struct event event = {.kind = EVENT_KEY};

	event.key = (struct key_event){
		.member = watcher->member,
		.lane = find_lane(witness->config, told->kv.key),
		.deleted = told->deleted,
		.revision = told->kv.mod_revision,
		.create_revision = told->kv.create_revision,
		.lease = holder_of(&told->kv),
	};
	if (!text_copy(event.key.key, sizeof(event.key.key), told->kv.key))
		journal_note(&witness->journal, NOTE_BREAKS, "witness", "a key is too long: %.100s",
			     told->kv.key);
	journal_push(&witness->journal, &event);
}

static void note_standing(struct watcher *watcher)
{
	struct witness *witness = watcher->witness;

	if (watcher->stands)
		return;
	watcher->stands = true;
	if (watcher->stood)
		journal_note(&witness->journal, NOTE_TELLS, "witness",
			     "member %d: watch resumed after revision %" PRId64, watcher->member,
			     atomic_load(&watcher->told));
	else
		atomic_fetch_add(witness->config->ready, 1);
	watcher->stood = true;
}

static bool tell(void *context, const struct etcd_watch_event *event, int64_t revision)
{
	struct watcher *watcher = context;

	CHECK(watcher->magic == WATCHER_MAGIC);
	/* Until the server has confirmed the watch, only ticks come: no event, revision 0. */
	if (event || revision > 0)
		note_standing(watcher);
	if (event && strcmp(event->kv.key, watcher->witness->mark) != 0 &&
	    !key_log_tell(watcher->witness->log, event))
		record_key(watcher, event);
	if (revision > atomic_load(&watcher->told))
		atomic_store(&watcher->told, revision);
	return !atomic_load(&watcher->witness->quit);
}

/* Resources in the service ---------------------------------------------------------------------- */

static bool make_once(struct witness *witness, struct etcd *etcd, struct etcd_reply *reply)
{
	const struct witness_config *config = witness->config;
	struct etcd_lease lease = {.id = witness->resources};
	int64_t deadline_ns = clock_now_ns() + REQUEST_TIMEOUT_MS * NS_PER_MS;

	*reply = (struct etcd_reply){.outcome = ETCD_OK};
	if (!lease.id)
		*reply = etcd_lease_grant(etcd, config->resource_ttl_s, &lease, deadline_ns);
	if (reply->outcome != ETCD_OK)
		return false;
	witness->resources = lease.id;
	for (int i = 0; i < config->lanes && reply->outcome == ETCD_OK; i++)
		if (config->lane[i].in_service)
			*reply = key_resource_make(etcd, config->lane[i].lock, lease.id,
						   deadline_ns);
	return reply->outcome == ETCD_OK;
}

/* Before any watch stands, and so before any worker begins: to make them once more does no harm. */
static int make_resources(struct witness *witness, struct etcd *etcd, struct error *err)
{
	int64_t until_ns = clock_now_ns() + MAKE_PATIENCE_S * NS_PER_S;
	struct etcd_reply reply;
	bool any = false;

	for (int i = 0; i < witness->config->lanes; i++)
		any |= witness->config->lane[i].in_service;
	while (any && !make_once(witness, etcd, &reply)) {
		if (clock_now_ns() >= until_ns || atomic_load(witness->config->stop))
			return error_set(err, EXIT_MACHINE_LACKS,
					 "the resources in the service cannot be made: %s",
					 reply.error);
		clock_sleep_until_ns(clock_now_ns() + RETRY_MS * NS_PER_MS);
	}
	return 0;
}

static void remove_resources(struct witness *witness, struct etcd *etcd)
{
	int64_t until_ns = clock_now_ns() + REQUEST_TIMEOUT_MS * NS_PER_MS;

	key_log_end(witness->log);
	while (witness->resources &&
	       etcd_lease_revoke(etcd, witness->resources, until_ns).outcome == ETCD_INFO &&
	       clock_now_ns() < until_ns)
		clock_sleep_until_ns(clock_now_ns() + RETRY_MS * NS_PER_MS);
}

/* Learns the revision after which to watch. */
static bool find_start(struct watcher *watcher)
{
	struct etcd_kv kv;
	int count;
	struct etcd_reply reply =
		etcd_range(watcher->etcd, watcher->witness->mark, false, &kv, 1, &count,
			   clock_now_ns() + REQUEST_TIMEOUT_MS * NS_PER_MS);

	if (reply.outcome != ETCD_OK || reply.revision == 0)
		return false;
	atomic_store(&watcher->told, reply.revision);
	return true;
}

/* Another member has told of these revisions, or does within the patience: then only this one's
 * agreement is unknown. */
static bool is_told_by_another(const struct watcher *watcher, int64_t from, int64_t to)
{
	const struct witness *witness = watcher->witness;
	int64_t deadline_ns = clock_now_ns() + REQUEST_TIMEOUT_MS * NS_PER_MS;

	do {
		for (int i = 0; i < witness->config->service.count; i++) {
			const struct watcher *other = &witness->watcher[i];

			if (atomic_load(&other->told) >= to && atomic_load(&other->gap_to) < from)
				return true;
		}
		clock_sleep_until_ns(clock_now_ns() + RETRY_MS * NS_PER_MS);
	} while (clock_now_ns() < deadline_ns);
	return false;
}

static void note_gap(struct watcher *watcher, int64_t from, int64_t to)
{
	atomic_store(&watcher->gap_to, to);
	journal_note(&watcher->witness->journal, !is_told_by_another(watcher, from, to),
		     "witness-gap",
		     "member %d: revisions %" PRId64 " to %" PRId64
		     " were compacted before they were told",
		     watcher->member, from, to);
	atomic_store(&watcher->told, to);
}

static void watch_once(struct watcher *watcher)
{
	struct witness *witness = watcher->witness;
	int64_t after = atomic_load(&watcher->told);
	struct etcd_watch_config config = {
		.endpoint = watcher->member,
		.prefix = witness->config->prefix,
		.from_revision = after + 1,
		.tell = tell,
		.context = watcher,
	};
	int64_t compacted;

	etcd_watch(watcher->etcd, &config, &compacted);
	watcher->stands = false;
	if (compacted > after + 1)
		note_gap(watcher, after + 1, compacted - 1);
}

static void *watch(void *cls)
{
	struct watcher *watcher = cls;

	CHECK(watcher->magic == WATCHER_MAGIC);
	while (!atomic_load(&watcher->witness->quit)) {
		if (atomic_load(&watcher->told) || find_start(watcher))
			watch_once(watcher);
		clock_sleep_until_ns(clock_now_ns() + RETRY_MS * NS_PER_MS);
	}
	return NULL;
}

/* The end ------------------------------------------------------------------------------------- */

static int64_t patience_ns(int64_t deadline_ns)
{
	int64_t until_ns = clock_now_ns() + REQUEST_TIMEOUT_MS * NS_PER_MS;

	return until_ns < deadline_ns ? until_ns : deadline_ns;
}

/* Returns the mark's revision, 0 when it could not be put in time. It hangs on a lease (id 0: there
 * is none), so that it stays on nobody's cluster. */
static int64_t put_mark(struct witness *witness, struct etcd *etcd, int64_t deadline_ns,
			struct etcd_lease *lease)
{
	while (clock_now_ns() < deadline_ns) {
		struct etcd_reply reply = {.outcome = ETCD_OK};

		if (lease->id == 0)
			reply = etcd_lease_grant(etcd, MARK_TTL_S, lease, patience_ns(deadline_ns));
		if (reply.outcome != ETCD_OK)
			lease->id = 0;
		else
			reply = etcd_put(etcd, witness->mark, "end", lease->id,
					 patience_ns(deadline_ns));
		if (reply.outcome == ETCD_OK)
			return reply.revision;
		if (reply.outcome == ETCD_FAIL)
			lease->id = 0; /* it may be gone */
		clock_sleep_until_ns(clock_now_ns() + RETRY_MS * NS_PER_MS);
	}
	return 0;
}

/* What no member has told is a hole in the record. */
static void await_mark(struct witness *witness, int64_t mark, int64_t deadline_ns)
{
	bool told = false;

	for (int i = 0; i < witness->config->service.count; i++) {
		struct watcher *watcher = &witness->watcher[i];

		while (atomic_load(&watcher->told) < mark && clock_now_ns() < deadline_ns)
			clock_sleep_until_ns(clock_now_ns() + STOP_LOOK_MS * NS_PER_MS);
		if (atomic_load(&watcher->told) < mark)
			journal_note(&witness->journal, NOTE_TELLS, "witness",
				     "member %d has told up to revision %" PRId64 " of %" PRId64, i,
				     atomic_load(&watcher->told), mark);
		told |= atomic_load(&watcher->told) >= mark;
	}
	if (!told)
		journal_note(
			&witness->journal, NOTE_BREAKS, "witness",
			"no member has told all of the service's keys, up to revision %" PRId64,
			mark);
}

static void catch_up(struct witness *witness, struct etcd *etcd)
{
	int64_t deadline_ns = clock_now_ns() + witness->config->settle_ns;
	struct etcd_lease lease = {0};
	int64_t mark = put_mark(witness, etcd, deadline_ns, &lease);

	if (!mark) {
		journal_note(&witness->journal, NOTE_TELLS, "witness",
			     "no mark could be put: unknown whether every member told everything");
		return;
	}
	await_mark(witness, mark, deadline_ns);
	/* And the mark with it. */
	etcd_lease_revoke(etcd, lease.id, clock_now_ns() + REQUEST_TIMEOUT_MS * NS_PER_MS);
}

/* Process ------------------------------------------------------------------------------------- */

static int open_watchers(struct witness *witness, struct error *err)
{
	const struct witness_config *config = witness->config;

	witness->watcher = calloc((size_t)config->service.count, sizeof(*witness->watcher));
	CHECK_MEMORY(witness->watcher);
	for (int i = 0; i < config->service.count; i++) {
		struct watcher *watcher = &witness->watcher[i];

		watcher->magic = WATCHER_MAGIC;
		watcher->witness = witness;
		watcher->member = i;
		if (etcd_open(&watcher->etcd, &config->service, i, err))
			return -1;
	}
	for (int i = 0; i < config->service.count; i++)
		CHECK(pthread_create(&witness->watcher[i].thread, NULL, watch,
				     &witness->watcher[i]) == 0);
	return 0;
}

static void close_watchers(struct witness *witness)
{
	atomic_store(&witness->quit, true);
	for (int i = 0; i < witness->config->service.count; i++) {
		CHECK(pthread_join(witness->watcher[i].thread, NULL) == 0);
		etcd_close(witness->watcher[i].etcd);
	}
	free(witness->watcher);
}

int witness_main(const struct witness_config *config, int process)
{
	struct witness witness = {.config = config};
	struct error err = {0};
	struct leader_watch *leaders;
	struct etcd *etcd;

	signal(SIGPIPE, SIG_IGN);
	snprintf(witness.mark, sizeof(witness.mark), "%s.witness-end", config->prefix);
	journal_open(&witness.journal, config->ring, process);
	witness.log = key_log_open(config->lane, config->lanes, &witness.journal, config->live);
	if (etcd_open(&etcd, &config->service, 0, &err) || make_resources(&witness, etcd, &err) ||
	    open_watchers(&witness, &err) ||
	    leader_watch_open(&leaders, &config->service, &witness.journal, &err)) {
		log_line("witness: %s", err.text);
		return err.code;
	}
	while (!atomic_load(config->stop)) {
		pulse_beat(config->pulse);
		clock_sleep_until_ns(clock_now_ns() + STOP_LOOK_MS * NS_PER_MS);
	}
	catch_up(&witness, etcd);
	remove_resources(&witness, etcd);
	leader_watch_close(leaders);
	close_watchers(&witness);
	key_log_close(witness.log);
	etcd_close(etcd);
	return EXIT_AS_EXPECTED;
}
