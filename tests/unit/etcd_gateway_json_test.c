/* What etcd may answer, down to the digits: etcd/gateway_json.c and etcd/answers.c. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "etcd/answers.h"
#include "tests/support/suite.h"

static cJSON *parse(const char *text)
{
	cJSON *json = cJSON_Parse(text);

	ck_assert_ptr_nonnull(json);
	return json;
}

/* The object {"n": TEXT}, read. */
static bool reads_int64(const char *text, int64_t *value)
{
	char object[64];

	snprintf(object, sizeof(object), "{\"n\":%s}", text);
	_cleanup_json_ cJSON *json = parse(object);

	return json_read_int64(json, "n", value);
}

static bool reads_uint64(const char *text, uint64_t *value)
{
	_cleanup_json_ cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "n", text);
	return json_read_uint64(json, "n", value);
}

static bool reads_bytes(const char *base64, char *into, size_t size)
{
	_cleanup_json_ cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "b", base64);
	return json_read_bytes(json, "b", into, size);
}

START_TEST(int64_reads_every_digit_and_refuses_what_is_no_number)
{
	static const struct {
		const char *text;
		bool good;
		int64_t value;
	} cases[] = {
		{"\"9223372036854775807\"", true, INT64_MAX},
		{"\"-9223372036854775808\"", true, INT64_MIN},
		{"\"9007199254740993\"", true, 9007199254740993}, /* 2^53 + 1 is no double */
		{"\"0\"", true, 0},
		{"null", true, 0},
		{"\"9223372036854775808\"", false, 0},
		{"\"-9223372036854775809\"", false, 0},
		{"\"12 \"", false, 0},
		{"\" 12\"", false, 0},
		{"\"+12\"", false, 0},
		{"\"-\"", false, 0},
		{"\"0x10\"", false, 0},
		{"\"1e3\"", false, 0},
		{"\"1.0\"", false, 0},
		{"12", false, 0}, /* a JSON number may have lost digits already */
		{"true", false, 0},
		{"{}", false, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t value = -1;

		ck_assert_msg(reads_int64(cases[i].text, &value) == cases[i].good, "%s",
			      cases[i].text);
		if (cases[i].good)
			ck_assert_int_eq(value, cases[i].value);
	}
}
END_TEST

START_TEST(uint64_reads_ids_of_members_and_refuses_a_sign)
{
	uint64_t value;

	ck_assert(reads_uint64("18446744073709551615", &value) && value == UINT64_MAX);
	ck_assert(reads_uint64("10276657743932975437", &value));
	ck_assert_uint_eq(value, UINT64_C(10276657743932975437));
	ck_assert(!reads_uint64("18446744073709551616", &value));
	ck_assert(!reads_uint64("-1", &value));
}
END_TEST

START_TEST(absent_values_read_as_zero)
{
	_cleanup_json_ cJSON *json = parse("{}");
	int64_t number = 7;
	bool flag = true;
	char text[4] = "x", bytes[4] = "x";

	ck_assert(json_read_int64(json, "n", &number) && number == 0);
	ck_assert(json_read_bool(json, "n", &flag) && !flag);
	ck_assert(json_read_text(json, "n", text, sizeof(text)) && !text[0]);
	ck_assert(json_read_bytes(json, "n", bytes, sizeof(bytes)) && !bytes[0]);
}
END_TEST

START_TEST(base64_reads_the_vectors_of_rfc_4648_and_refuses_all_else)
{
	static const char *const good[][2] = {{"", ""},
					      {"Zg==", "f"},
					      {"Zm8=", "fo"},
					      {"Zm9v", "foo"},
					      {"Zm9vYg==", "foob"},
					      {"Zm9vYmE=", "fooba"},
					      {"Zm9vYmFy", "foobar"}};
	static const char *const bad[] = {
		"Z",        "Zg",   "Zg=",  "Zg===",  "=Zg=", "Z===", "====", "Zm9=v",
		"Zg==Zg==", "Zm9*", "Zm 9", "Zm9v\n", "AA==", "Zm8A", "Zm9-", "Zg==\xc3"};
	char into[16];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_msg(reads_bytes(good[i][0], into, sizeof(into)), "%s", good[i][0]);
		ck_assert_str_eq(into, good[i][1]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!reads_bytes(bad[i], into, sizeof(into)), "%s", bad[i]);
}
END_TEST

START_TEST(base64_fills_the_buffer_to_its_last_byte_and_no_further)
{
	char into[7];

	ck_assert(reads_bytes("Zm9vYmFy", into, 7)); /* foobar */
	ck_assert(!reads_bytes("Zm9vYmFy", into, 6));
	ck_assert(!reads_bytes("Zm9vYmFyZg==", into, 7));
}
END_TEST

START_TEST(base64_brings_back_what_was_written)
{
	struct random_stream random = random_open(5, "base64");
	char before[100], after[100];

	for (int size = 0; size < 99; size++) {
		_cleanup_json_ cJSON *json = cJSON_CreateObject();

		for (int i = 0; i < size; i++)
			before[i] = (char)random_between(&random, 1, 255);
		before[size] = '\0';
		json_add_bytes(json, "b", before, (size_t)size);
		ck_assert(json_read_bytes(json, "b", after, sizeof(after)));
		ck_assert_str_eq(before, after);
	}
}
END_TEST

/* Answers as a whole -------------------------------------------------------------------------- */

static cJSON *read_answer(int status, const char *text, struct etcd_reply *reply)
{
	*reply = (struct etcd_reply){0};
	return answer_read(status, text, strlen(text), reply);
}

START_TEST(errors_are_read_in_all_three_forms)
{
	static const struct {
		int status;
		const char *text; /* as the versions sent it */
	} forms[] = {
		{404, "{\"error\":\"etcdserver: requested lease not found\",\"code\":5}"},
		{404, "{\"error\":\"etcdserver: requested lease not found\",\"message\":"
		      "\"etcdserver: requested lease not found\",\"code\":5}"},
		{404, "{\"code\":5, \"message\":\"etcdserver: requested lease not found\", "
		      "\"details\":[]}"},
		{200, "{\"error\":{\"grpc_code\":5,\"http_code\":404,\"message\":\"etcdserver: "
		      "requested lease not found\",\"http_status\":\"Not Found\"}}"},
	};
	struct etcd_reply reply;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		ck_assert_ptr_null(read_answer(forms[i].status, forms[i].text, &reply));
		ck_assert_int_eq(reply.code, 5);
		ck_assert_int_eq(reply.outcome, ETCD_FAIL);
		ck_assert_str_eq(reply.error, "etcdserver: requested lease not found");
	}
}
END_TEST

