#include "reports/answer.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "base/text.h"
#include "history/guard.h"
#include "reports/answer_why.h"
#include "reports/run_outcome.h"
#include "reports/words.h"

enum { ARMS_NAMED = 4, VERDICTS_COUNT = VERDICT_BROKEN + 1 };

static void count_verdicts(const struct model *model, int count[VERDICTS_COUNT])
{
	memset(count, 0, VERDICTS_COUNT * sizeof(*count));
	for (int i = 0; i < model->arms; i++)
		if (model->arm[i].judged) {
			CHECK((int)model->arm[i].judged->verdict < VERDICTS_COUNT);
			count[model->arm[i].judged->verdict]++;
		}
}

/* The headline -------------------------------------------------------------------------------- */

/* What is said of arms of one verdict, after their names: "this lock is not safe". */
static const char *verdict_clause(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_SAFE:
		return "it held";
	case VERDICT_UNSAFE:
		return "this lock is not safe";
	case VERDICT_INCONCLUSIVE:
		return "this run cannot say whether it is safe";
	case VERDICT_BROKEN:
		return "the run itself failed";
	}
	return "";
}

static const char *sentence_of_all(enum verdict verdict, bool several)
{
	switch (verdict) {
	case VERDICT_SAFE:
		return several ? "In this run the lock held in every variant."
			       : "In this run the lock held.";
	case VERDICT_UNSAFE:
		return several ? "This lock is not safe in any of its variants."
			       : "This lock is not safe.";
	case VERDICT_INCONCLUSIVE:
		return "This run cannot say whether the lock is safe.";
	case VERDICT_BROKEN:
		return "The run itself failed: it says nothing about the lock.";
	}
	return "";
}

/* All arms use the lock in one way, so that what they differ in is guards and settings. */
static bool one_recipe(const struct model *model)
{
	for (int i = 1; i < model->arms; i++)
		if (strcmp(model->arm[i].row->recipe, model->arm[0].row->recipe) != 0)
			return false;
	return true;
}

/* All arms of that verdict have one kind of guard; NULL when not. */
static const struct guard_kind *common_guard(const struct model *model, enum verdict verdict)
{
	const struct guard_kind *common = NULL;

	for (int i = 0; i < model->arms; i++) {
		const struct arm_model *arm = &model->arm[i];
		const struct guard_kind *guard = guard_find(arm->row->guard);

		if (!arm->judged || arm->judged->verdict != verdict)
			continue;
		if (!guard || (common && common != guard))
			return NULL;
		common = guard;
	}
	return common;
}

/* "Without a fencing token this lock is not safe. With one it held." False when the arms are not
 * parted by that. */
static bool say_token_parts(FILE *out, const struct model *model, const int count[VERDICTS_COUNT])
{
	if (!one_recipe(model))
		return false;
	for (int other = 0; other < VERDICTS_COUNT; other++) {
		const struct guard_kind *bare = common_guard(model, VERDICT_UNSAFE);
		const struct guard_kind *guard = common_guard(model, (enum verdict)other);

		if (other == VERDICT_UNSAFE || other == VERDICT_BROKEN || !bare || !guard ||
		    count[other] + count[VERDICT_UNSAFE] != model->arms)
			continue;
		if (bare != &guard_kinds[GUARD_NONE] || !guard_needs_token(guard))
			return false;
		fprintf(out, "Without a fencing token this lock is not safe. With one %s.",
			other == VERDICT_SAFE ? "it held" : "this run cannot say");
		return true;
	}
	return false;
}

static void say_names(FILE *out, const struct model *model, enum verdict verdict, int count)
{
	int named = 0;

	for (int i = 0; i < model->arms; i++) {
		const struct arm_model *arm = &model->arm[i];

		if (!arm->judged || arm->judged->verdict != verdict)
			continue;
		named++;
		fprintf(out, "%s%s",
			named == 1       ? ""
			: named == count ? " and "
					 : ", ",
			arm->row->name);
	}
	CHECK(named == count);
}

