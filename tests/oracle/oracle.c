#include "tests/oracle/oracle.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "checker/linear/models.h"
#include "tests/oracle/compare.h"
#include "tests/oracle/draw.h"

enum {
	PROCESSES_MAX = 16,
	CHANGED_EVERY = 8,    /* every so many histories are judged again after changes */
	RARE_PERCENT = 2,     /* a verdict or an answer seen less often is a blind spot */
	JUDGED_AT_LEAST = 50, /* histories of a model before blind spots are looked for */
};

/* In memory shared with the process that works on it. */
struct share {
	struct tally tally[MODELS_COUNT];
	enum model model; /* what it is at: for the case that it dies of it */
	bool enumerated;
	uint64_t number;
};

static void print_history(const struct small *small, FILE *out)
{
	struct error err = {0};

	fprintf(out, "model %s, limit %d\n", model_names[small->model], small->limit);
	if (trace_export_jsonl(&small->trace, out, &err) < 0)
		fprintf(out, "%s\n", err.text);
}

/* Ends at the first disagreement of a model: more of them would mostly be the same. */
static bool judge_one(struct small *small, struct share *share, uint64_t seed, FILE *out)
{
	uint64_t number = share->number;
	struct tally *tally = &share->tally[small->model];
	struct complaint complaint;
	bool changes = number % CHANGED_EVERY == 0;

	if (compare(small, changes, seed + number, tally, &complaint))
		return true;
	tally->disagreements++;
	fprintf(out, "%s history %lu of seed %lu: %s\n", share->enumerated ? "enumerated" : "drawn",
		number, seed, complaint.text);
	compare_shrink(small, changes, seed + number, &complaint);
	fprintf(out, "shrunk to %d operations: %s\n", small->parts, complaint.text);
	print_history(small, out);
	fflush(out);
	return false;
}

/* False when this number is not one of its own. */
static bool make_history(const struct share *share, uint64_t seed, struct small *small)
{
	if (share->enumerated)
		return enumerate(share->model, share->number, small);
	struct random_stream random = random_open(seed + share->number, model_names[share->model]);

	draw(share->model, &random, small);
	return true;
}

/* Process number `process` takes every plan->processes-th history. */
static void judge_model(const struct oracle_plan *plan, int process, enum model model,
			struct share *share, FILE *out)
{
	uint64_t mine = (uint64_t)process, step = (uint64_t)plan->processes;
	struct small small;

	share->model = model;
	share->enumerated = plan->stride > 0;
	share->number = share->enumerated ? plan->stride * mine + plan->seed % plan->stride : 0;
	for (; share->enumerated && share->number < enumerate_count(model);
	     share->number += plan->stride * step)
		if (make_history(share, plan->seed, &small) &&
		    !judge_one(&small, share, plan->seed, out))
			return;
	share->enumerated = false;
	share->number = mine;
	for (; share->number < plan->drawn / MODELS_COUNT; share->number += step)
		if (make_history(share, plan->seed, &small) &&
		    !judge_one(&small, share, plan->seed, out))
			return;
}

static pid_t begin_process(const struct oracle_plan *plan, int process, struct share *share,
			   FILE *out)
{
	fflush(out);
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid > 0)
		return pid;
	for (enum model model = 0; model < MODELS_COUNT; model++)
		if (!(plan->without >> model & 1))
			judge_model(plan, process, model, share, out);
	fflush(out);
	_exit(0);
}

static uint64_t await_process(pid_t pid, const struct share *share, uint64_t seed, FILE *out)
{
	struct small small;
	int status = 0;

	CHECK(waitpid(pid, &status, 0) == pid);
	if (status == 0)
		return 0;
	fprintf(out, "a process ended with status %#x at %s history %lu of seed %lu\n", status,
		share->enumerated ? "enumerated" : "drawn", share->number, seed);
	if (make_history(share, seed, &small))
		print_history(&small, out);
	return 1;
}

/* Which procedure is there for which models. */
static bool must_answer(enum judge judge, enum model model)
{
	switch (judge) {
	case JUDGE_COUNTING:
		return model == MODEL_MUTEX || model == MODEL_SEMAPHORE;
	case JUDGE_ATTEMPTS:
		return model == MODEL_OWNED_MUTEX || model == MODEL_REENTRANT_MUTEX ||
		       model == MODEL_FENCED_MUTEX || model == MODEL_OWNED_SEMAPHORE ||
		       model == MODEL_RWLOCK || model == MODEL_LEASED_LOCK;
	case JUDGE_ZONES:
		return model == MODEL_CAS_REGISTER;
	case JUDGE_SETS:
		return model == MODEL_SET;
	case JUDGE_ERAS:
		return model == MODEL_KV;
	case JUDGE_STREAM:
		return model_is_lock(model);
	case JUDGE_PAIRS:
		return model == MODEL_OWNED_MUTEX || model == MODEL_RWLOCK;
	case JUDGE_BREADTH:
	case JUDGE_DEPTH:
	case JUDGE_SEARCH:
	case JUDGE_DECIDE:
	case JUDGES:
		break;
	}
	return true;
}

