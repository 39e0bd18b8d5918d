/*
 * Theory of operation. Each account of a lane is written as text, one line a hold or grant, in one
 * order; accounts agree when their texts are equal. The views are read once, by lane, while the
 * lanes go by. Stories are compared as numbers: they are kept in seconds.
 */
#include "tests/support/accounts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/invariant.h"
#include "checker/checker.h"
#include "checker/holds/lane_trace.h"
#include "checker/linear/linear.h"
#include "judging/trace_check.h"
#include "reports/story.h"

const char *const account_names[ACCOUNTS] = {"view hold", "view granted", "story", "trace",
					     "verdict"};

/* What a trace tells of one attempt. */
struct told_hold {
	uint32_t acquire, release; /* the last of them; 0 when there are none */
	int acquires, releases;
};

struct level {
	struct trace trace;
	struct told_hold *hold; /* by attempt, up to the last one that the trace names */
	uint32_t holds;
};

struct comparison {
	struct history told, against;
	struct run run;
	struct accounts *accounts;
	sqlite3_stmt *view[2]; /* ACCOUNT_HOLD, ACCOUNT_GRANTED: on the next row */
	struct level level[EXCLUSION_LEVELS_COUNT];
	uint32_t attempts;                        /* of the lanes before, as a trace numbers them */
	uint32_t failing[EXCLUSION_LEVELS_COUNT]; /* locks that are not linearizable */
};

static void must(int result, const struct error *err)
{
	if (result)
		fprintf(stderr, "accounts: %s\n", err->text);
	CHECK(result == 0);
}

/* Two texts ------------------------------------------------------------------------------------ */

struct texts {
	FILE *told, *against;
	char *told_text, *against_text;
	size_t told_size, against_size;
};

static void texts_open(struct texts *texts)
{
	texts->told = open_memstream(&texts->told_text, &texts->told_size);
	texts->against = open_memstream(&texts->against_text, &texts->against_size);
	CHECK(texts->told && texts->against);
}

static int line_at(const char *text, size_t at)
{
	while (at > 0 && text[at - 1] != '\n')
		at--;
	return (int)at;
}

static void differ(struct comparison *comparison, enum account account, const char *name,
		   const char *told, const char *against)
{
	struct accounts *accounts = comparison->accounts;

	if (accounts->differ[account]++)
		return;
	snprintf(accounts->first[account], sizeof(accounts->first[account]),
		 "%s of %.60s: '%.*s', but checker/holds says '%.*s'", account_names[account], name,
		 (int)strcspn(against, "\n"), against, (int)strcspn(told, "\n"), told);
}

static void texts_close(struct comparison *comparison, struct texts *texts, enum account account,
			const char *name)
{
	size_t same = 0;

	CHECK(fclose(texts->told) == 0 && fclose(texts->against) == 0);
	if (strcmp(texts->told_text, texts->against_text)) {
		while (texts->told_text[same] == texts->against_text[same])
			same++;
		differ(comparison, account, name,
		       texts->told_text + line_at(texts->told_text, same),
		       texts->against_text + line_at(texts->against_text, same));
	}
	free(texts->told_text);
	free(texts->against_text);
}

/* Views ---------------------------------------------------------------------------------------- */

static const char *const view_sql[2] = {
	"SELECT lane, attempt, began_ns, ended_ns FROM hold ORDER BY lane, attempt",
	"SELECT lane, key, coalesce(lease, 0), revision, created_ns, removed_revision, removed_ns "
	"FROM granted ORDER BY lane, revision, key"};

static void step(sqlite3_stmt *view)
{
	int result = sqlite3_step(view);

	CHECK(result == SQLITE_ROW || result == SQLITE_DONE);
}

static void open_views(struct comparison *comparison)
{
	for (int i = 0; i < 2; i++) {
		int result = sqlite3_prepare_v2(comparison->against.db, view_sql[i], -1,
						&comparison->view[i], NULL);

		if (result != SQLITE_OK)
			fprintf(stderr, "accounts: %s\n", sqlite3_errmsg(comparison->against.db));
		CHECK(result == SQLITE_OK);
		step(comparison->view[i]);
	}
}

/* A column in words: the number, the text, or "never". */
static const char *column(sqlite3_stmt *view, int number)
{
	const char *text = (const char *)sqlite3_column_text(view, number);

	return text ? text : "never";
}

