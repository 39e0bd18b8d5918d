/*
 * dead-keepalive, wrong-release, divergence: in both directions, with the boundaries.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history/database.h"
#include "tests/support/lock_story.h"
#include "tests/support/suite.h"

static int64_t definite(struct story *story, enum violation_name name)
{
	const struct verdicts *verdicts = story_judge(story, 1);

	return story_definite(verdicts, STORY_SERVICE, name);
}

/* dead-keepalive ------------------------------------------------------------------------------ */

/* The lease is revoked: asked at 200 ms, acknowledged at 210 ms. */
static int64_t renewed_after_revoke(double sent_ms, enum outcome revoked)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	story_expire(story, a, 205);
	if (revoked == OUTCOME_OK)
		story_acknowledge(story, a, F_LEASE_REVOKE, 200, 210);
	else
		story_try(story, a, F_LEASE_REVOKE, 200, revoked);
	story_renew(story, a, sent_ms, sent_ms + 5);
	int64_t found = definite(story, VIOLATION_DEAD_KEEPALIVE);

	story_end(story);
	return found;
}

START_TEST(dead_keepalive_is_one_sent_after_the_revoke_was_acknowledged)
{
	ck_assert_int_eq(renewed_after_revoke(210.001, OUTCOME_OK), 1);
	ck_assert_int_eq(renewed_after_revoke(210, OUTCOME_OK), 0);
}
END_TEST

START_TEST(dead_keepalive_is_not_proved_by_a_revoke_of_unknown_outcome)
{
	ck_assert_int_eq(renewed_after_revoke(300, OUTCOME_INFO), 0);
	ck_assert_int_eq(renewed_after_revoke(300, OUTCOME_FAIL), 0);
}
END_TEST

/* The key of the hold is seen deleted at 2,500 ms. */
static const struct verdicts *renewed_after_expiry(struct story *story, double sent_ms,
						   enum function asked, double asked_ms)
{
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	if (asked)
		story_try(story, a, asked, asked_ms, OUTCOME_INFO);
	story_expire(story, a, 2500);
	story_renew(story, a, sent_ms, sent_ms + 10);
	story_renew(story, a, sent_ms + 100, sent_ms + 110);
	return story_judge(story, 1);
}

START_TEST(dead_keepalive_is_one_sent_after_the_expiry_was_seen)
{
	struct story *story = story_open("none", 0);
	const struct verdicts *verdicts = renewed_after_expiry(story, 2500.001, 0, 0);
	const struct violation *violation = story_violation(verdicts, VIOLATION_DEAD_KEEPALIVE);

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_DEAD_KEEPALIVE), 1);
	ck_assert_int_eq(story_total(verdicts), 1);
	ck_assert_int_eq(story_judgement(verdicts, STORY_SERVICE)->verdict, VERDICT_UNSAFE);
	ck_assert(violation_cites(violation, "attempt", story_attempt(story, 0), "holder"));
	ck_assert_ptr_nonnull(strstr(violation->summary, "1 more renewal followed"));
	story_end(story);
	/* The one that was sent at 2,500 may have found it. The later one cannot. */
	story = story_open("none", 0);
	verdicts = renewed_after_expiry(story, 2400, 0, 0);
	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_DEAD_KEEPALIVE), 0);
	story_end(story);
}
END_TEST

