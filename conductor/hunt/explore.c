#include "conductor/hunt/explore.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/random.h"
#include "base/word.h"
#include "campaign/duration.h"
#include "campaign/options.h"
#include "conductor/hunt/sweep_folder.h"

enum {
	BLOCKS_LEAST = 5,
	BLOCKS_MOST = 12,
	TRIES = 200, /* to draw a block that can be */
	UNSEEN_FAVOUR = 2,
	LEADER_ONE_IN = 3,
	PAUSE_ONE_IN = 6,
	OVERLAP_ONE_IN = 4,
	SHORT_ONE_IN = 3, /* rounds of short holds */
	LASTING_TTLS = 4,
	QUIET_MS =
		8000, /* without a new fault at the end: what a member's leads to may come late */
};

struct explorer {
	const struct explore_request *request;
	struct random_stream random;
	uint64_t seen[FAULT_KINDS_COUNT]; /* moments (bits) in which the kind has bitten */
	int rounds;
	struct arm arm[ARMS_MAX]; /* as the campaign has them */
};

/* Drawing ------------------------------------------------------------------------------------- */

static int draw_below(struct explorer *explorer, int count)
{
	return (int)random_between(&explorer->random, 0, count - 1);
}

static bool one_in(struct explorer *explorer, int many)
{
	return draw_below(explorer, many) == 0;
}

static bool has_seen(const struct explorer *explorer, int kind, int moment)
{
	return explorer->seen[kind] >> moment & 1;
}

/* Of several drawn cells, the first that no round has seen, else the last. But one block in some is
 * a pause at once, seen or not: what stands still and goes on, with a past that the others have
 * left behind, is what leases fear most. */
static void draw_cell(struct explorer *explorer, struct fault_block *block)
{
	if (one_in(explorer, PAUSE_ONE_IN)) {
		block->kind = FAULT_PAUSE;
		return;
	}
	for (int i = 0; i < UNSEEN_FAVOUR; i++) {
		block->kind = (enum fault_kind)draw_below(explorer, FAULT_KINDS_COUNT);
		block->moment = (enum fault_moment)draw_below(explorer, FAULT_MOMENTS_COUNT);
		if (!has_seen(explorer, (int)block->kind, (int)block->moment))
			return;
	}
}

/* What needs another fault or a name cannot be drawn. Of the members the leader is drawn more
 * often: leases live and die there. */
static void draw_target(struct explorer *explorer, struct fault_block *block)
{
	uint32_t targets = fault_traits(block->kind)->targets;

	block->target = TARGET_LEADER;
	if (targets >> TARGET_LEADER & 1 && one_in(explorer, LEADER_ONE_IN))
		return;
	do
		block->target = (enum fault_target)draw_below(explorer, FAULT_TARGETS_COUNT);
	while (!(targets >> block->target & 1) || block->target == TARGET_SAME ||
	       block->target == TARGET_HOST);
}

/* One half outlasts a lease, up to three TTLs: that is where locks break. The other is shorter. */
static struct span draw_length(struct explorer *explorer)
{
	bool outlasts = one_in(explorer, 2);
	double length = (double)(outlasts ? random_between(&explorer->random, 1100, 3000)
					  : random_between(&explorer->random, 50, 1100)) /
			1000;

	return (struct span){.in_ttl = true, .low = length, .high = length};
}

static void draw_amounts(struct explorer *explorer, struct fault_block *block)
{
	uint32_t uses = fault_traits(block->kind)->uses;
	const struct option *option = option_sections[SECTION_FAULT].options;

	if (uses & USES_LENGTH)
		block->length = draw_length(explorer);
	for (; option->name; option++)
		if (option->of_kind)
			option_set_to_kinds(option, block);
		else if (option->type == OPTION_WORD && option->needs & uses)
			option_set_word(option, draw_below(explorer, word_count(option->words)),
					block);
}

static void draw_times(struct explorer *explorer, const struct campaign *campaign,
		       struct fault_block *block)
{
	int left_ms = campaign->duration_ms - QUIET_MS;

	if (left_ms < 2000)
		left_ms = 2000;
	block->first_ms = (int)random_between(&explorer->random, 500, left_ms);
	block->every_ms = (int)random_between(&explorer->random, 2000, 10000);
	block->jitter_ms = (int)random_between(&explorer->random, 0, 1000);
	if (fault_is_of_lanes(block))
		block->lanes = (int)random_between(&explorer->random, 0, 3);
}

/* Background load is there for the whole round. */
static void last_all_along(const struct campaign *campaign, struct fault_block *block)
{
	if (fault_traits(block->kind)->effect != EFFECT_LOAD)
		return;
	block->moment = MOMENT_NOW;
	block->first_ms = 100;
	block->every_ms = block->jitter_ms = 0;
	block->length = (struct span){.low = campaign->duration_ms / 1000.0,
				      .high = campaign->duration_ms / 1000.0};
}

