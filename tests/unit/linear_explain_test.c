/*
 * Explanations: what is said is true, small, and verified. Hand-made traces for each way of
 * explaining, with their words.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "checker/linear/explain.h"
#include "checker/linear/explain_parts.h"
#include "checker/linear/lessen.h"
#include "tests/support/trace_generator.h"

/* A trace of the events that a test tells, a tenth of a second apart -------------------------- */

enum { STEP_NS = 100000000, OPS_MAX = 32 };

struct story {
	struct trace_builder *builder;
	struct trace_op op[OPS_MAX];
	uint32_t handle[OPS_MAX];
	uint32_t ops;
	int64_t at_ns;
	struct trace trace;
	struct linear_summary summary;
	struct explanation explanation;
};

static void story_begin(struct story *story)
{
	*story = (struct story){.builder = trace_begin("test")};
	trace_intern_object(story->builder, "a");
}

/* Returns the operation's number, for `answer`. */
static uint32_t ask(struct story *story, struct trace_op op)
{
	op.invoked_ns = story->at_ns += STEP_NS;
	op.owner = (uint32_t)op.process;
	op.line = story->ops + 1;
	story->op[story->ops] = op;
	story->handle[story->ops] = trace_invoke(story->builder, &op);
	return story->ops++;
}

static void answer(struct story *story, uint32_t number, enum trace_outcome outcome)
{
	struct trace_op op = story->op[number];

	op.returned_ns = story->at_ns += STEP_NS;
	trace_return(story->builder, story->handle[number], outcome, &op);
}

static uint32_t did(struct story *story, struct trace_op op)
{
	uint32_t number = ask(story, op);

	answer(story, number, TRACE_OK);
	return number;
}

static uint32_t value(struct story *story, const char *edn)
{
	return trace_intern_value(story->builder, edn);
}

/* Judges and explains; the story must not be linearizable. */
static void tell(struct story *story, enum model model, int limit)
{
	struct linear_request request = {.model = model, .limit = limit};
	struct error err = {0};

	trace_end(story->builder, &story->trace);
	ck_assert_int_eq(linear_judge(&story->trace, &request, &story->summary, &err), 0);
	ck_assert_int_eq(story->summary.verdict, NOT_LINEARIZABLE);
	explain_summary(&story->trace, &request, &story->summary, &story->explanation);
}

static void story_end(struct story *story)
{
	explanation_free(&story->explanation);
	trace_free(&story->trace);
}

static bool says(const struct story *story, const char *sentence)
{
	for (int i = 0; i < story->explanation.sentences; i++)
		if (strcmp(story->explanation.sentence[i], sentence) == 0)
			return true;
	for (int i = 0; i < story->explanation.sentences; i++)
		printf("# it says: %s\n", story->explanation.sentence[i]);
	return false;
}

static struct trace_op acquire(int process, uint32_t attempt, int64_t token)
{
	return (struct trace_op){
		.f = TRACE_ACQUIRE, .process = process, .attempt = attempt, .token = token};
}

static struct trace_op release(int process, uint32_t attempt)
{
	return (struct trace_op){.f = TRACE_RELEASE, .process = process, .attempt = attempt};
}

static struct trace_op proof(int process, uint32_t attempt)
{
	return (struct trace_op){.f = TRACE_PROOF, .process = process, .attempt = attempt};
}

/* Holds --------------------------------------------------------------------------------------- */

START_TEST(two_holds_are_explained_by_their_certain_overlap)
{
	struct story story;

	story_begin(&story);
	did(&story, acquire(1, 1, 7));
	did(&story, acquire(2, 2, 8));
	did(&story, release(1, 1));
	ask(&story, release(2, 2));
	tell(&story, MODEL_OWNED_MUTEX, 1);
	ck_assert_str_eq(story.explanation.headline,
			 "Process 1 and process 2 certainly held the lock a at one time, for "
			 "0.100 s: from 0.400 s until 0.500 s.");
	ck_assert(says(&story, "Process 1 certainly held the lock a from 0.200 s, when its acquire "
			       "was answered (line 1), until 0.500 s, when its release was sent "
			       "(line 3)."));
	ck_assert(says(&story,
		       "Process 2 certainly held the lock a from 0.400 s, when its acquire "
		       "was answered (line 2), until 0.700 s at least: its release, sent "
		       "then (line 4), has no answer, and can have taken effect at any time "
		       "after that, but not before."));
	ck_assert(says(&story, "No late answer and no unknown release is a way out: the last of "
			       "these acquires was answered at 0.400 s, and no release of these "
			       "holds, answered or not, was sent before 0.500 s."));
	ck_assert(says(&story, "Their tokens are 7 and 8: a resource that has seen the greater "
			       "refuses the other."));
	ck_assert_int_eq(story.explanation.proof, EXPLANATION_VERIFIED);
	ck_assert_int_eq(story.explanation.rows, 4);
	story_end(&story);
}
END_TEST

