/*
 * T2 to T6: locks whose holds can be told apart. What the procedures say against what is known by
 * hand and against exhaustive search, with certificates; what they hand over.
 */
#include <check.h>
#include <stdlib.h>

#include "checker/linear/holds_parts.h"
#include "checker/linear/keys.h"
#include "tests/oracle/draw.h"
#include "tests/support/suite.h"

static struct small small;
static struct linear_result result;

/* LINEAR_UNKNOWN: not covered. */
static enum linear_verdict decide(enum model model, int limit, bool attempts, const char *text)
{
	result = (struct linear_result){.verdict = LINEARIZABLE};
	small_read(&small, model, limit, attempts, text);
	return linear_attempts(&small.object, model, limit, &result) ? result.verdict
								     : LINEAR_UNKNOWN;
}

static enum linear_verdict owned(const char *text)
{
	return decide(MODEL_OWNED_MUTEX, 1, true, text);
}

static enum linear_verdict by_owner(enum model model, const char *text)
{
	return decide(model, 1, false, text);
}

static void expect_attempt(int i, uint32_t acquire, uint32_t release)
{
	ck_assert_int_eq(result.verdict, NOT_LINEARIZABLE);
	ck_assert_int_lt(i, result.certificate.attempts);
	ck_assert_uint_eq(result.certificate.acquire[i], acquire);
	ck_assert_uint_eq(result.certificate.release[i], release);
}

/* T2 ------------------------------------------------------------------------------------------ */

