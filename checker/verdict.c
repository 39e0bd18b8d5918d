/*
 * From the docket to verdicts. The first that applies: BROKEN (the run itself failed, so that the
 * record cannot be trusted), UNSAFE (a definite violation that counts), INCONCLUSIVE (something
 * that keeps it from being SAFE), SAFE.
 */
#include "checker/verdict.h"

#include <math.h>
#include <string.h>

#include "base/array.h"
#include "checker/checks.h"

static int check_arm(const struct history *history, int arm, struct error *err)
{
	const struct arm_row *row = &history->arm[arm];

	if (row->id != arm)
		return error_set(err, EXIT_BAD_USAGE, "%.200s: arms do not count from 0",
				 history->path ? history->path : "history");
	enum sharing sharing = sharing_of_word(row->model);

	if (sharing != SHARINGS_COUNT &&
	    row->permits <= (sharing == SHARING_SEMAPHORE ? PERMITS_MAX : 1))
		return 0;
	return error_set(err, EXIT_BAD_USAGE,
			 "%.200s: arm '%.40s' has the model '%.40s' with %d permits; 'mutex' and "
			 "'rwlock' with 1 can be judged, and 'semaphore' with up to %d",
			 history->path ? history->path : "history", row->name, row->model,
			 row->permits, PERMITS_MAX);
}

int judge_open(struct judge *judge, struct history *history, int64_t ended_ns, int64_t settle_ns,
	       const struct checker_config *config, struct error *err)
{
	const struct guard_kind **guard;

	ARRAY_NEW(guard, history->arms);
	for (int i = 0; i < history->arms; i++) {
		guard[i] = guard_of_arm(&history->arm[i], err);
		if (!guard[i] || check_arm(history, i, err)) {
			free(guard);
			return -1;
		}
	}
	*judge = (struct judge){.config = *config, .guard = guard};
	run_open(history, ended_ns, settle_ns, &judge->run);
	if (acknowledged_open(history, &judge->run.acknowledged, err)) {
		run_close(&judge->run);
		free(guard);
		return -1;
	}
	docket_open(&judge->docket, history->arms, config->violations_kept);
	coverage_open(history, &judge->docket.coverage);
	return 0;
}

/* What an adapter does not tell, nobody can judge by: that is said, and is no pass. */
static void count_untold(struct tally *tally, const struct lane_facts *facts)
{
	for (int i = 0; i < facts->holders && arm_is_foreign(facts->arm); i++) {
		const struct attempt *holder = facts->holder[i];

		tally->held++;
		tally->undated += !attempt_longest_renewal(holder, NEVER_NS);
		tally->unwitnessed += !holder->grant;
	}
	CHECK(tally->undated <= tally->held && tally->unwitnessed <= tally->held);
}

void judge_lane(struct judge *judge, int lane, const struct lane_history *rows)
{
	struct docket *docket = &judge->docket;
	struct lane_facts facts;

	facts_open(&judge->run, lane, rows, &facts);
	if (judge->holes.history)
		holes_look(&judge->holes, &facts);
	const struct guard_kind *guard = judge->guard[facts.lane->arm];

	check_overlap(docket, &facts);
	check_overlap_safe(docket, &facts);
	check_overlap_granted(docket, &facts);
	check_writes(docket, &facts, guard);
	check_wrong_release(docket, &facts);
	check_early_expiry(docket, &facts);
	check_dead_keepalive(docket, &facts);
	check_false_gone(docket, &facts);
	check_stale_read(docket, &facts);
	check_stale_look(docket, &facts);
	check_ghost_grant(docket, &facts);
	check_token_regression(docket, &facts);
	check_divergence(docket, &facts);
	check_exclusion(docket, &facts);
	check_stuck(docket, &facts);
	measure_waits(docket, &facts);
	count_exposures(docket, &facts, guard);
	starved_count(&docket_tally_of_arm(docket, &facts)->reach, &facts);
	count_untold(docket_tally_of_arm(docket, &facts), &facts);
	facts_close(&facts);
}