/* A look at the lease, answered with life; or one at the key, which says nothing of it. */
static int64_t looked_after_expiry(double sent_ms, int ttl_ms, enum function asked)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	if (asked)
		story_try(story, a, asked, 2000, OUTCOME_INFO);
	story_expire(story, a, 2500);
	for (int i = 0; i < 2; i++)
		maker_op(story_maker(story), .attempt = 1, .f = F_LOOK, .outcome = OUTCOME_OK,
			 .invoked_ms = sent_ms + 10 * i, .returned_ms = sent_ms + 10 * i + 5,
			 .lease = 7000000, .ttl_ms = ttl_ms);
	const struct verdicts *verdicts = story_judge(story, 1);
	int64_t found = story_definite(verdicts, STORY_SERVICE, VIOLATION_STALE_READ);
	const struct violation *violation = story_violation(verdicts, VIOLATION_STALE_READ);

	ck_assert_int_eq(story_total(verdicts), found);
	if (violation)
		ck_assert_str_eq(violation->summary,
				 "the look that w-0-0 (revision 11) sent at 2.501 s was answered "
				 "with life for 1.000 s, but its lease had ended by itself, and "
				 "its key was seen gone at 2.500 s; 1 more look followed");
	story_end(story);
	return found;
}

START_TEST(stale_read_is_a_look_that_finds_a_lease_after_its_end)
{
	ck_assert_int_eq(looked_after_expiry(2501, 1000, 0), 1);
	ck_assert_int_eq(looked_after_expiry(2490, 1000, 0), 0);
	ck_assert_int_eq(looked_after_expiry(2501, 0, 0), 0);
	/* Somebody asked for its end: then the key goes, and the lease may live. */
	ck_assert_int_eq(looked_after_expiry(2501, 1000, F_RELEASE), 0);
}
END_TEST

static void says_of_dead_keepalives(int renewals, const char *sentence)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	story_expire(story, a, 2500);
	for (int i = 0; i < renewals; i++)
		story_renew(story, a, 3000 + 100 * i, 3010 + 100 * i);
	ck_assert_str_eq(story_violation(story_judge(story, 1), VIOLATION_DEAD_KEEPALIVE)->summary,
			 sentence);
	story_end(story);
}

START_TEST(dead_keepalives_of_an_attempt_are_told_as_one_with_their_number)
{
	says_of_dead_keepalives(
		1, "the renewal that w-0-0 (revision 11) sent at 3.000 s was acknowledged for "
		   "2.000 s, but its lease had ended by itself, and its key was seen gone at "
		   "2.500 s");
	says_of_dead_keepalives(
		3, "the renewal that w-0-0 (revision 11) sent at 3.000 s was acknowledged for "
		   "2.000 s, but its lease had ended by itself, and its key was seen gone at "
		   "2.500 s; 2 more renewals followed");
}
END_TEST

START_TEST(dead_keepalive_is_not_one_whose_key_was_released)
{
	struct story *story = story_open("none", 0);

	/* Deleting the key does not end the lease. */
	ck_assert_int_eq(story_total(renewed_after_expiry(story, 2600, F_RELEASE, 2499)), 0);
	story_end(story);
}
END_TEST

START_TEST(dead_keepalive_is_not_one_of_a_waiter_whose_key_went)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100);

	/* The service deletes the key of a waiter that goes away; the lease lives. */
	story_expire(story, a, 150);
	story_renew(story, a, 160, 161);
	story_not_get(story, a, 170, OUTCOME_FAIL);
	ck_assert_int_eq(story_total(story_judge(story, 1)), 0);
	story_end(story);
}
END_TEST

START_TEST(dead_keepalive_of_a_broken_client_is_its_own)
{
	struct story *story = story_open("none", PLANTED_CLIENT);
	const struct verdicts *verdicts = renewed_after_expiry(story, 2600, 0, 0);

	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_DEAD_KEEPALIVE), 1);
	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_DEAD_KEEPALIVE), 0);
	ck_assert_int_eq(story_judgement(verdicts, 0)->verdict, VERDICT_UNSAFE);
	story_end(story);
}
END_TEST

/* wrong-release ------------------------------------------------------------------------------- */

enum own { STANDS_STILL, GONE_BEFORE, GONE_AT_ONCE };

struct other {
	enum own own;         /* what became of worker 0's key */
	double seen_ms;       /* when worker 1's was seen gone; 0: 200.5 */
	enum function excuse; /* what worker 1 had asked for before; 0: nothing */
	enum outcome outcome;
};