static void tell_ns(FILE *out, const char *what, int64_t ns)
{
	if (ns == NEVER_NS)
		fprintf(out, " %s never", what);
	else
		fprintf(out, " %s %lld", what, (long long)ns);
}

static void compare_hold_view(struct comparison *comparison, const struct lane_facts *facts)
{
	sqlite3_stmt *view = comparison->view[ACCOUNT_HOLD];
	struct texts texts;

	texts_open(&texts);
	for (int i = 0; i < facts->attempts; i++) {
		const struct attempt *attempt = &facts->attempt[i];

		if (!attempt->acquire)
			continue;
		fprintf(texts.told, "attempt %lld", (long long)attempt->id);
		tell_ns(texts.told, "began", attempt->believed_from_ns);
		tell_ns(texts.told, "ended", attempt->believed_to_ns);
		fputc('\n', texts.told);
		comparison->accounts->holds++;
	}
	for (; sqlite3_data_count(view) && sqlite3_column_int(view, 0) <= facts->lane->id;
	     step(view))
		fprintf(texts.against, "attempt %s began %s ended %s\n", column(view, 1),
			column(view, 2), column(view, 3));
	texts_close(comparison, &texts, ACCOUNT_HOLD, facts->lane->name);
}

static void compare_granted_view(struct comparison *comparison, const struct lane_facts *facts)
{
	sqlite3_stmt *view = comparison->view[ACCOUNT_GRANTED];
	struct texts texts;

	texts_open(&texts);
	for (int i = 0; i < facts->grants; i++) {
		const struct grant *grant = &facts->grant[i];
		bool stands = grant->removed_order == STANDS;

		fprintf(texts.told, "key %s lease %lld revision %lld", grant->key,
			(long long)grant->lease, (long long)grant->order);
		tell_ns(texts.told, "seen", grant->created_seen_ns);
		tell_ns(texts.told, "until", stands ? NEVER_NS : grant->removed_order);
		tell_ns(texts.told, "seen", grant->removed_seen_ns);
		fputc('\n', texts.told);
		comparison->accounts->grants++;
	}
	for (; sqlite3_data_count(view) && sqlite3_column_int(view, 0) <= facts->lane->id;
	     step(view))
		fprintf(texts.against, "key %s lease %s revision %s seen %s until %s seen %s\n",
			column(view, 1), column(view, 2), column(view, 3), column(view, 4),
			column(view, 5), column(view, 6));
	texts_close(comparison, &texts, ACCOUNT_GRANTED, facts->lane->name);
}

/* Rows that no lane has taken. */
static void close_views(struct comparison *comparison)
{
	for (int i = 0; i < 2; i++) {
		if (sqlite3_data_count(comparison->view[i]))
			differ(comparison, (enum account)i, "no lane", "nothing",
			       column(comparison->view[i], 1));
		sqlite3_finalize(comparison->view[i]);
	}
}

/* Stories -------------------------------------------------------------------------------------- */

/* To a microsecond. */
static bool is_at(const struct story *story, double at_s, int64_t ns)
{
	if (ns == NEVER_NS)
		return isinf(at_s);
	return fabs((double)(story->zero_ns - ns) / 1e9 + at_s) < 1e-6;
}

static bool same_text(const char *one, const char *other)
{
	return one && other ? !strcmp(one, other) : one == other;
}

static bool story_agrees(const struct story *story, const struct story_hold *hold,
			 const struct attempt *attempt)
{
	const struct grant *grant = attempt->grant;
	enum function ended_by = attempt->ending ? attempt->ending->f : 0;

	if (!is_at(story, hold->believed_s, attempt->believed_from_ns) ||
	    !is_at(story, hold->believed_until_s, attempt->believed_to_ns) ||
	    hold->ended_by != ended_by || hold->lease != attempt->lease ||
	    hold->token != attempt->token)
		return false;
	if (!grant)
		return isnan(hold->granted_s) && isnan(hold->granted_until_s);
	return is_at(story, hold->granted_s, grant->created_seen_ns) &&
	       is_at(story, hold->granted_until_s, grant->removed_seen_ns) &&
	       hold->grant_revision == grant->order &&
	       same_text(hold->key, grant->key ? grant->key : "");
}

