/*
 * Shrinking a run that was made by hand, over trials that are decided by what a candidate holds:
 * no etcd, no clock, no chance but where the test says so.
 *
 * The run: arms none and token of four lanes; from 1 s on every second a pause of a holder, f1 ..
 * f7; at 7 s in lane 2 of none two believe that they hold, under the pause f4. f7 comes too late.
 */
#ifndef HUNT_SHRINK_RIG_H
#define HUNT_SHRINK_RIG_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "conductor/hunt/explicit.h"
#include "conductor/hunt/shrink.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"
#include "tests/support/told.h"

enum { FAULTS = 7, COVERING = 4, LANES = 4, LANE = 2, OVERLAP_MS = 7000, SEED = 70 };

static struct past past;
static struct campaign result;

static inline void tell_campaign(struct maker *maker)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, "seed = %d\nduration = '20s'\n", SEED);
	for (int i = 0; i < 2; i++)
		fprintf(out, "arm %s { ttl = '2s'  lanes = %d  workers = 4  expect = safe }\n",
			i ? "token" : "none", LANES);
	for (int i = 1; i <= FAULTS; i++)
		fprintf(out,
			"fault n%d { do = pause  target = holder  length = '1 ttl'  first = '%ds' "
			"}\n",
			i, i == FAULTS ? 9 : i);
	fclose(out);
	maker_set_text(maker, "campaign", text);
	free(text);
}

static inline void hold(struct maker *maker, int worker, double from_ms, double to_ms)
{
	maker_op(maker, .lane = LANE, .worker = worker, .attempt = 1, .f = F_LEASE_GRANT,
		 .outcome = OUTCOME_OK, .invoked_ms = from_ms - 3, .returned_ms = from_ms - 2,
		 .lease = 7 + worker, .ttl_ms = 2000);
	maker_op(maker, .lane = LANE, .worker = worker, .attempt = 1, .f = F_ACQUIRE,
		 .outcome = OUTCOME_OK, .invoked_ms = from_ms - 1, .returned_ms = from_ms,
		 .lease = 7 + worker);
	maker_op(maker, .lane = LANE, .worker = worker, .attempt = 1, .f = F_LOSE,
		 .outcome = OUTCOME_OK, .invoked_ms = to_ms, .returned_ms = to_ms);
}

static inline const char *make_run(void)
{
	const char *path = scratch_file("history.db");
	struct maker *maker = maker_open(path);

	for (int arm = 0; arm < 2; arm++) {
		int id = maker_arm(maker, .name = arm ? "token" : "none", .guard = "none",
				   .ttl_ms = 2000);

		for (int i = 0; i < LANES; i++)
			maker_lane(maker, id);
	}
	tell_campaign(maker);
	for (int i = 1; i <= FAULTS; i++) {
		int64_t occasion = maker_occasion(maker, "pause", "now");
		double at_ms = i == FAULTS ? 9000 : 1000 * i;

		ck_assert_int_eq(occasion, i);
		maker_fault(maker, .lane = i == COVERING ? LANE : 0, .worker = 0, .began_ms = at_ms,
			    .ended_ms = at_ms + 3100, .bitten = true, .schedule = occasion);
	}
	hold(maker, 0, 3900, 7200);
	hold(maker, 1, OVERLAP_MS, 7500);
	maker_set_int(maker, "ended_ns", 20 * NS_PER_S);
	maker_close(maker, true);
	return path;
}

/* What a trial goes by -------------------------------------------------------------------------*/

static struct trial {
	const char *needs; /* names of blocks that must all be there */
	int arms, lanes;   /* at least; 0: any */
	int workers;       /* at least, in each lane */
	double length;     /* at least, of each block, or of the one that is named */
	const char *of_block;
	const char *luck;       /* of one that has it all: '1' or '0' for one run after the other */
	int fails_at;           /* the run with this number ends in an error; 0: none */
	double seldom_below;    /* in proof runs blocks shorter than this show nothing; 0 */
	const char *proof_luck; /* as luck, in the proof runs; afterwards always */
	int runs, proof_starts; /* proof_starts: the number of the first proof run */
	struct campaign last;   /* that was tried */
} trial;

