/*
 * The operations logs of etcd's robustness tests (tests/robustness/model/types.go and history.go
 * there): an object of JSON a line,
 *
 *	{"ClientId":1,"Input":{"Type":"range","Range":{...},...},"Call":24,
 *	 "Output":{"Range":{"KVs":[...],"Count":0},"Revision":1,...},"Return":66}
 *
 * Members that we do not know are passed over; older and newer ones differ in them.
 */
#include <stdlib.h>

#include "base/array.h"
#include "history/traces/etcd_log.h"
#include "history/traces/formats.h"
#include "history/traces/json.h"

struct reader {
	struct etcd_log *log;
	const struct input *input;
	struct error *err;
	struct buffer word;
};

static int refuse(const struct reader *reader, const char *where, const char *expected)
{
	return input_refuse(reader->input, where, expected, reader->err);
}

/* Finding things in a text that was scanned already ------------------------------------------- */

static void skip(struct scan *scan, char c)
{
	json_space(scan);
	if (scan->at < scan->end && *scan->at == c)
		scan->at++;
	json_space(scan);
}

/* Null is not there, as in Go. */
static struct slice member(struct slice object, const char *name)
{
	struct slice key, value;

	if (!object.at || *object.at != '{')
		return (struct slice){0};
	struct scan scan = scan_of(object);

	skip(&scan, '{');
	while (json_quoted(&scan, &key)) {
		skip(&scan, ':');
		if (!json_value(&scan, &value))
			break;
		skip(&scan, ',');
		if (!slice_is((struct slice){key.at + 1, key.length - 2}, name))
			continue;
		if (*value.at == 'n')
			return (struct slice){0};
		return value;
	}
	return (struct slice){0};
}

/* The next member of an array that was begun with skip '['. */
static bool next_item(struct scan *scan, struct slice *item)
{
	if (scan->at == scan->end || *scan->at == ']' || !json_value(scan, item))
		return false;
	skip(scan, ',');
	return true;
}

/* Of what is no array, none. */
static struct scan items_of(struct slice array)
{
	static const char none[] = "";
	struct scan scan = {.at = none, .end = none, .whole = true};

	if (array.at && *array.at == '[')
		scan = scan_of(array);
	skip(&scan, '[');
	return scan;
}

static uint32_t count_items(struct slice array)
{
	struct scan scan = items_of(array);
	struct slice item;
	uint32_t count = 0;

	while (next_item(&scan, &item))
		count++;
	return count;
}

static int read_integer(const struct reader *reader, struct slice object, const char *name,
			int64_t *value)
{
	struct slice text = member(object, name);

	*value = 0;
	if (text.at && !slice_integer(text, value))
		return refuse(reader, text.at, "an integer of 64 bits");
	return 0;
}

/* A text that is missing is empty. */
static int intern_text(struct reader *reader, struct slice object, const char *name,
		       struct interner *into, uint32_t *number)
{
	struct slice text = member(object, name);

	if (text.at && *text.at != '"')
		return refuse(reader, text.at, "a string");
	buffer_clear(&reader->word);
	if (text.at)
		json_add_name(&reader->word, text);
	*number = interner_add(into, reader->word.length ? reader->word.text : "",
			       reader->word.length);
	return 0;
}

/* Long values stand as their hash: {"Value":"","Hash":7}. */
static int intern_value(struct reader *reader, struct slice object, uint32_t *number)
{
	struct slice value = member(object, "Value"), hash = {0};
	struct buffer *word = &reader->word;

	if (value.at && *value.at == '{') {
		hash = member(value, "Hash");
		value = member(value, "Value");
	}
	if (value.at && *value.at != '"')
		return refuse(reader, value.at, "a string");
	buffer_clear(word);
	if (hash.at && !slice_is(hash, "0")) {
		buffer_add(word, "{\"hash\" ", 8);
		json_add_canonical(word, hash);
		buffer_add_char(word, '}');
	} else if (value.at) {
		json_add_canonical(word, value);
	} else {
		buffer_add(word, "\"\"", 2);
	}
	*number = interner_add(reader->log->values, word->text, word->length);
	return 0;
}

/* Parts of a request -------------------------------------------------------------------------- */

