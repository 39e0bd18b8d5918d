/*
 * All that is told of a small run, to the letter: verdicts, rates, measures, violations with their
 * evidence, coverage. The runs and the texts stand in checker_stories.txt, where a wrong word is
 * easily seen. STORIES_WRITE=1 prints each run with what is told of it now, to be read before it is
 * believed.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "history/database.h"
#include "base/invariant.h"
#include "tests/support/lock_story.h"
#include "tests/support/suite.h"

enum { STORIES_MAX = 80, HOLDS_MAX = 26, WORD = 64 };

struct scene {
	char *head;         /* the line "== ..." */
	char *steps, *told; /* grow */
};

static struct scene scenes[STORIES_MAX];
static int count;

/* The texts ----------------------------------------------------------------------------------- */

static void append(char **text, const char *line)
{
	char *before = *text;

	CHECK(asprintf(text, "%s%s", before, line) >= 0);
	free(before);
}

static void read_scenes(void)
{
	const char *path = "tests/unit/checker_stories.txt";
	FILE *in = fopen(path, "r");
	bool tells = false;
	char *line = NULL;
	size_t room = 0;

	if (!in) {
		fprintf(stderr, "%s: not found from here: run me at the root of the tree\n", path);
		exit(EXIT_FAILURE);
	}
	while (getline(&line, &room, in) > 0) {
		if (*line == '#' || *line == '\n')
			continue;
		if (strncmp(line, "== ", 3) == 0) {
			CHECK(count < STORIES_MAX);
			line[strcspn(line, "\n")] = '\0';
			scenes[count++] = (struct scene){strdup(line), strdup(""), strdup("")};
			tells = false;
			continue;
		}
		CHECK(count > 0);
		if (strcmp(line, "--\n") == 0)
			tells = true;
		else
			append(tells ? &scenes[count - 1].told : &scenes[count - 1].steps, line);
	}
	free(line);
	fclose(in);
}

static const char *option(const struct scene *scene, const char *name)
{
	const char *found = strstr(scene->head, name);

	return found ? found + strlen(name) : NULL;
}

/* The steps ----------------------------------------------------------------------------------- */

struct stage {
	struct story *story;
	struct maker *maker;
	int hold[HOLDS_MAX], worker[HOLDS_MAX], attempt[HOLDS_MAX], attempts[HOLDS_MAX];
};

static enum outcome outcome_named(const char *name)
{
	return !strcmp(name, "ok")       ? OUTCOME_OK
	       : !strcmp(name, "failed") ? OUTCOME_FAIL
					 : OUTCOME_INFO;
}

static enum function function_named(const char *name)
{
	for (int f = 1; f <= F_LAST; f++)
		if (!strcmp(function_name((enum function)f), name))
			return (enum function)f;
	CHECK(!"a function's name");
}

/* "m2": 1; "-": -1 */
static int member_named(const char *name)
{
	return *name == 'm' ? name[1] - '1' : -1;
}

/* "w1 asks a": the key is made; "w1 asks a in vain": it is not. */
static bool ask(struct stage *stage, double at_ms, const char *step)
{
	int worker, used = 0;
	char name;

	if (sscanf(step, "w%d asks %c%n", &worker, &name, &used) < 2 || !used)
		return false;
	int place = name - 'a';

	stage->hold[place] = (strstr(step, "in vain") ? story_ask_in_vain
						      : story_ask)(stage->story, worker, at_ms);
	stage->worker[place] = worker;
	stage->attempt[place] = ++stage->attempts[worker];
	return true;
}

/* "fault pause of holder a until 700", "fault cut of leader m2 until 800, unproved"; of nobody: -.
 * "for schedule 1": that occasion's. */
static bool break_something(struct stage *stage, double at_ms, const char *step)
{
	char kind[WORD], target[WORD], whom[WORD];
	double until_ms;

	if (sscanf(step, "fault %63s of %63s %63s until %lf", kind, target, whom, &until_ms) != 4)
		return false;
	const char *schedule = strstr(step, "for schedule ");
	bool hits_worker = *whom >= 'a' && *whom <= 'z' && !whom[1];
	struct maker_fault fault = {.kind = kind,
				    .target = target,
				    .lane = -1,
				    .host = member_named(whom),
				    .began_ms = at_ms,
				    .ended_ms = until_ms,
				    .bitten = !strstr(step, "unproved"),
				    .schedule = schedule ? atoi(schedule + strlen("for schedule "))
							 : 0};

	if (hits_worker) {
		fault.lane = 0;
		fault.worker = stage->worker[*whom - 'a'];
		fault.attempt = (uint32_t)stage->attempt[*whom - 'a'];
	}
	maker_add_fault(stage->maker, &fault);
	return true;
}