static bool is_rare(uint64_t count, uint64_t all)
{
	return all >= JUDGED_AT_LEAST && 100 * count < RARE_PERCENT * all;
}

static uint64_t find_blind_spots(const struct tally *tally, enum model model, FILE *out)
{
	uint64_t rejected = tally->histories - tally->linearizable, spots = 0;

	if (tally->disagreements > 0)
		return 0;
	if (tally->histories == 0 || is_rare(tally->linearizable, tally->histories) ||
	    is_rare(rejected, tally->histories)) {
		fprintf(out, "%s: one of the verdicts was hardly ever seen\n", model_names[model]);
		spots++;
	}
	for (enum judge judge = 0; judge < JUDGES; judge++)
		if (must_answer(judge, model) &&
		    is_rare(tally->answered[judge],
			    judge == JUDGE_STREAM ? tally->linearizable : tally->histories)) {
			fprintf(out, "%s: %s hardly ever answered\n", model_names[model],
				judge_names[judge]);
			spots++;
		}
	if (rejected > 0 && tally->certificates + tally->prefixes == 0) {
		fprintf(out, "%s: no certificate was verified\n", model_names[model]);
		spots++;
	}
	return spots;
}

static void add_up(struct tally *sum, const struct tally *tally)
{
	sum->histories += tally->histories;
	sum->linearizable += tally->linearizable;
	for (int judge = 0; judge < JUDGES; judge++)
		sum->answered[judge] += tally->answered[judge];
	sum->certificates += tally->certificates;
	sum->prefixes += tally->prefixes;
	sum->changed += tally->changed;
	sum->disagreements += tally->disagreements;
}

static void print_tally(const char *name, const struct tally *tally, FILE *out)
{
	fprintf(out, "%-16s %9lu %9lu %9lu %9lu %9lu %9lu %9lu %9lu %9lu %9lu %9lu %9lu\n", name,
		tally->histories, tally->linearizable, tally->histories - tally->linearizable,
		tally->answered[JUDGE_COUNTING], tally->answered[JUDGE_ATTEMPTS],
		tally->answered[JUDGE_ZONES], tally->answered[JUDGE_SETS],
		tally->answered[JUDGE_ERAS], tally->answered[JUDGE_STREAM], tally->certificates,
		tally->prefixes, tally->changed);
}

static uint64_t report(const struct share *shares, const struct oracle_plan *plan, FILE *out)
{
	struct tally all = {0};
	uint64_t spots = 0;

	fprintf(out, "%-16s %9s %9s %9s %9s %9s %9s %9s %9s %9s %9s %9s %9s\n", "model",
		"histories", "yes", "no", "counting", "attempts", "zones", "sets", "eras", "stream",
		"certific.", "prefixes", "changed");
	for (enum model model = 0; model < MODELS_COUNT; model++) {
		struct tally sum = {0};

		if (plan->without >> model & 1)
			continue;
		for (int i = 0; i < plan->processes; i++)
			add_up(&sum, &shares[i].tally[model]);
		print_tally(model_names[model], &sum, out);
		spots += find_blind_spots(&sum, model, out);
		add_up(&all, &sum);
	}
	print_tally("all", &all, out);
	return spots + all.disagreements;
}

uint64_t oracle_run(const struct oracle_plan *plan, FILE *out)
{
	CHECK(plan->processes >= 1 && plan->processes <= PROCESSES_MAX);
	size_t size = (size_t)plan->processes * sizeof(struct share);
	struct share *shares =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int64_t begin_ns = clock_now_ns();
	pid_t pid[PROCESSES_MAX];
	uint64_t complaints = 0;

	CHECK(shares != MAP_FAILED);
	for (int i = 0; i < plan->processes; i++)
		pid[i] = begin_process(plan, i, &shares[i], out);
	for (int i = 0; i < plan->processes; i++)
		complaints += await_process(pid[i], &shares[i], plan->seed, out);
	complaints += report(shares, plan, out);
	fprintf(out, "seed %lu, %.1f s, %lu complaints\n", plan->seed,
		(double)(clock_now_ns() - begin_ns) / NS_PER_S, complaints);
	fflush(out);
	munmap(shares, size);
	return complaints;
}
