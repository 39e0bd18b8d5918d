/*
 * The load: leases that are kept alive, and writes.
 *
 * Theory of operation. A thread and an etcd client for each lease. A pool would need fewer, but
 * when the members are silent every thread of it would wait with one request, and the other leases
 * would be lost because nobody asked; here each lease has its renewal under way, as it would with
 * so many programs. The threads end with the process: nothing of theirs needs an order.
 *
 * Writers share the rate, each with a key of its own and a schedule that does not make up for what
 * it missed: after a stall there is no burst. They are joined before the keys are deleted.
 */
#include "cluster/load.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/log.h"
#include "etcd/etcd.h"

enum {
	STACK_SIZE = 256 << 10,
	PATIENCE_LEAST_MS = 200,
	BACK_OFF_MS = 50,
	WRITE_TIMEOUT_MS = 1000,
	DELETE_TIMEOUT_MS = 1000,
	DELETE_TRIES = 2,
	WRITES_EACH = 100, /* a second and writer: far below what one connection carries */
	WRITERS_MAX = LOAD_WRITES_MAX / WRITES_EACH,
	CODE_NOT_FOUND = 5,
};

struct load {
	const struct load_plan *plan;
	struct load_counts *counts;
	int stop_fd;
};

struct keeper { /* of one lease */
	const struct load *load;
	int number;
	struct etcd *etcd;
	struct etcd_lease lease;
	int64_t safe_until_ns; /* latest sending of an acknowledged request + TTL */
};

struct writer {
	const struct load *load;
	int number;
	int64_t period_ns;
	struct etcd *etcd;
	pthread_t thread;
};

static void count(_Atomic int64_t *counter)
{
	atomic_fetch_add(counter, 1);
}

/* Leases -------------------------------------------------------------------------------------- */

static int64_t third_ns(const struct keeper *keeper)
{
	return keeper->lease.ttl_s * NS_PER_S / 3;
}

static int64_t patience_ns(const struct keeper *keeper)
{
	int64_t third = keeper->load->plan->ttl_s * NS_PER_S / 3;

	return third > PATIENCE_LEAST_MS * NS_PER_MS ? third : PATIENCE_LEAST_MS * NS_PER_MS;
}

static bool grant(struct keeper *keeper)
{
	struct etcd_reply reply =
		etcd_lease_grant(keeper->etcd, keeper->load->plan->ttl_s, &keeper->lease,
				 clock_now_ns() + patience_ns(keeper));

	if (reply.outcome != ETCD_OK) {
		count(&keeper->load->counts->renewals_failed);
		clock_sleep_until_ns(clock_now_ns() + BACK_OFF_MS * NS_PER_MS);
		return false;
	}
	keeper->safe_until_ns = reply.sent_ns + keeper->lease.ttl_s * NS_PER_S;
	count(&keeper->load->counts->grants);
	count(&keeper->load->counts->alive);
	return true;
}

static void note_loss(struct keeper *keeper)
{
	struct load_counts *counts = keeper->load->counts;

	count(clock_now_ns() < keeper->safe_until_ns ? &counts->lost_early : &counts->lost_late);
	atomic_fetch_sub(&counts->alive, 1);
}

/* Renews once; false when the lease is gone. *due_ns: when to renew next. */
static bool renew(struct keeper *keeper, int64_t *due_ns)
{
	struct etcd_lease answer;
	struct etcd_reply reply = etcd_lease_keepalive(keeper->etcd, keeper->lease.id, &answer,
						       clock_now_ns() + patience_ns(keeper));
	int64_t safe_ns = reply.sent_ns + answer.ttl_s * NS_PER_S;

	if ((reply.outcome == ETCD_OK && answer.ttl_s <= 0) ||
	    (reply.outcome == ETCD_FAIL && reply.code == CODE_NOT_FOUND)) {
		note_loss(keeper);
		return false;
	}
	if (reply.outcome != ETCD_OK) {
		count(&keeper->load->counts->renewals_failed);
		/* At once where it was not answered, for that took its time. */
		*due_ns = clock_now_ns() +
			  (reply.sent_ns && !reply.http_status ? 0 : BACK_OFF_MS * NS_PER_MS);
		return true;
	}
	count(&keeper->load->counts->renewals);
	if (safe_ns > keeper->safe_until_ns)
		keeper->safe_until_ns = safe_ns;
	*due_ns = reply.sent_ns + third_ns(keeper);
	return true;
}

static void *keep(void *context)
{
	struct keeper *keeper = context;
	const struct load_plan *plan = keeper->load->plan;

	for (;;) {
		if (!grant(keeper))
			continue;
		/* All were granted at once; their renewals are spread over the third. */
		int64_t due_ns =
			clock_now_ns() + third_ns(keeper) * (keeper->number + 1) / plan->leases;

		do
			clock_sleep_until_ns(due_ns);
		while (renew(keeper, &due_ns));
	}
	return NULL;
}