/* Worker 0 releases at 200 ms and is told the revision at which the key of worker 1, that waits,
 * went. */
static const struct verdicts *other_went(struct story *story, struct other other)
{
	double seen_ms = other.seen_ms > 0 ? other.seen_ms : 200.5;
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	b = story_ask(story, 1, 120);
	if (other.own == GONE_BEFORE)
		story_expire(story, a, 150);
	if (other.excuse && other.outcome == OUTCOME_OK) /* names a revision: not that one */
		story_acknowledge(story, b, other.excuse, 199, 200);
	else if (other.excuse)
		story_try(story, b, other.excuse, 199, other.outcome);
	story_expire(story, b, seen_ms);
	story_acknowledge(story, a, F_RELEASE, 200, 201);
	if (other.own == GONE_AT_ONCE) {
		story_pass_revisions(story, -1);
		story_expire(story, a, seen_ms);
	}
	if (other.own == STANDS_STILL)
		story_expire(story, a, 300);
	return story_judge(story, 1);
}

static int64_t wrong_releases(struct other other)
{
	struct story *story = story_open("none", 0);
	const struct verdicts *verdicts = other_went(story, other);
	int64_t found = story_definite(verdicts, STORY_SERVICE, VIOLATION_WRONG_RELEASE);

	ck_assert_int_eq(story_possible(verdicts, STORY_SERVICE, VIOLATION_WRONG_RELEASE), 0);
	story_end(story);
	return found;
}

#define WRONG_RELEASES(...) wrong_releases((struct other){__VA_ARGS__})

START_TEST(wrong_release_deletes_another_key_while_its_own_stands)
{
	struct story *story = story_open("none", 0);
	const struct verdicts *verdicts = other_went(story, (struct other){.own = STANDS_STILL});
	const struct violation *violation = story_violation(verdicts, VIOLATION_WRONG_RELEASE);

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_WRONG_RELEASE), 1);
	ck_assert_int_eq(story_total(verdicts), 1);
	ck_assert(violation_cites(violation, "attempt", story_attempt(story, 0), "holder"));
	ck_assert(violation_cites(violation, "attempt", story_attempt(story, 1), "later holder"));
	story_end(story);
}
END_TEST

START_TEST(wrong_release_deletes_another_key_with_its_own)
{
	ck_assert_int_eq(WRONG_RELEASES(.own = GONE_AT_ONCE), 1);
}
END_TEST

START_TEST(wrong_release_is_not_one_that_found_its_key_gone)
{
	/* Its answer names the last revision, whatever that was. */
	ck_assert_int_eq(WRONG_RELEASES(.own = GONE_BEFORE), 0);
}
END_TEST

START_TEST(wrong_release_is_not_of_a_key_that_went_before)
{
	ck_assert_int_eq(WRONG_RELEASES(.seen_ms = 200), 0);
	ck_assert_int_eq(WRONG_RELEASES(.seen_ms = 200.001), 1);
}
END_TEST

START_TEST(wrong_release_is_not_of_a_key_that_its_own_worker_may_have_ended)
{
	ck_assert_int_eq(WRONG_RELEASES(.excuse = F_RELEASE, .outcome = OUTCOME_INFO), 0);
	ck_assert_int_eq(WRONG_RELEASES(.excuse = F_LEASE_REVOKE, .outcome = OUTCOME_INFO), 0);
	ck_assert_int_eq(WRONG_RELEASES(.excuse = F_LEASE_REVOKE, .outcome = OUTCOME_OK), 0);
	/* It surely did not, or at another revision. */
	ck_assert_int_eq(WRONG_RELEASES(.excuse = F_RELEASE, .outcome = OUTCOME_FAIL), 1);
	ck_assert_int_eq(WRONG_RELEASES(.excuse = F_LEASE_REVOKE, .outcome = OUTCOME_FAIL), 1);
	ck_assert_int_eq(WRONG_RELEASES(.excuse = F_RELEASE, .outcome = OUTCOME_OK), 1);
}
END_TEST