static struct fault_block draw_block(struct explorer *explorer, const struct campaign *campaign,
				     int number)
{
	struct fault_block block = {0};

	draw_cell(explorer, &block);
	draw_target(explorer, &block);
	draw_amounts(explorer, &block);
	draw_times(explorer, campaign, &block);
	last_all_along(campaign, &block);
	block.overlap = one_in(explorer, OVERLAP_ONE_IN);
	snprintf(block.name, sizeof(block.name), "%d-%s", number, fault_kind_names[block.kind]);
	return block;
}

/* Draws until it is one that the campaign's rules admit. */
static void add_block(struct explorer *explorer, struct campaign *campaign)
{
	for (int i = 0; i < TRIES; i++) {
		struct error impossible = {0};

		campaign->block[campaign->blocks] =
			draw_block(explorer, campaign, campaign->blocks + 1);
		campaign->blocks++;
		if (campaign_validate(campaign, &impossible) == 0)
			return;
		campaign->blocks--;
	}
}

/* In two rounds of three holds last for TTLs: short ones try the hand-overs, long ones outlive the
 * faults. */
static void draw_load(struct explorer *explorer, const struct arm *as_given)
{
	struct campaign *campaign = explorer->request->campaign;
	bool lasting = !one_in(explorer, SHORT_ONE_IN);

	for (int i = 0; i < campaign->arms; i++) {
		struct arm *arm = &campaign->arm[i];

		*arm = as_given[i];
		if (!lasting)
			continue;
		arm->work_min_ms = arm->ttl_s * 1000;
		arm->work_max_ms =
			(arm->ttl_s < DAY_S / LASTING_TTLS ? arm->ttl_s * LASTING_TTLS : DAY_S) *
			1000;
		arm->acquire_timeout_ms = campaign->duration_ms;
	}
}

static void draw_faults(struct explorer *explorer)
{
	struct campaign *campaign = explorer->request->campaign;
	int blocks = (int)random_between(&explorer->random, BLOCKS_LEAST, BLOCKS_MOST);

	campaign->blocks = 0;
	for (int i = 0; i < blocks; i++)
		add_block(explorer, campaign);
}

/* Rounds -------------------------------------------------------------------------------------- */

/* Which cells this round has bitten in: how many of them no other had. */
static int note_cells(struct explorer *explorer, const struct history *history)
{
	int fresh = 0;

	for (int i = 0; i < history->faults; i++) {
		const struct fault_row *fault = &history->fault[i];
		int kind = word_index(fault->kind, fault_kind_names);
		int moment = fault->when ? word_index(fault->when, fault_moment_names) : -1;

		if (!fault->bitten || kind < 0 || moment < 0 || has_seen(explorer, kind, moment))
			continue;
		explorer->seen[kind] |= UINT64_C(1) << moment;
		fresh++;
	}
	return fresh;
}

/* The first definite violation that nobody should ever see, or NULL. */
static const struct violation *find_breach(const struct round *round)
{
	const struct verdicts *verdicts = &round->findings.verdicts;
	const struct history *history = &round->findings.history;

	for (int i = 0; i < verdicts->violations; i++) {
		const struct violation *violation = &verdicts->violation[i];
		bool guarded = violation->arm < 0 ||
			       strcmp(history->arm[violation->arm].guard, "none") != 0;
		int subject = violation->arm < 0 ? verdicts->judgements - 1 : violation->arm;
		bool unsafe = verdicts->judgement[subject].verdict == VERDICT_UNSAFE;

		if (violation->definite && guarded && unsafe)
			return violation;
	}
	return NULL;
}

static int count_cells(const struct explorer *explorer)
{
	int cells = 0;

	for (int kind = 0; kind < FAULT_KINDS_COUNT; kind++)
		cells += __builtin_popcountll(explorer->seen[kind]);
	return cells;
}

static void tell_round(const struct explorer *explorer, const struct round *round, int fresh)
{
	int bitten = 0;

	for (int i = 0; i < round->findings.history.faults; i++)
		bitten += round->findings.history.fault[i].bitten;
	log_line("round %d: %d of %d faults bitten, %d new cells of fault and moment, %d so far, "
		 "in %s",
		 explorer->rounds, bitten, round->findings.history.faults, fresh,
		 count_cells(explorer), round->run_dir);
}

static void tell_breach(const struct explorer *explorer, const struct round *round,
			const struct violation *breach)
{
	log_result("%s at %s in round %d: %s", violation_word(breach->name),
		   breach->arm < 0 ? "service" : round->findings.history.arm[breach->arm].name,
		   explorer->rounds, breach->summary);
	log_result("violation %" PRId64 " of %s", breach->id, round->run_dir);
}

static void draw_round(struct explorer *explorer)
{
	draw_load(explorer, explorer->arm);
	draw_faults(explorer);
	explorer->request->campaign->seed = random_next(&explorer->random) >> 11 | 1;
	explorer->rounds++;
}

static bool look_at_round(struct explorer *explorer, const struct round *round)
{
	tell_round(explorer, round, note_cells(explorer, &round->findings.history));
	const struct violation *breach = find_breach(round);

	if (breach)
		tell_breach(explorer, round, breach);
	return breach != NULL;
}

