/*
 * The docket: every violation is counted here, per subject and name, and the earliest are kept.
 */
#ifndef CHECKER_DOCKET_H
#define CHECKER_DOCKET_H

#include "checker/holds/attempts.h"
#include "checker/holds/blame.h"
#include "checker/coverage.h"
#include "checker/occasions.h"
#include "checker/starved.h"
#include "history/verdicts.h"

struct tally { /* of one subject: an arm, or the service */
	int64_t exposures;
	int64_t events;  /* exposures that ended in harm: a definite violation that counts */
	int64_t stopped; /* exposures whose holder had stopped in time */
	int64_t least_margin_ns; /* of those; NEVER_NS without any */
	int64_t tests;        /* of the guard: requests of stale holders that reached the store */
	int64_t failed_tests; /* those that the guard let through */
	int64_t posthumous;   /* requests that reached the store after their process had died */
	int64_t promised,
		granted;       /* overlap-safe and overlap-granted in the arm, whoever answers */
	int64_t harmless_late; /* writes after the grant's end that nobody could notice */
	int64_t unowned;       /* decisions about requests that no operation of the lane names */
	int64_t held, undated, unwitnessed; /* holds of an adapter; those without a safe deadline;
					       those of which the witness told nothing */
	struct exclusion exclusion[EXCLUSION_LEVELS_COUNT]; /* of an arm, over its lanes */
	struct reach reach;                                 /* of an arm */
	int64_t timeouts, spurious_losses, late;            /* of acquires; of holders; of lanes */
	struct period untaken;                              /* the longest */
	int untaken_lane, waits;
	int64_t *wait; /* of acquires answered ok */
	int gaps;
	struct gap *gap; /* all of them, by lane */
	int64_t unheld_ns, overlap_ns, longest_overlap_ns;
	struct occasions exposed, tested;
};

struct slot {
	int64_t definite, possible;
	int64_t anonymous; /* definite ones that no attempt is at fault in */
	int kept;
	struct violation *violation; /* the definite ones first, then by at_ns */
};

struct docket {
	int arms, limit;
	struct tally *tally;      /* arms by id, the service last */
	struct slot *slot;        /* [subject * VIOLATION_NAMES_COUNT + name] */
	struct coverage coverage; /* closed with the docket; empty until it is opened */
	int failovers;
	struct failover_row *failover; /* by lane, then by the attempt that lost its hold */
};

void docket_open(struct docket *docket, int arms, int limit);
void docket_close(struct docket *docket);

/* The arm's number, or that of the service, at which the docket keeps this name for this lane: the
 * service answers for what it did to an honest client, the arm for everything else. */
int docket_subject(const struct docket *docket, const struct lane_facts *facts,
		   enum violation_name name);
struct tally *docket_tally_of_arm(struct docket *docket, const struct lane_facts *facts);
struct tally *docket_tally_of_service(struct docket *docket);
const struct slot *docket_slot(const struct docket *docket, int subject, enum violation_name name);

/* A violation in the making: draft it, say what it is, cite its evidence, file it. */
struct violation docket_draft(const struct lane_facts *facts, enum violation_name name,
			      enum certainty certainty, int64_t at_ns);
/* Appends to the summary; what does not fit is cut off. */
void docket_say(struct violation *violation, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void docket_cite(struct violation *violation, const char *kind, int64_t ref, const char *part);
/* Cites the attempt and its acquire. */
void docket_cite_attempt(struct violation *violation, const struct attempt *attempt,
			 const char *part);
/* Cites the bitten fault over [from, to], if there was one; returns it. */
const struct fault_row *docket_cite_cover(struct violation *violation,
					  const struct lane_facts *facts, int process,
					  int64_t from_ns, int64_t to_ns);
/* Who answered the operation, in words: "m2, which did not lead, 37 revisions behind"; behind what
 * had been told to anybody when it was asked. */
void docket_say_answerer(struct violation *violation, const struct lane_facts *facts,
			 const struct op_row *op);
/* Of a violation that accuses the service: cites the fault behind it, and names it in the sentence,
 * with the one that would have been named if only time counted. */
void docket_tell_blame(struct violation *violation, const struct lane_facts *facts,
		       const struct blame_question *question);
/* What to ask of a hold whose lease was gone by then. */
struct blame_question docket_ask_of_lease(const struct lane_facts *facts,
					  const struct attempt *attempt, int64_t to_ns);
/* The same where nothing more is known than the worker and the time. */
void docket_tell_cover(struct violation *violation, const struct lane_facts *facts, int process,
		       int64_t from_ns, int64_t to_ns);
/* Counts it, keeps it if there is room, and marks the attempts (NULL: none) if it is definite. The
 * first is the one at fault, or the one to which the service did it; the second is the other. */
void docket_file(struct docket *docket, const struct lane_facts *facts,
		 const struct violation *violation, struct attempt *first, struct attempt *second);
/* The same for what no lane is to blame for. */
void docket_file_of_service(struct docket *docket, const struct violation *violation);

#endif