START_TEST(a_failed_release_is_told)
{
	struct story story;

	story_begin(&story);
	did(&story, acquire(1, 1, 0));
	struct trace_op failing = release(1, 1);
	uint32_t number = ask(&story, failing);
	story.op[number].a = value(&story, "\"lease not found\"");
	answer(&story, number, TRACE_FAILED);
	did(&story, acquire(2, 2, 0));
	tell(&story, MODEL_OWNED_MUTEX, 1);
	ck_assert(says(&story, "Process 1 certainly held the lock a from 0.200 s, when its acquire "
			       "was answered (line 1), for the rest of the history: no release of "
			       "it happened."));
	ck_assert(says(&story, "A release by process 1 (line 2, sent at 0.300 s) failed with "
			       "\"lease not found\": it did not happen, and ended nothing."));
	story_end(&story);
}
END_TEST

START_TEST(without_times_events_are_counted)
{
	struct story story;

	story_begin(&story);
	struct trace_op one = acquire(1, 1, 0), other = acquire(2, 2, 0);

	trace_return(story.builder, trace_invoke(story.builder, &one), TRACE_OK, &one);
	trace_return(story.builder, trace_invoke(story.builder, &other), TRACE_OK, &other);
	tell(&story, MODEL_OWNED_MUTEX, 1);
	ck_assert_str_eq(story.explanation.headline,
			 "Process 1 and process 2 certainly held the lock a at one time, from "
			 "event 4 on.");
	story_end(&story);
}
END_TEST

START_TEST(tokens_that_do_not_grow_are_explained_by_the_order_of_holds)
{
	struct story story;

	story_begin(&story);
	did(&story, acquire(1, 1, 9));
	did(&story, release(1, 1));
	did(&story, acquire(2, 2, 8));
	tell(&story, MODEL_FENCED_MUTEX, 1);
	ck_assert_str_eq(
		story.explanation.headline,
		"Process 2 was given token 8 after process 1 had been given 9: tokens must "
		"grow from hold to hold.");
	ck_assert(says(&story, "The hold of process 1 came first: its acquire was answered at "
			       "0.200 s, before that of process 2 was sent, at 0.500 s."));
	ck_assert_int_eq(story.explanation.proof, EXPLANATION_VERIFIED);
	story_end(&story);
}
END_TEST

START_TEST(a_lease_that_ran_out_is_no_way_out_of_proofs)
{
	struct story story;

	story_begin(&story);
	did(&story, acquire(1, 1, 0));
	did(&story, acquire(2, 2, 0));
	did(&story, proof(1, 1));
	did(&story, proof(2, 2));
	tell(&story, MODEL_LEASED_LOCK, 1);
	ck_assert_str_eq(story.explanation.headline,
			 "Process 1 and process 2 certainly held the lock a at one time, for "
			 "0.100 s: from 0.400 s until 0.500 s.");
	ck_assert(says(&story,
		       "That a lease ran out is no way out: who has lost the lock is found "
		       "in possession no more, and each was, before 0.400 s and again after "
		       "0.500 s."));
	ck_assert_int_eq(story.explanation.proof, EXPLANATION_VERIFIED);
	story_end(&story);
}
END_TEST

START_TEST(a_hold_within_another_is_explained_by_its_window)
{
	struct story story;

	story_begin(&story);
	did(&story, acquire(1, 1, 0));
	ask(&story, acquire(2, 2, 0));
	did(&story, release(2, 2));
	did(&story, release(1, 1));
	tell(&story, MODEL_OWNED_MUTEX, 1);
	ck_assert_str_eq(story.explanation.headline,
			 "Process 2 held the lock a for an instant at least between 0.400 s and "
			 "0.500 s, and all that time somebody else certainly held it.");
	ck_assert_int_eq(story.explanation.proof, EXPLANATION_VERIFIED);
	story_end(&story);
}
END_TEST