/* "m2 says that m1 leads, term 4", "m2 tells k put at 12, made at 12, lease 7",
 * "m2 tells k deleted at 13, made at 12, lease 0" */
static bool say(struct stage *stage, double at_ms, const char *step)
{
	char member[WORD], leader[WORD], key[WORD], what[WORD];
	int64_t revision, made, lease;
	int term;

	if (sscanf(step, "%63s says that %63s leads, term %d", member, leader, &term) == 3) {
		maker_leader(stage->maker, at_ms, member_named(member), member_named(leader), term);
		return true;
	}
	if (sscanf(step, "%63s tells %63s %63s at %ld, made at %ld, lease %ld", member, key, what,
		   &revision, &made, &lease) != 6)
		return false;
	maker_key(stage->maker, .member = member_named(member), .deleted = *what == 'd',
		  .revision = revision, .create_revision = made, .lease = lease, .key = key,
		  .seen_ms = at_ms);
	return true;
}

/* "a's token ok at 130 by m2: revision 5, ttl 0, lease 7000000": any operation of an attempt */
static bool operate(struct stage *stage, double at_ms, const char *step)
{
	char name, f[WORD], outcome[WORD], member[WORD] = "-", error[WORD] = "";
	double until_ms;
	struct maker_op op = {.endpoint = -1};

	if (sscanf(step,
		   "%c's %63s %63s at %lf by %63[^:]: revision %ld, ttl %d, lease %ld, %63[^\n]",
		   &name, f, outcome, &until_ms, member, &op.revision, &op.ttl_ms, &op.lease,
		   error) < 4)
		return false;
	op.worker = stage->worker[name - 'a'];
	op.attempt = (uint32_t)stage->attempt[name - 'a'];
	op.f = function_named(f);
	op.outcome = outcome_named(outcome);
	op.invoked_ms = at_ms;
	op.returned_ms = until_ms;
	op.endpoint = member_named(member);
	op.error = *error ? error : NULL;
	maker_add_op(stage->maker, &op);
	return true;
}

/* The store refuses it, for the token of a later holder. */
static void be_refused(struct stage *stage, char name, double at_ms, enum function f)
{
	int hold = stage->hold[name - 'a'];
	int64_t token = story_token(stage->story, hold);
	int64_t op = maker_op(stage->maker, .worker = stage->worker[name - 'a'],
			      .attempt = (uint32_t)stage->attempt[name - 'a'], .f = f,
			      .outcome = OUTCOME_FAIL, .invoked_ms = at_ms - 0.5,
			      .returned_ms = at_ms + 0.5, .token = token);

	maker_decision(stage->maker, .op = op, .f = f, .token = token, .greatest_token = token + 1,
		       .decided_ms = at_ms, .reason = "stale token");
}

/* What a hold does: "gets", "renews 121", "releases 201", ... */
static bool act(struct stage *stage, double at_ms, const char *step)
{
	struct story *story = stage->story;
	char name, verb[WORD], f[WORD], outcome[WORD];
	double until_ms = 0;

	if (sscanf(step, "%c %63s %lf", &name, verb, &until_ms) < 2 || name < 'a' || name > 'z')
		return false;
	int hold = stage->hold[name - 'a'];

	if (!strcmp(verb, "gets"))
		story_get(story, hold, at_ms);
	else if (!strcmp(verb, "gets-unnamed"))
		story_get_unnamed(story, hold, at_ms);
	else if (!strcmp(verb, "fails"))
		story_not_get(story, hold, at_ms, OUTCOME_FAIL);
	else if (!strcmp(verb, "hears-nothing"))
		story_not_get(story, hold, at_ms, OUTCOME_INFO);
	else if (!strcmp(verb, "renews"))
		story_renew(story, hold, at_ms, until_ms);
	else if (!strcmp(verb, "told-gone"))
		story_told_gone(story, hold, at_ms, until_ms);
	else if (!strcmp(verb, "token"))
		story_learn_token(story, hold, at_ms,
				  until_ms > 0 ? (int64_t)until_ms : story_token(story, hold));
	else if (!strcmp(verb, "reads"))
		story_read(story, hold, at_ms);
	else if (!strcmp(verb, "writes"))
		story_write(story, hold, at_ms);
	else if (!strcmp(verb, "writes-unanswered"))
		story_write_unanswered(story, hold, at_ms);
	else if (!strcmp(verb, "refused"))
		be_refused(stage, name, at_ms, strstr(step, "read") ? F_READ : F_WRITE);
	else if (!strcmp(verb, "loses"))
		story_lose(story, hold, at_ms);
	else if (!strcmp(verb, "releases"))
		story_release(story, hold, at_ms, until_ms);
	else if (!strcmp(verb, "expires"))
		story_expire(story, hold, at_ms);
	else if (sscanf(step, "%c tries %63s %63s", &name, f, outcome) == 3)
		story_try(story, hold, function_named(f), at_ms, outcome_named(outcome));
	else if (sscanf(step, "%c answered %63s %lf", &name, f, &until_ms) == 3)
		story_acknowledge(story, hold, function_named(f), at_ms, until_ms);
	else
		return false;
	return true;
}

