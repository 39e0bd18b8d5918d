/*
 * Random lanes, most of them full of violations: the sweeps against brute force from the
 * definitions in checker/README.md, and changes of a history that must not change its verdict.
 */
#include "tests/support/suite.h"
#include "tests/unit/checker_scene.h"

/* Brute force --------------------------------------------------------------------------------- */

/* Worked out once for each scene. */
static struct hold holds[ATTEMPTS];

static int64_t brute_overlaps(void)
{
	int64_t found = 0;

	for (int b = 0; b < ATTEMPTS; b++) {
		bool meets = false;

		for (int a = 0; a < ATTEMPTS; a++) {
			bool first = holds[a].from < holds[b].from ||
				     (holds[a].from == holds[b].from && a < b);

			meets |= holds[a].held && holds[b].held && first &&
				 holds[a].worker != holds[b].worker &&
				 holds[a].to > holds[b].from && holds[b].to > holds[b].from;
		}
		found += meets;
	}
	return found;
}

/* Whether [at, at + 1 ms) is safe: every instant of a scene is a whole millisecond. */
static bool safe_at(const struct scene *scene, int attempt, int64_t at)
{
	if (!holds[attempt].held || at < holds[attempt].from || at >= holds[attempt].to)
		return false;
	for (int i = 0; i < scene->rows.ops; i++) {
		const struct op_row *op = &scene->op[i];

		if (op->attempt == attempt + 1 &&
		    (op->f == F_LEASE_GRANT || op->f == F_KEEPALIVE) && op->returned_ns <= at &&
		    at < op->invoked_ns + op->ttl_ms * NS_PER_MS)
			return true;
	}
	return false;
}

static bool brute_overlap_safe(const struct scene *scene)
{
	for (int64_t at = 0; at < 2 * LAST_MS * NS_PER_MS; at += NS_PER_MS) {
		int safe[WORKERS] = {0}, workers = 0;

		for (int a = 0; a < ATTEMPTS; a++)
			safe[a % WORKERS] |= safe_at(scene, a, at);
		for (int i = 0; i < WORKERS; i++)
			workers += safe[i];
		if (workers > 1)
			return true;
	}
	return false;
}

/* Whether b comes later than a: 2 surely, 1 possibly. */
static int later(const struct hold *b, const struct hold *a)
{
	if (a->order && b->order)
		return b->order > a->order ? 2 : 0;
	return a->held && b->held && b->from > a->from;
}

static int holder_of(const struct scene *scene, const struct decision_row *decision)
{
	return (int)scene->op[decision->op - 1].attempt - 1;
}

static void brute_writes(const struct scene *scene, int64_t *stale, int64_t *late, int64_t *lost)
{
	for (int i = 0; i < DECISIONS; i++) {
		const struct decision_row *decision = &scene->decision[i];
		int written = 0, read = 0, writer = holder_of(scene, decision);

		if (decision->f != F_WRITE || !decision->accepted)
			continue;
		*lost += scene->op[decision->op - 1].base_version != decision->version_before;
		for (int j = 0; j < i; j++) {
			const struct decision_row *before = &scene->decision[j];
			int how = later(&holds[holder_of(scene, before)], &holds[writer]);
			int *seen = before->f == F_WRITE ? &written : &read;

			if (before->accepted && how > *seen)
				*seen = how;
		}
		stale[written]++;
		if (written < 2 && (read == 2 || (read == 1 && !written)))
			late[read]++;
	}
}

/* Sent before `at`, acknowledged, and not over by then. */
static bool brute_lives(const struct scene *scene, int attempt, int64_t at)
{
	bool lives = false;

	for (int i = 0; i < scene->rows.ops; i++) {
		const struct op_row *op = &scene->op[i];

		lives |= op->attempt == attempt + 1 && op->ttl_ms && op->invoked_ns < at &&
			 at < op->invoked_ns + op->ttl_ms * NS_PER_MS;
	}
	return lives;
}