START_TEST(permits_are_explained_by_one_holder_more_than_there_are)
{
	struct story story;

	story_begin(&story);
	for (int i = 1; i <= 3; i++)
		did(&story, acquire(i, (uint32_t)i, 0));
	tell(&story, MODEL_OWNED_SEMAPHORE, 2);
	ck_assert_str_eq(
		story.explanation.headline,
		"Process 1, process 2 and process 3 certainly held the lock a at one time, "
		"from 0.600 s on; only 2 may.");
	ck_assert_int_eq(story.explanation.rows, 3);
	story_end(&story);
}
END_TEST

START_TEST(readers_and_writers_are_told_apart)
{
	struct story story;
	struct trace_op reads = acquire(1, 1, 0);

	reads.mode = TRACE_SHARED;
	story_begin(&story);
	did(&story, reads);
	did(&story, acquire(2, 2, 0));
	tell(&story, MODEL_RWLOCK, 1);
	ck_assert(says(&story,
		       "Process 1 certainly held the lock a for reading from 0.200 s, when its "
		       "acquire was answered (line 1), for the rest of the history: no release of "
		       "it happened."));
	ck_assert(says(&story,
		       "Process 2 certainly held the lock a for writing from 0.400 s, when its "
		       "acquire was answered (line 2), for the rest of the history: no release of "
		       "it happened."));
	story_end(&story);
}
END_TEST

START_TEST(an_owner_too_deep_is_told_how_deep)
{
	struct story story;

	story_begin(&story);
	for (int i = 0; i < 3; i++)
		did(&story, acquire(1, 0, 0));
	did(&story, release(1, 0));
	tell(&story, MODEL_REENTRANT_MUTEX, 2);
	ck_assert_str_eq(story.explanation.headline,
			 "At 0.600 s process 1 had acquired the lock a 3 times more than it had "
			 "given it back; the model allows 2.");
	ck_assert_int_eq(story.explanation.proof, EXPLANATION_VERIFIED);
	story_end(&story);
}
END_TEST

START_TEST(close_instants_get_the_decimals_that_tell_them_apart)
{
	struct story story;

	story_begin(&story);
	uint32_t first = ask(&story, acquire(1, 1, 0));

	answer(&story, first, TRACE_OK);
	story.at_ns += 50 - STEP_NS; /* 50 ns after the first answer */
	uint32_t second = ask(&story, acquire(2, 2, 0));

	answer(&story, second, TRACE_OK);
	tell(&story, MODEL_OWNED_MUTEX, 1);
	ck_assert_str_eq(story.explanation.headline,
			 "Process 1 and process 2 certainly held the lock a at one time, from "
			 "0.300000050 s on.");
	story_end(&story);
}
END_TEST

START_TEST(what_happens_at_one_instant_needs_no_more_decimals)
{
	struct story story;

	story_begin(&story);
	uint32_t first = ask(&story, acquire(1, 1, 0));

	story.at_ns -= STEP_NS;
	uint32_t second = ask(&story, acquire(2, 2, 0));

	answer(&story, first, TRACE_OK);
	answer(&story, second, TRACE_OK);
	tell(&story, MODEL_OWNED_MUTEX, 1);
	ck_assert_str_eq(story.explanation.headline,
			 "Process 1 and process 2 certainly held the lock a at one time, from "
			 "0.300 s on.");
	story_end(&story);
}
END_TEST

/* Counts -------------------------------------------------------------------------------------- */

START_TEST(an_anonymous_lock_is_explained_by_a_count)
{
	struct story story;

	story_begin(&story);
	did(&story, acquire(1, 0, 0));
	did(&story, release(1, 0));
	did(&story, acquire(1, 0, 0));
	did(&story, acquire(2, 0, 0));
	tell(&story, MODEL_MUTEX, 1);
	ck_assert_str_eq(story.explanation.headline,
			 "The lock was certainly held at 0.600 s, nothing can have freed it until "
			 "0.800 s, and yet an acquire of process 2 was answered then.");
	ck_assert(says(&story, "At 0.600 s, when the acquire of process 1 (line 3) was answered, "
			       "2 acquires of the lock a had been answered and 1 release had been "
			       "sent: even if every one of these took effect, the lock was held."));
	ck_assert_int_eq(story.explanation.proof, EXPLANATION_VERIFIED);
	story_end(&story);
}
END_TEST