START_TEST(certain_holds_exclude_each_other)
{
	ck_assert_int_eq(owned("a1[0 1] r1[2 3] a2[4 5]"), LINEARIZABLE);
	ck_assert_int_eq(owned("a1[0 1] r1[2 5] a2[3 4]"), LINEARIZABLE);
	ck_assert_int_eq(owned("a1[0 1] a2[2 3] r1[4 5] r2[6 7]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(result.certificate.attempts, 2);
	expect_attempt(0, 0, 2);
	expect_attempt(1, 1, 3);
	ck_assert_uint_eq(result.certificate.stuck, 1);
	ck_assert_uint_eq(result.certificate.prefix, 4);
}
END_TEST

START_TEST(an_unknown_release_ends_a_hold_at_its_invocation)
{
	ck_assert_int_eq(owned("a1[0 1] r1?[2 0] a2[3 4]"), LINEARIZABLE);
	ck_assert_int_eq(owned("a1[0 1] a2[2 4] r1?[3 0]"), LINEARIZABLE);
	ck_assert_int_eq(owned("a1[0 1] a2[2 3] r1?[4 0]"), NOT_LINEARIZABLE);
}
END_TEST

/* Then the unknown one cannot have happened; and that is known only at the confirmed one's end. */
START_TEST(a_confirmed_release_overrides_an_unknown_one)
{
	ck_assert_int_eq(owned("a1[0 1] r1?[2 0] a2[3 4] r1[5 6]"), NOT_LINEARIZABLE);
	ck_assert_uint_eq(result.certificate.stuck, 3);
	expect_attempt(0, 0, 3);
}
END_TEST

START_TEST(an_unknown_acquire_with_a_confirmed_release_needs_one_instant)
{
	ck_assert_int_eq(owned("a1[0 1] a2?[2 0] r2[3 6] r1[4 5]"), LINEARIZABLE);
	ck_assert_int_eq(owned("a1[0 1] a2?[2 0] r2[3 4] r1[5 6]"), NOT_LINEARIZABLE);
	expect_attempt(0, 0, 3);
	expect_attempt(1, 1, 2);
	ck_assert_int_eq(owned("a2?[0 0] a1[1 2] r2[3 4]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(owned("a2?[0 0] r2[1 4] a1[2 3]"), LINEARIZABLE);
	ck_assert_int_eq(owned("a1[0 1] a2?[2 0]"), LINEARIZABLE);
}
END_TEST

START_TEST(a_release_may_overtake_its_acquires_answer)
{
	ck_assert_int_eq(owned("a1[0 5] r1[1 6] a2[2 3] r2[4 7]"), LINEARIZABLE);
	ck_assert_int_eq(owned("a2[0 1] a1[2 5] r1[3 4]"), NOT_LINEARIZABLE);
}
END_TEST

START_TEST(an_attempt_must_be_possible_by_itself)
{
	ck_assert_int_eq(owned("r1[0 1]"), NOT_LINEARIZABLE);
	expect_attempt(0, TRACE_NEVER, 0);
	ck_assert_int_eq(owned("r1[0 1] a1[2 3]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(owned("a1[0 1] r1[2 3] r1[4 5]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(result.certificate.attempts, 2);
	expect_attempt(1, TRACE_NEVER, 2);
	ck_assert_int_eq(owned("a1[0 1] r1[2 3] p1[4 5]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(owned("p1[0 1]"), NOT_LINEARIZABLE);
}
END_TEST

/* Each attempt is in one counted violation at most. */
START_TEST(violations_are_disjoint)
{
	owned("a1[0 1] a2[2 3] a3[4 5]");
	ck_assert_uint_eq(result.violations, 1);
	owned("a1[0 1] a2[2 3] a3[4 5] a4[6 7] r9[8 9]");
	ck_assert_uint_eq(result.violations, 3);
}
END_TEST

START_TEST(a_second_hold_of_one_attempt_is_handed_over)
{
	ck_assert_int_eq(owned("a1[0 1] r1[2 3] a1[4 5]"), LINEAR_UNKNOWN);
	/* but one of unknown outcome that cannot matter is not */
	ck_assert_int_eq(owned("a1?[0 0] a1[1 2] r1[3 4] a2[5 6]"), LINEARIZABLE);
	ck_assert_int_eq(owned("a1?[0 0] a1[1 2] r1[3 4] r1?[5 0]"), LINEAR_UNKNOWN);
}
END_TEST

/* Observers ----------------------------------------------------------------------------------- */

START_TEST(a_failed_try_is_met_by_a_hold_or_by_stretching_one)
{
	ck_assert_int_eq(owned("a1[0 1] t9![2 3] r1[4 5]"), LINEARIZABLE);
	ck_assert_int_eq(owned("a1[0 1] r1[2 5] t9![3 4]"), LINEARIZABLE);
	ck_assert_int_eq(owned("a1[0 3] t9![1 2]"), LINEARIZABLE);
	/* not proved wrong here, but by a search */
	ck_assert_int_eq(owned("a1[0 1] r1[2 3] t9![4 5]"), LINEAR_UNKNOWN);
	ck_assert_int_eq(owned("a1[0 1] r1[2 3] t9![4 5] a2[6 7] r2[8 9]"), LINEAR_UNKNOWN);
	/* a hold that is stretched may not cover a window */
	ck_assert_int_eq(owned("a1[0 1] r1[2 9] a2?[3 0] r2[4 5] t9![6 7]"), LINEAR_UNKNOWN);
	/* not even one that reaches into the core that was stretched back */
	ck_assert_int_eq(owned("a1[0 1] r1[2 3] t9![4 6] a2[5 12] a3?[7 0] r3[8 13] r2[14 15]"),
			 LINEAR_UNKNOWN);
	/* whatever they saw */
	ck_assert_int_eq(owned("t9![0 1] a1[2 3] a2[4 5]"), NOT_LINEARIZABLE);
}
END_TEST

/* Owners -------------------------------------------------------------------------------------- */

START_TEST(sequential_owners_need_no_names)
{
	ck_assert_int_eq(by_owner(MODEL_OWNED_MUTEX, "a1[0 1] r1[2 3] a1[4 5] r1[6 7]"),
			 LINEARIZABLE);
	ck_assert_int_eq(by_owner(MODEL_OWNED_MUTEX, "a1[0 1] r1[2 3] a1[4 5] a2[6 7] r1[8 9]"),
			 NOT_LINEARIZABLE);
	expect_attempt(0, 2, 4);
	expect_attempt(1, 3, TRACE_NEVER);
	ck_assert_int_eq(by_owner(MODEL_OWNED_MUTEX, "a1[0 1] a1[2 3]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(by_owner(MODEL_OWNED_MUTEX, "a1[0 1] r1[2 3] r1[4 5]"), NOT_LINEARIZABLE);
	expect_attempt(0, 0, 1);
	expect_attempt(1, TRACE_NEVER, 2);
	ck_assert_int_eq(by_owner(MODEL_OWNED_MUTEX, "a1[0 1] r1?[2 0] a2[3 4]"), LINEARIZABLE);
}
END_TEST

START_TEST(an_owner_that_goes_on_after_an_unknown_outcome_is_handed_over)
{
	ck_assert_int_eq(by_owner(MODEL_OWNED_MUTEX, "a1[0 1] r1?[2 0] a1[3 4]"), LINEAR_UNKNOWN);
	ck_assert_int_eq(by_owner(MODEL_OWNED_MUTEX, "a1[0 3] r1[1 2]"), LINEAR_UNKNOWN);
	/* what was covered before is enough to refute it */
	ck_assert_int_eq(by_owner(MODEL_OWNED_MUTEX, "a1[0 1] a2[2 3] r1?[4 0] a1[5 6]"),
			 NOT_LINEARIZABLE);
	ck_assert_int_eq(by_owner(MODEL_RWLOCK, "s1[0 1] s1[2 3]"), LINEAR_UNKNOWN);
	ck_assert_int_eq(by_owner(MODEL_LEASED_LOCK, "a1[0 1]"), LINEAR_UNKNOWN);
	ck_assert_int_eq(by_owner(MODEL_OWNED_MUTEX, "a1[0 1] p1[2 3]"), LINEAR_UNKNOWN);
}
END_TEST

/* T2 with leases ------------------------------------------------------------------------------ */

START_TEST(the_service_may_end_a_hold_but_not_a_proved_one)
{
	const char *taken = "a1[0 1] a2[2 3] r2[4 5]";
	const char *proved = "a1[0 1] a2[2 3] p1[4 5]";

	ck_assert_int_eq(owned(taken), NOT_LINEARIZABLE);
	ck_assert_int_eq(decide(MODEL_LEASED_LOCK, 1, true, taken), LINEARIZABLE);
	ck_assert_int_eq(decide(MODEL_LEASED_LOCK, 1, true, proved), NOT_LINEARIZABLE);
	ck_assert_int_eq(result.certificate.attempts, 2);
	ck_assert_uint_eq(result.certificate.stuck, 2); /* known with the proof, not before */
	ck_assert_int_eq(decide(MODEL_LEASED_LOCK, 1, true, "a1[0 1] a2[2 4] p1[3 5]"),
			 LINEARIZABLE);
	ck_assert_int_eq(decide(MODEL_LEASED_LOCK, 1, true, "a1[0 1] a2[2 3] r1[4 5]"),
			 NOT_LINEARIZABLE);
	ck_assert_int_eq(decide(MODEL_LEASED_LOCK, 1, true, "a1[0 1] a2[2 3] r1?[4 0]"),
			 LINEARIZABLE);
}
END_TEST

/* T3 ------------------------------------------------------------------------------------------ */

static enum linear_verdict fenced(const char *text)
{
	return decide(MODEL_FENCED_MUTEX, 1, true, text);
}

START_TEST(tokens_grow_from_hold_to_hold)
{
	ck_assert_int_eq(fenced("a11[0 1] r1[2 3] a22[4 5] r2[6 7]"), LINEARIZABLE);
	ck_assert_int_eq(fenced("a12[0 1] r1[2 3] a21[4 5] r2[6 7]"), NOT_LINEARIZABLE);
	expect_attempt(0, 0, 1);
	expect_attempt(1, 2, 3);
	ck_assert_int_eq(fenced("a12[0 1] r1[2 3] a22[4 5] r2[6 7]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(fenced("a11[0 1] a22[2 3]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(by_owner(MODEL_FENCED_MUTEX, "a12[0 1] r1[2 3] a21[4 5]"),
			 NOT_LINEARIZABLE);
	expect_attempt(0, 0, 1);
}
END_TEST

/* One token that is far too great accuses one later hold, not all. */
START_TEST(one_wild_token_is_one_violation)
{
	fenced("a19[0 1] r1[2 3] a22[4 5] r2[6 7] a33[8 9] r3[10 11] a44[12 13]");
	ck_assert_int_eq(result.verdict, NOT_LINEARIZABLE);
	ck_assert_uint_eq(result.violations, 1);
	/* nor does one whose hold is in another violation */
	fenced("a14[0 1] a21[2 3] a31[4 5] r3[6 7]");
	ck_assert_uint_eq(result.violations, 1);
	fenced("a14[0 1] a2?[2 0] r2[3 4] r1[5 6] a32[7 8]");
	ck_assert_uint_eq(result.violations, 1);
}
END_TEST

START_TEST(a_hold_without_a_token_makes_no_claim)
{
	ck_assert_int_eq(fenced("a13[0 1] r1[2 3] a2[4 5] r2[6 7] a34[8 9]"), LINEARIZABLE);
	ck_assert_int_eq(fenced("a13[0 1] r1[2 3] a2[4 5] r2[6 7] a32[8 9]"), NOT_LINEARIZABLE);
}
END_TEST

static bool grows(struct tokens *tokens, int64_t token)
{
	const struct trace_op acquire = {.has_token = true, .token = token};

	return tokens_grow(tokens, &acquire, (uint32_t)(token + 100));
}

/* As if it had never been: any token may come. */
START_TEST(a_token_that_is_set_aside_bars_nobody)
{
	struct tokens tokens = {0};

	ck_assert(grows(&tokens, 5));
	tokens_forget_greatest(&tokens);
	ck_assert(grows(&tokens, -3));
	ck_assert(!grows(&tokens, -3));
	ck_assert(grows(&tokens, 2));
	ck_assert_uint_eq(tokens.of_greatest, 102);
	tokens_forget_greatest(&tokens);
	ck_assert_uint_eq(tokens.of_greatest, 97);
	ck_assert(!grows(&tokens, -4));
	ck_assert(grows(&tokens, -2));
	tokens_forget_greatest(&tokens);
	tokens_forget_greatest(&tokens);
	tokens_forget_greatest(&tokens);
	ck_assert(grows(&tokens, -9));
}
END_TEST

START_TEST(only_the_token_of_who_stands_is_set_aside_with_him)
{
	const struct trace_op tokenless = {.has_token = false};
	struct tokens tokens = {0};

	ck_assert(grows(&tokens, 5));
	ck_assert(tokens_grow(&tokens, &tokenless, 0));
	tokens_forget_standing(&tokens);
	ck_assert(!grows(&tokens, 5));
	ck_assert(grows(&tokens, 6));
	tokens_forget_standing(&tokens);
	ck_assert(grows(&tokens, 6));
	tokens_forget_standing(&tokens);
	tokens_forget_standing(&tokens);
	ck_assert(!grows(&tokens, 5));
}
END_TEST

START_TEST(a_certificate_holds_64_attempts_or_none)
{
	struct certificate certificate = {0};

	for (uint32_t i = 0; i < CERTIFICATE_MAX; i++)
		certificate_add(&certificate, i, i + 1000);
	ck_assert_int_eq(certificate.attempts, CERTIFICATE_MAX);
	ck_assert_uint_eq(certificate.acquire[63], 63);
	ck_assert_uint_eq(certificate.release[63], 1063);
	certificate_add(&certificate, 64, 1064);
	ck_assert_int_eq(certificate.attempts, -1);
	certificate_add(&certificate, 65, 1065);
	ck_assert_int_eq(certificate.attempts, -1);
	ck_assert_uint_eq(certificate.acquire[0], 0);
}
END_TEST

/* T3b ----------------------------------------------------------------------------------------- */

static enum linear_verdict by_token(const char *text)
{
	return by_owner(MODEL_FENCED_MUTEX, text);
}

START_TEST(tokens_tell_which_hold_an_unknown_release_ended)
{
	ck_assert_int_eq(by_token("a11[0 1] r1?[2 0] a22[3 4] r2[5 6] a13[7 8]"), LINEARIZABLE);
	ck_assert_str_eq(result.procedure, "T3b");
	ck_assert_int_eq(by_token("a11[0 1] r1?[2 0] a13[3 4] a22[5 6]"), NOT_LINEARIZABLE);
	ck_assert_uint_eq(result.certificate.stuck, 3);
	ck_assert_int_eq(by_token("a11[0 1] r1?[2 0] a12[3 4] a23[5 6]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(by_token("a11[0 1] r1?[2 0] r1?[3 0] a12[4 5] a23[6 7]"), LINEARIZABLE);
}
END_TEST

START_TEST(without_all_tokens_nothing_is_forced)
{
	ck_assert_int_eq(by_token("a11[0 1] r1?[2 0] a1[3 4] r1[5 6]"), LINEAR_UNKNOWN);
}
END_TEST

/* T5 ------------------------------------------------------------------------------------------ */

START_TEST(a_semaphore_is_refuted_by_one_attempt_more_than_permits)
{
	const char *text = "a1[0 1] a2[2 3] a3[4 5]";

	ck_assert_int_eq(decide(MODEL_OWNED_SEMAPHORE, 3, true, text), LINEARIZABLE);
	ck_assert_int_eq(decide(MODEL_OWNED_SEMAPHORE, 2, true, text), NOT_LINEARIZABLE);
	ck_assert_int_eq(result.certificate.attempts, 3);
	expect_attempt(2, 2, TRACE_NEVER);
	ck_assert_int_eq(decide(MODEL_OWNED_SEMAPHORE, 2, false, text), NOT_LINEARIZABLE);
	ck_assert_int_eq(result.certificate.attempts, 3);
}
END_TEST

START_TEST(a_window_needs_an_instant_with_a_permit)
{
	const char *text = "a1[0 1] a2[2 3] a3?[4 0] r3[5 8] r1[6 7]";

	ck_assert_int_eq(decide(MODEL_OWNED_SEMAPHORE, 2, true, text), LINEARIZABLE);
	text = "a1[0 1] a2[2 3] a3?[4 0] r3[5 6] r1[7 8]";
	ck_assert_int_eq(decide(MODEL_OWNED_SEMAPHORE, 2, true, text), NOT_LINEARIZABLE);
	ck_assert_int_eq(result.certificate.attempts, 3);
}
END_TEST

START_TEST(a_failed_try_saw_what_bars_its_mode)
{
	ck_assert_int_eq(decide(MODEL_RWLOCK, 1, true, "s1[0 1] t9![2 5] r1[3 4]"), LINEARIZABLE);
	ck_assert_int_eq(decide(MODEL_RWLOCK, 1, true, "s1[0 1] r1[2 3] t9![4 5]"), LINEAR_UNKNOWN);
	ck_assert_int_eq(decide(MODEL_OWNED_SEMAPHORE, 2, true, "a1[0 1] a2[2 3] t9![4 7] r1[5 6]"),
			 LINEARIZABLE);
	ck_assert_int_eq(decide(MODEL_OWNED_SEMAPHORE, 2, true, "a1[0 1] t9![2 3]"),
			 LINEAR_UNKNOWN);
}
END_TEST

/* The release may have ended either, and a shared one would do no harm. */
START_TEST(an_attempt_of_two_modes_is_handed_over)
{
	ck_assert_int_eq(decide(MODEL_RWLOCK, 1, true, "a1?[0 0] s1?[1 0] s2[2 3] r1[4 5]"),
			 LINEAR_UNKNOWN);
	ck_assert_int_eq(decide(MODEL_RWLOCK, 1, true, "a1?[0 0] a1?[1 0] s2[2 3] r1[4 5]"),
			 NOT_LINEARIZABLE);
}
END_TEST

START_TEST(readers_share_and_writers_do_not)
{
	ck_assert_int_eq(decide(MODEL_RWLOCK, 1, true, "s1[0 1] s2[2 3]"), LINEARIZABLE);
	ck_assert_int_eq(decide(MODEL_RWLOCK, 1, true, "s1[0 1] a2[2 3]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(decide(MODEL_RWLOCK, 1, true, "a1[0 1] s2[2 3]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(decide(MODEL_RWLOCK, 1, false, "s1[0 1] s2[2 3] a3[4 5]"),
			 NOT_LINEARIZABLE);
	ck_assert_int_eq(result.certificate.attempts, 2);
}
END_TEST

/* Readers hand over to each other, so that a writer finds no instant; no two suffice to show it. */
START_TEST(a_chain_of_readers_keeps_a_writer_out)
{
	const char *text = "s1[0 1] a3?[2 0] r3[3 8] s2[4 5] r1[6 7] r2[10 11]";

	ck_assert_int_eq(decide(MODEL_RWLOCK, 1, true, text), NOT_LINEARIZABLE);
	ck_assert_int_eq(result.certificate.attempts, 3);
	text = "s1[0 1] a3?[2 0] r3[3 8] r1[4 5] s2[6 7] r2[10 11]";
	ck_assert_int_eq(decide(MODEL_RWLOCK, 1, true, text), LINEARIZABLE);
}
END_TEST

/* T6 ------------------------------------------------------------------------------------------ */

static enum linear_verdict reentrant(int depth, const char *text)
{
	return decide(MODEL_REENTRANT_MUTEX, depth, false, text);
}

START_TEST(a_reentrant_mutex_is_held_until_the_outermost_release)
{
	ck_assert_int_eq(reentrant(2, "a1[0 1] a1[2 3] r1[4 5] r1[6 7] a2[8 9]"), LINEARIZABLE);
	ck_assert_int_eq(reentrant(2, "a1[0 1] a1[2 3] r1[4 5] a2[6 7] r1[8 9]"), NOT_LINEARIZABLE);
	expect_attempt(0, 0, 4);
	ck_assert_int_eq(reentrant(2, "a1[0 1] a1[2 3] a1[4 5]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(result.certificate.attempts, 3);
	ck_assert_int_eq(reentrant(2, "a1[0 1] r1[2 3] r1[4 5]"), NOT_LINEARIZABLE);
	/* whether it saw its own depth or another's hold is not told apart */
	ck_assert_int_eq(reentrant(2, "a1[0 1] t1![2 3]"), LINEAR_UNKNOWN);
}
END_TEST

/* All ----------------------------------------------------------------------------------------- */

START_TEST(identities_may_lie_far_apart)
{
	small_read(&small, MODEL_OWNED_MUTEX, 1, true, "a1[0 1] r1[2 3] a2[4 5] a3[6 7] r2[8 9]");
	for (uint32_t i = 0; i < small.trace.ops; i++)
		small.op[i].attempt *= UINT32_C(1000000007);
	ck_assert(linear_attempts(&small.object, MODEL_OWNED_MUTEX, 1, &result));
	expect_attempt(0, 2, 4);
	expect_attempt(1, 3, TRACE_NEVER);
}
END_TEST

/* Numbers that lie close together are their own; others are looked up in a table half empty. */
START_TEST(a_table_of_identities_is_half_empty)
{
	struct keys keys;

	keys_open(&keys, 7, 7 + 4 * 100 + 63, 100);
	ck_assert_ptr_null(keys.key);
	ck_assert_uint_eq(keys.count, 464);
	keys_close(&keys);
	keys_open(&keys, 7, 7 + 4 * 100 + 64, 100);
	ck_assert_ptr_nonnull(keys.key);
	ck_assert_uint_eq(keys.count, 100);
	ck_assert_uint_eq(keys.mask, 255);
	keys_close(&keys);
	keys_open(&keys, 0, UINT32_MAX, 32);
	ck_assert_uint_eq(keys.mask, 63);
	keys_close(&keys);
	keys_open(&keys, 0, UINT32_MAX, 33);
	ck_assert_uint_eq(keys.mask, 127);
	keys_close(&keys);
	keys_open(&keys, UINT32_MAX, 0, 10); /* there are none */
	ck_assert_uint_eq(keys.count, 0);
	keys_close(&keys);
}
END_TEST

START_TEST(numbers_of_identities_are_their_own)
{
	enum { MANY = 1000 };
	struct random_stream random = random_open(20261120, "keys");
	uint32_t key[MANY], holder[MANY];
	struct keys keys;

	keys_open(&keys, 0, UINT32_MAX, MANY);
	for (int i = 0; i < MANY; i++)
		holder[i] = MANY;
	for (uint32_t i = 0; i < MANY; i++) {
		key[i] = (uint32_t)random_next(&random);
		uint32_t number = keys_number(&keys, key[i]);

		ck_assert_uint_lt(number, MANY);
		ck_assert(holder[number] == MANY || key[holder[number]] == key[i]);
		holder[number] = i;
	}
	for (int i = 0; i < MANY; i++)
		ck_assert_uint_eq(key[holder[keys_number(&keys, key[i])]], key[i]);
	keys_close(&keys);
}
END_TEST

/* Both verdicts must be among them, and most must be covered, else it shows nothing. */
START_TEST(random_histories_agree_with_exhaustive_search)
{
	static const enum model models[] = {MODEL_OWNED_MUTEX,     MODEL_REENTRANT_MUTEX,
					    MODEL_FENCED_MUTEX,    MODEL_RWLOCK,
					    MODEL_OWNED_SEMAPHORE, MODEL_LEASED_LOCK};
	enum model model = models[_i];
	struct random_stream random = random_open(20261120, model_names[model]);
	int seen[2] = {0};

	for (int i = 0; i < 8000; i++) {
		draw(model, &random, &small);
		if (!linear_attempts(&small.object, model, small.limit, &result))
			continue;
		ck_assert_int_eq(result.verdict, linear_exhaust(&small.object, model, small.limit));
		seen[result.verdict]++;
	}
	ck_assert_int_gt(seen[LINEARIZABLE], 500);
	ck_assert_int_gt(seen[NOT_LINEARIZABLE], 500);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("attempts");
	TCase *tests = tcase_create("attempts");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, certain_holds_exclude_each_other);
	tcase_add_test(tests, an_unknown_release_ends_a_hold_at_its_invocation);
	tcase_add_test(tests, a_confirmed_release_overrides_an_unknown_one);
	tcase_add_test(tests, an_unknown_acquire_with_a_confirmed_release_needs_one_instant);
	tcase_add_test(tests, a_release_may_overtake_its_acquires_answer);
	tcase_add_test(tests, an_attempt_must_be_possible_by_itself);
	tcase_add_test(tests, violations_are_disjoint);
	tcase_add_test(tests, a_second_hold_of_one_attempt_is_handed_over);
	tcase_add_test(tests, a_failed_try_is_met_by_a_hold_or_by_stretching_one);
	tcase_add_test(tests, sequential_owners_need_no_names);
	tcase_add_test(tests, an_owner_that_goes_on_after_an_unknown_outcome_is_handed_over);
	tcase_add_test(tests, the_service_may_end_a_hold_but_not_a_proved_one);
	tcase_add_test(tests, tokens_grow_from_hold_to_hold);
	tcase_add_test(tests, one_wild_token_is_one_violation);
	tcase_add_test(tests, a_hold_without_a_token_makes_no_claim);
	tcase_add_test(tests, tokens_tell_which_hold_an_unknown_release_ended);
	tcase_add_test(tests, without_all_tokens_nothing_is_forced);
	tcase_add_test(tests, a_semaphore_is_refuted_by_one_attempt_more_than_permits);
	tcase_add_test(tests, a_window_needs_an_instant_with_a_permit);
	tcase_add_test(tests, a_failed_try_saw_what_bars_its_mode);
	tcase_add_test(tests, an_attempt_of_two_modes_is_handed_over);
	tcase_add_test(tests, readers_share_and_writers_do_not);
	tcase_add_test(tests, a_chain_of_readers_keeps_a_writer_out);
	tcase_add_test(tests, a_reentrant_mutex_is_held_until_the_outermost_release);
	tcase_add_test(tests, identities_may_lie_far_apart);
	tcase_add_test(tests, a_token_that_is_set_aside_bars_nobody);
	tcase_add_test(tests, only_the_token_of_who_stands_is_set_aside_with_him);
	tcase_add_test(tests, a_certificate_holds_64_attempts_or_none);
	tcase_add_test(tests, a_table_of_identities_is_half_empty);
	tcase_add_test(tests, numbers_of_identities_are_their_own);
	tcase_add_loop_test(tests, random_histories_agree_with_exhaustive_search, 0, 6);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
