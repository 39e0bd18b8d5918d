/*
 * What the service told a client that used it as documented: ghost-grant, token-regression.
 * (overlap-granted and overlap-safe stand in overlap.c, what became of leases in leases.c.)
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/sort.h"
#include "checker/checks.h"
#include "checker/together.h"

/* The witness told everything up to the answer, or something that was surely asked for later. */
static bool told_past_answer(const struct lane_facts *facts, const struct attempt *attempt)
{
	if (attempt->answer_order && facts->told_order >= attempt->answer_order)
		return true;
	return facts->told_invoked_ns > attempt->believed_from_ns;
}

/* Why the acquire's ok was a lie, in words; NULL when it was none. `ahead_until`: up to that
 * revision there were earlier keys of the lane that barred it. */
static const char *ghost_reason(const struct lane_facts *facts, const struct attempt *attempt,
				int64_t ahead_until)
{
	CHECK(attempt->acquire); /* only who was told that he holds can be a ghost */
	const struct grant *grant = attempt->grant;
	bool acquires_answer = attempt->acquire->revision > 0;

	if (!grant) {
		bool named = attempt->lease || attempt->key;

		return named && !attempt->ambiguous && told_past_answer(facts, attempt)
			       ? "its key was never made"
			       : NULL;
	}
	/* Of that name another's key stood, and the witness told nothing of its own. */
	bool another = attempt->lease && grant->lease && attempt->lease != grant->lease;

	if (another || grant->taken_over || grant->removed_order == STANDS)
		return NULL;
	if (acquires_answer && grant->removed_order <= attempt->acquire->revision)
		return "its key was deleted before the answer";
	if (grant->removed_order < ahead_until)
		return "its key was deleted while another one was ahead of it";
	return NULL;
}

static void file_ghost(struct docket *docket, const struct lane_facts *facts,
		       struct attempt *attempt, const char *reason)
{
	struct violation violation =
		docket_draft(facts, VIOLATION_GHOST_GRANT, IS_DEFINITE, attempt->believed_from_ns);
	struct label who = attempt_label(attempt);

	docket_cite_attempt(&violation, attempt, "holder");
	if (attempt->grant && attempt->grant->removal)
		docket_cite(&violation, "key_event", attempt->grant->removal, "removal");
	docket_say(&violation, "%s was told at %.3f s that it held the lock, but %s", who.text,
		   seconds(attempt->believed_from_ns), reason);
	bool gone = attempt->grant && attempt->grant->removed_seen_ns < attempt->believed_from_ns;
	int64_t gone_ns = gone ? attempt->grant->removed_seen_ns : attempt->believed_from_ns;
	struct blame_question question = docket_ask_of_lease(facts, attempt, gone_ns);

	question.of_waiter = true;
	question.in_time = !attempt_lease_lives(attempt, gone_ns);
	docket_tell_blame(&violation, facts, &question);
	docket_file(docket, facts, &violation, attempt, NULL);
}

/* How the lock was wanted with each of the lane's keys. A key of nobody's, where several may hold,
 * bars those only whom any key does. The caller frees. */
static enum mode *list_modes(const struct lane_facts *facts)
{
	enum mode *mode;

	ARRAY_NEW(mode, facts->grants);
	for (int i = 0; i < facts->grants; i++)
		mode[i] = facts_share(facts) ? MODE_SHARED : MODE_EXCLUSIVE;
	for (int i = 0; i < facts->attempts; i++)
		if (facts->attempt[i].grant)
			mode[facts->attempt[i].grant - facts->grant] = facts->attempt[i].mode;
	return mode;
}

static int64_t stands_until(const struct grant *grant)
{
	return grant->removed_order == STANDS ? INT64_MAX : grant->removed_order;
}

/* Of those whose keys are known: each is barred by the keys ahead, whoever holds. */
static void check_ghosts_in_line(struct docket *docket, const struct lane_facts *facts)
{
	enum mode *mode = list_modes(facts);
	struct together ahead; /* the grants before facts->grant[next] */
	struct bar bar;
	int next = 0;

	together_open(&ahead, facts);
	for (int i = 0; i < facts->ordered; i++) { /* by revision, as the grants are */
		struct attempt *attempt = facts->by_order[i];
		const struct piece own = {.who = -1, .attempt = attempt};

		if (!attempt->grant)
			continue;
		for (; next < facts->grants && facts->grant[next].order < attempt->grant->order;
		     next++)
			together_add(&ahead,
				     &(struct piece){next, facts->grant[next].order,
						     stands_until(&facts->grant[next]), NULL},
				     mode[next]);
		bool barred = together_bars(&ahead, &own, attempt->mode, &bar);
		const char *reason = ghost_reason(facts, attempt, barred ? bar.until : 0);

		if (reason)
			file_ghost(docket, facts, attempt, reason);
	}
	together_close(&ahead);
	free(mode);
}

