/* Settings that are wrong, each by its name, and the same made sound. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "tests/support/suite.h"
#include "tuning/complaints.h"
#include "tuning/lease_picture.h"

struct expected {
	struct stated stated;
	const char *rules;          /* "gives-up attempts", in order; "": sound */
	const char *change, *price; /* of the first, if told */
};

#define NONE                     (&guard_kinds[GUARD_NONE])
#define TOKEN                    (&guard_kinds[GUARD_TOKEN])
#define TIMES(ttl, heartbeat, n) .ttl_ms = (ttl), .heartbeat_ms = (heartbeat), .retries = (n)
#define ELECTION(ms)             .election_ms = (ms)
#define CLIENT_GO(ld, rd, rp)                                                                      \
	TIMES(ld, rp, (rd) / (rp)), .timeout_ms = (rp), .retry_after_ms = (rp),                    \
				    .renew_deadline_ms = (rd), .not_etcd = true
#define PATRONI(ttl, loop, retry) TIMES(ttl, loop, 2), .timeout_ms = (retry), .loops = true

static const struct expected table[] = {
	/* The two tables of the gondor locker's notes: 8 s, 3 retries, and 2 s or 1 s. */
	{{TIMES(8000, 2000, 3)},
	 "gives-up",
	 "a heartbeat of 1.99 s, or 2 retries",
	 "failover stays at 6 to 8.5 s"},
	{{TIMES(8000, 1000, 3)}, "", NULL, NULL},
	{{TIMES(1000, 300, 3), ELECTION(500)},
	 "gives-up",
	 "a heartbeat of 0.24 s, or 2 retries",
	 "away for 0.3 s costs the lock"},
	{{TIMES(1000, 240, 3), ELECTION(500)}, "", NULL, NULL},
	{{TIMES(1000, 240, 3), .stop_ms = 40}, "gives-up", "a heartbeat of 0.23 s", NULL},
	{{TIMES(1000, 240, 3), .stop_ms = 39}, "", NULL, NULL},
	{{TIMES(1000, 50, 20)}, "gives-up timeout", "9 retries", NULL},
	{{TIMES(9000, 2000, 3), .timeout_ms = 1000, .retry_after_ms = 2500}, "", NULL, NULL},
	{{TIMES(9000, 2000, 3), .timeout_ms = 1000, .retry_after_ms = 3000}, "gives-up", "", NULL},
	{{TIMES(1000, 240, 3), ELECTION(1000)},
	 "least-ttl",
	 "a TTL of 2 s",
	 "failover of 1.76 to 2.5 s instead of 0.76 to 1.5 s"}, /* granted: 2 s */
	{{TIMES(2000, 240, 3), ELECTION(1000)}, "", NULL, NULL},
	{{TIMES(1500, 240, 3)}, "least-ttl", "a TTL of 2 s", NULL},
	{{TIMES(2000, 400, 3), .guard = NONE}, "no-guard", "create_revision", "a comparison"},
	{{TIMES(2000, 400, 3)}, "", NULL, NULL},
	{{TIMES(2000, 400, 3), .guard = &guard_kinds[GUARD_TOKEN_WRITES]},
	 "no-guard",
	 "reads too",
	 NULL},
	{{TIMES(2000, 400, 6), .guard = &guard_kinds[GUARD_DEADLINE]}, "no-guard", "", NULL},
	{{TIMES(2000, 400, 6), .guard = TOKEN}, "gives-up", "or 3 retries", NULL},
	{{TIMES(2000, 2000, 3)}, "no-renewal", "a heartbeat of 0.49 s and 3 retries", NULL},
	{{TIMES(2000, 0, 1)}, "no-renewal", "0.49 s", "failover of 1.51 to 2.5 s instead of 0"},
	{{TIMES(2000, 1999, 1)}, "gives-up attempts", "a heartbeat of 0.99 s", NULL},
	{{TIMES(3000, 900, 2)},
	 "attempts",
	 "a heartbeat of 0.74 s and 3 retries",
	 "1.35 renewals a second from each holder instead of 1.11"},
	{{TIMES(3000, 740, 3)}, "", NULL, NULL},
	{{TIMES(3000, 1500, 3), .timeout_ms = 300}, "", NULL, NULL},
	{{TIMES(9000, 1000, 3), .timeout_ms = 2000}, "timeout", "a time-out of 1 s", NULL},
	{{TIMES(9000, 1000, 3), .timeout_ms = 1000}, "", NULL, NULL},
	{{TIMES(9000, 1000, 3), .ends = LEASE_ENDS_RECEIPT}, "deadline", "from the sending", NULL},
	{{TIMES(9000, 1000, 3), .ends = LEASE_ENDS_WALL_CLOCK}, "deadline", "monotonic", NULL},
	{{TIMES(9000, 1000, 3), .ends = LEASE_ENDS_NEVER}, "not-told", "stop 9 s after", NULL},
	{{TIMES(9000, 2000, 9), .ends = LEASE_ENDS_SENDING}, "", NULL, NULL},
	{{TIMES(9000, 2000, 9), .ends = LEASE_ENDS_SENDING, .stop_ms = 500},
	 "gives-up",
	 "more than 0.5 s before",
	 NULL},
	{{TIMES(9000, 2000, 3), .work_ms = 7001},
	 "work",
	 "a TTL of 10 s",
	 "failover of 8 to 10.5 s instead of 7 to 9.5 s"},
	{{TIMES(9000, 2000, 3), .work_ms = 7000}, "", NULL, NULL},
	{{TIMES(9000, 2000, 3), .work_ms = 7001, .guard = TOKEN}, "", NULL, NULL},
	{{CLIENT_GO(15000, 10000, 2000)}, "", NULL, NULL},
	{{CLIENT_GO(15000, 10000, 2000), .stop_ms = 3000},
	 "renew-deadline",
	 "a RenewDeadline of 9.99 s",
	 "failover stays"},
	{{CLIENT_GO(15000, 10000, 2000), .releases = true},
	 "renew-deadline",
	 "no ReleaseOnCancel",
	 NULL},
	{{CLIENT_GO(15000, 15000, 2000)}, "renew-deadline", "a RenewDeadline of 12.99 s", NULL},
	{{CLIENT_GO(15000, 2400, 2000)}, "renew-deadline attempts", "a LeaseDuration", NULL},
	{{PATRONI(30000, 10000, 9000)}, "attempts", "", NULL},
	{{PATRONI(30000, 10000, 10000)}, "gives-up attempts", "", NULL},
	{{PATRONI(20000, 10000, 10000)}, "gives-up loop-wait attempts", "", NULL},
	{{TIMES(2000, 400, 3), ELECTION(500), .rtt_ms = 51},
	 "election",
	 "an election time-out of 0.51 s",
	 "TTLs of at least 1 s"},
	{{TIMES(2000, 400, 3), ELECTION(500), .rtt_ms = 50}, "", NULL, NULL},
	{{TIMES(2000, 400, 3), ELECTION(500), .rtt_ms = 20, .fsync_ms = 40},
	 "election",
	 "0.6 s",
	 NULL},
	{{TIMES(2000, 400, 3), .rtt_ms = 300},
	 "election interval",
	 "3 s",
	 "TTLs of at least 5 s: failover of 4.6 to 5.5 s"},
	{{TIMES(2000, 400, 3), ELECTION(500), .rtt_ms = 100},
	 "election",
	 "an election time-out of 1 s",
	 "and up to 7.5 s instead of 6 s when the leader changes meanwhile"},
	{{TIMES(2000, 400, 3), ELECTION(500), .interval_ms = 100}, "", NULL, NULL},
	{{TIMES(2000, 400, 3), ELECTION(500), .interval_ms = 101},
	 "interval",
	 "a heartbeat interval of 0.1 s",
	 NULL},
	{{TIMES(2000, 400, 3), .interval_ms = 201}, "interval", "0.2 s", NULL},
	{{TIMES(2000, 400, 3), ELECTION(600), .interval_ms = 20, .rtt_ms = 40}, "", NULL, NULL},
	{{TIMES(2000, 400, 3), ELECTION(600), .interval_ms = 19, .rtt_ms = 40},
	 "interval",
	 "a heartbeat interval of 0.02 s",
	 NULL},
	{{CLIENT_GO(15000, 10000, 2000), .interval_ms = 900}, "", NULL, NULL},
	{{TIMES(1000, 240, 3), ELECTION(700)}, "least-ttl", "at most 0.666 s", NULL},
	{{TIMES(1000, 240, 3), ELECTION(700), .interval_ms = 100}, "", NULL, NULL},
};