/* Text that is built piece by piece; what does not fit is cut off. */
static void say(struct judgement *judgement, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct judgement *judgement, const char *format, ...)
{
	size_t used = strlen(judgement->why);
	va_list arguments;

	CHECK(used < sizeof(judgement->why));
	va_start(arguments, format);
	vsnprintf(judgement->why + used, sizeof(judgement->why) - used, format, arguments);
	va_end(arguments);
}

static const char *plural(int64_t count)
{
	return count == 1 ? "" : "s";
}

/* Why the run itself failed; false when it did not. */
static bool broken(const struct history *history, struct judgement *judgement)
{
	for (int i = 0; i < history->notes; i++) {
		const struct note_row *note = &history->note[i];

		if (!note->breaks)
			continue;
		say(judgement, "%s at %.3f s: %s", note->topic, seconds(note->at_ns), note->text);
		return true;
	}
	if (!history->sealed)
		say(judgement, "the history is not sealed: the run did not end in order");
	return !history->sealed;
}

/* A missing row may be the very one that acquits or convicts: then nothing is concluded. */
static bool is_holed(const struct judge *judge, struct judgement *judgement)
{
	if (*judge->holes.text)
		say(judgement, "the record has a hole: %s", judge->holes.text);
	return *judge->holes.text;
}

/* "12 overlap, 3 stale-write" of those that count; returns their sum. */
static int64_t say_counts(struct judgement *judgement, const int64_t *count, unsigned int counting)
{
	int64_t sum = 0;

	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++) {
		if (!(counting & 1u << name) || !count[name])
			continue;
		say(judgement, "%s%lld %s", sum ? ", " : "", (long long)count[name],
		    violation_word((enum violation_name)name));
		sum += count[name];
	}
	return sum;
}

static int64_t sum_counts(const int64_t *count, unsigned int counting)
{
	int64_t sum = 0;

	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++)
		sum += counting & 1u << name ? count[name] : 0;
	return sum;
}

/* Is SAFE withheld, although nothing definite was found? */
static bool unclear(struct judgement *judgement, const struct reach *reach, unsigned int counting)
{
	int64_t stuck = judgement->definite[VIOLATION_STUCK];
	char starved[STARVED_WHY];

	if (starved_why(reach, starved)) {
		say(judgement, "%s", starved);
		return true;
	}
	if (stuck) {
		say(judgement,
		    "stuck %lld time%s: a lock that nobody gets is no evidence of a safe one",
		    (long long)stuck, plural(stuck));
		return true;
	}
	if (!sum_counts(judgement->possible, counting))
		return false;
	say(judgement, "no definite violation, but ");
	say_counts(judgement, judgement->possible, counting);
	say(judgement, " possible, depending on operations of unknown outcome");
	return true;
}

/* What a SAFE of a guarded arm rests on, however often its holders were exposed. */
static enum verdict weigh_tests(struct judgement *judgement, int needed)
{
	long long tests = judgement->measure[MEASURE_GUARD_TESTS];

	CHECK(tests >= 0 && judgement->measure[MEASURE_GUARD_FAILURES] == 0);
	if (!tests)
		say(judgement,
		    "its guard was never tried: in %lld exposure%s no stale holder's request came "
		    "to the store; %d are needed",
		    (long long)judgement->exposures, plural(judgement->exposures), needed);
	else
		say(judgement,
		    "0 failures in %lld test%s of its guard bound the rate only at %.1f %%", tests,
		    plural(tests), 100 * judgement->rate_high);
	if (tests >= needed)
		return VERDICT_SAFE;
	if (tests)
		say(judgement, "; %d are needed", needed);
	return VERDICT_INCONCLUSIVE;
}

static enum verdict weigh_exposures(struct judgement *judgement, int needed)
{
	long long exposures = judgement->exposures;

