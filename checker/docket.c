#include "checker/docket.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "checker/holds/covers.h"

void docket_open(struct docket *docket, int arms, int limit)
{
	CHECK(arms >= 0);
	*docket = (struct docket){.arms = arms, .limit = limit > 0 ? limit : 0};
	ARRAY_NEW(docket->tally, arms + 1);
	for (int i = 0; i <= arms; i++)
		docket->tally[i].least_margin_ns = NEVER_NS;
	ARRAY_NEW(docket->slot, (arms + 1) * VIOLATION_NAMES_COUNT);
}

void docket_close(struct docket *docket)
{
	for (int i = 0; i < (docket->arms + 1) * VIOLATION_NAMES_COUNT; i++)
		free(docket->slot[i].violation);
	for (int i = 0; i <= docket->arms && docket->tally; i++) {
		free(docket->tally[i].wait);
		free(docket->tally[i].gap);
		occasions_close(&docket->tally[i].exposed);
		occasions_close(&docket->tally[i].tested);
	}
	free(docket->failover);
	coverage_close(&docket->coverage);
	free(docket->slot);
	free(docket->tally);
	*docket = (struct docket){0};
}

int docket_subject(const struct docket *docket, const struct lane_facts *facts,
		   enum violation_name name)
{
	enum blames blames = violation_kinds[name].blames;
	bool service = blames == BLAMES_MEMBERS || (blames == BLAMES_SERVICE && facts->honest);

	CHECK(facts->lane->arm >= 0 && facts->lane->arm < docket->arms);
	return service ? docket->arms : facts->lane->arm;
}

struct tally *docket_tally_of_arm(struct docket *docket, const struct lane_facts *facts)
{
	return &docket->tally[facts->lane->arm];
}

struct tally *docket_tally_of_service(struct docket *docket)
{
	return &docket->tally[docket->arms];
}

const struct slot *docket_slot(const struct docket *docket, int subject, enum violation_name name)
{
	CHECK(subject >= 0 && subject <= docket->arms && name < VIOLATION_NAMES_COUNT);
	return &docket->slot[subject * VIOLATION_NAMES_COUNT + (int)name];
}

struct violation docket_draft(const struct lane_facts *facts, enum violation_name name,
			      enum certainty certainty, int64_t at_ns)
{
	return (struct violation){
		.name = name,
		.lane = facts->lane->id,
		.definite = certainty == IS_DEFINITE,
		.at_ns = at_ns,
	};
}

void docket_say(struct violation *violation, const char *format, ...)
{
	size_t used = strlen(violation->summary);
	va_list arguments;

	CHECK(used < sizeof(violation->summary));
	va_start(arguments, format);
	vsnprintf(violation->summary + used, sizeof(violation->summary) - used, format, arguments);
	va_end(arguments);
}

void docket_cite(struct violation *violation, const char *kind, int64_t ref, const char *part)
{
	CHECK(violation->evidences < EVIDENCE_MAX);
	CHECK(ref > 0); /* there is no row 0 to look up */
	violation->evidence[violation->evidences++] = (struct evidence){kind, ref, part};
}

void docket_cite_attempt(struct violation *violation, const struct attempt *attempt,
			 const char *part)
{
	docket_cite(violation, "attempt", attempt->id, part);
	if (attempt->acquire)
		docket_cite(violation, "op", attempt->acquire->id, "acquire");
}

const struct fault_row *docket_cite_cover(struct violation *violation,
					  const struct lane_facts *facts, int process,
					  int64_t from_ns, int64_t to_ns)
{
	const struct fault_row *fault =
		run_cover(facts->run, process, from_ns < to_ns ? from_ns : to_ns, to_ns);

	if (fault)
		docket_cite(violation, "fault", fault->id, "cover");
	return fault;
}

static const char *host_name(const struct history *history, int host)
{
	for (int i = 0; i < history->hosts; i++)
		if (history->host[i].id == host)
			return history->host[i].name;
	return "";
}

void docket_say_answerer(struct violation *violation, const struct lane_facts *facts,
			 const struct op_row *op)
{
	const struct run *run = facts->run;
	const char *name = member_name(run->history, op->endpoint);
	const struct answer_row *known =
		acknowledged_before(&run->acknowledged, op->invoked_ns, &(int){0});
	int leader = leaders_at(&run->leaders, op->invoked_ns);

	docket_say(violation, "%.16s", *name ? name : "a member");
	if (leader != NO_MEMBER && *name)
		docket_say(violation, ", which %s",
			   leader == op->endpoint ? "led" : "did not lead");
	if (!known || !op->revision)
		return;
	int64_t behind = known->revision > op->revision ? known->revision - op->revision : 0;

	docket_say(violation, ", %lld revision%s behind", (long long)behind,
		   behind == 1 ? "" : "s");
}

/* "fault 12 (cut of follower m2)" */
static void say_fault(struct violation *violation, const struct history *history,
		      const struct fault_row *fault)
{
	const char *host = host_name(history, fault->host);

	docket_say(violation, "fault %lld (%.16s of %.16s", (long long)fault->id, fault->kind,
		   fault->target);
	if (*host && strcmp(host, fault->target) != 0)
		docket_say(violation, " %.16s", host);
	docket_say(violation, ")");
}