/* "With none this lock is not safe. With token it held." */
static void say_named_parts(FILE *out, const struct model *model, const int count[VERDICTS_COUNT])
{
	static const enum verdict order[] = {VERDICT_UNSAFE, VERDICT_SAFE, VERDICT_INCONCLUSIVE,
					     VERDICT_BROKEN};
	const char *separator = "";

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (count[order[i]] == 0)
			continue;
		fprintf(out, "%sVariant%s ", separator, count[order[i]] == 1 ? "" : "s");
		say_names(out, model, order[i], count[order[i]]);
		fprintf(out, ": %s.", verdict_clause(order[i]));
		separator = " ";
	}
}

/* "31 of 100 variants are not safe, 60 held, 9 cannot be told." */
static void say_numbers(FILE *out, const struct model *model, const int count[VERDICTS_COUNT])
{
	static const struct {
		enum verdict verdict;
		const char *one, *many;
	} parts[] = {
		{VERDICT_UNSAFE, "is not safe", "are not safe"},
		{VERDICT_SAFE, "held", "held"},
		{VERDICT_INCONCLUSIVE, "cannot be told", "cannot be told"},
		{VERDICT_BROKEN, "failed in itself", "failed in themselves"},
	};
	int said = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		int number = count[parts[i].verdict];

		if (number == 0)
			continue;
		fprintf(out, said ? ", %d" : "%d", number);
		if (!said++)
			fprintf(out, " of %d variants%s", model->arms,
				one_recipe(model) ? " of this lock" : "");
		fprintf(out, " %s", number == 1 ? parts[i].one : parts[i].many);
	}
	fputs(said ? "." : "Nothing was judged.", out);
}

static void say_lock(FILE *out, const struct model *model)
{
	int count[VERDICTS_COUNT], kinds = 0, judged = 0;
	enum verdict only = VERDICT_BROKEN;

	count_verdicts(model, count);
	for (int v = 0; v < VERDICTS_COUNT; v++)
		if (count[v]) {
			kinds++;
			only = (enum verdict)v;
			judged += count[v];
		}
	if (model->verdicts->judgements == 0)
		fputs("Nothing is known about this lock: the run was never judged.", out);
	else if (judged < model->arms)
		say_numbers(out, model, count);
	else if (kinds <= 1)
		fputs(sentence_of_all(only, model->arms > 1), out);
	else if (model->arms > ARMS_NAMED)
		say_numbers(out, model, count);
	else if (!say_token_parts(out, model, count))
		say_named_parts(out, model, count);
	if (model->service && model->service->verdict == VERDICT_UNSAFE)
		fputs(count[VERDICT_UNSAFE] ? " The service broke promises, too."
					    : " But the service broke its promises.",
		      out);
}

static void say_headline(FILE *out, const struct model *model)
{
	if (outcome_was_interrupted(model->history))
		fprintf(out, "Interrupted after %.0f s. ", (double)model->length_ns / 1e9);
	else if (!model->history->sealed)
		fputs("The run did not end in order. ", out);
	say_lock(out, model);
}

/* The line of data ---------------------------------------------------------------------------- */

static void say_harm(FILE *out, const struct judgement *judged)
{
	static const struct {
		enum violation_name name;
		const char *one, *many;
	} harms[] = {
		{VIOLATION_FENCE_BREACH, "harmful write passed its guard",
		 "harmful writes passed its guard"},
		{VIOLATION_STALE_WRITE, "stale write was applied", "stale writes were applied"},
		{VIOLATION_LATE_WRITE, "late write was applied", "late writes were applied"},
		{VIOLATION_LOST_UPDATE, "update was lost", "updates were lost"},
	};
	int said = 0;

	for (size_t i = 0; i < sizeof(harms) / sizeof(harms[0]); i++) {
		int64_t count = judged->definite[harms[i].name];

		if (count)
			fprintf(out, "%s%" PRId64 " %s", said++ ? ", " : ": ", count,
				count == 1 ? harms[i].one : harms[i].many);
	}
	fputs(said > 1 ? " (an exposure can have several of these)." : ".", out);
}