static void add_act(struct reader *reader, struct etcd_request *request, const struct etcd_act *act)
{
	struct etcd_log *log = reader->log;

	ARRAY_GROW(log->act, log->acts, log->acts_room);
	log->act[log->acts++] = *act;
	request->acts++;
}

static int read_seen(struct reader *reader, struct slice kv, struct etcd_act *act)
{
	struct etcd_log *log = reader->log;
	struct etcd_seen seen = {0};

	if (intern_text(reader, kv, "Key", log->keys, &seen.key) ||
	    intern_value(reader, kv, &seen.value) ||
	    read_integer(reader, kv, "ModRevision", &seen.revision))
		return -1;
	if (seen.revision <= 0)
		return refuse(reader, kv.at, "a key with its ModRevision");
	if (act->kind == ETCD_READ && seen.key != act->key)
		return refuse(reader, kv.at, "the key that was asked for");
	if (seen.revision > log->revision_max)
		log->revision_max = seen.revision;
	ARRAY_GROW(log->seen, log->seens, log->seens_room);
	log->seen[log->seens++] = seen;
	act->seens++;
	return 0;
}

/* `range` is what was asked, `result` what holds KVs. */
static int read_range(struct reader *reader, struct etcd_request *request, struct slice range,
		      struct slice result, struct etcd_act act)
{
	struct etcd_log *log = reader->log;
	struct slice end = member(range, "End"), kvs = member(result, "KVs"), kv;
	struct scan scan = items_of(kvs);
	bool one = !end.at || end.length == 2;
	int64_t limit;

	if (slice_is(member(range, "KeysOnly"), "true")) {
		log->keys_only++;
		return 0;
	}
	if (request->answer != ETCD_OK)
		return 0;
	act.kind = one ? ETCD_READ : ETCD_RANGE;
	act.seen = log->seens;
	act.end = ETCD_NONE;
	if (intern_text(reader, range, "Start", one ? log->keys : log->bounds,
			one ? &act.key : &act.start) ||
	    read_integer(reader, range, "Limit", &limit))
		return -1;
	/* a NUL alone: all keys from the first one on */
	if (!one && !slice_is(end, "\"\\u0000\"") &&
	    intern_text(reader, range, "End", log->bounds, &act.end))
		return -1;
	while (next_item(&scan, &kv))
		if (read_seen(reader, kv, &act))
			return -1;
	if (one && act.seens > 1)
		return refuse(reader, kvs.at, "one key at most");
	act.cut = limit > 0 && act.seens >= limit;
	add_act(reader, request, &act);
	return 0;
}

static int read_put(struct reader *reader, struct etcd_request *request, struct slice put,
		    struct etcd_act act)
{
	int64_t lease;

	act.kind = ETCD_PUT;
	if (intern_text(reader, put, "Key", reader->log->keys, &act.key) ||
	    intern_value(reader, put, &act.value) || read_integer(reader, put, "LeaseID", &lease))
		return -1;
	act.leased = lease != 0;
	add_act(reader, request, &act);
	return 0;
}

static int read_delete(struct reader *reader, struct etcd_request *request, struct slice deletion,
		       struct slice result, struct etcd_act act)
{
	int64_t deleted;

	act.kind = ETCD_DELETE;
	if (intern_text(reader, deletion, "Key", reader->log->keys, &act.key) ||
	    read_integer(reader, result, "Deleted", &deleted))
		return -1;
	act.found = deleted > 0;
	add_act(reader, request, &act);
	return 0;
}

static int read_part(struct reader *reader, struct etcd_request *request, struct slice part,
		     struct slice result, struct etcd_act act)
{
	struct slice type = member(part, "Type");

	if (slice_is(type, "\"range-operation\""))
		return read_range(reader, request, member(part, "Range"), result, act);
	if (slice_is(type, "\"put-operation\""))
		return read_put(reader, request, member(part, "Put"), act);
	if (slice_is(type, "\"delete-operation\""))
		return read_delete(reader, request, member(part, "Delete"), result, act);
	return refuse(reader, type.at ? type.at : part.at,
		      "the Type of an operation: range-operation, put-operation, delete-operation");
}