/* The first renewal that was answered "gone" was so within its time. */
static bool brute_told_gone_early(const struct scene *scene, int attempt)
{
	const struct op_row *first = NULL;

	for (int i = 0; i < scene->rows.ops; i++) {
		const struct op_row *op = &scene->op[i];

		if (op->attempt == attempt + 1 && op->f == F_KEEPALIVE &&
		    op->outcome == OUTCOME_OK && !op->ttl_ms &&
		    (!first || op->invoked_ns < first->invoked_ns))
			first = op;
	}
	return first && first->returned_ns < holds[attempt].given_up &&
	       brute_lives(scene, attempt, first->returned_ns);
}

static int64_t brute_early_expiries(const struct scene *scene)
{
	int64_t found = 0;

	for (int a = 0; a < ATTEMPTS; a++) {
		const struct hold *hold = &holds[a];

		if (hold->removed && hold->given_up > hold->removed_seen &&
		    (hold->held || brute_told_gone_early(scene, a)))
			found += brute_lives(scene, a, hold->removed_seen);
	}
	return found;
}

static int64_t brute_dead_keepalives(const struct scene *scene)
{
	int64_t found = 0;

	for (int a = 0; a < ATTEMPTS; a++) {
		const struct hold *hold = &holds[a];
		bool dead = false;

		if (!hold->held || !hold->removed || hold->given_up <= hold->removed_seen)
			continue;
		for (int i = 0; i < scene->rows.ops; i++) {
			const struct op_row *op = &scene->op[i];

			dead |= op->attempt == a + 1 && op->f == F_KEEPALIVE && op->ttl_ms &&
				op->invoked_ns > hold->removed_seen;
		}
		found += dead;
	}
	return found;
}

/* From `first` until `last` the attempt surely held; where first is not before last, at some
 * instant from last until first. */
struct sure {
	int64_t first, last;
};

static struct sure sure_by_belief(int attempt)
{
	return (struct sure){holds[attempt].from, holds[attempt].to};
}

/* Proofs are the acquire, renewals between its answer and the end, readings of the key (all of a
 * scene's tokens are read from an answer on). */
static struct sure sure_by_answers(const struct scene *scene, int attempt)
{
	const struct hold *hold = &holds[attempt];
	struct sure sure = {hold->from, hold->asked};

	for (int i = 0; i < scene->rows.ops; i++) {
		const struct op_row *op = &scene->op[i];
		bool renews =
			op->f == F_KEEPALIVE && op->ttl_ms && op->returned_ns <= hold->given_up;
		bool reads = op->f == F_TOKEN;

		if (op->attempt == attempt + 1 && (renews || reads) &&
		    op->invoked_ns >= hold->from && op->invoked_ns > sure.last)
			sure.last = op->invoked_ns;
	}
	return sure;
}

/* Two cores that meet, or a window within a core; two windows can always be placed. */
static bool clash(const struct sure *one, const struct sure *other)
{
	bool core = one->first < one->last || other->first < other->last;

	return core && one->first < other->last && other->first < one->last;
}

static bool brute_exclusion_fails(const struct scene *scene, enum exclusion_level level)
{
	struct sure sure[ATTEMPTS];
	bool fails = false;

	for (int a = 0; a < ATTEMPTS; a++)
		sure[a] = level == EXCLUSION_CLIENT ? sure_by_belief(a) : sure_by_answers(scene, a);
	for (int a = 0; a < ATTEMPTS; a++)
		for (int b = 0; b < a; b++)
			fails |= holds[a].held && holds[b].held && clash(&sure[a], &sure[b]);
	return fails;
}

static int64_t brute_regressions(void)
{
	int64_t found = 0;

	for (int b = 0; b < ATTEMPTS; b++) {
		bool smaller = false, twice = false;

		for (int a = 0; a < ATTEMPTS; a++) {
			if (!holds[a].held || !holds[b].held || !holds[a].token || !holds[b].token)
				continue;
			smaller |=
				holds[a].from < holds[b].asked && holds[a].token > holds[b].token;
			twice |= a < b && holds[a].token == holds[b].token;
		}
		found += smaller + twice;
	}
	return found;
}

