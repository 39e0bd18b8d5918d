/* Settings that are wrong, each by its name, and the same made sound. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tuning/complaints.h"

struct expected {
	struct stated stated;
	const char *rules; /* "gives-up heartbeat", in order; "": sound */
	const char *change;
};

#define NONE  (&guard_kinds[GUARD_NONE])
#define TOKEN (&guard_kinds[GUARD_TOKEN])

static const struct expected table[] = {
	{{8000, 2000, 3, 1000, TOKEN}, "gives-up", "a heartbeat of 1.99 s, or 2 retries"},
	{{8000, 1000, 3, 1000, TOKEN}, "", NULL},
	{{1000, 300, 3, 500, TOKEN}, "gives-up", "a heartbeat of 0.24 s, or 2 retries"},
	{{1000, 240, 3, 500, TOKEN}, "", NULL},
	{{1000, 300, 3, 1000, TOKEN}, "least-ttl", "a TTL of 2 s"}, /* granted: 2 s */
	{{2000, 300, 3, 1000, TOKEN}, "", NULL},
	{{2000, 400, 3, 0, TOKEN}, "", NULL},
	{{2000, 400, 3, 0, NONE}, "no-guard", "create_revision"},
	{{2000, 400, 3, 0, NULL}, "", NULL},
	{{2000, 400, 3, 0, &guard_kinds[GUARD_TOKEN_WRITES]}, "no-guard", "reads too"},
	{{2000, 500, 3, 0, &guard_kinds[GUARD_DEADLINE]}, "no-guard", ""},
	{{2000, 2000, 3, 0, TOKEN}, "no-renewal", "a third of the TTL, 0.66 s"},
	{{2000, 1999, 1, 0, TOKEN}, "gives-up heartbeat", "a heartbeat of 0.99 s"},
	{{3000, 1010, 1, 0, TOKEN}, "heartbeat", "a heartbeat of 1 s"},
	{{3000, 1000, 1, 0, TOKEN}, "", NULL},
	{{1000, 50, 20, 0, TOKEN}, "gives-up", "a TTL of more than 2.05 s"},
	{{15000, 5000, 1, 1000, TOKEN}, "", NULL},
};

START_TEST(settings_are_called_what_they_are)
{
	const struct expected *expected = &table[_i];
	struct complaints complaints;
	char rules[128] = "";

	complaints_make(&expected->stated, &complaints);
	for (int i = 0; i < complaints.count; i++) {
		size_t used = strlen(rules);

		snprintf(rules + used, sizeof(rules) - used, "%s%s", i ? " " : "",
			 complaint_rule_word(complaints.complaint[i].rule));
		ck_assert(*complaints.complaint[i].what && *complaints.complaint[i].price);
	}
	ck_assert_str_eq(rules, expected->rules);
	if (expected->change)
		ck_assert_msg(strstr(complaints.complaint[0].change, expected->change) != NULL,
			      "%s", complaints.complaint[0].change);
	complaints_free(&complaints);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tuning_complaints");
	TCase *cases = tcase_create("complaints");

	tcase_add_loop_test(cases, settings_are_called_what_they_are, 0,
			    sizeof(table) / sizeof(table[0]));
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