/* One branch of a transaction; without an answer there are no results. */
static int read_branch(struct reader *reader, struct etcd_request *request, struct slice parts,
		       struct slice results, bool on_failure)
{
	struct scan part = items_of(parts), result = items_of(results);
	struct slice one, answered = {0};

	if (request->answer == ETCD_OK && count_items(parts) != count_items(results))
		return refuse(reader, results.at ? results.at : reader->input->at,
			      "a result for each operation of the branch that was taken");
	while (next_item(&part, &one)) {
		next_item(&result, &answered);
		if (read_part(reader, request, one, answered,
			      (struct etcd_act){.on_failure = on_failure}))
			return -1;
	}
	return 0;
}

static int read_compares(struct reader *reader, struct etcd_request *request, struct slice array)
{
	struct scan scan = items_of(array);
	struct slice one;

	while (next_item(&scan, &one)) {
		struct etcd_act act = {.kind = ETCD_COMPARE};
		int64_t version;

		if (intern_text(reader, one, "Key", reader->log->keys, &act.key) ||
		    read_integer(reader, one, "ExpectedRevision", &act.revision) ||
		    read_integer(reader, one, "ExpectedVersion", &version))
			return -1;
		if (version > 0) { /* of how often a key was put no model tells */
			reader->log->versions++;
			act.revision = -1;
		}
		add_act(reader, request, &act);
	}
	return 0;
}

static int read_transaction(struct reader *reader, struct etcd_request *request, struct slice asked,
			    struct slice output)
{
	struct slice answer = member(output, "Txn"), results = member(answer, "Results");
	struct slice success = member(asked, "OperationsOnSuccess");
	struct slice failure = member(asked, "OperationsOnFailure");

	if (!asked.at)
		return refuse(reader, reader->input->at, "a Txn in the Input");
	if (request->answer == ETCD_OK && !answer.at)
		return refuse(reader, output.at, "a Txn in the Output, or an Error");
	request->failure = slice_is(member(answer, "Failure"), "true");
	if (read_compares(reader, request, member(asked, "Conditions")))
		return -1;
	if (request->answer == ETCD_OK && request->revision <= 0)
		return refuse(reader, output.at, "the store's Revision in the Output");
	if (request->answer == ETCD_OK)
		return read_branch(reader, request, request->failure ? failure : success, results,
				   request->failure);
	return read_branch(reader, request, success, results, false) ||
			       read_branch(reader, request, failure, results, true)
		       ? -1
		       : 0;
}

/* Requests ------------------------------------------------------------------------------------ */

static int read_answer(struct reader *reader, struct etcd_request *request, struct slice output)
{
	struct slice error = member(output, "Error");

	if (read_integer(reader, output, "Revision", &request->revision))
		return -1;
	if ((error.at && error.length > 2) || slice_is(member(output, "PartialResponse"), "true") ||
	    slice_is(member(output, "Persisted"), "true"))
		request->answer = ETCD_OPEN;
	else if (request->revision > reader->log->revision_max)
		reader->log->revision_max = request->revision;
	return 0;
}

static int read_reading(struct reader *reader, struct etcd_request *request, struct slice asked,
			struct slice output)
{
	struct slice answer = member(output, "Range");
	int64_t revision;

	if (!asked.at)
		return refuse(reader, reader->input->at, "a Range in the Input");
	if (read_integer(reader, asked, "Revision", &revision))
		return -1;
	/* of an answer: the mark of one that is not linearizable */
	bool stale = revision != 0 || request->revision < 0;

	reader->log->failed += request->answer != ETCD_OK;
	reader->log->stale += request->answer == ETCD_OK && stale;
	if (request->answer != ETCD_OK || stale)
		return 0;
	if (!answer.at)
		return refuse(reader, output.at, "a Range in the Output, or an Error");
	return read_range(reader, request, asked, answer, (struct etcd_act){0});
}

static int read_request(struct reader *reader, struct etcd_request *request, struct slice input,
			struct slice output)
{
	struct slice type = member(input, "Type"), refused = member(output, "ClientError");
	struct etcd_log *log = reader->log;