static void list_rules(const struct complaints *complaints, char *rules, size_t size)
{
	*rules = '\0';
	for (int i = 0; i < complaints->count; i++) {
		size_t used = strlen(rules);

		snprintf(rules + used, size - used, "%s%s", i ? " " : "",
			 complaint_words(complaints->complaint[i].rule)->word);
		ck_assert(*complaints->complaint[i].what && *complaints->complaint[i].price);
	}
}

START_TEST(settings_are_called_what_they_are)
{
	const struct expected *expected = &table[_i];
	struct complaints complaints;
	char rules[128];

	complaints_make(&expected->stated, &complaints);
	list_rules(&complaints, rules, sizeof(rules));
	ck_assert_str_eq(rules, expected->rules);
	if (expected->change)
		ck_assert_msg(strstr(complaints.complaint[0].change, expected->change) != NULL,
			      "%s", complaints.complaint[0].change);
	if (expected->price)
		ck_assert_msg(strstr(complaints.complaint[0].price, expected->price) != NULL, "%s",
			      complaints.complaint[0].price);
	complaints_free(&complaints);
}
END_TEST

/* Where two may hold at once it is shown when. */
START_TEST(moments_at_which_two_hold_are_drawn)
{
	const struct stated *stated = &table[_i].stated;
	struct complaints complaints;

	complaints_make(stated, &complaints);
	for (int i = 0; i < complaints.count; i++) {
		enum complaint_rule rule = complaints.complaint[i].rule;
		bool by_wall = rule == COMPLAINT_DEADLINE && stated->ends == LEASE_ENDS_WALL_CLOCK;
		bool only_ratio = rule == COMPLAINT_RENEW_DEADLINE &&
				  stated_stops_ns(stated) < stated_lease(stated).ttl_ns;
		bool has_moment = rule <= COMPLAINT_NO_GUARD && !by_wall && !only_ratio;

		ck_assert_msg((complaints.complaint[i].picture != NULL) == has_moment, "%s",
			      complaint_words(rule)->word);
		if (has_moment)
			ck_assert_ptr_null(strstr(complaints.complaint[i].picture, "never: "));
	}
	complaints_free(&complaints);
}
END_TEST