START_TEST(wrong_release_is_no_end_of_the_lease)
{
	/* Worker 0 deletes the queued key of worker 1, which is told ok all the same and renews. */
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b, c;

	story_get(story, a, 110);
	b = story_ask(story, 1, 120);
	story_expire(story, b, 200.5);
	story_acknowledge(story, a, F_RELEASE, 200, 201);
	story_expire(story, a, 202);
	story_get(story, b, 210);
	c = story_ask(story, 2, 215);
	story_get(story, c, 220);
	story_renew(story, c, 250, 251);
	story_renew(story, b, 300, 301);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_WRONG_RELEASE), 1);
	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_GHOST_GRANT), 1);
	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_EARLY_EXPIRY), 0);
	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_DEAD_KEEPALIVE), 0);
	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_NOT_LINEARIZABLE), 0);
	story_end(story);
}
END_TEST

START_TEST(wrong_release_is_not_one_that_deleted_its_own_key)
{
	struct story *story = story_open("none", 0);

	for (int i = 0; i < 3; i++) {
		int a = story_ask(story, i, 100 * i + 100);

		story_get(story, a, 100 * i + 110);
		story_expire(story, a, 100 * i + 150.5);
		story_acknowledge(story, a, F_RELEASE, 100 * i + 150, 100 * i + 151);
	}
	ck_assert_int_eq(story_total(story_judge(story, 1)), 0);
	story_end(story);
}
END_TEST

START_TEST(wrong_release_is_not_one_of_a_key_that_was_made_again)
{
	/* The first acquire was cancelled; it is not known which of the two keys is the hold's. */
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100);

	story_expire(story, a, 105);
	for (int member = 0; member < 2; member++)
		maker_key(story_maker(story), .lane = 0, .member = member, .revision = 13,
			  .create_revision = 13, .lease = 7000000, .key = "lock/6acfc0",
			  .seen_ms = 110 + member);
	story_pass_revisions(story, 2);
	story_get_unnamed(story, a, 115);
	for (int member = 0; member < 2; member++)
		maker_key(story_maker(story), .lane = 0, .member = member, .revision = 14,
			  .deleted = true, .key = "lock/6acfc0", .seen_ms = 200.5 + member);
	story_acknowledge(story, a, F_RELEASE, 200, 201);
	ck_assert_int_eq(story_total(story_judge(story, 1)), 0);
	story_end(story);
}
END_TEST

/* A client whose holds share one key: worker 1 has taken it over from worker 0, whose release then
 * deletes it, as is seen at 201 ms. Its lease was asked for at 101 ms. */
static const struct verdicts *newer_hold_went(struct story *story, int ttl_ms, bool given_back)
{
	struct maker *maker = story_maker(story);

	for (int worker = 0; worker < 2; worker++) {
		maker_op(maker, .worker = worker, .attempt = 1, .f = F_LEASE_GRANT,
			 .outcome = OUTCOME_OK, .invoked_ms = 100 + worker,
			 .returned_ms = 101 + worker, .lease = 70 + worker, .ttl_ms = ttl_ms);
		maker_op(maker, .worker = worker, .attempt = 1, .f = F_ACQUIRE,
			 .outcome = OUTCOME_OK, .invoked_ms = 110 + worker,
			 .returned_ms = 115 + worker, .lease = 70 + worker, .key = "lock/holder",
			 .revision = 11 + worker);
		maker_key(maker, .lane = 0, .revision = 11 + worker, .create_revision = 11,
			  .lease = 70 + worker, .key = "lock/holder", .seen_ms = 112 + worker);
	}
	maker_op(maker, .worker = 0, .attempt = 1, .f = F_RELEASE, .outcome = OUTCOME_OK,
		 .invoked_ms = 200, .returned_ms = 202, .lease = 70, .key = "lock/holder",
		 .revision = 13);
	if (given_back)
		maker_op(maker, .worker = 1, .attempt = 1, .f = F_RELEASE, .outcome = OUTCOME_OK,
			 .invoked_ms = 199, .returned_ms = 201, .lease = 71, .key = "lock/holder",
			 .revision = 13);
	maker_key(maker, .lane = 0, .deleted = true, .revision = 13, .create_revision = 11,
		  .key = "lock/holder", .seen_ms = 201);
	return story_judge(story, 1);
}