static inline bool has_block(const struct campaign *campaign, const char *name, size_t length)
{
	for (int i = 0; i < campaign->blocks; i++)
		if (strlen(campaign->block[i].name) == length &&
		    strncmp(campaign->block[i].name, name, length) == 0)
			return true;
	return false;
}

static inline bool has_all(const struct campaign *campaign)
{
	for (const char *at = trial.needs; at && *at; at += strspn(at, " ")) {
		size_t length = strcspn(at, " ");

		if (!has_block(campaign, at, length))
			return false;
		at += length;
	}
	for (int i = 0; i < campaign->blocks; i++)
		if (campaign->block[i].length.high < trial.length &&
		    (!trial.of_block || !strcmp(campaign->block[i].name, trial.of_block)))
			return false;
	return campaign->arms >= trial.arms && campaign->arm[0].lanes >= trial.lanes &&
	       campaign->arm[0].workers >= trial.workers;
}

static inline bool is_too_short_to_be_steady(const struct campaign *campaign)
{
	for (int i = 0; i < campaign->blocks; i++)
		if (campaign->block[i].length.high < trial.seldom_below)
			return true;
	return false;
}

static inline int try_it(void *context, struct campaign *candidate, struct error *err)
{
	int number = ++trial.runs;

	ck_assert_ptr_eq(context, &trial);
	ck_assert_uint_eq(candidate->seed, SEED + (uint64_t)number - 1);
	ck_assert_int_gt(candidate->blocks, 0);
	trial.last = *candidate;
	if (number == trial.fails_at)
		return error_set(err, EXIT_INTERRUPTED, "interrupted");
	if (!has_all(candidate))
		return 0;
	if (trial.proof_starts && number >= trial.proof_starts && trial.proof_luck)
		return !*trial.proof_luck || *trial.proof_luck++ == '1';
	if (trial.proof_starts && number >= trial.proof_starts)
		return !is_too_short_to_be_steady(candidate);
	if (trial.luck && *trial.luck)
		return *trial.luck++ == '1';
	return 1;
}

static inline int shrink_with(struct shrink_request request, int *proved, struct error *err)
{
	request.history = past.findings.history.path;
	return shrink_past(&request, &past, try_it, &trial, proved, err);
}

/* Shrinks to the end; the campaign of the file is in `result`. Returns how many proof runs showed
 * it. */
static inline int shrink_into(const char *path, int tries, int keep)
{
	struct error err = {0};
	int proved = -1;

	ck_assert_msg(shrink_with((struct shrink_request){.output = path,
							  .tries = tries,
							  .keep = keep,
							  .proof_runs = 10},
				  &proved, &err) == 0,
		      "%s", err.text);
	ck_assert_msg(campaign_load(path, &result, &err) == 0, "%s", err.text);
	return proved;
}

static inline void expect_blocks(const struct campaign *campaign, const char *expected)
{
	char told[200] = "";

	for (int i = 0; i < campaign->blocks; i++)
		snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s%s", i ? " " : "",
			 campaign->block[i].name);
	ck_assert_str_eq(told, expected);
}

/* The figure stands in the comment at the head. */
static inline void expect_head(const char *path, const char *expected)
{
	const char *head = told_in(path);

	ck_assert_msg(strstr(head, expected) != NULL, "no \"%s\" in %s", expected, head);
}

static inline void setup(void)
{
	struct error err = {0};

	ck_assert_msg(past_open(make_run(), &(struct past_choice){0}, &past, &err) == 0, "%s",
		      err.text);
	ck_assert_int_eq(past.violation->at_ns, OVERLAP_MS * NS_PER_MS);
}

static inline void teardown(void)
{
	past_close(&past);
}

#endif