START_TEST(an_answer_that_is_not_whole_json_is_info)
{
	static const char *const bad[] = {"",
					  "{",
					  "[]",
					  "\"ok\"",
					  "{\"header\":{\"revision\":\"1\"}",
					  "{}{",
					  "{\"header\":{\"revision\":1}}",
					  "{\"header\":{\"member_id\":\"-1\"}}",
					  "{\"result\":7}",
					  "{\"Result\":{}}",
					  "<html>",
					  "{\"error\":{}}"};
	struct etcd_reply reply;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_ptr_null(read_answer(200, bad[i], &reply));
		ck_assert_msg(reply.outcome == ETCD_INFO && reply.error[0], "%s", bad[i]);
	}
}
END_TEST

START_TEST(a_plain_text_error_keeps_its_first_line)
{
	struct etcd_reply reply;

	ck_assert_ptr_null(read_answer(404, "Not Found\nsecond\n", &reply));
	ck_assert_str_eq(reply.error, "Not Found");
	ck_assert_int_eq(reply.outcome, ETCD_FAIL);
	ck_assert_ptr_null(read_answer(502, "", &reply));
	ck_assert_int_eq(reply.outcome, ETCD_INFO);
	ck_assert(reply.error[0] != '\0');
}
END_TEST

START_TEST(an_answer_brings_its_header_and_a_streams_result_is_unwrapped)
{
	const char *text = "{\"result\":{\"header\":{\"member_id\":\"10276657743932975437\","
			   "\"revision\":\"9007199254740993\",\"raft_term\":\"2\"},"
			   "\"ID\":\"7587899044332366599\"}}\n";
	struct etcd_reply reply;
	struct etcd_lease lease;
	_cleanup_json_ cJSON *answer = read_answer(200, text, &reply);

	ck_assert_ptr_nonnull(answer);
	ck_assert_int_eq(reply.outcome, ETCD_OK);
	ck_assert_int_eq(reply.revision, 9007199254740993);
	ck_assert_uint_eq(reply.member_id, UINT64_C(10276657743932975437));
	ck_assert_uint_eq(reply.raft_term, 2);
	ck_assert(answer_read_lease(answer, &lease));
	ck_assert_int_eq(lease.id, 7587899044332366599);
	ck_assert_int_eq(lease.ttl_s, 0);
}
END_TEST