	CHECK(judgement->events == 0);
	if (!exposures) {
		say(judgement,
		    "no exposure: no violation was possible, so none was missed; %d are "
		    "needed",
		    needed);
		return VERDICT_INCONCLUSIVE;
	}
	say(judgement, "0 violations in %lld exposure%s bound the rate only at %.1f %%", exposures,
	    plural(exposures), 100 * judgement->rate_high);
	if (exposures >= needed)
		return VERDICT_SAFE;
	say(judgement, "; %d are needed", needed);
	return VERDICT_INCONCLUSIVE;
}

static enum verdict decide(const struct history *history, const struct reach *reach,
			   struct judgement *judgement, unsigned int counting, int needed)
{
	if (broken(history, judgement))
		return VERDICT_BROKEN;
	if (sum_counts(judgement->definite, counting)) {
		say_counts(judgement, judgement->definite, counting);
		CHECK(judgement->exposures > 0);
		say(judgement, "; %lld of %lld exposure%s ended so", (long long)judgement->events,
		    (long long)judgement->exposures, plural(judgement->exposures));
		return VERDICT_UNSAFE;
	}
	if (unclear(judgement, reach, counting))
		return VERDICT_INCONCLUSIVE;
	return judgement_is_guarded(judgement) ? weigh_tests(judgement, needed)
					       : weigh_exposures(judgement, needed);
}

/* "; stopped in time 6 of them, the latest 0.996 s before its key went" */
static void say_stopped(struct judgement *judgement)
{
	int64_t stopped = judgement->measure[MEASURE_STOPPED_IN_TIME];

	if (stopped > 0)
		say(judgement,
		    "; %lld holder%s stopped in time, the latest %.3f s before its key went",
		    (long long)stopped, plural(stopped),
		    seconds(judgement->measure[MEASURE_LEAST_MARGIN]));
}

/* "by its answers in 2 pairs": of those that convict. */
static const char *say_pairs(struct judgement *judgement, const char *separator, const char *by,
			     int64_t pairs)
{
	if (pairs <= 0)
		return separator;
	say(judgement, "%s%s in %lld pair%s", separator, by, (long long)pairs, plural(pairs));
	return ", ";
}

/* "; exclusion: client level failed (12 disjoint pairs), service level held" */
static void say_untold(const struct tally *tally, struct judgement *judgement)
{
	if (tally->undated)
		say(judgement,
		    "; not judged: overlap-safe of %lld of %lld holds, whose client told no "
		    "valid_ms",
		    (long long)tally->undated, (long long)tally->held);
	if (tally->unwitnessed)
		say(judgement,
		    "; not judged: what the service did to %lld of %lld holds, of which the "
		    "witness knows nothing",
		    (long long)tally->unwitnessed, (long long)tally->held);
}

static void say_exclusion(struct judgement *judgement)
{
	const struct exclusion *client = &judgement->exclusion[EXCLUSION_CLIENT];
	const struct exclusion *service = &judgement->exclusion[EXCLUSION_SERVICE];

	if (!client->holds)
		return;
	say(judgement, "; exclusion: client level %s", exclusion_word(client->verdict));
	if (client->violations)
		say(judgement, " (%lld disjoint pair%s)", (long long)client->violations,
		    plural(client->violations));
	say(judgement, ", service level %s", exclusion_word(service->verdict));
	const char *separator = " (";

	separator = say_pairs(judgement, separator, "by its answers", service->violations);
	separator = say_pairs(judgement, separator, "by its promises",
			      judgement->measure[MEASURE_PAIRS_PROMISED]);
	separator = say_pairs(judgement, separator, "by what the witness saw",
			      judgement->measure[MEASURE_PAIRS_GRANTED]);
	say(judgement, "%s", *separator == ',' ? ")" : "");
}

/* The service fails exclusion by its answers, by its promises, or by what the witness saw it grant.
 */
static void convict_service(struct judgement *judgement)
{
	struct exclusion *service = &judgement->exclusion[EXCLUSION_SERVICE];

	if (judgement->measure[MEASURE_PAIRS_PROMISED] > 0 ||
	    judgement->measure[MEASURE_PAIRS_GRANTED] > 0)
		service->verdict = EXCLUSION_FAILED;
}

