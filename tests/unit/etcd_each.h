/* Tests on every etcd there is, a loop test's _i saying which. */
#ifndef UNIT_ETCD_EACH_H
#define UNIT_ETCD_EACH_H

#include <check.h>

#include "base/clock.h"
#include "etcd/etcd.h"
#include "tests/support/etcd_fixture.h"
#include "tests/support/suite.h"

static struct etcd_fixture *etcd[ETCD_FIXTURES_MAX];

static inline int64_t in_ms(int64_t ms)
{
	return clock_now_ns() + ms * NS_PER_MS;
}

static inline struct etcd *open_client(const struct etcd_fixture *fixture)
{
	const char *endpoints[] = {etcd_fixture_url(fixture)};
	struct etcd *client;
	struct error err = {0};

	ck_assert_int_eq(etcd_open(&client, &(struct etcd_target){endpoints, 1, NULL}, 0, &err), 0);
	return client;
}

#define ck_ok(reply)                                                                               \
	({                                                                                         \
		struct etcd_reply ok_ = (reply);                                                   \
		ck_assert_msg(ok_.outcome == ETCD_OK, "outcome %d: %s", ok_.outcome, ok_.error);   \
		ok_;                                                                               \
	})

/* What main returns, once the suite's cases have been added. */
static inline int run_on_each(Suite *suite, int count)
{
	int code = suite_run(suite);

	etcd_fixture_stop_each(etcd, count);
	return code;
}

#endif