START_TEST(a_range_is_cut_at_the_limit_and_a_value_that_is_no_text_is_none)
{
	_cleanup_json_ cJSON *two =
		parse("{\"kvs\":[{\"key\":\"YQ==\",\"lease\":\"-5\"},{\"key\":\"Yg==\"}]}");
	_cleanup_json_ cJSON *lengthy = cJSON_CreateObject();
	cJSON *kvs = cJSON_AddArrayToObject(lengthy, "kvs"), *kv = cJSON_CreateObject();
	char value[ETCD_VALUE_SIZE + 1];
	struct etcd_kv found[2];
	int count;

	ck_assert(answer_read_range(two, found, 1, &count));
	ck_assert_int_eq(count, 1);
	ck_assert_str_eq(found[0].key, "a");
	ck_assert_int_eq(found[0].lease, -5);
	ck_assert(answer_read_range(two, found, 2, &count) && count == 2);

	memset(value, 'v', sizeof(value));
	json_add_bytes(kv, "value", value, ETCD_VALUE_SIZE);
	cJSON_AddItemToArray(kvs, kv);
	ck_assert(answer_read_range(lengthy, found, 2, &count) && count == 1);
	ck_assert_str_eq(found[0].value, "");
	/* As 16 random bytes may have one. */
	_cleanup_json_ cJSON *binary = parse("{\"kvs\":[{\"key\":\"YQ==\",\"value\":\"AGE=\"}]}");
	_cleanup_json_ cJSON *number = parse("{\"kvs\":[{\"key\":\"YQ==\",\"value\":5}]}");
	_cleanup_json_ cJSON *key = parse("{\"kvs\":[{\"key\":\"AGE=\"}]}");

	ck_assert(answer_read_range(binary, found, 2, &count) && count == 1);
	ck_assert_str_eq(found[0].key, "a");
	ck_assert_str_eq(found[0].value, "");
	ck_assert(!answer_read_range(number, found, 2, &count));
	ck_assert(!answer_read_range(key, found, 2, &count));
}
END_TEST

START_TEST(a_leases_keys_are_told_up_to_the_limit_and_all_counted)
{
	_cleanup_json_ cJSON *answer = parse("{\"ID\":\"7\",\"TTL\":\"2\",\"grantedTTL\":\"3\"}");
	_cleanup_json_ cJSON *wrong = parse("{\"ID\":\"7\",\"keys\":[\"YQ==\",5]}");
	cJSON *keys = cJSON_AddArrayToObject(answer, "keys");
	struct etcd_lease_holdings holdings;

	for (int i = 0; i < ETCD_LEASE_KEYS + 2; i++)
		cJSON_AddItemToArray(keys, cJSON_CreateString("YQ=="));
	ck_assert(answer_read_holdings(answer, &holdings));
	ck_assert_int_eq(holdings.keys, ETCD_LEASE_KEYS + 2);
	ck_assert_int_eq(holdings.granted_ttl_s, 3);
	ck_assert_str_eq(holdings.key[ETCD_LEASE_KEYS - 1], "a");
	ck_assert(!answer_read_holdings(wrong, &holdings));
}
END_TEST