static void measure(const struct tally *tally, bool service, bool guarded,
		    struct judgement *judgement)
{
	int64_t *value = judgement->measure;

	/* How exposures ended adds up; and no more tests fail than there are. */
	CHECK(tally->events + tally->stopped <= tally->exposures);
	CHECK(tally->failed_tests <= tally->tests);
	judgement_measure_nothing(judgement);
	if (service)
		return;
	value[MEASURE_STOPPED_IN_TIME] = tally->stopped;
	value[MEASURE_OUTLIVED] = tally->exposures - tally->events - tally->stopped;
	if (tally->least_margin_ns != NEVER_NS)
		value[MEASURE_LEAST_MARGIN] = tally->least_margin_ns;
	value[MEASURE_POSTHUMOUS] = tally->posthumous;
	value[MEASURE_PAIRS_PROMISED] = tally->promised;
	value[MEASURE_PAIRS_GRANTED] = tally->granted;
	if (guarded) {
		value[MEASURE_GUARD_TESTS] = tally->tests;
		value[MEASURE_GUARD_FAILURES] = tally->failed_tests;
	}
}

/* The rate of what the verdict rests on. */
static void reckon_rate(struct judgement *judgement)
{
	bool guarded = judgement_is_guarded(judgement);
	int64_t trials = guarded ? judgement->measure[MEASURE_GUARD_TESTS] : judgement->exposures;
	int64_t events = guarded ? judgement->measure[MEASURE_GUARD_FAILURES] : judgement->events;

	judgement->rate = trials ? (double)events / (double)trials : NAN;
	checker_interval(events, trials, &judgement->rate_low, &judgement->rate_high);
}

/* Its interval, with the occasion as the unit. */
static void reckon_by_occasion(struct tally *tally, struct judgement *judgement)
{
	if (judgement_is_guarded(judgement))
		occasions_reckon(&tally->tested, 0, &judgement->by_occasion);
	else
		occasions_reckon(&tally->exposed, judgement->exposures - tally->exposures,
				 &judgement->by_occasion);
}

static void count_names(const struct docket *docket, int subject, unsigned int counting,
			struct judgement *judgement)
{
	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++) {
		const struct slot *slot = docket_slot(docket, subject, (enum violation_name)name);

		CHECK(slot->anonymous <= slot->definite);
		CHECK(slot->kept <= slot->definite + slot->possible);
		judgement->definite[name] = slot->definite;
		judgement->possible[name] = slot->possible;
		if (!(counting & 1u << name))
			continue;
		/* Harm that no attempt is at fault in is an exposure of its own. */
		judgement->exposures += slot->anonymous;
		judgement->events += slot->anonymous;
	}
}

/* Nobody knows whether the members had the same data at the end. */
static void withhold(struct judgement *judgement, const struct audit *audit)
{
	CHECK(judgement->verdict == VERDICT_SAFE); /* nothing else is withheld */
	judgement->verdict = VERDICT_INCONCLUSIVE;
	say(judgement, ", but the members could not be audited at the end: %s", audit->what);
}