START_TEST(a_failed_release_that_was_needed_is_named)
{
	struct story story;

	story_begin(&story);
	did(&story, acquire(1, 0, 0));
	uint32_t number = ask(&story, release(1, 0));

	story.op[number].a = value(&story, ":lost");
	answer(&story, number, TRACE_FAILED);
	did(&story, acquire(2, 0, 0));
	tell(&story, MODEL_MUTEX, 1);
	ck_assert(says(&story,
		       "A release of process 1, which had acquired it, was sent at 0.300 s "
		       "(line 2), but failed with :lost: a failed release did not happen."));
	ck_assert(says(&story, "Nothing else is wrong with this history: if the 1 release that "
			       "failed with :lost is counted as of unknown outcome, it is "
			       "linearizable."));
	story_end(&story);
}
END_TEST

START_TEST(a_second_violation_forbids_to_say_that_nothing_else_is_wrong)
{
	struct story story;

	story_begin(&story);
	did(&story, acquire(1, 0, 0));
	uint32_t number = ask(&story, release(1, 0));

	story.op[number].a = value(&story, ":lost");
	answer(&story, number, TRACE_FAILED);
	did(&story, acquire(2, 0, 0));
	did(&story, acquire(3, 0, 0));
	tell(&story, MODEL_MUTEX, 1);
	for (int i = 0; i < story.explanation.sentences; i++)
		ck_assert_ptr_null(strstr(story.explanation.sentence[i], "Nothing else"));
	story_end(&story);
}
END_TEST

START_TEST(a_release_of_a_free_lock_is_explained_by_a_count)
{
	struct story story;

	story_begin(&story);
	did(&story, acquire(1, 0, 0));
	did(&story, release(1, 0));
	did(&story, release(2, 0));
	tell(&story, MODEL_MUTEX, 1);
	ck_assert_str_eq(story.explanation.headline,
			 "The lock was certainly free at 0.400 s, nobody asked for it until "
			 "0.600 s, and yet a release of process 2 was answered then.");
	story_end(&story);
}
END_TEST

/* The long acquire pays for the first release, so a count from the beginning does not tell. */
START_TEST(a_stretch_with_too_many_acquires_is_found)
{
	struct story story;

	story_begin(&story);
	uint32_t slow = ask(&story, acquire(9, 0, 0));

	did(&story, release(1, 0));
	did(&story, acquire(2, 0, 0));
	did(&story, release(3, 0));
	did(&story, acquire(4, 0, 0));
	did(&story, acquire(5, 0, 0));
	answer(&story, slow, TRACE_OK);
	tell(&story, MODEL_MUTEX, 1);
	ck_assert_str_eq(story.explanation.headline,
			 "Between 0.800 s and 1.100 s there were 2 acquires and no release: 1 more "
			 "than the model allows.");
	ck_assert_int_eq(story.explanation.proof, EXPLANATION_VERIFIED);
	story_end(&story);
}
END_TEST

/* Searches ------------------------------------------------------------------------------------ */

static struct trace_op of_value(enum trace_function f, int process, uint32_t number)
{
	return (struct trace_op){.f = f, .process = process, .a = number};
}

START_TEST(a_read_is_explained_by_what_the_register_can_hold)
{
	struct story story;

	story_begin(&story);
	uint32_t one = value(&story, "1"), two = value(&story, "2"), three = value(&story, "3");

	for (int i = 0; i < 8; i++) /* what matters to nobody */
		did(&story, of_value(i % 2 ? TRACE_READ : TRACE_WRITE, 3, one));
	did(&story, of_value(TRACE_WRITE, 1, two));
	did(&story, of_value(TRACE_WRITE, 1, three));
	did(&story, of_value(TRACE_READ, 2, two));
	tell(&story, MODEL_CAS_REGISTER, 1);
	ck_assert_str_eq(story.explanation.headline,
			 "The read 2 of process 2 (line 11) fits in no legal order: by then, the "
			 "register holds 3.");
	ck_assert(says(&story, "After write 3 (line 10) the register holds 3, and the read 2 of "
			       "process 2 (line 11) does not fit."));
	ck_assert_int_eq(story.explanation.rows, 2);
	ck_assert(story.explanation.row[1].culprit);
	ck_assert_int_eq(story.explanation.proof, EXPLANATION_VERIFIED);
	story_end(&story);
}
END_TEST

START_TEST(every_way_in_which_orders_end_is_told)
{
	struct story story;

	story_begin(&story);
	uint32_t x = value(&story, "\"x\""), y = value(&story, "\"y\"");
	uint32_t xx = value(&story, "\"xx\"");
	uint32_t one = ask(&story, of_value(TRACE_APPEND, 1, x));
	uint32_t other = ask(&story, of_value(TRACE_APPEND, 2, y));

	answer(&story, one, TRACE_OK);
	answer(&story, other, TRACE_OK);
	did(&story, of_value(TRACE_GET, 3, xx));
	tell(&story, MODEL_KV, 1);
	ck_assert_str_eq(
		story.explanation.headline,
		"The get \"xx\" of process 3 (line 3) fits in no legal order: by then, the "
		"key holds \"xy\", or the key holds \"yx\".");
	story_end(&story);
}
END_TEST