START_TEST(a_list_of_leases_is_cut_at_the_limit_and_needs_ids)
{
	_cleanup_json_ cJSON *two = parse("{\"leases\":[{\"ID\":\"5\"},{\"ID\":\"6\"}]}");
	_cleanup_json_ cJSON *none = parse("{}");
	_cleanup_json_ cJSON *nameless = parse("{\"leases\":[{\"ID\":\"5\"},{}]}");
	int64_t ids[2];
	int count;

	ck_assert(answer_read_lease_ids(two, ids, 1, &count) && count == 1);
	ck_assert(answer_read_lease_ids(two, ids, 2, &count) && count == 2 && ids[1] == 6);
	ck_assert(answer_read_lease_ids(none, ids, 2, &count) && count == 0);
	ck_assert(!answer_read_lease_ids(nameless, ids, 2, &count));
}
END_TEST

START_TEST(an_added_member_has_an_id)
{
	_cleanup_json_ cJSON *added = parse(
		"{\"member\":{\"ID\":\"14380232469477000765\",\"peerURLs\":[\"http://a:1\"]}}");
	_cleanup_json_ cJSON *nobody = parse("{\"member\":{\"peerURLs\":[\"http://a:1\"]}}");
	_cleanup_json_ cJSON *nothing = parse("{}");
	struct etcd_member member;

	ck_assert(answer_read_added(added, &member));
	ck_assert_uint_eq(member.id, UINT64_C(14380232469477000765));
	ck_assert_str_eq(member.peer_url, "http://a:1");
	ck_assert_str_eq(member.name, "");
	ck_assert(!answer_read_added(nobody, &member));
	ck_assert(!answer_read_added(nothing, &member));
}
END_TEST

START_TEST(a_delete_event_tells_whose_key_it_was)
{
	_cleanup_json_ cJSON *whole =
		parse("{\"type\":\"DELETE\",\"kv\":{\"key\":\"YQ==\",\"mod_revision\":\"9\"},"
		      "\"prev_kv\":{\"key\":\"YQ==\",\"create_revision\":\"4\","
		      "\"mod_revision\":\"4\",\"version\":\"1\",\"lease\":\"77\"}}");
	_cleanup_json_ cJSON *unknown = parse("{\"type\":\"MOVE\",\"kv\":{\"key\":\"YQ==\"}}");
	_cleanup_json_ cJSON *keyless = parse("{\"type\":\"PUT\"}");
	struct etcd_watch_event event;

	ck_assert(answer_read_event(whole, &event));
	ck_assert(event.deleted);
	ck_assert_int_eq(event.kv.mod_revision, 9);
	ck_assert_int_eq(event.kv.create_revision, 4);
	ck_assert_int_eq(event.kv.lease, 77);
	ck_assert(!answer_read_event(unknown, &event));
	ck_assert(!answer_read_event(keyless, &event));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("etcd: json, answers");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, int64_reads_every_digit_and_refuses_what_is_no_number);
	tcase_add_test(tests, uint64_reads_ids_of_members_and_refuses_a_sign);
	tcase_add_test(tests, absent_values_read_as_zero);
	tcase_add_test(tests, base64_reads_the_vectors_of_rfc_4648_and_refuses_all_else);
	tcase_add_test(tests, base64_fills_the_buffer_to_its_last_byte_and_no_further);
	tcase_add_test(tests, base64_brings_back_what_was_written);
	tcase_add_test(tests, errors_are_read_in_all_three_forms);
	tcase_add_test(tests, an_answer_that_is_not_whole_json_is_info);
	tcase_add_test(tests, a_plain_text_error_keeps_its_first_line);
	tcase_add_test(tests, an_answer_brings_its_header_and_a_streams_result_is_unwrapped);
	tcase_add_test(tests, a_range_is_cut_at_the_limit_and_a_value_that_is_no_text_is_none);
	tcase_add_test(tests, a_leases_keys_are_told_up_to_the_limit_and_all_counted);
	tcase_add_test(tests, a_list_of_leases_is_cut_at_the_limit_and_needs_ids);
	tcase_add_test(tests, an_added_member_has_an_id);
	tcase_add_test(tests, a_delete_event_tells_whose_key_it_was);
	return suite_run(suite);
}
