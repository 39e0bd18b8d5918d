/*
 * Planted: `release-late` is `key-txn` that renews no more when its work is done, and gives back,
 * by the key's name, when there is time for it: its lease is over by then. So do clean-up handlers
 * and queues of deferred calls.
 */
#include "base/clock.h"
#include "workloads/recipe_key.h"

enum { LATE_MS = 500, FOR_THE_REQUEST_MS = 500 };

static struct lock_answer delete_when_it_is_over(struct lock_client *client,
						 struct lock_session *session, int64_t deadline_ns)
{
	int64_t late_ns = clock_now_ns() + (client->terms->ttl_s * 1000 + LATE_MS) * NS_PER_MS;
	int64_t latest_ns = deadline_ns - FOR_THE_REQUEST_MS * NS_PER_MS;

	clock_sleep_until_ns(late_ns < latest_ns ? late_ns : latest_ns);
	return key_delete_by_name(client, session, deadline_ns);
}

const struct lock_client_steps recipe_release_late = {
	RECIPE_KEY_STEPS,
	.release = delete_when_it_is_over,
	.gives_back_lost = true,
};