START_TEST(wrong_release_ends_a_newer_hold_of_the_same_key)
{
	struct story *story = story_open("none", PLANTED_CLIENT);
	const struct verdicts *verdicts = newer_hold_went(story, 101, false);

	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_WRONG_RELEASE), 1);
	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_WRONG_RELEASE), 0);
	story_end(story);
	/* The newer lease may have been due. */
	story = story_open("none", PLANTED_CLIENT);
	verdicts = newer_hold_went(story, 100, false);
	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_WRONG_RELEASE), 0);
	ck_assert_int_eq(story_possible(verdicts, 0, VIOLATION_WRONG_RELEASE), 1);
	story_end(story);
	/* Its own worker released it: the other release found nothing, and names the same revision.
	 */
	story = story_open("none", PLANTED_CLIENT);
	verdicts = newer_hold_went(story, 101, true);
	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_WRONG_RELEASE), 0);
	ck_assert_int_eq(story_possible(verdicts, 0, VIOLATION_WRONG_RELEASE), 0);
	story_end(story);
}
END_TEST

/* divergence ---------------------------------------------------------------------------------- */

static void tell(struct story *story, int member, int64_t revision, bool deleted,
		 int64_t create_revision, int64_t lease, double seen_ms)
{
	maker_key(story_maker(story), .lane = 0, .member = member, .revision = revision,
		  .deleted = deleted, .create_revision = create_revision, .lease = lease,
		  .key = "lock/k", .seen_ms = seen_ms);
}

/* Member 0 tells of a key put at 11 and deleted at 12; member 1 the same but for its second word.
 */
static int64_t told_otherwise(bool deleted, int64_t create_revision, int64_t lease)
{
	struct story *story = story_open("none", 0);

	for (int member = 0; member < 2; member++)
		tell(story, member, 11, false, 11, 7, 100 + member);
	tell(story, 0, 12, true, 11, 7, 200);
	tell(story, 1, 12, deleted, create_revision, lease, 201);
	const struct verdicts *verdicts = story_judge(story, 1);
	int64_t found = story_definite(verdicts, STORY_SERVICE, VIOLATION_DIVERGENCE);

	ck_assert_int_eq(found, story_total(verdicts));
	story_end(story);
	return found;
}

START_TEST(divergence_is_two_words_about_one_change)
{
	ck_assert_int_eq(told_otherwise(true, 11, 7), 0);
	ck_assert_int_eq(told_otherwise(true, 0, 0), 0); /* the pair before was compacted */
	ck_assert_int_eq(told_otherwise(false, 11, 7), 1);
	ck_assert_int_eq(told_otherwise(true, 10, 7), 1);
	ck_assert_int_eq(told_otherwise(true, 11, 8), 1);
}
END_TEST

START_TEST(divergence_is_two_leases_of_one_put)
{
	for (int64_t lease = 0; lease < 9; lease += 7) {
		struct story *story = story_open("none", 0);

		tell(story, 0, 11, false, 11, 7, 100);
		tell(story, 1, 11, false, 11, lease, 101);
		ck_assert_int_eq(definite(story, VIOLATION_DIVERGENCE), lease != 7);
		story_end(story);
	}
}
END_TEST

