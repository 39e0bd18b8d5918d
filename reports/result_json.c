/* result.json, for programs. docs/result.md is its reference; what stands there only grows. */
#include "reports/report.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "reports/capture_facts.h"
#include "reports/failover_times.h"
#include "base/escape.h"
#include "base/text.h"
#include "reports/json_whole.h"
#include "reports/known.h"
#include "reports/model.h"
#include "reports/threshold.h"
#include "reports/what_to_change.h"
#include "reports/words.h"

enum { RESULT_SCHEMA_VERSION = 1 };

static void add_text(cJSON *object, const char *key, const char *text)
{
	json_add_text(object, key, text);
}

static void add_seconds(cJSON *object, const char *key, int64_t ns)
{
	cJSON_AddItemToObject(object, key,
			      json_real(ns == NEVER_NS ? NAN : (double)ns / (double)NS_PER_S));
}

/* Every name stands there, so that a reader need not know which are left out when zero. */
static cJSON *violations_of(const struct judgement *judged)
{
	cJSON *violations = cJSON_CreateObject();

	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++) {
		cJSON *counts = cJSON_AddObjectToObject(violations,
							violation_word((enum violation_name)name));

		json_add_whole(counts, "definite", judged ? judged->definite[name] : 0);
		json_add_whole(counts, "possible", judged ? judged->possible[name] : 0);
	}
	return violations;
}

/* As with violations; what does not apply is null. */
static cJSON *measures_of(const struct judgement *judged)
{
	cJSON *measures = cJSON_CreateObject();

	for (int i = 0; i < MEASURES_COUNT; i++) {
		int64_t value = judged ? judged->measure[i] : MEASURE_NONE;
		const char *word = measure_word((enum measure)i);

		if (value == MEASURE_NONE)
			cJSON_AddNullToObject(measures, word);
		else
			json_add_whole(measures, word, value);
	}
	return measures;
}

/* null: judged before there was such a count. */
static void add_by_occasion(cJSON *object, const struct judgement *judged)
{
	const struct by_occasion *by = judged ? &judged->by_occasion : NULL;

	if (!by || !by->occasions) {
		cJSON_AddNullToObject(object, "by_occasion");
		return;
	}
	CHECK(by->harmed <= by->occasions);
	cJSON *item = cJSON_AddObjectToObject(object, "by_occasion");

	json_add_whole(item, "occasions", by->occasions);
	json_add_whole(item, "harmed", by->harmed);
	cJSON_AddItemToObject(item, "harmed_interval",
			      json_interval(by->harmed_low, by->harmed_high));
	cJSON_AddItemToObject(item, "interval", json_interval(by->rate_low, by->rate_high));
}

static void add_judgement(cJSON *object, const struct judgement *judged, const char *expected)
{
	add_text(object, "verdict", judged ? verdict_word(judged->verdict) : NULL);
	add_text(object, "why", judged ? judged->why : "never checked");
	add_text(object, "expected", expected);
	cJSON_AddItemToObject(
		object, "as_expected",
		judged && expected
			? cJSON_CreateBool(judgement_match(judged, expected) == MATCH_MET)
			: cJSON_CreateNull());
	json_add_whole(object, "exposures", judged ? judged->exposures : 0);
	json_add_whole(object, "events", judged ? judged->events : 0);
	cJSON_AddItemToObject(object, "rate", json_real(judged ? judged->rate : NAN));
	cJSON_AddItemToObject(
		object, "interval",
		json_interval(judged ? judged->rate_low : NAN, judged ? judged->rate_high : NAN));
	add_by_occasion(object, judged);
	cJSON_AddItemToObject(object, "measures", measures_of(judged));
	cJSON_AddItemToObject(object, "violations", violations_of(judged));
}

static void add_exclusion(cJSON *object, const struct judgement *judged)
{
	cJSON *levels = cJSON_AddObjectToObject(object, "exclusion");

	for (int level = 0; level < EXCLUSION_LEVELS_COUNT; level++) {
		static const struct exclusion never_judged;
		const struct exclusion *exclusion =
			judged ? &judged->exclusion[level] : &never_judged;
		cJSON *item = cJSON_AddObjectToObject(
			levels, exclusion_level_word((enum exclusion_level)level));

		add_text(item, "verdict", exclusion_word(exclusion->verdict));
		add_text(item, "procedure", *exclusion->procedure ? exclusion->procedure : NULL);
		json_add_whole(item, "holds", exclusion->holds);
		json_add_whole(item, "violations", exclusion->violations);
	}
}

/* null: unknown, or none was measured. */
static void add_failover_times(cJSON *object, const struct failover_times *times)
{
	json_add_whole(object, "measured", times->taken);
	cJSON_AddItemToObject(object, "least_s", json_real(times->least_s));
	cJSON_AddItemToObject(object, "median_s", json_real(times->median_s));
	cJSON_AddItemToObject(object, "p99_s", json_real(times->p99_s));
	cJSON_AddItemToObject(object, "longest_s", json_real(times->most_s));
	json_add_whole(object, "unwanted", times->unwanted);
	json_add_whole(object, "cut_off", times->cut_off);
}