/* Either cas is legal by itself: so neither of the two states is what keeps the other out. */
START_TEST(two_cas_from_one_value_are_told_both_ways)
{
	struct story story;

	story_begin(&story);
	uint32_t one = value(&story, "1"), two = value(&story, "2"), five = value(&story, "5");
	struct trace_op first = {.f = TRACE_CAS, .process = 1, .a = one, .b = two};
	struct trace_op second = {.f = TRACE_CAS, .process = 2, .a = one, .b = five};

	did(&story, of_value(TRACE_WRITE, 3, one));
	uint32_t slow = ask(&story, first);

	did(&story, second);
	answer(&story, slow, TRACE_OK);
	tell(&story, MODEL_CAS_REGISTER, 1);
	ck_assert_str_eq(story.explanation.headline,
			 "With the cas 1 -> 2 of process 1 (line 2), no legal order is left.");
	ck_assert(says(&story, "After write 1 (line 1), cas 1 -> 2 (line 2) the register holds 2, "
			       "and the cas 1 -> 5 of process 2 (line 3) does not fit."));
	ck_assert(says(&story, "After write 1 (line 1), cas 1 -> 5 (line 3) the register holds 5, "
			       "and the cas 1 -> 2 of process 1 (line 2) does not fit."));
	story_end(&story);
}
END_TEST

START_TEST(a_long_history_of_no_matter_is_left_out)
{
	struct random_stream random = random_open(5, "explain");
	struct story story;

	story_begin(&story);
	uint32_t number[] = {value(&story, "1"), value(&story, "2"), value(&story, "3")};

	for (int i = 0; i < 300; i++) {
		struct trace_op op =
			of_value(TRACE_WRITE, 1, number[random_between(&random, 0, 2)]);
		uint32_t handle;

		handle = trace_invoke(story.builder, &op);
		trace_return(story.builder, handle, TRACE_OK, &op);
	}
	struct trace_op write = of_value(TRACE_WRITE, 1, number[0]);
	struct trace_op read = of_value(TRACE_READ, 2, number[1]);

	trace_return(story.builder, trace_invoke(story.builder, &write), TRACE_OK, &write);
	trace_return(story.builder, trace_invoke(story.builder, &read), TRACE_OK, &read);
	tell(&story, MODEL_CAS_REGISTER, 1);
	ck_assert_int_le(story.explanation.rows, 3);
	ck_assert_int_eq(story.explanation.proof, EXPLANATION_VERIFIED);
	story_end(&story);
}
END_TEST

/* Process 1 owns two holds, of which a release without an answer ended the first. */
START_TEST(a_release_that_was_used_up_is_no_way_out)
{
	struct story story;

	story_begin(&story);
	did(&story, acquire(1, 0, 1));
	ask(&story, release(1, 0));
	did(&story, acquire(2, 0, 2));
	did(&story, release(2, 0));
	did(&story, acquire(1, 0, 3));
	did(&story, acquire(2, 0, 4));
	tell(&story, MODEL_FENCED_MUTEX, 1);
	ck_assert_str_eq(story.summary.result.procedure, "T3b");
	ck_assert_str_eq(story.explanation.headline,
			 "The acquire, token 4 of process 2 (line 6) fits in no legal order: by "
			 "then, process 1 holds the lock.");
	ck_assert(says(&story, "Those who are shown had sent 1 release without an answer by then, "
			       "of which none is drawn: the others were used up by holds that are "
			       "left out, or have nothing to end, or one that is drawn serves as "
			       "well."));
	ck_assert_int_eq(story.explanation.rows, 2);
	ck_assert_int_eq(story.explanation.proof, EXPLANATION_VERIFIED);
	story_end(&story);
}
END_TEST