/* Each rule is shown to fire, or it might as well not be there. */
START_TEST(every_rule_has_settings_that_break_it)
{
	bool seen[COMPLAINT_RULES_COUNT] = {[COMPLAINT_PAUSES] = true}; /* below */

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct complaints complaints;

		complaints_make(&table[i].stated, &complaints);
		for (int j = 0; j < complaints.count; j++)
			seen[complaints.complaint[j].rule] = true;
		complaints_free(&complaints);
	}
	for (int rule = 0; rule < COMPLAINT_RULES_COUNT; rule++)
		ck_assert_msg(seen[rule], "%s", complaint_words((enum complaint_rule)rule)->word);
}
END_TEST

START_TEST(lease_that_the_tail_of_the_pauses_outlives_is_too_short)
{
	struct pause_profile pauses;
	struct stated stated = {TIMES(2000, 400, 3), .pauses = &pauses};
	struct complaints complaints;
	struct error err = {0};

	ck_assert_int_eq(pauses_parse("1s..1.61s", &pauses, &err), 0);
	complaints_make(&stated, &complaints);
	ck_assert_int_eq(complaints.count, 1);
	ck_assert_int_eq(complaints.complaint[0].rule, COMPLAINT_PAUSES);
	ck_assert_str_eq(complaints.complaint[0].change, "a TTL of 3 s");
	complaints_free(&complaints);
	pauses_free(&pauses);
	ck_assert_int_eq(pauses_parse("1s..1.6s", &pauses, &err), 0);
	complaints_make(&stated, &complaints);
	ck_assert_int_eq(complaints.count, 0);
	pauses_free(&pauses);
}
END_TEST

/* What lint says of the systems as they are shipped, by name. */
static const struct {
	const char *preset, *rules;
} systems[] = {
	{"cilium", "gives-up deadline"},
	{"concurrency-session", "gives-up deadline"},
	{"etcd-cpp-apiv3", "gives-up attempts timeout"},
	{"etcdctl-lock", "not-told"},
	{"jetcd", "gives-up deadline"},
	{"node-etcd3", "gives-up deadline attempts"},
	{"patroni", "gives-up attempts"},
	{"python-etcd3", "no-renewal"},
	{"stolon", "gives-up deadline"},
	{"tikv-pd", "attempts"},
	{"vault", "gives-up deadline"},
	{"vitess", "not-told"},
	{"client-go", ""},
	{"consul", ""},
	{"curator", "deadline attempts"},
	{"dynamodb", ""},
	{"kube-vip", "renew-deadline"},
	{"openshift", "renew-deadline"},
	{"openshift-single", "renew-deadline"},
	{"redisson", "not-told attempts"},
};