static void add_failovers(cJSON *root, const struct model *model)
{
	int count;
	const struct failover_times all = failover_times(model->verdicts, ALL_ARMS);
	struct failover_group *group = failover_groups(model->verdicts, &count);
	cJSON *list;

	add_failover_times(cJSON_AddObjectToObject(root, "failover"), &all);
	list = cJSON_AddArrayToObject(root, "failover_by_fault");
	for (int i = 0; i < count; i++) {
		cJSON *object = cJSON_CreateObject();

		add_text(object, "kind", group[i].kind);
		add_text(object, "target", group[i].target);
		add_text(object, "arm", model_arm_name(model, group[i].arm));
		cJSON_AddItemToObject(object, "leader_changed",
				      group[i].led == LED_UNKNOWN
					      ? cJSON_CreateNull()
					      : cJSON_CreateBool(group[i].led == LED_ANEW));
		add_failover_times(object, &group[i].times);
		cJSON_AddItemToArray(list, object);
	}
	free(group);
}

static void add_gaps(cJSON *root, const struct model *model)
{
	cJSON *list = cJSON_AddArrayToObject(root, "gaps");

	for (int i = 0; i < model->verdicts->gaps; i++) {
		const struct gap *gap = &model->verdicts->gap[i];
		cJSON *object = cJSON_CreateObject();

		CHECK(gap->from_ns <= gap->to_ns);
		add_text(object, "arm", model_arm_name(model, gap->arm));
		add_text(object, "lane", model_lane_name(model, gap->lane));
		add_seconds(object, "from_s", gap->from_ns);
		add_seconds(object, "to_s", gap->to_ns);
		cJSON_AddItemToArray(list, object);
	}
}

static cJSON *describe_arm(const struct arm_model *arm)
{
	cJSON *object = cJSON_CreateObject();

	add_text(object, "name", arm->row->name);
	add_text(object, "guard", arm->row->guard);
	add_text(object, "recipe", arm->row->recipe);
	json_add_whole(object, "ttl_ms", arm->row->ttl_ms);
	json_add_whole(object, "heartbeat_ms", arm->row->heartbeat_ms);
	json_add_whole(object, "retries", arm->row->retries);
	json_add_whole(object, "acquire_within_ms", arm->row->acquire_within_ms);
	add_judgement(object, arm->judged, arm->row->expect);
	add_exclusion(object, arm->judged);
	json_add_whole(object, "acquisitions", arm->acquisitions);
	json_add_whole(object, "applied", arm->applied);
	json_add_whole(object, "refused", arm->refused);
	json_add_whole(object, "faults", arm->faults);
	json_add_whole(object, "bitten", arm->bitten);
	add_failover_times(cJSON_AddObjectToObject(object, "failover"), &arm->failover);
	return object;
}

static void add_proofs(cJSON *object, const struct history *history, int64_t fault)
{
	cJSON *proofs = cJSON_AddArrayToObject(object, "proofs");

	for (int i = 0; i < history->proofs; i++) {
		const struct proof_row *row = &history->proof[i];
		cJSON *proof;

		if (row->fault != fault)
			continue;
		proof = cJSON_CreateObject();
		add_text(proof, "what", row->what);
		cJSON_AddBoolToObject(proof, "holds", row->holds);
		json_add_whole(proof, "count", row->count);
		add_text(proof, "detail", row->detail);
		add_seconds(proof, "at_s", row->at_ns);
		cJSON_AddItemToArray(proofs, proof);
	}
}

static cJSON *describe_fault(const struct model *model, const struct fault_row *fault)
{
	cJSON *object = cJSON_CreateObject();
	bool ended = fault->ended_ns != NEVER_NS;

	CHECK(fault->began_ns <= fault->ended_ns);
	json_add_whole(object, "id", fault->id);
	add_text(object, "kind", fault->kind);
	add_text(object, "target", fault->target);
	add_text(object, "arm", fault->arm < 0 ? NULL : model_arm_name(model, fault->arm));
	add_text(object, "lane", fault->lane < 0 ? NULL : model_lane_name(model, fault->lane));
	add_seconds(object, "began_s", fault->began_ns);
	add_seconds(object, "ended_s", fault->ended_ns);
	add_seconds(object, "length_s", ended ? fault->ended_ns - fault->began_ns : NEVER_NS);
	cJSON_AddBoolToObject(object, "bitten", fault->bitten);
	add_text(object, "detail", fault->detail);
	add_proofs(object, model->history, fault->id);
	return object;
}

static void add_run(cJSON *root, const struct model *model)
{
	const struct history *history = model->history;
	uint64_t seed = (uint64_t)history->seed; /* SQLite has no unsigned numbers */
	char text[24];

	json_add_whole(root, "schema", RESULT_SCHEMA_VERSION);
	add_text(root, "fencepost", history_text(history, "fencepost"));
	add_text(root, "campaign", history_text(history, "campaign_name"));
	json_add_unsigned(root, "seed", seed);
	snprintf(text, sizeof(text), "%" PRIu64, seed);
	add_text(root, "seed_text", text);
	add_text(root, "started", history_text(history, "started"));
	add_seconds(root, "duration_s", history->duration_ns);
	add_seconds(root, "length_s", model->length_ns);
	add_text(root, "etcd", history_text(history, "etcd"));
	add_text(root, "command", history_text(history, "command"));
	cJSON_AddBoolToObject(root, "sealed", history->sealed);
	cJSON_AddBoolToObject(root, "checked", model->verdicts->judgements > 0);
}