static void differ_story(struct comparison *comparison, const struct lane_facts *facts,
			 const struct attempt *attempt, const struct story *story,
			 const struct story_hold *hold)
{
	double zero_s = (double)story->zero_ns / 1e9;
	char told[160], against[160] = "no such hold";

	snprintf(told, sizeof(told), "attempt %lld believed %.6f - %.6f s, granted %.6f - %.6f s",
		 (long long)attempt->id, seconds(attempt->believed_from_ns),
		 seconds(attempt->believed_to_ns),
		 attempt->grant ? seconds(attempt->grant->created_seen_ns) : NAN,
		 attempt->grant ? seconds(attempt->grant->removed_seen_ns) : NAN);
	if (hold)
		snprintf(against, sizeof(against),
			 "attempt %lld believed %.6f - %.6f s, granted %.6f - %.6f s",
			 (long long)hold->attempt, zero_s + hold->believed_s,
			 zero_s + hold->believed_until_s, zero_s + hold->granted_s,
			 zero_s + hold->granted_until_s);
	differ(comparison, ACCOUNT_STORY, facts->lane->name, told, against);
}

/* A story of up to STORY_HOLDS holders from the one on; false: they differ. */
static bool compare_story(struct comparison *comparison, const struct lane_facts *facts, int first)
{
	struct violation violation = {.lane = facts->lane->id,
				      .at_ns = facts->holder[first]->believed_from_ns};
	struct error err = {0};
	struct story story;
	bool same = true;

	for (int i = first; i < facts->holders && i < first + STORY_HOLDS; i++)
		violation.evidence[violation.evidences++] =
			(struct evidence){"attempt", facts->holder[i]->id, "holder"};
	must(story_gather(&comparison->against, &violation, &story, &err), &err);
	for (int i = 0; same && i < violation.evidences; i++) {
		const struct story_hold *hold = NULL;

		for (int h = 0; h < story.holds; h++)
			if (story.hold[h].attempt == facts->holder[first + i]->id)
				hold = &story.hold[h];
		same = hold && story_agrees(&story, hold, facts->holder[first + i]);
		if (!same)
			differ_story(comparison, facts, facts->holder[first + i], &story, hold);
	}
	story_free(&story);
	return same;
}

static void compare_stories(struct comparison *comparison, const struct lane_facts *facts)
{
	for (int i = 0; i < facts->holders; i += STORY_HOLDS)
		if (!compare_story(comparison, facts, i))
			return;
}

/* Traces --------------------------------------------------------------------------------------- */

static void read_level(struct comparison *comparison, const char *path, enum exclusion_level which)
{
	const struct trace_source source = {
		.path = path, .format = TRACE_HISTORY, .in_parts = comparison->accounts->in_parts};
	struct level *level = &comparison->level[which];
	struct error err = {0};

	must(holds_import(&source, which, &level->trace, &err), &err);
	for (uint32_t i = 0; i < level->trace.ops; i++)
		if (level->trace.op[i].attempt >= level->holds)
			level->holds = level->trace.op[i].attempt + 1;
	ARRAY_NEW(level->hold, level->holds);
	for (uint32_t i = 0; i < level->trace.ops; i++) {
		const struct trace_op *op = &level->trace.op[i];
		struct told_hold *hold = &level->hold[op->attempt];

		if (op->f == TRACE_ACQUIRE && op->outcome == TRACE_OK) {
			hold->acquire = i;
			hold->acquires++;
		} else if (op->f == TRACE_RELEASE) {
			hold->release = i;
			hold->releases++;
		}
	}
}

static void close_levels(struct comparison *comparison)
{
	for (int i = 0; i < EXCLUSION_LEVELS_COUNT; i++) {
		trace_free(&comparison->level[i].trace);
		free(comparison->level[i].hold);
	}
}

static void tell_from_trace(FILE *out, const struct level *level, uint32_t attempt)
{
	const struct told_hold *hold = attempt < level->holds ? &level->hold[attempt] : NULL;

	if (!hold || !hold->acquires) {
		fprintf(out, "attempt %u held 0 times\n", attempt);
		return;
	}
	const struct trace_op *acquire = &level->trace.op[hold->acquire];
	int64_t released_ns = hold->releases ? level->trace.op[hold->release].invoked_ns : NEVER_NS;

	fprintf(out, "attempt %u held %d times, op %u of %d in %s:", attempt, hold->acquires,
		acquire->line, acquire->process, trace_object_name(&level->trace, acquire->object));
	tell_ns(out, "invoked", acquire->invoked_ns);
	tell_ns(out, "returned", acquire->returned_ns);
	tell_ns(out, "released", released_ns);
	fprintf(out, " %d times\n", hold->releases);
}