/* Writes -------------------------------------------------------------------------------------- */

static void *write_on(void *context)
{
	struct writer *writer = context;
	const struct load *load = writer->load;
	char key[ETCD_TEXT], value[32];
	int64_t due_ns = clock_now_ns() + writer->period_ns * writer->number /
						  (load->plan->writes_per_s / WRITES_EACH + 1);

	snprintf(key, sizeof(key), "%sballast/%d", load->plan->prefix, writer->number);
	for (int64_t n = 1; !companion_wait(load->stop_fd, NULL, 0, due_ns); n++) {
		snprintf(value, sizeof(value), "%lld", (long long)n);
		struct etcd_reply reply = etcd_put(writer->etcd, key, value, 0,
						   clock_now_ns() + WRITE_TIMEOUT_MS * NS_PER_MS);

		count(reply.outcome == ETCD_OK ? &load->counts->writes
					       : &load->counts->writes_failed);
		due_ns += writer->period_ns;
		if (due_ns < clock_now_ns() - writer->period_ns)
			due_ns = clock_now_ns();
	}
	return NULL;
}

static void delete_keys(const struct load *load, struct etcd *etcd)
{
	char prefix[ETCD_TEXT];
	int64_t deleted;

	snprintf(prefix, sizeof(prefix), "%sballast/", load->plan->prefix);
	for (int i = 0; i < DELETE_TRIES; i++)
		if (etcd_delete(etcd, prefix, true, &deleted,
				clock_now_ns() + DELETE_TIMEOUT_MS * NS_PER_MS)
			    .outcome == ETCD_OK)
			return;
	atomic_store(&load->counts->keys_left, 1);
}

/* Life ---------------------------------------------------------------------------------------- */

/* A client whose first endpoint goes round. */
static struct etcd *open_client(const struct load_plan *plan, int number)
{
	struct etcd *etcd = NULL;
	struct error err = {0};

	if (etcd_open(&etcd, plan->service, number % plan->service->count, &err))
		log_line("load: %s", err.text);
	CHECK(etcd);
	return etcd;
}

static bool start_thread(pthread_t *thread, void *(*life)(void *), void *context)
{
	pthread_attr_t small;

	CHECK(pthread_attr_init(&small) == 0);
	CHECK(pthread_attr_setstacksize(&small, STACK_SIZE) == 0);
	int failed = pthread_create(thread, &small, life, context);

	pthread_attr_destroy(&small);
	if (failed)
		log_line("load: the machine gives no more threads");
	return !failed;
}

static bool start_keepers(const struct load *load)
{
	struct keeper *keepers = calloc((size_t)load->plan->leases + 1, sizeof(*keepers));

	CHECK_MEMORY(keepers); /* freed with the process, as are their clients */
	for (int i = 0; i < load->plan->leases; i++) {
		pthread_t thread;

		keepers[i] = (struct keeper){
			.load = load, .number = i, .etcd = open_client(load->plan, i)};
		if (!start_thread(&thread, keep, &keepers[i]))
			return false;
	}
	return true;
}

static int live(const void *context, void *counts, int stop_fd)
{
	const struct load_plan *plan = context;
	/* The keepers live on when this returns, until the process has ended. */
	static struct load load;
	struct writer writer[WRITERS_MAX + 1];
	int writers = plan->writes_per_s ? plan->writes_per_s / WRITES_EACH + 1 : 0;

	load = (struct load){plan, counts, stop_fd};
	if (writers > WRITERS_MAX)
		writers = WRITERS_MAX;
	if (!start_keepers(&load))
		return EXIT_MACHINE_LACKS;
	for (int i = 0; i < writers; i++) {
		writer[i] = (struct writer){
			.load = &load,
			.number = i,
			.period_ns = writers * NS_PER_S / plan->writes_per_s,
			.etcd = open_client(plan, i),
		};
		if (!start_thread(&writer[i].thread, write_on, &writer[i]))
			return EXIT_MACHINE_LACKS;
	}
	while (!companion_wait(stop_fd, NULL, 0, clock_now_ns() + NS_PER_S))
		continue;
	for (int i = 0; i < writers; i++)
		CHECK(pthread_join(writer[i].thread, NULL) == 0);
	if (writers)
		delete_keys(&load, writer[0].etcd);
	return EXIT_AS_EXPECTED;
}

int load_start(struct companion **companion, const struct load_plan *plan, struct error *err)
{
	const struct companion_job job = {
		.live = live, .plan = plan, .counts_size = sizeof(struct load_counts)};

	CHECK(plan->leases >= 0 && plan->leases <= LOAD_LEASES_MAX && plan->writes_per_s >= 0 &&
	      plan->writes_per_s <= LOAD_WRITES_MAX && plan->service->count > 0);
	CHECK(plan->leases == 0 || plan->ttl_s > 0);
	CHECK(plan->writes_per_s == 0 || plan->prefix[0]);
	return companion_start(companion, &job, err);
}