START_TEST(sweeps_agree_with_brute_force)
{
	static struct scene scene;
	struct random_stream random = random_open(20260, "scenes");
	int64_t total[VIOLATION_NAMES_COUNT] = {0};

	for (int round = 0; round < ROUNDS; round++) {
		int64_t stale[3] = {0}, late[3] = {0}, lost = 0;
		struct verdicts verdicts;

		draw_scene(&scene, &random);
		for (int a = 0; a < ATTEMPTS; a++)
			holds[a] = hold_of(&scene, a);
		brute_writes(&scene, stale, late, &lost);
		judge_scene(&scene, &verdicts);
		const struct judgement *arm = &verdicts.judgement[0], *service = arm + 1;

		ck_assert_int_eq(arm->definite[VIOLATION_OVERLAP], brute_overlaps());
		ck_assert_int_eq(arm->definite[VIOLATION_STALE_WRITE], stale[2]);
		ck_assert_int_eq(arm->possible[VIOLATION_STALE_WRITE], stale[1]);
		ck_assert_int_eq(arm->definite[VIOLATION_LATE_WRITE], late[2]);
		ck_assert_int_eq(arm->possible[VIOLATION_LATE_WRITE], late[1]);
		ck_assert_int_eq(arm->definite[VIOLATION_LOST_UPDATE], lost);
		ck_assert_int_eq(service->definite[VIOLATION_EARLY_EXPIRY],
				 brute_early_expiries(&scene));
		ck_assert_int_eq(service->definite[VIOLATION_DEAD_KEEPALIVE],
				 brute_dead_keepalives(&scene));
		ck_assert_int_eq(service->definite[VIOLATION_TOKEN_REGRESSION],
				 brute_regressions());
		ck_assert_int_eq(service->definite[VIOLATION_OVERLAP_SAFE] +
						 service->possible[VIOLATION_OVERLAP_SAFE] >
					 0,
				 brute_overlap_safe(&scene));
		ck_assert(arm->verdict != VERDICT_UNSAFE || arm->exposures > 0);
		for (int name = 0; name < VIOLATION_NAMES_COUNT; name++)
			total[name] += arm->definite[name] + service->definite[name];
		verdicts_free(&verdicts);
	}
	/* A comparison of nothing with nothing would prove nothing. */
	ck_assert_int_gt(total[VIOLATION_OVERLAP], ROUNDS);
	ck_assert_int_gt(total[VIOLATION_STALE_WRITE], ROUNDS);
	ck_assert_int_gt(total[VIOLATION_LATE_WRITE], ROUNDS / 10);
	ck_assert_int_gt(total[VIOLATION_EARLY_EXPIRY], ROUNDS / 10);
	ck_assert_int_gt(total[VIOLATION_DEAD_KEEPALIVE], ROUNDS / 10);
	ck_assert_int_gt(total[VIOLATION_TOKEN_REGRESSION], ROUNDS / 10);
	ck_assert_int_gt(total[VIOLATION_OVERLAP_SAFE], ROUNDS / 10);
}
END_TEST

/* Drops all attempts but the first ones: of ten some two always meet. */
static void thin(struct scene *scene, int attempts)
{
	int kept = 0;

	for (int i = 0; i < scene->rows.ops; i++)
		if (scene->op[i].attempt <= attempts)
			scene->op[kept++] = scene->op[i];
	scene->rows.ops = kept;
}

START_TEST(exclusion_at_both_levels_agrees_with_brute_force)
{
	static struct scene scene;
	struct random_stream random = random_open(20264, "exclusion");
	int failed[EXCLUSION_LEVELS_COUNT] = {0};

	for (int round = 0; round < ROUNDS; round++) {
		struct verdicts verdicts;

		draw_scene(&scene, &random);
		thin(&scene, round % 2 ? 2 : 3);
		for (int a = 0; a < ATTEMPTS; a++)
			holds[a] = hold_of(&scene, a);
		judge_scene(&scene, &verdicts);
		const struct judgement *arm = &verdicts.judgement[0], *service = arm + 1;

		for (int level = 0; level < EXCLUSION_LEVELS_COUNT; level++) {
			bool fails = brute_exclusion_fails(&scene, (enum exclusion_level)level);

			ck_assert_int_eq(arm->exclusion[level].violations > 0, fails);
			failed[level] += fails;
		}
		ck_assert_int_eq(service->definite[VIOLATION_NOT_LINEARIZABLE],
				 arm->exclusion[EXCLUSION_SERVICE].violations > 0);
		verdicts_free(&verdicts);
	}
	for (int level = 0; level < EXCLUSION_LEVELS_COUNT; level++) {
		ck_assert_int_gt(failed[level], ROUNDS / 20);
		ck_assert_int_lt(failed[level], ROUNDS - ROUNDS / 20);
	}
}
END_TEST