void check_ghost_grant(struct docket *docket, const struct lane_facts *facts)
{
	check_ghosts_in_line(docket, facts);
	for (int i = 0; i < facts->holders; i++) {
		struct attempt *attempt = facts->holder[i];
		const char *reason = attempt->grant ? NULL : ghost_reason(facts, attempt, 0);

		if (reason)
			file_ghost(docket, facts, attempt, reason);
	}
}

static void file_regression(struct docket *docket, const struct lane_facts *facts,
			    struct attempt *earlier, struct attempt *later)
{
	struct violation violation = docket_draft(facts, VIOLATION_TOKEN_REGRESSION, IS_DEFINITE,
						  later->believed_from_ns);
	bool same = earlier->token == later->token;

	CHECK(earlier != later && earlier->token >= later->token);
	docket_cite_attempt(&violation, earlier, "holder");
	docket_cite_attempt(&violation, later, "later holder");
	if (same)
		docket_say(&violation,
			   "%.40s and %.40s were both given token %lld, at %.3f s and %.3f s",
			   earlier->name, later->name, (long long)later->token,
			   seconds(earlier->believed_from_ns), seconds(later->believed_from_ns));
	else
		docket_say(
			&violation,
			"%.40s asked at %.3f s and was given token %lld, smaller than token %lld, "
			"which %.40s had been given by %.3f s",
			later->name, seconds(later->acquire->invoked_ns), (long long)later->token,
			(long long)earlier->token, earlier->name,
			seconds(earlier->believed_from_ns));
	docket_tell_cover(&violation, facts, later->process, later->acquire->invoked_ns,
			  later->believed_from_ns);
	docket_file(docket, facts, &violation, earlier, later);
}

/* Those that were given a token, by when they asked for it: all have answers. */
static struct attempt **list_askers(const struct lane_facts *facts, int *count)
{
	struct attempt **asked;
	struct sort_item *item;

	ARRAY_NEW(asked, facts->holders);
	ARRAY_NEW(item, facts->holders);
	*count = 0;
	for (int i = 0; i < facts->attempts; i++)
		if (facts->attempt[i].acquire && facts->attempt[i].token)
			item[(*count)++] = (struct sort_item){facts->attempt[i].acquire->invoked_ns,
							      (uint32_t)i};
	CHECK(*count <= facts->holders);
	sort_items(item, (size_t)*count);
	for (int i = 0; i < *count; i++)
		asked[i] = &facts->attempt[item[i].place];
	free(item);
	return asked;
}

/* Two that were given one token. */
static void check_shared_tokens(struct docket *docket, const struct lane_facts *facts)
{
	struct sort_item *item;
	int tokens = 0;

	ARRAY_NEW(item, facts->holders);
	for (int i = 0; i < facts->holders; i++)
		if (facts->holder[i]->token)
			item[tokens++] = (struct sort_item){facts->holder[i]->token, (uint32_t)i};
	sort_items(item, (size_t)tokens);
	for (int i = 1; i < tokens; i++)
		if (item[i].key == item[i - 1].key)
			file_regression(docket, facts, facts->holder[item[i - 1].place],
					facts->holder[item[i].place]);
	free(item);
}

/* CHECKING's T3 without exclusion: real-time order of two acquires forces the order of their
 * tokens, and no two attempts share one. A running maximum over the answers, and a sort. */
void check_token_regression(struct docket *docket, const struct lane_facts *facts)
{
	struct attempt *greatest = NULL;
	int tokens, answered = 0;
	struct attempt **asked = list_askers(facts, &tokens);

	for (int i = 0; i < tokens; i++) {
		for (; answered < facts->holders &&
		       facts->holder[answered]->believed_from_ns < asked[i]->acquire->invoked_ns;
		     answered++) {
			struct attempt *done = facts->holder[answered];

			if (done->token && (!greatest || done->token > greatest->token))
				greatest = done;
		}
		if (greatest && greatest->token > asked[i]->token)
			file_regression(docket, facts, greatest, asked[i]);
	}
	free(asked);
	check_shared_tokens(docket, facts);
}