/* 1: found; 0: not; -1: error. */
static int explore_once(struct explorer *explorer, explore_try *try_it, void *context,
			struct error *err)
{
	struct round round;

	draw_round(explorer);
	if (try_it(context, explorer->request->campaign, &round, err))
		return -1;
	bool found = look_at_round(explorer, &round);

	round_close(&round);
	return found;
}

static struct explorer begin(const struct explore_request *request)
{
	if (request->campaign->seed == 0)
		request->campaign->seed = random_draw_seed();
	struct explorer explorer = {
		.request = request,
		.random = random_open(request->campaign->seed, "explore"),
	};

	memcpy(explorer.arm, request->campaign->arm, sizeof(explorer.arm));
	return explorer;
}

static enum exit_code tell_end(const struct explorer *explorer, bool found)
{
	if (!found)
		log_result("nothing found in %d rounds; %d cells of fault and moment seen",
			   explorer->rounds, count_cells(explorer));
	return found ? EXIT_VIOLATION : EXIT_INCONCLUSIVE;
}

enum exit_code explore_campaign(const struct explore_request *request, explore_try *try_it,
				void *context, struct error *err)
{
	struct explorer explorer = begin(request);
	int64_t until_ns = clock_now_ns() + request->time_ns;
	int found = 0;

	log_line("exploring with seed %" PRIu64 ", rounds of %.0f s", request->campaign->seed,
		 request->campaign->duration_ms / 1000.0);
	while (found == 0 && clock_now_ns() < until_ns)
		found = explore_once(&explorer, try_it, context, err);
	if (found < 0)
		return err->code;
	return tell_end(&explorer, found);
}

/* Real rounds --------------------------------------------------------------------------------- */

static int run_round(void *context, struct campaign *campaign, struct round *round,
		     struct error *err)
{
	const struct explore_request *request = context;

	return round_run(
		&(struct round_request){campaign, request->runs_dir, request->command, NULL}, round,
		err);
}

enum exit_code explore_run(const struct explore_request *request, struct error *err)
{
	struct explore_request rounds = *request;

	return explore_campaign(request, run_round, &rounds, err);
}

/* By other engines ---------------------------------------------------------------------------- */

static int refuse_folder(const struct sweep_plan *plan, struct error *err)
{
	_cleanup_free_ struct sweep_unit *unit = NULL;
	int units;

	if (sweep_units_list(plan, 1, &unit, &units, err))
		return -1;
	if (!units && !sweep_folder_is_one(plan->folder))
		return 0;
	return error_set(err, EXIT_BAD_USAGE, "%.300s holds %s already: take another folder",
			 plan->folder, units ? "rounds" : "a sweep");
}

int explore_plan(const struct explore_request *request, const char *folder, int rounds,
		 struct error *err)
{
	const struct sweep_plan plan = {.folder = folder};
	struct explorer explorer = begin(request);

	CHECK(rounds > 0);
	if (refuse_folder(&plan, err) || sweep_round_begin(&plan, 1, err))
		return -1;
	for (int i = 1; i <= rounds; i++) {
		draw_round(&explorer);
		if (sweep_round_add(&plan, 1, i, request->campaign, err))
			return -1;
	}
	return sweep_round_end(&plan, 1, err);
}

/* 1: its run has found something; 0: not, or there is none; -1: error. */
static int look_at_unit(struct explorer *explorer, const struct sweep_plan *plan,
			const struct sweep_unit *unit, struct campaign *campaign, struct error *err)
{
	struct sweep_found run;
	struct round round;

	if (sweep_unit_load(plan, unit, campaign, err) ||
	    sweep_found_open(plan, unit, campaign->seed, &run, err))
		return -1;
	if (!run.folder) {
		log_line("not run: %s", unit->name);
		return 0;
	}
	explorer->rounds++;
	round.findings = run.findings; /* which stay the run's to close */
	snprintf(round.run_dir, sizeof(round.run_dir), "%s/%s", plan->folder, run.folder);
	bool found = look_at_round(explorer, &round);

	sweep_found_close(&run);
	return found;
}

enum exit_code explore_merge(const char *folder, struct error *err)
{
	const struct sweep_plan plan = {.folder = folder};
	_cleanup_free_ struct sweep_unit *unit = NULL;
	_cleanup_free_ struct campaign *campaign = NULL;
	struct explorer explorer = {0};
	bool any = false;
	int units;

	if (sweep_units_list(&plan, 1, &unit, &units, err))
		return err->code;
	if (!units)
		error_set(err, EXIT_BAD_USAGE,
			  "%.300s holds no rounds; `fencepost run --explore --plan DIR` plans them",
			  folder);
	ARRAY_NEW(campaign, 1);
	for (int i = 0; i < units; i++) {
		int found = look_at_unit(&explorer, &plan, &unit[i], campaign, err);

		if (found < 0)
			break;
		any |= found;
	}
	return err->code ? err->code : tell_end(&explorer, any);
}