/* What is of no hold and no member. */
static bool happen(struct stage *stage, double at_ms, const char *step)
{
	char one[WORD], other[WORD];
	int number;

	if (sscanf(step, "w%d dies", &number) == 1 && strstr(step, "dies")) {
		maker_restart(stage->maker, 0, number, at_ms);
		stage->attempts[number] = 0;
	} else if (sscanf(step, "pass %d revisions", &number) == 1) {
		story_pass_revisions(stage->story, number);
	} else if (sscanf(step, "occasion %63s %63[^\n]", one, other) == 2) {
		maker_occasion(stage->maker, one, other);
	} else if (sscanf(step, "note %63s %63[^\n]", one, other) == 2) {
		maker_note(stage->maker, at_ms, strncmp(other, "breaks: ", 8) == 0, one, other);
	} else if (sscanf(step, "set %63s %63[^\n]", one, other) == 2) {
		if (other[strspn(other, "0123456789")])
			maker_set_text(stage->maker, one, other);
		else
			maker_set_int(stage->maker, one, atoll(other));
	} else {
		struct error err = {0};

		return strncmp(step, "sql ", 4) == 0 &&
		       database_exec(maker_db(stage->maker), step + 4, &err) == 0;
	}
	return true;
}

static void play(const struct scene *scene, struct stage *stage)
{
	char *steps = strdup(scene->steps), *rest;

	CHECK(steps);
	for (char *line = strtok_r(steps, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		int used = 0;
		double at_ms;

		CHECK(sscanf(line, "%lf %n", &at_ms, &used) == 1);
		const char *step = line + used;

		ck_assert_msg(ask(stage, at_ms, step) || break_something(stage, at_ms, step) ||
				      say(stage, at_ms, step) || operate(stage, at_ms, step) ||
				      happen(stage, at_ms, step) || act(stage, at_ms, step),
			      "%s: no step: %s", scene->head, line);
	}
	free(steps);
}

/* What is told -------------------------------------------------------------------------------- */

static void write_measures(FILE *out, const struct judgement *judgement)
{
	const char *separator = "  ";

	for (int i = 0; i < MEASURES_COUNT; i++) {
		const char *word = measure_word((enum measure)i);
		size_t length = strlen(word);
		int64_t value = judgement->measure[i];

		if (value == MEASURE_NONE)
			continue;
		if (length > 3 && !strcmp(word + length - 3, "-ns"))
			fprintf(out, "%s%.*s %.6f s", separator, (int)length - 3, word,
				(double)value / NS_PER_S);
		else
			fprintf(out, "%s%s %ld", separator, word, value);
		separator = ", ";
	}
	if (*separator == ',')
		fputc('\n', out);
}

static void write_judgement(FILE *out, const struct judgement *judgement)
{
	fprintf(out, "%s (%d): %s: %s\n", judgement->subject, judgement->arm,
		verdict_word(judgement->verdict), judgement->why);
	fprintf(out, "  %ld of %ld exposures ended in harm; rate %.4g (%.4g to %.4g)\n",
		judgement->events, judgement->exposures, judgement->rate, judgement->rate_low,
		judgement->rate_high);
	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++)
		if (judgement->definite[name] || judgement->possible[name])
			fprintf(out, "  %s: %ld definite, %ld possible\n",
				violation_word((enum violation_name)name),
				judgement->definite[name], judgement->possible[name]);
	for (int level = 0; level < EXCLUSION_LEVELS_COUNT; level++) {
		const struct exclusion *exclusion = &judgement->exclusion[level];

		if (exclusion->holds)
			fprintf(out, "  %s level %s by %s: %ld holds, %ld violations\n",
				exclusion_level_word((enum exclusion_level)level),
				exclusion_word(exclusion->verdict), exclusion->procedure,
				exclusion->holds, exclusion->violations);
	}
	write_measures(out, judgement);
	const struct by_occasion *by = &judgement->by_occasion;

	if (by->occasions)
		fprintf(out,
			"  by occasion: %ld of %ld (%.4g to %.4g), and the rate's interval is %.4g "
			"to %.4g\n",
			by->harmed, by->occasions, by->harmed_low, by->harmed_high, by->rate_low,
			by->rate_high);
}