/* Should a procedure ever refute what is legal, then no reasons are made up. */
START_TEST(what_has_a_legal_order_is_not_explained)
{
	const struct linear_request request = {.model = MODEL_CAS_REGISTER, .limit = 1};
	struct linear_object object;
	struct excerpt excerpt;
	struct story story;

	story_begin(&story);
	did(&story, of_value(TRACE_WRITE, 1, value(&story, "1")));
	did(&story, of_value(TRACE_READ, 2, value(&story, "1")));
	trace_end(story.builder, &story.trace);
	linear_split(&story.trace, 0, &object);
	const struct explaining about = {.trace = &story.trace,
					 .request = &request,
					 .object = &object,
					 .into = &story.explanation};

	excerpt_prefix(&excerpt, &object, TRACE_NEVER);
	explain_states(&about, &excerpt, 1);
	ck_assert_ptr_null(story.explanation.headline);
	explain_orders(&about, &excerpt);
	ck_assert_int_eq(story.explanation.proof, EXPLANATION_REFUTED);
	ck_assert_int_eq(story.explanation.sentences, 0);
	story.explanation.proof = EXPLANATION_UNVERIFIED;
	explain_verify(&about, &excerpt);
	ck_assert_int_eq(story.explanation.proof, EXPLANATION_REFUTED);
	ck_assert_uint_eq(story.explanation.proof_ops, 2);
	excerpt_free(&excerpt);
	linear_split_free(&object);
	story_end(&story);
}
END_TEST

/* Drawing ------------------------------------------------------------------------------------- */

START_TEST(rows_stand_on_the_axis_in_the_order_of_their_events)
{
	struct story story;

	story_begin(&story);
	did(&story, acquire(1, 1, 0));
	did(&story, acquire(2, 2, 0));
	did(&story, release(1, 1));
	tell(&story, MODEL_OWNED_MUTEX, 1);
	const struct explanation_row *row = story.explanation.row;

	ck_assert_int_eq(story.explanation.rows, 3);
	ck_assert(row[0].invoked < row[0].returned && row[0].returned < row[1].invoked);
	ck_assert(row[1].invoked < row[1].returned && row[1].returned < row[2].invoked);
	ck_assert(row[0].held_from == row[0].returned && row[0].held_until == row[2].invoked);
	ck_assert(row[1].held_on && row[1].held_until == 1);
	ck_assert(row[2].held_from < 0);
	for (int i = 1; i < story.explanation.ticks; i++)
		ck_assert(story.explanation.tick[i - 1].at < story.explanation.tick[i].at);
	ck_assert_str_eq(story.explanation.tick[0].text, "0.100 s");
	story_end(&story);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("linear_explain");
	TCase *holds = tcase_create("holds"), *counts = tcase_create("counts"),
	      *searches = tcase_create("searches");

	tcase_add_test(holds, two_holds_are_explained_by_their_certain_overlap);
	tcase_add_test(holds, a_failed_release_is_told);
	tcase_add_test(holds, without_times_events_are_counted);
	tcase_add_test(holds, tokens_that_do_not_grow_are_explained_by_the_order_of_holds);
	tcase_add_test(holds, a_lease_that_ran_out_is_no_way_out_of_proofs);
	tcase_add_test(holds, a_hold_within_another_is_explained_by_its_window);
	tcase_add_test(holds, permits_are_explained_by_one_holder_more_than_there_are);
	tcase_add_test(holds, readers_and_writers_are_told_apart);
	tcase_add_test(holds, an_owner_too_deep_is_told_how_deep);
	tcase_add_test(holds, close_instants_get_the_decimals_that_tell_them_apart);
	tcase_add_test(holds, what_happens_at_one_instant_needs_no_more_decimals);
	tcase_add_test(holds, rows_stand_on_the_axis_in_the_order_of_their_events);
	tcase_add_test(counts, an_anonymous_lock_is_explained_by_a_count);
	tcase_add_test(counts, a_failed_release_that_was_needed_is_named);
	tcase_add_test(counts, a_second_violation_forbids_to_say_that_nothing_else_is_wrong);
	tcase_add_test(counts, a_release_of_a_free_lock_is_explained_by_a_count);
	tcase_add_test(counts, a_stretch_with_too_many_acquires_is_found);
	tcase_add_test(searches, a_read_is_explained_by_what_the_register_can_hold);
	tcase_add_test(searches, every_way_in_which_orders_end_is_told);
	tcase_add_test(searches, two_cas_from_one_value_are_told_both_ways);
	tcase_add_test(searches, a_long_history_of_no_matter_is_left_out);
	tcase_add_test(searches, a_release_that_was_used_up_is_no_way_out);
	tcase_add_test(searches, what_has_a_legal_order_is_not_explained);
	tcase_set_timeout(searches, 60);
	suite_add_tcase(suite, holds);
	suite_add_tcase(suite, counts);
	suite_add_tcase(suite, searches);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(suite());

	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
