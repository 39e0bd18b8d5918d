#include <string.h>

#include "base/invariant.h"
#include "etcd/client.h"

static cJSON *range_request(const char *key, bool prefix, int limit)
{
	cJSON *request = cJSON_CreateObject();

	client_add_keys(request, key, prefix);
	if (limit > 0)
		json_add_int64(request, "limit", limit);
	return request;
}

static cJSON *put_request(const char *key, const char *value, int64_t lease)
{
	cJSON *request = cJSON_CreateObject();

	json_add_bytes(request, "key", key, strlen(key));
	json_add_bytes(request, "value", value, strlen(value));
	if (lease)
		json_add_int64(request, "lease", lease);
	return request;
}

struct etcd_reply etcd_range(struct etcd *client, const char *key, bool prefix, struct etcd_kv *kvs,
			     int limit, int *count, int64_t deadline_ns)
{
	_cleanup_json_ cJSON *answer = NULL;
	struct etcd_reply reply = client_call(client, "kv/range", range_request(key, prefix, limit),
					      deadline_ns, &answer);

	*count = 0;
	if (answer && !answer_read_range(answer, kvs, limit, count))
		answer_malformed(&reply);
	return reply;
}

/* The first of the prefix by their creation, from the last one on when `descending`. */
static cJSON *range_by_creation(const char *prefix, bool descending, int limit)
{
	cJSON *request = range_request(prefix, true, limit);

	CHECK_MEMORY(
		cJSON_AddStringToObject(request, "sort_target", "CREATE") &&
		cJSON_AddStringToObject(request, "sort_order", descending ? "DESCEND" : "ASCEND"));
	return request;
}

struct etcd_reply etcd_range_made_until(struct etcd *client, const char *prefix, int64_t most,
					struct etcd_kv *kvs, int limit, int *count,
					int64_t deadline_ns)
{
	_cleanup_json_ cJSON *answer = NULL;
	cJSON *request = range_by_creation(prefix, true, limit);

	*count = 0;
	json_add_int64(request, "max_create_revision", most);
	struct etcd_reply reply = client_call(client, "kv/range", request, deadline_ns, &answer);

	if (answer && !answer_read_range(answer, kvs, limit, count))
		answer_malformed(&reply);
	return reply;
}

struct etcd_reply etcd_range_at(struct etcd *client, const char *key, int64_t revision,
				struct etcd_kv *kv, int *count, int64_t deadline_ns)
{
	_cleanup_json_ cJSON *answer = NULL;
	cJSON *request = range_request(key, false, 0);

	*count = 0;
	json_add_int64(request, "revision", revision);
	struct etcd_reply reply = client_call(client, "kv/range", request, deadline_ns, &answer);

	if (answer && !answer_read_range(answer, kv, 1, count))
		answer_malformed(&reply);
	return reply;
}

struct etcd_reply etcd_range_serializable(struct etcd *client, int endpoint, const char *key,
					  struct etcd_kv *kv, int *count, int64_t deadline_ns)
{
	_cleanup_json_ cJSON *answer = NULL;
	cJSON *request = range_request(key, false, 0);

	*count = 0;
	cJSON_AddTrueToObject(request, "serializable");
	struct etcd_reply reply =
		client_call_one(client, endpoint, "kv/range", request, deadline_ns, &answer);

	if (answer && !answer_read_range(answer, kv, 1, count))
		answer_malformed(&reply);
	return reply;
}

struct etcd_reply etcd_put(struct etcd *client, const char *key, const char *value, int64_t lease,
			   int64_t deadline_ns)
{
	_cleanup_json_ cJSON *answer = NULL;

	return client_call(client, "kv/put", put_request(key, value, lease), deadline_ns, &answer);
}

struct etcd_reply etcd_delete(struct etcd *client, const char *key, bool prefix, int64_t *deleted,
			      int64_t deadline_ns)
{
	_cleanup_json_ cJSON *answer = NULL;
	struct etcd_reply reply = client_call(client, "kv/deleterange",
					      range_request(key, prefix, 0), deadline_ns, &answer);

	*deleted = 0;
	if (answer && !json_read_count(answer, "deleted", deleted))
		answer_malformed(&reply);
	return reply;
}

/* Transactions -------------------------------------------------------------------------------- */

static void add_compare(cJSON *list, const struct etcd_compare *compare)
{
	static const struct {
		const char *target, *field;
	} names[] = {
		[ETCD_CREATE_REVISION] = {"CREATE", "create_revision"},
		[ETCD_MOD_REVISION] = {"MOD", "mod_revision"},
		[ETCD_VERSION] = {"VERSION", "version"},
		[ETCD_VALUE] = {"VALUE", "value"},
	};
	cJSON *item = cJSON_CreateObject();
	const char *field = names[compare->target].field;

	cJSON_AddStringToObject(item, "result", "EQUAL");
	cJSON_AddStringToObject(item, "target", names[compare->target].target);
	json_add_bytes(item, "key", compare->key, strlen(compare->key));
	if (compare->target == ETCD_VALUE)
		json_add_bytes(item, field, compare->value, strlen(compare->value));
	else
		json_add_int64(item, field, compare->number);
	cJSON_AddItemToArray(list, item);
}

static cJSON *put_of(const struct etcd_op *op)
{
	cJSON *request = put_request(op->key, op->value, op->lease);

	if (op->keeps_lease)
		CHECK_MEMORY(cJSON_AddTrueToObject(request, "ignore_lease"));
	return request;
}

static void add_op(cJSON *list, const struct etcd_op *op)
{
	cJSON *item = cJSON_CreateObject();

	switch (op->kind) {
	case ETCD_OP_PUT:
		cJSON_AddItemToObject(item, "request_put", put_of(op));
		break;
	case ETCD_OP_RANGE:
		cJSON_AddItemToObject(item, "request_range",
				      op->first_made ? range_by_creation(op->key, false, 1)
						     : range_request(op->key, false, 0));
		break;
	case ETCD_OP_DELETE:
		cJSON_AddItemToObject(item, "request_delete_range",
				      range_request(op->key, false, 0));
		break;
	}
	cJSON_AddItemToArray(list, item);
}

static void add_ops(cJSON *request, const char *name, const struct etcd_op *ops, int count)
{
	cJSON *list = cJSON_AddArrayToObject(request, name);

	for (int i = 0; i < count; i++)
		add_op(list, &ops[i]);
}

struct etcd_reply etcd_txn(struct etcd *client, const struct etcd_txn *txn, bool *succeeded,
			   struct etcd_kv *found, int64_t deadline_ns)
{
	_cleanup_json_ cJSON *answer = NULL;
	cJSON *request = cJSON_CreateObject();
	cJSON *compare = cJSON_AddArrayToObject(request, "compare");

	*succeeded = false;
	for (int i = 0; i < txn->compares; i++)
		add_compare(compare, &txn->compare[i]);
	add_ops(request, "success", txn->then, txn->thens);
	add_ops(request, "failure", txn->otherwise, txn->otherwises);
	struct etcd_reply reply = client_call(client, "kv/txn", request, deadline_ns, &answer);

	if (answer && !answer_read_txn(answer, succeeded, found))
		answer_malformed(&reply);
	return reply;
}
