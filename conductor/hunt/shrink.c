#include "conductor/hunt/shrink.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/text.h"
#include "conductor/hunt/explicit.h"
#include "conductor/hunt/smaller.h"

enum {
	WORKERS_LEAST = 2, /* one that holds, one that waits */
	HALVINGS = 4,
	STEADY_OF_10 = 7, /* what is told shall show it so often */
};
static const char unfinished[] = "Unfinished: it held, but it is not proved how often";

struct shrinking {
	const struct shrink_request *request;
	const struct past *past;
	shrink_try *try_once;
	void *context; /* of try_once */
	struct campaign *best;
	struct campaign *steady; /* as it was before its faults were shortened */
	int arm, lane;           /* of the violation; -1 */
	int runs;
	bool held;      /* best has; before, it is only what the run was told to do */
	bool shortened; /* best has shorter faults than steady */
	int proved;     /* how often what is left showed it in the end */
};

static struct campaign *copy_of(const struct campaign *campaign)
{
	struct campaign *copy = malloc(sizeof(*copy));

	CHECK_MEMORY(copy);
	*copy = *campaign;
	return copy;
}

/* Trying -------------------------------------------------------------------------------------- */

static int try_once(struct shrinking *shrinking, struct campaign *candidate, struct error *err)
{
	candidate->seed = shrinking->past->campaign->seed + (uint64_t)shrinking->runs++;
	return shrinking->try_once(shrinking->context, candidate, err);
}

/* Does the violation come back `keep` times of at most `tries`? Ends as soon as that is known: 1,
 * 0, -1 on an error. */
static int try_often(struct shrinking *shrinking, struct campaign *candidate, int tries, int keep,
		     struct error *err)
{
	int found = 0;

	for (int i = 0; i < tries && found < keep && found + tries - i >= keep; i++) {
		int one = try_once(shrinking, candidate, err);

		if (one < 0)
			return -1;
		found += one;
	}
	return found >= keep;
}

static int count_all(struct shrinking *shrinking, int tries, struct error *err)
{
	int found = 0;

	for (int i = 0; i < tries; i++) {
		int one = try_once(shrinking, shrinking->best, err);

		if (one < 0)
			return -1;
		found += one;
	}
	return found;
}

/* What is left --------------------------------------------------------------------------------- */

static int write_campaign(const struct shrinking *shrinking, const char *figure, struct error *err);

/* Whatever comes after, this much is won. On standard output only the last is told. */
static int keep_best(struct shrinking *shrinking, const struct campaign *candidate,
		     struct error *err)
{
	*shrinking->best = *candidate;
	if (shrinking->request->output && write_campaign(shrinking, unfinished, err))
		return -1;
	shrinking->held = true;
	return 0;
}

/* Puts into the error what there is all the same. */
static void tell_unfinished(const struct shrinking *shrinking, struct error *err)
{
	const char *output = shrinking->request->output;
	struct error trouble = {0};

	if (!shrinking->held)
		error_wrap(err, "unfinished, and nothing smaller was kept yet");
	else if (output)
		error_wrap(err, "unfinished; the smallest that held so far is in %s", output);
	else if (write_campaign(shrinking, unfinished, &trouble))
		error_wrap(err, "unfinished; %s", trouble.text);
	else
		error_wrap(err, "unfinished; the smallest that held so far was printed");
}

/* Candidates ---------------------------------------------------------------------------------- */

/* Takes the candidate for the best when it holds: 1 then, 0 when not, -1 on an error. Frees it. */
static int consider_at(struct shrinking *shrinking, struct campaign *candidate, int keep,
		       const char *what, struct error *err)
{
	/* Without any fault nothing is shown. */
	int holds = candidate->blocks == 0
			    ? 0
			    : try_often(shrinking, candidate, shrinking->request->tries, keep, err);

	if (holds >= 0 && candidate->blocks)
		log_line("%s %s: %d faults, %d arms, %d lanes, %d workers each, %.1f s",
			 holds ? "holds" : "fails", what, candidate->blocks, candidate->arms,
			 candidate->arm[0].lanes, candidate->arm[0].workers,
			 candidate->duration_ms / 1000.0);
	if (holds > 0 && keep_best(shrinking, candidate, err))
		holds = -1;
	free(candidate);
	return holds;
}