/* The whole table, and once more by name what of it never happened. */
static void add_coverage(cJSON *root, const struct verdicts *verdicts)
{
	cJSON *coverage = cJSON_AddArrayToObject(root, "coverage");
	cJSON *never = cJSON_AddArrayToObject(root, "never");

	for (int i = 0; i < verdicts->cells; i++) {
		const struct coverage_cell *cell = &verdicts->cell[i];
		cJSON *object = cJSON_CreateObject();

		CHECK(cell->bitten <= cell->injected);
		add_text(object, "kind", cell->kind);
		add_text(object, "moment", cell->moment);
		json_add_whole(object, "planned", cell->planned);
		json_add_whole(object, "injected", cell->injected);
		json_add_whole(object, "bitten", cell->bitten);
		json_add_whole(object, "exposures", cell->exposures);
		json_add_whole(object, "violations", cell->violations);
		cJSON_AddItemToArray(coverage, object);
		if (coverage_never(cell) == NEVER_NOTHING)
			continue;
		_cleanup_free_ char *name = text_format("%s/%s", cell->kind, cell->moment);
		object = cJSON_CreateObject();
		add_text(object, "cell", name);
		add_text(object, "never", never_word(coverage_never(cell)));
		cJSON_AddItemToArray(never, object);
	}
}

/* null: no packets were captured. */
static void add_capture(cJSON *root, const struct history *history)
{
	struct capture_facts facts;

	if (!capture_read(history, &facts)) {
		cJSON_AddNullToObject(root, "capture");
		return;
	}
	cJSON *capture = cJSON_AddObjectToObject(root, "capture");

	json_add_whole(capture, "packets", facts.packets);
	json_add_whole(capture, "bytes", facts.bytes);
	json_add_whole(capture, "dropped_packets", facts.dropped_packets);
	json_add_whole(capture, "dropped_bytes", facts.dropped_bytes);
	json_add_whole(capture, "missed_packets", facts.missed_packets);
	cJSON *gaps = cJSON_AddArrayToObject(capture, "gaps_s");

	for (int i = 0; i < facts.gaps; i++)
		cJSON_AddItemToArray(gaps, cJSON_CreateDoubleArray(facts.gap_s[i], 2));
}

static void add_notes(cJSON *root, const struct history *history)
{
	cJSON *notes = cJSON_AddArrayToObject(root, "notes");

	for (int i = 0; i < history->notes; i++) {
		cJSON *note = cJSON_CreateObject();

		add_seconds(note, "at_s", history->note[i].at_ns);
		cJSON_AddBoolToObject(note, "breaks", history->note[i].breaks);
		add_text(note, "topic", history->note[i].topic);
		add_text(note, "text", history->note[i].text);
		cJSON_AddItemToArray(notes, note);
	}
}

static void add_thresholds(cJSON *root, const struct model *model)
{
	cJSON *list = cJSON_AddArrayToObject(root, "thresholds");
	int count;
	struct threshold_result *result = thresholds_judge(model->history, model->verdicts, &count);

	for (int i = 0; i < count; i++) {
		cJSON *object = cJSON_CreateObject();

		add_text(object, "threshold", result[i].threshold.text);
		cJSON_AddItemToObject(object, "met",
				      result[i].met == THRESHOLD_UNTOLD
					      ? cJSON_CreateNull()
					      : cJSON_CreateBool(result[i].met == THRESHOLD_MET));
		cJSON_AddItemToObject(object, "value", json_real(result[i].value));
		cJSON_AddItemToArray(list, object);
	}
	free(result);
}

static cJSON *describe_run(const struct model *model)
{
	cJSON *root = cJSON_CreateObject(), *arms, *service, *faults;

	add_run(root, model);
	arms = cJSON_AddArrayToObject(root, "arms");
	for (int i = 0; i < model->arms; i++)
		cJSON_AddItemToArray(arms, describe_arm(&model->arm[i]));
	service = cJSON_AddObjectToObject(root, "service");
	add_text(service, "name", "service");
	add_judgement(service, model->service, history_text(model->history, "service_expect"));
	known_add_json(model->history, model->verdicts, service);
	faults = cJSON_AddArrayToObject(root, "faults");
	for (int i = 0; i < model->history->faults; i++)
		cJSON_AddItemToArray(faults, describe_fault(model, &model->history->fault[i]));
	add_coverage(root, model->verdicts);
	add_failovers(root, model);
	add_gaps(root, model);
	add_capture(root, model->history);
	add_notes(root, model->history);
	add_thresholds(root, model);
	what_to_change_add_json(&model->advice, root);
	return root;
}

int report_write_json(const struct model *model, FILE *out, struct error *err)
{
	CHECK(model_is_whole(model));
	return json_print_whole(describe_run(model), out, err);
}
