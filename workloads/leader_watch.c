/*
 * Theory of operation. A status names the leader by its id, and gives the id of the member that
 * answers: so every thread notes its own member's, and names of watch are looked up in that list.
 * An id that no member has given yet (or gives no more: it was replaced) is not told.
 */
#include "workloads/leader_watch.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "etcd/etcd.h"

enum {
	LEADER_WATCH_MAGIC = 0x6c656164,
	ASK_EVERY_MS = 200,
	PATIENCE_MS = 300,
	NOBODY = -1,
	CODE_DENIED = 7
};

struct asker { /* of one member */
	struct leader_watch *watch;
	int member;
	struct etcd *etcd;
	pthread_t thread;
	_Atomic uint64_t id; /* its own; 0: not known yet */
	bool told;
	struct leader_event word; /* that was told last */
};

struct leader_watch {
	uint32_t magic;
	struct journal *journal;
	int count;
	sem_t quit; /* posted once for each asker */
	struct asker asker[];
};

/* The member of that id, NOBODY for 0; false: nobody has it. */
static bool find_member(struct leader_watch *watch, uint64_t id, int32_t *member)
{
	*member = NOBODY;
	for (int i = 0; id && i < watch->count; i++)
		if (atomic_load(&watch->asker[i].id) == id) {
			*member = i;
			return true;
		}
	return id == 0;
}

/* False when it will never be told. */
static bool ask(struct asker *asker)
{
	struct etcd_status status;
	struct etcd_reply reply = etcd_status(asker->etcd, asker->member, &status,
					      clock_now_ns() + PATIENCE_MS * NS_PER_MS);
	struct event event = {.kind = EVENT_LEADER, .leader = {.member = asker->member}};

	if (reply.code == CODE_DENIED)
		journal_note(asker->watch->journal, NOTE_TELLS, "leader",
			     "member %d does not tell our user who leads (%s)", asker->member,
			     reply.error);
	if (reply.outcome != ETCD_OK)
		return reply.code != CODE_DENIED;
	atomic_store(&asker->id, status.member_id);
	event.leader.term = (int64_t)status.raft_term;
	if (!find_member(asker->watch, status.leader, &event.leader.leader))
		return true;
	if (asker->told && event.leader.leader == asker->word.leader &&
	    event.leader.term == asker->word.term)
		return true;
	asker->told = true;
	asker->word = event.leader;
	journal_push(asker->watch->journal, &event);
	return true;
}

/* True when the watch was told to quit, false when it was not by then. */
static bool quits_before(struct leader_watch *watch, int64_t deadline_ns)
{
	struct timespec until = {deadline_ns / NS_PER_S, deadline_ns % NS_PER_S};
	int ended;

	while ((ended = sem_clockwait(&watch->quit, CLOCK_MONOTONIC, &until)) && errno == EINTR)
		;
	return ended == 0;
}

static void *go_on_asking(void *cls)
{
	struct asker *asker = cls;
	int64_t next_ns;
	bool goes_on;

	CHECK(asker->watch->magic == LEADER_WATCH_MAGIC);
	do {
		next_ns = clock_now_ns() + ASK_EVERY_MS * NS_PER_MS;
		goes_on = ask(asker);
	} while (goes_on && !quits_before(asker->watch, next_ns));
	return NULL;
}

static void free_all(struct leader_watch *watch)
{
	for (int i = 0; i < watch->count; i++)
		etcd_close(watch->asker[i].etcd);
	sem_destroy(&watch->quit);
	watch->magic = 0;
	free(watch);
}

int leader_watch_open(struct leader_watch **watch, const struct etcd_target *service,
		      struct journal *journal, struct error *err)
{
	int count = service->count;
	struct leader_watch *made =
		calloc(1, sizeof(*made) + (size_t)count * sizeof(made->asker[0]));

	CHECK_MEMORY(made);
	made->magic = LEADER_WATCH_MAGIC;
	made->journal = journal;
	made->count = count;
	CHECK(sem_init(&made->quit, 0, 0) == 0);
	for (int i = 0; i < count; i++) {
		made->asker[i].watch = made;
		made->asker[i].member = i;
		if (etcd_open(&made->asker[i].etcd, service, i, err)) {
			free_all(made);
			return error_wrap(err, "asking for the leader");
		}
	}
	for (int i = 0; i < count; i++)
		CHECK(pthread_create(&made->asker[i].thread, NULL, go_on_asking, &made->asker[i]) ==
		      0);
	*watch = made;
	return 0;
}

void leader_watch_close(struct leader_watch *watch)
{
	CHECK(watch->magic == LEADER_WATCH_MAGIC);
	for (int i = 0; i < watch->count; i++)
		CHECK(sem_post(&watch->quit) == 0);
	for (int i = 0; i < watch->count; i++)
		CHECK(pthread_join(watch->asker[i].thread, NULL) == 0);
	free_all(watch);
}