static int consider(struct shrinking *shrinking, struct campaign *candidate, const char *what,
		    struct error *err)
{
	return consider_at(shrinking, candidate, shrinking->request->keep, what, err);
}

/* Fewer lanes mean fewer chances; a longer fault makes up for that, and is shortened later. */
static int consider_or_longer(struct shrinking *shrinking, struct campaign *candidate,
			      const char *what, struct error *err)
{
	struct campaign *longer = copy_of(candidate);
	int held = consider(shrinking, candidate, what, err);

	if (held) {
		free(longer);
		return held;
	}
	smaller_lengthen(longer);
	return consider(shrinking, longer, "the same with longer faults", err);
}

/* The steps ----------------------------------------------------------------------------------- */

/* Is the violation's covering fault, alone at its lane, enough? */
static int guess(struct shrinking *shrinking, struct error *err)
{
	const struct violation *violation = shrinking->past->violation;
	struct campaign *candidate = copy_of(shrinking->best);
	bool kept[FAULT_BLOCKS_MAX] = {false}, any = false;

	for (int i = 0; i < violation->evidences; i++) {
		int block = strcmp(violation->evidence[i].kind, "fault") == 0
				    ? explicit_block_of(shrinking->past, candidate,
							violation->evidence[i].ref)
				    : -1;

		if (block < 0)
			continue;
		any = kept[block] = true;
		if (candidate->block[block].follows)
			kept[candidate->block[block].follows - 1] = true;
	}
	if (!any) {
		free(candidate);
		return 0;
	}
	smaller_keep_blocks(candidate, kept);
	if (shrinking->arm >= 0 && violation->arm >= 0) {
		smaller_keep_arm(candidate, shrinking->arm);
		smaller_keep_lane(candidate, shrinking->lane);
	}
	smaller_cut_off_begin(candidate);
	smaller_cut_off_end(candidate, shrinking->past->violation->arm < 0);
	return consider_or_longer(shrinking, candidate, "the covering fault alone", err);
}

/* One pass of ddmin with `parts` parts: 1 when something was dropped. */
static int drop_a_part(struct shrinking *shrinking, int parts, struct error *err)
{
	int blocks = shrinking->best->blocks;

	for (int part = 0; part < parts; part++) {
		struct campaign *candidate = copy_of(shrinking->best);
		bool kept[FAULT_BLOCKS_MAX];

		for (int i = 0; i < blocks; i++)
			kept[i] = i * parts / blocks != part;
		smaller_keep_blocks(candidate, kept);
		smaller_cut_off_begin(candidate);
		smaller_cut_off_end(candidate, shrinking->past->violation->arm < 0);
		int held = consider(shrinking, candidate, "without a part of the faults", err);

		if (held)
			return held;
	}
	return 0;
}

static int drop_faults(struct shrinking *shrinking, struct error *err)
{
	int parts = 2;

	while (shrinking->best->blocks > 1) {
		int blocks = shrinking->best->blocks;

		if (parts > blocks)
			parts = blocks;
		int dropped = drop_a_part(shrinking, parts, err);

		if (dropped < 0)
			return -1;
		if (!dropped && parts == blocks)
			return 0;
		/* A single part is all of them, which is never tried. */
		parts = dropped ? parts - 1 : 2 * parts;
	}
	return 0;
}

static int drop_arms(struct shrinking *shrinking, struct error *err)
{
	if (shrinking->best->arms == 1)
		return 0;
	struct campaign *candidate = copy_of(shrinking->best);

	smaller_keep_arm(candidate, shrinking->arm >= 0 ? shrinking->arm : 0);
	return consider(shrinking, candidate, "with one arm", err);
}

static int drop_lanes(struct shrinking *shrinking, struct error *err)
{
	while (shrinking->best->arm[0].lanes > 1) {
		int lanes = shrinking->best->arm[0].lanes / 2;
		struct campaign *candidate = copy_of(shrinking->best);

		if (lanes == 1 && shrinking->lane >= 0)
			smaller_keep_lane(candidate, shrinking->lane);
		else
			smaller_keep_lanes(candidate, lanes);
		int held = consider_or_longer(shrinking, candidate, "with fewer lanes", err);

		if (held <= 0)
			return held;
	}
	return 0;
}