/* Operations and attempts as process.number. */
static void write_violation(FILE *out, const struct violation *violation)
{
	fprintf(out, "%ld. %s %s of %d in lane %d at %.6f s: %s\n", violation->id,
		violation->definite ? "definite" : "possible", violation_word(violation->name),
		violation->arm, violation->lane, (double)violation->at_ns / NS_PER_S,
		violation->summary);
	for (int i = 0; i < violation->evidences; i++) {
		const struct evidence *evidence = &violation->evidence[i];

		fprintf(out, "%s%s ", i ? ", " : "   ", evidence->kind);
		if (evidence->ref >> 32)
			fprintf(out, "%ld.", evidence->ref >> 32);
		fprintf(out, "%ld (%s)", evidence->ref & UINT32_MAX, evidence->part);
	}
	if (violation->evidences)
		fputc('\n', out);
}

static void write_failover(FILE *out, const struct failover_row *failover)
{
	static const char *const ends[] = {"taken", "not measured: for some time nobody tried",
					   "cut off by the run's end"};

	fprintf(out, "failover in lane %d, of attempt %ld.%ld by fault %ld, ", failover->lane,
		failover->attempt >> 32, failover->attempt & UINT32_MAX, failover->fault->id);
	if (failover->end == FAILOVER_TAKEN)
		fprintf(out, "%.6f s: ",
			(double)(failover->to_ns - failover->fault->began_ns) / NS_PER_S);
	fprintf(out, "%s%s\n", ends[failover->end],
		failover->led == LED_UNKNOWN ? ""
		: failover->led == LED_ON    ? ", the leader stayed"
					     : ", another leader");
}

static char *write_down(const struct verdicts *verdicts)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	CHECK(out);
	for (int i = 0; i < verdicts->judgements; i++)
		write_judgement(out, &verdicts->judgement[i]);
	for (int i = 0; i < verdicts->violations; i++)
		write_violation(out, &verdicts->violation[i]);
	for (int i = 0; i < verdicts->cells; i++) {
		const struct coverage_cell *cell = &verdicts->cell[i];

		fprintf(out,
			"%s, %s: %ld planned, %ld injected, %ld bitten; %ld exposures, "
			"%ld violations\n",
			cell->kind, cell->moment, cell->planned, cell->injected, cell->bitten,
			cell->exposures, cell->violations);
	}
	for (int i = 0; i < verdicts->failovers; i++)
		write_failover(out, &verdicts->failover[i]);
	for (int i = 0; i < verdicts->gaps; i++)
		fprintf(out, "nobody got lane %d from %.6f s to %.6f s\n", verdicts->gap[i].lane,
			(double)verdicts->gap[i].from_ns / NS_PER_S,
			(double)verdicts->gap[i].to_ns / NS_PER_S);
	CHECK(fclose(out) == 0);
	return text;
}

START_TEST(what_is_told_is_true_to_the_letter)
{
	const struct scene *scene = &scenes[_i];
	const char *least = option(scene, ", least "), *planted = option(scene, ", planted ");
	char guard[WORD];

	CHECK(sscanf(scene->head, "== %63[a-z-]", guard) == 1);
	struct stage stage = {.story =
				      story_open(guard, planted ? (unsigned int)atoi(planted) : 0)};

	stage.maker = story_maker(stage.story);
	play(scene, &stage);
	char *told = write_down((option(scene, ", unsealed") ? story_judge_unsealed : story_judge)(
		stage.story, least ? atoi(least) : 1));

	if (getenv("STORIES_WRITE"))
		printf("%s\n%s--\n%s\n", scene->head, scene->steps, told);
	else
		ck_assert_msg(strcmp(told, scene->told) == 0, "%s\nit says:\n%s\ninstead of:\n%s",
			      scene->head, told, scene->told);
	free(told);
	story_end(stage.story);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: stories");
	TCase *cases = tcase_create("all");

	read_scenes();
	tcase_add_loop_test(cases, what_is_told_is_true_to_the_letter, 0, count);
	suite_add_tcase(suite, cases);
	int status = suite_run(suite);

	for (int i = 0; i < count; i++) {
		free(scenes[i].head);
		free(scenes[i].steps);
		free(scenes[i].told);
	}
	return status;
}