/* Changes that must not matter ---------------------------------------------------------------- */

static void expect_same(struct scene *scene, struct scene *changed)
{
	struct verdicts before, after;

	judge_scene(scene, &before);
	judge_scene(changed, &after);
	ck_assert_int_eq(before.violations, after.violations);
	for (int i = 0; i < before.judgements; i++) {
		const struct judgement *left = &before.judgement[i], *right = &after.judgement[i];

		ck_assert_int_eq(left->verdict, right->verdict);
		ck_assert_int_eq(left->exposures, right->exposures);
		ck_assert_int_eq(left->events, right->events);
		ck_assert_mem_eq(left->definite, right->definite, sizeof(left->definite));
		ck_assert_mem_eq(left->possible, right->possible, sizeof(left->possible));
	}
	verdicts_free(&before);
	verdicts_free(&after);
}

static void shift(int64_t *ns, int64_t by_ns)
{
	if (*ns != NEVER_NS)
		*ns += by_ns;
}

START_TEST(verdicts_do_not_change_when_all_times_are_shifted)
{
	static struct scene scene, changed;
	struct random_stream random = random_open(20261, "shifts");

	for (int round = 0; round < ROUNDS / 4; round++) {
		int64_t by_ns = random_between(&random, 0, 1000 * NS_PER_S);

		draw_scene(&scene, &random);
		changed = scene;
		for (int i = 0; i < changed.rows.ops; i++) {
			shift(&changed.op[i].invoked_ns, by_ns);
			shift(&changed.op[i].returned_ns, by_ns);
		}
		for (int i = 0; i < changed.rows.keys; i++)
			shift(&changed.key[i].seen_ns, by_ns);
		for (int i = 0; i < DECISIONS; i++)
			shift(&changed.decision[i].decided_ns, by_ns);
		for (int i = 0; i < WORKERS; i++)
			shift(&changed.process[i].ended_ns, by_ns);
		expect_same(&scene, &changed);
	}
}
END_TEST

START_TEST(verdicts_do_not_change_when_workers_and_processes_are_renamed)
{
	static struct scene scene, changed;
	struct random_stream random = random_open(20262, "names");

	for (int round = 0; round < ROUNDS / 4; round++) {
		draw_scene(&scene, &random);
		changed = scene;
		for (int i = 0; i < changed.rows.ops; i++) {
			changed.op[i].worker = 7 * (WORKERS - changed.op[i].worker);
			changed.op[i].process = 1000 - changed.op[i].process;
		}
		for (int i = 0; i < WORKERS; i++) {
			changed.process[i].id = 1000 - changed.process[i].id;
			changed.process[i].name = "another";
		}
		expect_same(&scene, &changed);
	}
}
END_TEST

START_TEST(verdicts_do_not_change_when_another_member_tells_the_same_later)
{
	static struct scene scene, changed;
	struct random_stream random = random_open(20263, "members");

	for (int round = 0; round < ROUNDS / 4; round++) {
		int64_t by_ns =
			random_between(&random, 0, 50) * NS_PER_MS; /* a watch tells in order */

		draw_scene(&scene, &random);
		changed = scene;
		for (int i = 0; i < scene.rows.keys; i++) {
			struct key_row *again = &changed.key[changed.rows.keys++];

			*again = scene.key[i];
			again->id += 1000;
			again->member = 1;
			again->seen_ns += by_ns;
		}
		expect_same(&scene, &changed);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: properties");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, sweeps_agree_with_brute_force);
	tcase_add_test(tests, exclusion_at_both_levels_agrees_with_brute_force);
	tcase_add_test(tests, verdicts_do_not_change_when_all_times_are_shifted);
	tcase_add_test(tests, verdicts_do_not_change_when_workers_and_processes_are_renamed);
	tcase_add_test(tests, verdicts_do_not_change_when_another_member_tells_the_same_later);
	return suite_run(suite);
}