static int drop_workers(struct shrinking *shrinking, struct error *err)
{
	while (shrinking->best->arm[0].workers > WORKERS_LEAST) {
		struct campaign *candidate = copy_of(shrinking->best);

		smaller_drop_worker(candidate, WORKERS_LEAST);
		int held = consider(shrinking, candidate, "with fewer workers", err);

		if (held <= 0)
			return held;
	}
	return 0;
}

/* By bisection between what holds and nothing. Near the edge chance decides, so here a candidate
 * must hold each time. */
static int shorten(struct shrinking *shrinking, int number, struct error *err)
{
	double low = 0, high = shrinking->best->block[number].length.high;

	for (int i = 0; i < HALVINGS && high > 0; i++) {
		double middle = (low + high) / 2;
		struct campaign *candidate = copy_of(shrinking->best);

		smaller_set_length(candidate, number, middle);
		smaller_cut_off_end(candidate, shrinking->past->violation->arm < 0);
		int held = consider_at(shrinking, candidate, shrinking->request->tries,
				       "with a shorter fault", err);

		if (held < 0)
			return -1;
		shrinking->shortened |= held;
		*(held ? &high : &low) = middle;
	}
	return 0;
}

static int shorten_all(struct shrinking *shrinking, struct error *err)
{
	*shrinking->steady = *shrinking->best;
	for (int i = 0; i < shrinking->best->blocks; i++)
		if (shorten(shrinking, i, err))
			return -1;
	return 0;
}

/* The whole ----------------------------------------------------------------------------------- */

/* The history's texts are anybody's: each stays within its comment. */
static void print_comment(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void print_comment(FILE *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	_cleanup_free_ char *text = text_format_args(format, args);
	_cleanup_free_ char *line = printable_text(text);

	va_end(args);
	fprintf(out, "# %s\n", line);
}

void shrink_print(FILE *out, const struct past *past, const struct campaign *campaign,
		  const char *figure)
{
	_cleanup_free_ char *text = campaign_print(campaign);

	print_comment(out, "%s at %s, shrunk from %s", violation_word(past->quarry.name),
		      past->quarry.subject, past->findings.history.path);
	print_comment(out, "%s", figure);
	print_comment(out, "Violation %" PRId64 ": %s", past->violation->id,
		      past->violation->summary);
	fputs(text, out);
}

static int write_campaign(const struct shrinking *shrinking, const char *figure, struct error *err)
{
	const char *path = shrinking->request->output;
	struct file file;

	if (path && file_begin(&file, path, err))
		return -1;
	shrink_print(path ? file.out : stdout, shrinking->past, shrinking->best, figure);
	if (path)
		return file_end(&file, 0, err);
	if (fflush(stdout) || ferror(stdout))
		return error_errno(err, EXIT_MACHINE_LACKS, "cannot write standard output");
	return 0;
}

/* How often what is left shows it. Where the shortest faults do so too seldom, chance had kept
 * them: then those from before they were shortened are proved instead. */
static int prove(struct shrinking *shrinking, struct error *err)
{
	int runs = shrinking->request->proof_runs;
	int found = count_all(shrinking, runs, err);

	if (found < 0 || 10 * found >= STEADY_OF_10 * runs || !shrinking->shortened)
		return found;
	log_line("%d of %d with the shortest faults: those of before are taken", found, runs);
	return keep_best(shrinking, shrinking->steady, err) ? -1 : count_all(shrinking, runs, err);
}

static int tell(struct shrinking *shrinking, struct error *err)
{
	const struct shrink_request *request = shrinking->request;
	int found = prove(shrinking, err);
	char figure[160];

	if (found < 0)
		return -1;
	shrinking->proved = found;
	if (found == 0 && request->proof_runs)
		log_line("it did not come back in what is left: chance kept a candidate; a --keep "
			 "nearer to --tries helps");
	const struct campaign *best = shrinking->best;
	int workers = 0;

	for (int i = 0; i < best->arms; i++)
		workers += best->arm[i].lanes * best->arm[i].workers;
	snprintf(figure, sizeof(figure), "%d fault%s, %d workers, %.1f s, %d of %d", best->blocks,
		 best->blocks == 1 ? "" : "s", workers, best->duration_ms / 1000.0, found,
		 request->proof_runs);
	log_line("%s (%d runs)", figure, shrinking->runs);
	return write_campaign(shrinking, figure, err);
}

static int shrink_all(struct shrinking *shrinking, struct error *err)
{
	if (shrinking->best->blocks == 0)
		return error_set(
			err, EXIT_INCONCLUSIVE,
			"no fault had begun when the violation happened: nothing to shrink "
			"by; choose a later one by --violation");
	int guessed = guess(shrinking, err);

	if (guessed < 0)
		return -1;
	if (!guessed) {
		struct campaign *whole = copy_of(shrinking->best);
		int held = consider(shrinking, whole, "everything before it", err);

		if (held < 0)
			return -1;
		if (held == 0)
			return error_set(
				err, EXIT_INCONCLUSIVE,
				"the violation did not come back %d times of %d with all "
				"faults before it: nothing to shrink by; more --tries help",
				shrinking->request->keep, shrinking->request->tries);
	}
	return drop_faults(shrinking, err) || drop_arms(shrinking, err) < 0 ||
			       drop_lanes(shrinking, err) < 0 || drop_workers(shrinking, err) < 0 ||
			       shorten_all(shrinking, err) || tell(shrinking, err)
		       ? -1
		       : 0;
}

int shrink_past(const struct shrink_request *request, const struct past *past, shrink_try *try_it,
		void *context, int *proved, struct error *err)
{
	struct shrinking shrinking = {
		.request = request,
		.past = past,
		.try_once = try_it,
		.context = context,
		.best = calloc(1, sizeof(*shrinking.best)),
		.steady = calloc(1, sizeof(*shrinking.steady)),
	};

	CHECK_MEMORY(shrinking.best && shrinking.steady);
	explicit_place(past, &shrinking.arm, &shrinking.lane);
	log_line("shrinking %s at %s: %s", violation_word(past->quarry.name), past->quarry.subject,
		 past->violation->summary);
	int failed = explicit_campaign(past, shrinking.best, err) || shrink_all(&shrinking, err);

	if (failed && shrinking.runs && err->code != EXIT_INCONCLUSIVE)
		tell_unfinished(&shrinking, err);
	*proved = shrinking.proved;
	free(shrinking.best);
	free(shrinking.steady);
	return failed ? -1 : 0;
}

/* Real runs ----------------------------------------------------------------------------------- */

static void stop_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
}