/* Exposures, and how each ended: the parts add up. */
static void say_arm(FILE *out, const struct arm_model *arm)
{
	const struct judgement *judged = arm->judged;
	char count[WORDS_SIZE];

	fprintf(out, "Variant %s%s: ", arm->row->name,
		arm->row->planted & (PLANTED_CLIENT | PLANTED_STORE) ? " (wrong on purpose)" : "");
	if (!judged) {
		fputs("not judged. ", out);
		return;
	}
	if (judgement_is_guarded(judged)) {
		fprintf(out, "%" PRId64 " of %s of its guard got through",
			judged->measure[MEASURE_GUARD_FAILURES],
			words_count(count, judged->measure[MEASURE_GUARD_TESTS], "test"));
		fprintf(out, "; %s refused", words_count(count, arm->refused, "write"));
	} else {
		fprintf(out, "%" PRId64 " of %s went wrong", judged->events,
			words_count(count, judged->exposures, "exposure"));
	}
	say_harm(out, judged);
	fputc(' ', out);
}

static void say_data(FILE *out, const struct model *model)
{
	int order[ARMS_NAMED];
	int shown = model->arms > ARMS_NAMED ? 1 : model->arms;

	if (model->verdicts->judgements == 0)
		return;
	model_order_arms(model, order, shown);
	if (shown < model->arms)
		fputs("The most harm was done here. ", out);
	for (int i = 0; i < shown; i++)
		say_arm(out, &model->arm[order[i]]);
}

/* What broke, and what would have stopped it --------------------------------------------------- */

static bool ends_with_stop(const char *text)
{
	return *text && text[strlen(text) - 1] == '.';
}

static void say_broke(FILE *out, const struct model *model, const struct answer *answer)
{
	const struct violation *violation = model->gravest;

	if (model->verdicts->judgements == 0)
		fputs("Nobody has looked: the history was never judged.", out);
	else if (violation)
		fprintf(out, "%s %s%s%s", violation_sentence(model->history, violation),
			violation->definite ? "" : "Possibly: ", violation->summary,
			ends_with_stop(violation->summary) ? "" : ".");
	else if (answer->verdict == VERDICT_BROKEN)
		fputs("The run itself. What it counted means nothing.", out);
	else
		fputs("Nothing that was looked for.", out);
}

/* One that uses the lock as the arm that broke tells most; then the one with the most tests. */
static bool is_better(const struct arm_model *arm, const struct arm_model *best, const char *recipe)
{
	bool alike = strcmp(arm->row->recipe, recipe) == 0;

	if (alike != (strcmp(best->row->recipe, recipe) == 0))
		return alike;
	return arm->judged->measure[MEASURE_GUARD_TESTS] >
	       best->judged->measure[MEASURE_GUARD_TESTS];
}

static const char *recipe_that_broke(const struct model *model)
{
	return model->gravest && model->gravest->arm >= 0
		       ? model->arm[model->gravest->arm].row->recipe
		       : "";
}

const struct arm_model *answer_guarded(const struct model *model)
{
	const struct arm_model *best = NULL;

	for (int i = 0; i < model->arms; i++) {
		const struct arm_model *arm = &model->arm[i];

		if (!arm->judged || !judgement_is_guarded(arm->judged) ||
		    arm->judged->measure[MEASURE_GUARD_FAILURES] != 0 ||
		    arm->judged->verdict == VERDICT_UNSAFE ||
		    arm->judged->verdict == VERDICT_BROKEN)
			continue;
		if (!best || is_better(arm, best, recipe_that_broke(model)))
			best = arm;
	}
	return best;
}

static void say_guarded(FILE *out, const struct model *model, const struct arm_model *arm)
{
	char tests[WORDS_SIZE], refused[WORDS_SIZE];
	const char *broke = recipe_that_broke(model);

	fprintf(out,
		"The guard %s. Variant %s%s met the same faults: none of %s got through, its store "
		"refused %s.",
		arm->row->guard, arm->row->name,
		*broke && strcmp(broke, arm->row->recipe) != 0 ? " (another client)" : "",
		words_count(tests, arm->judged->measure[MEASURE_GUARD_TESTS], "stale request"),
		words_count(refused, arm->refused, "write"));
	if (arm->judged->verdict == VERDICT_INCONCLUSIVE)
		fputs(" Too few to call it SAFE.", out);
}