void docket_tell_blame(struct violation *violation, const struct lane_facts *facts,
		       const struct blame_question *question)
{
	const struct history *history = facts->run->history;
	const struct blame blame = blame_find(facts->run, question);

	if (!blame.fault)
		return;
	docket_cite(violation, "fault", blame.fault->id, "cover");
	docket_say(violation, "; ");
	say_fault(violation, history, blame.fault);
	if (blame.fault->ended_ns < violation->at_ns)
		docket_say(violation, " had ended %.3f s before",
			   seconds(violation->at_ns - blame.fault->ended_ns));
	else
		docket_say(violation, " lay over it");
	int member = member_of_host(history, blame.fault->host);

	if (member != NO_MEMBER && question->renewed_by != NO_MEMBER)
		docket_say(violation, ", on %s member",
			   member == question->renewed_by ? "that" : "another");
	if (!blame.over)
		return;
	docket_say(violation, ", preferred over ");
	say_fault(violation, history, blame.over);
}

struct blame_question docket_ask_of_lease(const struct lane_facts *facts,
					  const struct attempt *attempt, int64_t to_ns)
{
	CHECK(attempt->ops > 0);
	const struct op_row *renewal = attempt_longest_renewal(attempt, to_ns);
	struct blame_question question = {
		.from_ns = renewal ? renewal->invoked_ns : attempt->op[0]->invoked_ns,
		.to_ns = to_ns,
		.process = attempt->process,
		.member = NO_MEMBER,
		.renewed_by = NO_MEMBER,
		.ttl_ns = (renewal ? renewal->ttl_ms : facts->arm->ttl_ms) * NS_PER_MS,
	};

	if (question.from_ns > to_ns)
		question.from_ns = to_ns;
	question.renewed_ns = question.from_ns;
	for (int i = 0; i < attempt->ops && !question.lease_born_ns; i++)
		if (attempt->op[i]->f == F_LEASE_GRANT && attempt->op[i]->outcome == OUTCOME_OK)
			question.lease_born_ns = attempt->op[i]->invoked_ns;
	return question;
}

void docket_tell_cover(struct violation *violation, const struct lane_facts *facts, int process,
		       int64_t from_ns, int64_t to_ns)
{
	const struct blame_question question = {
		.from_ns = from_ns < to_ns ? from_ns : to_ns,
		.to_ns = to_ns,
		.process = process,
		.member = NO_MEMBER,
		.renewed_by = NO_MEMBER,
		.renewed_ns = from_ns,
		.ttl_ns = facts->arm->ttl_ms * NS_PER_MS,
	};

	docket_tell_blame(violation, facts, &question);
}

/* Definite ones are never pushed out by possible ones, nor earlier by later ones. */
static bool stands_before(const struct violation *violation, const struct violation *other)
{
	int order = array_order(!violation->definite, !other->definite)
			    ?: array_order(violation->at_ns, other->at_ns);

	return order <= 0;
}

/* Where the violation belongs among the kept ones. */
static int place_of(const struct slot *slot, const struct violation *violation)
{
	return (int)ARRAY_BEFORE(slot->kept, i, stands_before(&slot->violation[i], violation));
}

static void keep(struct slot *slot, int limit, const struct violation *violation)
{
	int place = place_of(slot, violation);

	CHECK(slot->kept <= limit && place <= slot->kept);
	if (place >= limit)
		return;
	if (slot->kept < limit) {
		bool full = !(slot->kept & (slot->kept - 1)); /* 0, 1, 2, 4, 8: room is used up */
		size_t room = slot->kept ? (size_t)slot->kept * 2 : 1;

		if (full) {
			slot->violation = realloc(slot->violation, room * sizeof(*violation));
			CHECK_MEMORY(slot->violation);
		}
		slot->kept++;
	}
	memmove(&slot->violation[place + 1], &slot->violation[place],
		(size_t)(slot->kept - 1 - place) * sizeof(*violation));
	slot->violation[place] = *violation;
}

static void mark(struct attempt *first, struct attempt *second, enum violation_name name)
{
	if (second)
		second->marks |= 1u << name;
	if (!first)
		return;
	first->marks |= 1u << name;
	first->faults |= 1u << name;
	first->met = second;
}

/* `anonymous`: no attempt is at fault. */
static void file_under(struct docket *docket, int subject, const struct violation *violation,
		       bool anonymous)
{
	CHECK(subject >= 0 && subject <= docket->arms && *violation->summary);
	struct slot *slot = &docket->slot[subject * VIOLATION_NAMES_COUNT + (int)violation->name];
	struct violation filed = *violation;

	filed.arm = subject == docket->arms ? -1 : subject;
	if (filed.definite) {
		slot->definite++;
		slot->anonymous += anonymous;
		coverage_count_violation(&docket->coverage, &filed);
	} else {
		slot->possible++;
	}
	keep(slot, docket->limit, &filed);
}

void docket_file(struct docket *docket, const struct lane_facts *facts,
		 const struct violation *violation, struct attempt *first, struct attempt *second)
{
	/* There is a row to look at, but for what never happened. */
	CHECK(violation->evidences > 0 || violation->name == VIOLATION_STUCK);
	CHECK(violation->lane == facts->lane->id);
	file_under(docket, docket_subject(docket, facts, violation->name), violation, !first);
	if (!violation->definite)
		return;
	struct tally *arm = docket_tally_of_arm(docket, facts);

	arm->promised += violation->name == VIOLATION_OVERLAP_SAFE;
	arm->granted += violation->name == VIOLATION_OVERLAP_GRANTED;
	mark(first, second, violation->name);
}

void docket_file_of_service(struct docket *docket, const struct violation *violation)
{
	file_under(docket, docket->arms, violation, true);
}