	if (slice_is(type, "\"compact\"") || slice_is(type, "\"defragment\"")) {
		log->others++;
	} else if (slice_is(type, "\"leaseGrant\"")) {
		log->grants++;
	} else if (slice_is(type, "\"leaseRevoke\"")) {
		log->revokes++;
	} else if (!slice_is(type, "\"range\"") && !slice_is(type, "\"txn\"")) {
		return refuse(reader, type.at ? type.at : input.at,
			      "a Type: range, txn, leaseGrant, leaseRevoke, defragment, compact");
	} else if (refused.at && refused.length > 2) {
		log->failed++;
	} else if (slice_is(type, "\"range\"")) {
		return read_reading(reader, request, member(input, "Range"), output);
	} else {
		return read_transaction(reader, request, member(input, "Txn"), output);
	}
	return 0;
}

static int read_times(const struct reader *reader, struct slice line, struct etcd_request *request)
{
	struct slice client = member(line, "ClientId"), call = member(line, "Call"),
		     returned = member(line, "Return");
	int64_t number;

	if (!client.at || !slice_integer(client, &number) || number > INT32_MAX ||
	    number < INT32_MIN)
		return refuse(reader, client.at ? client.at : line.at, "a ClientId of 32 bits");
	request->client = (int32_t)number;
	if (!call.at || !slice_integer(call, &request->call))
		return refuse(reader, call.at ? call.at : line.at, "a Call: nanoseconds");
	if (!returned.at || !slice_integer(returned, &request->returned) ||
	    request->returned < request->call)
		return refuse(reader, returned.at ? returned.at : line.at,
			      "a Return: nanoseconds, not before the Call");
	return 0;
}

static int read_line(struct reader *reader, struct slice line)
{
	struct etcd_log *log = reader->log;
	struct etcd_request request = {.line = (uint32_t)reader->input->line, .act = log->acts};
	struct slice input = member(line, "Input"), output = member(line, "Output");

	if (read_times(reader, line, &request))
		return -1;
	if (!input.at || *input.at != '{' || !output.at || *output.at != '{')
		return refuse(reader, line.at, "an object with Input and Output");
	if (read_answer(reader, &request, output) || read_request(reader, &request, input, output))
		return -1;
	ARRAY_GROW(log->request, log->requests, log->requests_room);
	log->request[log->requests++] = request;
	return 0;
}

static int read_all(struct reader *reader, struct input *input)
{
	struct slice line, whole;
	int got;

	for (; (got = input_line(input, &line, reader->err)) > 0; input_advance_line(input, line)) {
		struct scan scan = scan_of(line);

		json_space(&scan);
		if (scan.at == scan.end)
			continue;
		if (*scan.at != '{')
			return refuse(reader, scan.at, "an object with ClientId, Input, Output");
		bool valid = json_value(&scan, &whole);

		json_space(&scan);
		if (valid && scan.at < scan.end)
			valid = scan_fail(&scan, "the end of the line");
		if (!valid)
			return input_is_torn(input, line) ? 0
							  : refuse(reader, scan.at, scan.expected);
		if (read_line(reader, whole))
			return -1;
	}
	return got;
}

/* What is said of other formats, and these logs tell by themselves. */
static int check_options(const struct input *input, struct error *err)
{
	if (input->shelf)
		return input_complain(input, input->at, err,
				      "--sort does not go with etcd-operations, whose lines tell "
				      "when an operation began and ended");
	if (input->source->initial)
		return input_complain(input, input->at, err,
				      "--initial does not go with etcd-operations, whose revisions "
				      "tell what was there at first");
	return 0;
}

int import_etcd_operations(struct input *input, struct trace *trace, struct error *err)
{
	if (check_options(input, err))
		return -1;
	struct etcd_log log = {
		.keys = interner_open(), .values = interner_open(), .bounds = interner_open()};
	struct reader reader = {.log = &log, .input = input, .err = err};
	int failed = read_all(&reader, input);

	if (!failed) {
		etcd_log_tell(&log, trace);
		trace->torn_line = input->torn_line;
	}
	buffer_free(&reader.word);
	interner_close(log.keys);
	interner_close(log.values);
	interner_close(log.bounds);
	free(log.request);
	free(log.act);
	free(log.seen);
	return failed;
}