START_TEST(divergence_is_a_revision_that_went_backwards)
{
	struct story *story = story_open("none", 0);

	for (int member = 0; member < 2; member++) {
		tell(story, member, 11, false, 11, 7, 100);
		tell(story, member, 12, true, 11, 7, member ? 90 : 110);
	}
	const struct verdicts *verdicts = story_judge(story, 1);
	const struct violation *violation = story_violation(verdicts, VIOLATION_DIVERGENCE);

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_DIVERGENCE), 1);
	ck_assert_ptr_nonnull(strstr(violation->summary, "m2 told of revision 11"));
	story_end(story);
}
END_TEST

/* Member 1 tells nothing of revision 12; `from` and `to` bound what it tells. */
static int64_t left_out(int64_t from, int64_t to, bool gap)
{
	struct story *story = story_open("none", 0);

	for (int member = 0; member < 2; member++)
		for (int64_t revision = 11; revision <= 13; revision++)
			if (!member || (revision >= from && revision <= to && revision != 12))
				tell(story, member, revision, false, 11, 7, 100 * (double)revision);
	if (gap)
		maker_note(story_maker(story), 500, NOTE_BREAKS, "witness",
			   "member 1: revisions 12 to 12 were compacted before they were told");
	int64_t found = definite(story, VIOLATION_DIVERGENCE);

	story_end(story);
	return found;
}

START_TEST(divergence_is_a_change_left_out_between_two_that_were_told)
{
	ck_assert_int_eq(left_out(11, 13, false), 1);
	ck_assert_int_eq(left_out(11, 11, false), 0); /* it may not have come so far */
	ck_assert_int_eq(left_out(13, 13, false), 0); /* it may have begun later */
	ck_assert_int_eq(left_out(11, 13, true), 0);
}
END_TEST

/* Member 1 tells of 11, of 14, and then of 12; of 13 it tells nothing, though it came so far. */
START_TEST(divergence_is_a_change_left_out_before_a_revision_went_backwards)
{
	static const int64_t told[] = {11, 14, 12};
	struct story *story = story_open("none", 0);

	for (int64_t revision = 11; revision <= 14; revision++)
		tell(story, 0, revision, false, 11, 7, 100 * (double)revision);
	for (int i = 0; i < 3; i++)
		tell(story, 1, told[i], false, 11, 7, 2000 + i);
	ck_assert_int_eq(definite(story, VIOLATION_DIVERGENCE), 2);
	story_end(story);
}
END_TEST

/* One transaction, at revision 12, changes two keys; member 1 tells of one of them only. It also
 * tells of revision `other`; 0: of no other. */
static int64_t half_a_transaction(int64_t other)
{
	static const char *const keys[] = {"lock/a", "lock/b"};
	struct story *story = story_open("none", 0);

	for (int member = 0; member < 2; member++) {
		for (int i = 0; i < 2 - member; i++)
			maker_key(story_maker(story), .lane = 0, .member = member, .revision = 12,
				  .create_revision = 12, .key = keys[i], .seen_ms = 120 + i);
		if (other || !member)
			tell(story, member, other ? other : 12, false, other ? other : 12, 7,
			     10 * (double)(other ? other : 12));
	}
	int64_t found = definite(story, VIOLATION_DIVERGENCE);

	story_end(story);
	return found;
}

START_TEST(divergence_is_not_the_rest_of_a_revision_at_either_end)
{
	ck_assert_int_eq(half_a_transaction(0), 0);
	ck_assert_int_eq(half_a_transaction(11), 0);
	ck_assert_int_eq(half_a_transaction(13), 0);
}
END_TEST

START_TEST(divergence_is_a_revision_given_out_twice)
{
	/* One member loses revision 12 in a crash and gives it out again: the witness, which had
	 * been told of 12, asks from 13 on, and is told of the end of a key made at 12. */
	struct story *story = story_open("none", 0);

	tell(story, 0, 11, false, 11, 7, 100);
	for (int i = 0; i < 2; i++)
		maker_key(story_maker(story), .lane = 0, .revision = 12 + i, .deleted = i,
			  .create_revision = 12, .lease = i ? 9 : 8,
			  .key = i ? "lock/again" : "lock/lost", .seen_ms = 110 + i);
	ck_assert_int_eq(definite(story, VIOLATION_DIVERGENCE), 1);
	story_end(story);
}
END_TEST

