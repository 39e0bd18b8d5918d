/*
 * Theory of operation. The bitten faults are sorted by their begin, and each carries the latest end
 * up to it; so the faults whose reach may meet [from, to] are those from the last one that began by
 * `to` back to where no earlier one ends late enough. Load, which may last for the whole run, is
 * not among them: it is looked for only when nothing else is found (run_cover).
 */
#include "checker/holds/blame.h"

#include <string.h>

#include "base/array.h"
#include "checker/holds/aftermath.h"
#include "checker/holds/covers.h"

struct suspect {
	const struct fault_row *fault; /* NULL */
	enum blame_rank rank;
};

static bool stops(const struct fault_row *fault)
{
	return fault->effect == EFFECT_STOP || fault->effect == EFFECT_STALL ||
	       fault->effect == EFFECT_KILL || fault->effect == EFFECT_CLOCK;
}

/* A leader that was still or whose log was, and wakes, acts on the leases that it knew. */
static bool knew_lease(const struct fault_row *fault, const struct blame_question *question)
{
	return (fault->effect != EFFECT_STOP && fault->effect != EFFECT_STALL) ||
	       question->lease_born_ns <= fault->began_ns;
}

static bool hit_leader(const struct run *run, const struct fault_row *fault, int member,
		       const struct blame_question *question)
{
	bool at_renewal = question->renewed_ns >= fault->began_ns &&
			  question->renewed_ns <= fault->ended_ns &&
			  leaders_at(&run->leaders, question->renewed_ns) == member;

	return !strcmp(fault->target, "leader") || at_renewal ||
	       leaders_at(&run->leaders, fault->began_ns) == member;
}

static enum blame_rank rank_of(const struct run *run, const struct fault_row *fault,
			       const struct blame_question *question)
{
	int member = member_of_host(run->history, fault->host);
	bool over_worker = member == NO_MEMBER && question->process > 0 &&
			   fault->process == question->process &&
			   fault->ended_ns >= question->from_ns;

	if (over_worker)
		return question->of_waiter ? RANK_WAITERS : RANK_WORKERS;
	if (member == NO_MEMBER && (fault->process != -1 || fault->host >= 0))
		return RANK_NONE;
	if (member != NO_MEMBER && member == question->member)
		return RANK_ANSWERERS;
	if (member == NO_MEMBER)
		return RANK_LEADERS_PACKETS;
	if (hit_leader(run, fault, member, question)) {
		if (!stops(fault))
			return RANK_LEADERS_PACKETS;
		if (knew_lease(fault, question))
			return RANK_LEADERS_STOP;
	}
	return stops(fault) ? RANK_OTHERS_STOP : RANK_OTHERS_REST;
}

/* It lay over some part of [from, to]; or else its aftermath does: over the end of it, where the
 * lease was taken; over any of it, where the renewals failed. */
static bool reaches(const struct run *run, const struct fault_row *fault,
		    const struct blame_question *question, bool in_aftermath)
{
	int64_t after_ns = in_aftermath ? aftermath_ns(run, fault->effect, question->ttl_ns) : 0;
	int64_t first_ns = question->in_time ? question->from_ns : question->to_ns;

	first_ns -= after_ns;
	if (question->from_ns < first_ns)
		first_ns = question->from_ns;
	return fault->began_ns <= question->to_ns && fault->ended_ns >= first_ns;
}

/* Whether the fault, of the same rank, explains more: one that is over before one that goes on, for
 * what stands still does nothing; then the one that ended later. */
static bool is_nearer(const struct fault_row *fault, const struct fault_row *than, int64_t to_ns)
{
	bool over = fault->ended_ns <= to_ns, than_over = than->ended_ns <= to_ns;

	if (over != than_over)
		return over;
	return over ? fault->ended_ns > than->ended_ns : fault->began_ns > than->began_ns;
}

static void consider(struct suspect *best, const struct suspect *other, int64_t to_ns)
{
	if (!best->fault || other->rank < best->rank ||
	    (other->rank == best->rank && is_nearer(other->fault, best->fault, to_ns)))
		*best = *other;
}

/* The last fault that began by then. */
static int find_last(const struct run *run, int64_t at_ns)
{
	return (int)ARRAY_BEFORE(run->suspects, i, run->suspect[i].fault->began_ns <= at_ns) - 1;
}

static int64_t longest_aftermath_ns(const struct run *run, int64_t ttl_ns)
{
	int64_t stop_ns = aftermath_ns(run, EFFECT_STOP, ttl_ns);
	int64_t cut_ns = aftermath_ns(run, EFFECT_PACKETS, ttl_ns);

	return stop_ns > cut_ns ? stop_ns : cut_ns;
}

static struct blame find(const struct run *run, const struct blame_question *question,
			 bool in_aftermath)
{
	int64_t first_ns = question->from_ns - longest_aftermath_ns(run, question->ttl_ns);
	struct suspect best = {0};
	const struct fault_row *latest = NULL; /* of a worse rank, once the best is known */
	int last = find_last(run, question->to_ns);

	for (int i = last; i >= 0 && run->suspect[i].latest_end_ns >= first_ns; i--) {
		const struct fault_row *fault = run->suspect[i].fault;
		struct suspect suspect = {fault, rank_of(run, fault, question)};

		if (suspect.rank != RANK_NONE && reaches(run, fault, question, in_aftermath))
			consider(&best, &suspect, question->to_ns);
	}
	for (int i = last; i >= 0 && run->suspect[i].latest_end_ns >= first_ns && best.fault; i--) {
		const struct fault_row *fault = run->suspect[i].fault;
		enum blame_rank rank = rank_of(run, fault, question);

		if (rank != RANK_NONE && rank > best.rank &&
		    reaches(run, fault, question, in_aftermath) &&
		    fault->ended_ns > best.fault->ended_ns &&
		    (!latest || fault->ended_ns > latest->ended_ns))
			latest = fault;
	}
	CHECK(!latest || best.fault); /* over whom, if over nobody? */
	return (struct blame){best.fault, latest};
}

struct blame blame_find(const struct run *run, const struct blame_question *question)
{
	CHECK(question->from_ns <= question->to_ns);
	struct blame blame = find(run, question, !question->in_time);

	if (!blame.fault && question->in_time)
		blame = find(run, question, true);
	if (!blame.fault)
		blame.fault = run_cover(run, RUN_MEMBERS, question->from_ns, question->to_ns);
	/* What has no proof that it bit is behind nothing. */
	CHECK(!blame.fault || blame.fault->bitten);
	return blame;
}