static void say_stopped(FILE *out, const struct model *model)
{
	const struct arm_model *guarded = answer_guarded(model);
	const struct violation *broken = model->gravest;

	if (!broken && guarded)
		say_guarded(out, model, guarded);
	else if (!broken)
		fputs("There was nothing to stop.", out);
	else if (broken->name == VIOLATION_GHOST_GRANT)
		fputs("A look: a client that reads its own key again before it believes finds it "
		      "gone. Beside that, a guard at the store that refuses smaller tokens.",
		      out);
	else if (broken->arm < 0)
		fputs("Nothing in the client: the service gave this promise.", out);
	else if (model->arm[broken->arm].judged &&
		 judgement_is_guarded(model->arm[broken->arm].judged))
		fputs("The guard should have, and did not.", out);
	else if (arm_sharing(model->arm[broken->arm].row) == SHARING_SEMAPHORE)
		fputs("No guard at the store: of those who hold a semaphore at once the one with "
		      "the smallest fencing token may hold longest, so that no token tells who is "
		      "too late. A holder that stops in time, or a longer lease, makes it rarer.",
		      out);
	else if (guarded)
		say_guarded(out, model, guarded);
	else
		fputs("A guard at the store that refuses a smaller fencing token than it has seen. "
		      "No variant of this run had one: it was not tried.",
		      out);
}

/* The whole ----------------------------------------------------------------------------------- */

char *answer_service(const struct model *model)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);
	int said = 0;

	for (int name = 0; model->service && name < VIOLATION_NAMES_COUNT; name++)
		if (model->service->definite[name])
			fprintf(out, "%s%" PRId64 " %s", said++ ? ", " : "",
				model->service->definite[name],
				violation_word((enum violation_name)name));
	text_end(out, &text);
	return text;
}

static enum verdict gravest_verdict(const struct model *model)
{
	static const int gravity[VERDICTS_COUNT] = {[VERDICT_SAFE] = 0,
						    [VERDICT_INCONCLUSIVE] = 1,
						    [VERDICT_BROKEN] = 2,
						    [VERDICT_UNSAFE] = 3};
	enum verdict gravest = model->verdicts->judgements ? VERDICT_SAFE : VERDICT_BROKEN;

	for (int i = 0; i < model->verdicts->judgements; i++)
		if (gravity[model->verdicts->judgement[i].verdict] > gravity[gravest])
			gravest = model->verdicts->judgement[i].verdict;
	return gravest;
}

/* What the run ended with, as far as its history tells. */
static enum exit_code exit_code_of(const struct model *model)
{
	enum exit_code code = outcome_exit_code(model->history, model->verdicts);

	return outcome_was_interrupted(model->history) ? exit_code_graver(code, EXIT_INTERRUPTED)
						       : code;
}

int answer_build(const struct model *model, struct answer *answer, struct error *err)
{
	CHECK(model_is_whole(model));
	*answer = (struct answer){.verdict = gravest_verdict(model)};
	answer->why = answer_why(model, answer->verdict, err);
	if (!answer->why)
		return -1;
	answer->headline = TEXT_SAID(say_headline, model);
	answer->data = TEXT_SAID(say_data, model);
	answer->outcome = outcome_sentence(model->history, model->verdicts, exit_code_of(model));
	answer->broke = TEXT_SAID(say_broke, model, answer);
	answer->stopped = TEXT_SAID(say_stopped, model);
	return 0;
}

void answer_free(struct answer *answer)
{
	free(answer->headline);
	free(answer->data);
	free(answer->outcome);
	free(answer->broke);
	free(answer->why);
	free(answer->stopped);
	*answer = (struct answer){0};
}