static void tell_as_trace(FILE *out, const struct lane_facts *facts, const struct attempt *attempt,
			  uint32_t number)
{
	const struct op_row *acquire = attempt->acquire;

	if (!acquire) {
		fprintf(out, "attempt %u held 0 times\n", number);
		return;
	}
	fprintf(out, "attempt %u held 1 times, op %u of %d in %s:", number, (uint32_t)acquire->id,
		acquire->process, facts->lane->name);
	tell_ns(out, "invoked", acquire->invoked_ns);
	tell_ns(out, "returned", acquire->returned_ns);
	tell_ns(out, "released", attempt->believed_to_ns);
	fprintf(out, " %d times\n", attempt->believed_to_ns != NEVER_NS);
}

static void compare_traces(struct comparison *comparison, const struct lane_facts *facts)
{
	bool is_told = lane_is_told(facts->run->history, facts->lane->id);

	for (int level = 0; level < EXCLUSION_LEVELS_COUNT && is_told; level++) {
		struct texts texts;

		texts_open(&texts);
		for (int i = 0; i < facts->attempts; i++) {
			uint32_t number = comparison->attempts + (uint32_t)i + 1;

			tell_as_trace(texts.told, facts, &facts->attempt[i], number);
			tell_from_trace(texts.against, &comparison->level[level], number);
		}
		texts_close(comparison, &texts, ACCOUNT_TRACE, facts->lane->name);
	}
	if (is_told)
		comparison->attempts += (uint32_t)facts->attempts;
}

/* Verdicts ------------------------------------------------------------------------------------- */

static int arm_of_object(const struct comparison *comparison, const char *name)
{
	for (int i = 0; i < comparison->told.lanes; i++)
		if (!strcmp(comparison->told.lane[i].name, name))
			return comparison->told.lane[i].arm;
	return -1;
}

static const enum model models[EXCLUSION_LEVELS_COUNT] = {MODEL_OWNED_MUTEX, MODEL_LEASED_LOCK};

/* One lock's verdict, added to its arm's as the gravest counts. */
static void judge_object(const struct level *level, enum model model, uint32_t number,
			 struct exclusion *exclusion)
{
	const struct linear_bounds bounds = {0};
	struct linear_object object;
	struct linear_result result;
	int64_t holds = 0;

	linear_split(&level->trace, number, &object);
	for (uint32_t i = 0; i < object.ops; i++) {
		const struct trace_op *op = &level->trace.op[object.op ? object.op[i] : i];

		holds += op->f == TRACE_ACQUIRE && op->outcome == TRACE_OK;
	}
	linear_decide(&object, model, 1, &bounds, &result);
	linear_split_free(&object);
	if (!holds) /* nothing that the run checker would judge */
		return;
	CHECK(result.verdict != LINEAR_UNKNOWN); /* the procedures cover these models */
	exclusion->holds += holds;
	exclusion->violations += (int64_t)result.violations;
	if (result.verdict == NOT_LINEARIZABLE)
		exclusion->verdict = EXCLUSION_FAILED;
	else if (exclusion->verdict == EXCLUSION_UNKNOWN)
		exclusion->verdict = EXCLUSION_HELD;
}

static void tell_exclusion(FILE *out, const struct exclusion *exclusion)
{
	fprintf(out, "%s, %lld holds, %lld violations\n", exclusion_word(exclusion->verdict),
		(long long)exclusion->holds, (long long)exclusion->violations);
}

/* The run checker knows more of the service than a trace tells: promises, and the witness's word.
 */
static bool fails_otherwise(const struct judgement *judgement, enum exclusion_level which)
{
	return which == EXCLUSION_SERVICE && (judgement->measure[MEASURE_PAIRS_PROMISED] > 0 ||
					      judgement->measure[MEASURE_PAIRS_GRANTED] > 0);
}

/* The run checker's exclusion of each honest arm against that of its locks in the trace. */
static void compare_arms(struct comparison *comparison, const struct verdicts *verdicts,
			 enum exclusion_level which)
{
	const struct level *level = &comparison->level[which];
	struct exclusion *exclusion;

