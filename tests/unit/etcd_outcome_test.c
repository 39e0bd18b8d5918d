/* The table of etcd/outcome.c, in both directions: what must be fail, and what must not. */
#include <check.h>
#include <stdlib.h>

#include "etcd/outcome.h"
#include "tests/support/suite.h"

struct answer {
	int http_status, code;
	const char *message;
};

static void expect(enum etcd_outcome outcome, const struct answer *answers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct answer *a = &answers[i];

		ck_assert_msg(etcd_outcome_of_answer(a->http_status, a->code, a->message) ==
				      outcome,
			      "%d %d %s", a->http_status, a->code, a->message);
	}
}

#define EXPECT(outcome, answers) expect(outcome, answers, sizeof(answers) / sizeof((answers)[0]))

START_TEST(fail_is_what_etcd_refused_before_it_did_anything)
{
	static const struct answer answers[] = {
		{400, 3, "etcdserver: key is not provided"},
		{400, 3, "etcdserver: duplicate key given in txn request"},
		{400, 3, "invalid character 'b' looking for beginning of value"},
		{404, 5, "etcdserver: requested lease not found"},
		{429, 8, "etcdserver: too many requests"},
		{400, 9, "etcdserver: lease already exists"},
		{400, 11, "etcdserver: mvcc: required revision has been compacted"},
		{400, 11, "etcdserver: too large lease TTL"},
		{500, 2, "etcdserver: requested lease not found"}, /* of a lock call */
		{500, 2, "mutex: session is expired"},
		{500, 2, "election: not leader"},
		{200, 5, "etcdserver: requested lease not found"}, /* within a stream */
		{404, -1, "Not Found"},
		{503, 14, "etcdserver: unhealthy cluster"},
		{500, 2, "etcdserver: re-configuration failed due to not enough started members"},
	};

	EXPECT(ETCD_FAIL, answers);
}
END_TEST

START_TEST(info_is_what_may_have_taken_effect)
{
	static const struct answer answers[] = {
		{503, 14, "etcdserver: request timed out"},
		{503, 14, "etcdserver: request timed out, possibly due to previous leader failure"},
		{503, 14, "etcdserver: leader changed"},
		{503, 14, "etcdserver: no leader"},
		{503, 14, "etcdserver: server stopped"},
		{503, 14, "transport is closing"},
		{408, 4, "context deadline exceeded"},
		{504, 4, "context deadline exceeded"},
		{500, 2, "context deadline exceeded"},
		{408, 1, "context canceled"},
		{500, 2, "etcdserver: leader changed"}, /* of a lock call */
		{500, 13, "stream terminated by RST_STREAM with error code: CANCEL"},
		{500, -1, "Internal Server Error"},
		{502, -1, "Bad Gateway"},
		{404, -1, "no such host at this proxy"},
		{200, -1, "the answer is malformed"},
		{200, 0, ""},
		{204, -1, ""},
		/* sources that do act, or may have, before they refuse */
		{429, 8, "etcdserver: mvcc: database space exceeded"},
		{429, 8, "grpc: received message larger than max (4194310 vs. 4194304)"},
		{429, 8, "something new"},
		{500, 15, "etcdserver: corrupt cluster"},
	};

	EXPECT(ETCD_INFO, answers);
}
END_TEST

START_TEST(ok_is_an_answer_200_without_an_error_and_nothing_else)
{
	static const struct answer answers[] = {{200, -1, ""}};

	EXPECT(ETCD_OK, answers);
	for (int status = 0; status < 600; status++) {
		for (int code = -1; code <= 16; code++) {
			if (status == 200 && code == -1)
				continue;
			ck_assert_int_ne(etcd_outcome_of_answer(status, code, ""), ETCD_OK);
		}
	}
}
END_TEST

START_TEST(without_an_answer_only_what_never_left_is_fail)
{
	ck_assert_int_eq(etcd_outcome_of_transport(false), ETCD_FAIL);
	ck_assert_int_eq(etcd_outcome_of_transport(true), ETCD_INFO);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("etcd: outcome");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, fail_is_what_etcd_refused_before_it_did_anything);
	tcase_add_test(tests, info_is_what_may_have_taken_effect);
	tcase_add_test(tests, ok_is_an_answer_200_without_an_error_and_nothing_else);
	tcase_add_test(tests, without_an_answer_only_what_never_left_is_fail);
	return suite_run(suite);
}