/* What a name looks like decides nothing: `planted` does. */
START_TEST(a_client_is_known_as_planted_by_its_column_alone)
{
	struct story *story = story_open("none", _i ? PLANTED_CLIENT : 0);
	struct error err = {0};

	ck_assert_int_eq(database_exec(maker_db(story_maker(story)),
				       _i ? "UPDATE arm SET recipe = 'put-lease'"
					  : "UPDATE arm SET recipe = 'broken-put'",
				       &err),
			 0);
	const struct verdicts *verdicts = newer_hold_went(story, 101, false);

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_WRONG_RELEASE), !_i);
	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_WRONG_RELEASE), _i);
	story_end(story);
}
END_TEST

START_TEST(divergence_is_the_services_whoever_the_client_is)
{
	struct story *story = story_open("none", PLANTED_CLIENT);

	tell(story, 0, 11, false, 11, 7, 100);
	tell(story, 1, 11, true, 11, 7, 101);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_DIVERGENCE), 1);
	ck_assert_int_eq(story_judgement(verdicts, STORY_SERVICE)->verdict, VERDICT_UNSAFE);
	story_end(story);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: names");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, dead_keepalive_is_one_sent_after_the_revoke_was_acknowledged);
	tcase_add_test(tests, dead_keepalive_is_not_proved_by_a_revoke_of_unknown_outcome);
	tcase_add_test(tests, stale_read_is_a_look_that_finds_a_lease_after_its_end);
	tcase_add_test(tests, dead_keepalive_is_one_sent_after_the_expiry_was_seen);
	tcase_add_test(tests, dead_keepalives_of_an_attempt_are_told_as_one_with_their_number);
	tcase_add_test(tests, dead_keepalive_is_not_one_whose_key_was_released);
	tcase_add_test(tests, dead_keepalive_is_not_one_of_a_waiter_whose_key_went);
	tcase_add_test(tests, dead_keepalive_of_a_broken_client_is_its_own);
	tcase_add_test(tests, wrong_release_deletes_another_key_while_its_own_stands);
	tcase_add_test(tests, wrong_release_deletes_another_key_with_its_own);
	tcase_add_test(tests, wrong_release_is_not_one_that_found_its_key_gone);
	tcase_add_test(tests, wrong_release_is_not_of_a_key_that_went_before);
	tcase_add_test(tests, wrong_release_is_not_of_a_key_that_its_own_worker_may_have_ended);
	tcase_add_test(tests, wrong_release_is_no_end_of_the_lease);
	tcase_add_test(tests, wrong_release_is_not_one_that_deleted_its_own_key);
	tcase_add_test(tests, wrong_release_is_not_one_of_a_key_that_was_made_again);
	tcase_add_test(tests, wrong_release_ends_a_newer_hold_of_the_same_key);
	tcase_add_test(tests, divergence_is_two_words_about_one_change);
	tcase_add_test(tests, divergence_is_two_leases_of_one_put);
	tcase_add_test(tests, divergence_is_a_revision_that_went_backwards);
	tcase_add_test(tests, divergence_is_a_change_left_out_between_two_that_were_told);
	tcase_add_test(tests, divergence_is_not_the_rest_of_a_revision_at_either_end);
	tcase_add_test(tests, divergence_is_a_change_left_out_before_a_revision_went_backwards);
	tcase_add_test(tests, divergence_is_a_revision_given_out_twice);
	tcase_add_loop_test(tests, a_client_is_known_as_planted_by_its_column_alone, 0, 2);
	tcase_add_test(tests, divergence_is_the_services_whoever_the_client_is);
	return suite_run(suite);
}