	ARRAY_NEW(exclusion, comparison->told.arms);
	for (uint32_t i = 0; i < level->trace.objects; i++) {
		int arm = arm_of_object(comparison, trace_object_name(&level->trace, i));

		CHECK(arm >= 0);
		judge_object(level, models[which], i, &exclusion[arm]);
	}
	for (int arm = 0; arm < comparison->told.arms; arm++) {
		struct texts texts;

		if (!arm_is_honest(&comparison->told.arm[arm]) ||
		    arm_sharing(&comparison->told.arm[arm]) != SHARING_MUTEX)
			continue;
		if (fails_otherwise(&verdicts->judgement[arm], which))
			exclusion[arm].verdict = EXCLUSION_FAILED;
		texts_open(&texts);
		tell_exclusion(texts.told, &verdicts->judgement[arm].exclusion[which]);
		tell_exclusion(texts.against, &exclusion[arm]);
		texts_close(comparison, &texts, ACCOUNT_VERDICT, comparison->told.arm[arm].name);
	}
	free(exclusion);
}

/* As the command does: without a model it is what the service's answers prove. */
static void count_failing(struct comparison *comparison, const char *path,
			  enum exclusion_level which)
{
	const struct trace_check_request request = {
		.path = path,
		.format = TRACE_HISTORY,
		.model = which == EXCLUSION_CLIENT ? model_names[models[which]] : NULL,
		.in_parts = comparison->accounts->in_parts,
	};
	struct trace_check check;
	struct error err = {0};

	must(trace_check_run(&request, &check, &err), &err);
	comparison->failing[which] = check.summary.not_linearizable;
	comparison->accounts->failing[which] += (int)check.summary.not_linearizable;
	trace_check_free(&check);
}

/* `check RUN` against `check --format history`. */
static void compare_verdicts(struct comparison *comparison, const char *against)
{
	const struct checker_config config = {.min_exposures = 30,
					      .violations_kept = 10,
					      .in_parts = comparison->accounts->in_parts};
	struct verdicts verdicts;
	struct error err = {0};
	struct texts texts;

	must(checker_judge(&comparison->told, &config, &verdicts, &err), &err);
	for (int which = 0; which < EXCLUSION_LEVELS_COUNT; which++) {
		compare_arms(comparison, &verdicts, (enum exclusion_level)which);
		count_failing(comparison, against, (enum exclusion_level)which);
	}
	const struct judgement *service = &verdicts.judgement[comparison->told.arms];

	texts_open(&texts);
	fprintf(texts.told, "%lld not-linearizable\n",
		(long long)service->definite[VIOLATION_NOT_LINEARIZABLE]);
	fprintf(texts.against, "%u not-linearizable\n", comparison->failing[EXCLUSION_SERVICE]);
	texts_close(comparison, &texts, ACCOUNT_VERDICT, "the service");
	verdicts_free(&verdicts);
}

/* All together --------------------------------------------------------------------------------- */

static void compare_lane(struct comparison *comparison, int lane)
{
	struct lane_history rows;
	struct lane_facts facts;
	struct error err = {0};

	must(history_load_lane(&comparison->told, lane, &rows, &err), &err);
	facts_open(&comparison->run, lane, &rows, &facts);
	compare_hold_view(comparison, &facts);
	compare_granted_view(comparison, &facts);
	compare_stories(comparison, &facts);
	compare_traces(comparison, &facts);
	comparison->accounts->lanes++;
	facts_close(&facts);
	history_free_lane(&rows);
}

void accounts_compare(const char *told, const char *against, struct accounts *accounts)
{
	struct comparison comparison = {.accounts = accounts};
	struct error err = {0};

	must(history_open(told, &comparison.told, &err), &err);
	must(history_open(against, &comparison.against, &err), &err);
	run_open(&comparison.told, NEVER_NS, 0, &comparison.run);
	open_views(&comparison);
	for (int level = 0; level < EXCLUSION_LEVELS_COUNT; level++)
		read_level(&comparison, against, (enum exclusion_level)level);
	for (int lane = 0; lane < comparison.told.lanes; lane++)
		compare_lane(&comparison, lane);
	compare_verdicts(&comparison, against);
	close_views(&comparison);
	close_levels(&comparison);
	run_close(&comparison.run);
	history_close(&comparison.told);
	history_close(&comparison.against);
}

int accounts_differ(const struct accounts *accounts)
{
	int sum = 0;

	for (int i = 0; i < ACCOUNTS; i++)
		sum += accounts->differ[i];
	return sum;
}