/* Between two runs; a run has its own ears. */
static bool is_interrupted(void)
{
	static const struct timespec at_once;
	sigset_t signals;

	stop_signals(&signals);
	return sigtimedwait(&signals, NULL, &at_once) > 0;
}

struct rounds_of { /* the context of run_candidate */
	const struct shrink_request *request;
	const struct quarry *quarry;
};

static int run_candidate(void *context, struct campaign *candidate, struct error *err)
{
	const struct rounds_of *rounds = context;
	struct round round;

	if (is_interrupted())
		return error_set(err, EXIT_INTERRUPTED, "interrupted");
	_cleanup_free_ char *command = text_format("fencepost shrink %s", rounds->request->history);

	if (round_run(&(struct round_request){candidate, rounds->request->runs_dir, command, NULL},
		      &round, err))
		return -1;
	bool found = round_count(&round, rounds->quarry) > 0;

	round_close(&round);
	return found;
}

enum exit_code shrink_run(const struct shrink_request *request, struct error *err)
{
	sigset_t signals, before;
	struct past past;
	int proved = 0;

	if (past_open(request->history, &request->choice, &past, err))
		return err->code;
	struct rounds_of rounds = {request, &past.quarry};

	stop_signals(&signals);
	CHECK(sigprocmask(SIG_BLOCK, &signals, &before) == 0);
	int failed = shrink_past(request, &past, run_candidate, &rounds, &proved, err);

	CHECK(sigprocmask(SIG_SETMASK, &before, NULL) == 0);
	past_close(&past);
	if (failed)
		return err->code;
	return proved ? EXIT_AS_EXPECTED : EXIT_INCONCLUSIVE;
}