START_TEST(presets_are_called_what_they_are)
{
	struct stated stated = stated_of_preset(&lock_presets[_i]);
	struct complaints complaints;
	char rules[128];

	ck_assert_str_eq(lock_presets[_i].name, systems[_i].preset);
	ck_assert((lock_presets[_i + 1].name == NULL) ==
		  (_i + 1 == sizeof(systems) / sizeof(systems[0])));
	complaints_make(&stated, &complaints);
	list_rules(&complaints, rules, sizeof(rules));
	ck_assert_str_eq(rules, systems[_i].rules);
	complaints_free(&complaints);
}
END_TEST

/* Pictures ------------------------------------------------------------------------------------ */

static void assert_drawn(struct stated stated, const char *expected)
{
	char *picture = stated_draw(&stated);

	ck_assert_str_eq(picture, expected);
	free(picture);
}

START_TEST(wrong_table_and_right_one_are_drawn)
{
	assert_drawn((struct stated){TIMES(8000, 2000, 3)},
		     "lease   |============================|         over at 8 s\n"
		     "holder  |......1......2.......3......X         stops at 8 s\n"
		     "next                                 |######## may hold from 8 s on\n"
		     "both                                 !         no time between, at 8 s\n");
	assert_drawn((struct stated){TIMES(8000, 1000, 3)},
		     "lease   |============================|         over at 8 s\n"
		     "holder  |..1...2...3..X                        stops at 4 s\n"
		     "next                                 |######## may hold from 8 s on\n"
		     "both                                           never: 4 s to spare\n");
	assert_drawn((struct stated){TIMES(1000, 300, 3)},
		     "lease   |========================|             over at 1 s\n"
		     "holder  |......1.......2......3.......X        stops at 1.2 s\n"
		     "next                             |############ may hold from 1 s on\n"
		     "both                             <---->        two hold for 0.2 s\n");
	assert_drawn((struct stated){TIMES(1000, 0, 1), .ends = LEASE_ENDS_NEVER},
		     "lease   |============================|         over at 1 s\n"
		     "holder  |....................................> goes on after 1 s\n"
		     "next                                 |######## may hold from 1 s on\n"
		     "both                                 <-------> two hold from 1 s on\n");
	assert_drawn((struct stated){TIMES(1000, 300, 3), .ends = LEASE_ENDS_SENDING},
		     "lease   |============================|         over at 1 s\n"
		     "holder  |.......1........2........3..X         stops at 1 s\n"
		     "next                                 |######## may hold from 1 s on\n"
		     "both                                           never: counts from sending\n");
}
END_TEST

/* Whatever the numbers, it fits, and is ASCII. */
START_TEST(pictures_fit_a_terminal)
{
	static const int64_t ends_ns[] = {1, NS_PER_S, 86400 * NS_PER_S, INT64_C(1) << 56,
					  CLOCK_NEVER};

	for (size_t i = 0; i < sizeof(ends_ns) / sizeof(ends_ns[0]); i++) {
		char *picture = lease_draw(
			&(struct lease_moments){.ttl_ns = i % 2 ? NS_PER_S : 86400 * NS_PER_S,
						.tries = 1000,
						.first_ns = 1,
						.period_ns = 333 * NS_PER_MS,
						.ends_ns = ends_ns[i]});
		int lines = 0;

		for (char *rest = picture, *line; (line = strsep(&rest, "\n")); lines++) {
			ck_assert_msg(strlen(line) <= 76, "%s", line);
			for (char *at = line; *at; at++)
				ck_assert(*at >= ' ' && *at <= '~');
		}
		ck_assert_int_eq(lines, 5); /* the last one empty */
		free(picture);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tuning_complaints");
	TCase *cases = tcase_create("complaints"), *pictures = tcase_create("pictures");

	tcase_add_loop_test(cases, settings_are_called_what_they_are, 0,
			    sizeof(table) / sizeof(table[0]));
	tcase_add_loop_test(cases, moments_at_which_two_hold_are_drawn, 0,
			    sizeof(table) / sizeof(table[0]));
	tcase_add_test(cases, every_rule_has_settings_that_break_it);
	tcase_add_test(cases, lease_that_the_tail_of_the_pauses_outlives_is_too_short);
	tcase_add_loop_test(cases, presets_are_called_what_they_are, 0,
			    sizeof(systems) / sizeof(systems[0]));
	suite_add_tcase(suite, cases);
	tcase_add_test(pictures, wrong_table_and_right_one_are_drawn);
	tcase_add_test(pictures, pictures_fit_a_terminal);
	suite_add_tcase(suite, pictures);
	return suite_run(suite);
}