static void judge_subject(const struct judge *judge, int subject, struct judgement *judgement)
{
	const struct docket *docket = &judge->docket;
	const struct history *history = judge->run.history;
	const struct tally *tally = &docket->tally[subject];
	bool service = subject == docket->arms;
	bool guarded = !service && judge->guard[subject]->promises;
	unsigned int counting = violations_of_service();

	if (!service)
		counting = guard_counting(judge->guard[subject],
					  arm_is_honest(&history->arm[subject]));
	*judgement = (struct judgement){
		.arm = service ? -1 : subject,
		.exposures = tally->exposures,
		.events = tally->events,
	};
	snprintf(judgement->subject, sizeof(judgement->subject), "%s",
		 service ? "service" : history->arm[subject].name);
	memcpy(judgement->exclusion, tally->exclusion, sizeof(judgement->exclusion));
	measure(tally, service, guarded, judgement);
	if (!service)
		tell_waits(&docket->tally[subject], judgement->measure);
	count_names(docket, subject, counting, judgement);
	convict_service(judgement);
	reckon_rate(judgement);
	reckon_by_occasion(&docket->tally[subject], judgement);
	judgement->verdict = is_holed(judge, judgement)
				     ? VERDICT_BROKEN
				     : decide(history, &tally->reach, judgement, counting,
					      judge->config.min_exposures);
	CHECK(judgement->verdict != VERDICT_SAFE || !sum_counts(judgement->definite, counting));
	if (service && judge->audit.undone && judgement->verdict == VERDICT_SAFE)
		withhold(judgement, &judge->audit);
	say_stopped(judgement);
	if (tally->harmless_late)
		say(judgement, "; %lld harmless late write%s", (long long)tally->harmless_late,
		    plural(tally->harmless_late));
	if (tally->posthumous)
		say(judgement, "; %lld request%s of the dead", (long long)tally->posthumous,
		    plural(tally->posthumous));
	if (tally->reach.kept)
		say(judgement, "; %lld request%s got no connection while no fault lay over it",
		    (long long)tally->reach.kept, plural(tally->reach.kept));
	if (tally->unowned)
		say(judgement, "; %lld decision%s about unknown requests",
		    (long long)tally->unowned, plural(tally->unowned));
	if (judgement->verdict != VERDICT_BROKEN)
		say_exclusion(judgement);
	say_untold(tally, judgement);
}

static int compare_violations(const void *left, const void *right)
{
	const struct violation *a = left, *b = right;

	return array_order(a->at_ns, b->at_ns)
		       ?: array_order(a->lane, b->lane)
			       ?: array_order(a->name, b->name)
				       ?: array_order(a->evidence[0].ref, b->evidence[0].ref);
}

static void collect_violations(const struct docket *docket, struct verdicts *verdicts)
{
	int slots = (docket->arms + 1) * VIOLATION_NAMES_COUNT;

	for (int i = 0; i < slots; i++)
		verdicts->violations += docket->slot[i].kept;
	ARRAY_NEW(verdicts->violation, verdicts->violations);
	verdicts->violations = 0;
	for (int i = 0; i < slots; i++)
		for (int j = 0; j < docket->slot[i].kept; j++)
			verdicts->violation[verdicts->violations++] = docket->slot[i].violation[j];
	qsort(verdicts->violation, (size_t)verdicts->violations, sizeof(*verdicts->violation),
	      compare_violations);
	for (int i = 0; i < verdicts->violations; i++) {
		CHECK(verdicts->violation[i].arm < docket->arms);
		verdicts->violation[i].id = i + 1;
	}
}

static void collect_cells(const struct coverage *coverage, struct verdicts *verdicts)
{
	verdicts->cells = coverage->cells;
	ARRAY_NEW(verdicts->cell, verdicts->cells);
	memcpy(verdicts->cell, coverage->cell, (size_t)coverage->cells * sizeof(*coverage->cell));
}

/* The failovers go over into the verdicts as they are. */
static void collect_episodes(struct docket *docket, struct verdicts *verdicts)
{
	verdicts->failovers = docket->failovers;
	verdicts->failover = docket->failover;
	docket->failovers = 0;
	docket->failover = NULL;
	for (int arm = 0; arm < docket->arms; arm++)
		tell_gaps(&docket->tally[arm], verdicts);
}

void judge_close(struct judge *judge, struct verdicts *verdicts)
{
	holes_close(&judge->holes);
	check_audit(&judge->docket, &judge->audit);
	if (verdicts) {
		*verdicts = (struct verdicts){.judgements = judge->docket.arms + 1};
		ARRAY_NEW(verdicts->judgement, verdicts->judgements);
		for (int i = 0; i < verdicts->judgements; i++)
			judge_subject(judge, i, &verdicts->judgement[i]);
		collect_violations(&judge->docket, verdicts);
		collect_cells(&judge->docket.coverage, verdicts);
		collect_episodes(&judge->docket, verdicts);
	}
	docket_close(&judge->docket);
	run_close(&judge->run);
	free(judge->guard);
	*judge = (struct judge){0};
}
