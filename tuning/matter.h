/* Private to the room: what the rules look at, gathered once. */
#ifndef TUNING_MATTER_H
#define TUNING_MATTER_H

#include "history/guard.h"
#include "tuning/advice.h"
#include "tuning/lease_times.h"
#include "tuning/standstills.h"

struct arm_matter {
	const struct arm_row *row;
	const struct judgement *judged; /* NULL: never judged */
	const struct guard_kind *guard; /* NULL: not one of ours */
	struct lease lease;             /* as granted, where the history tells */
	bool fenceable; /* not found SAFE, without a planted bug: a guard mends any client's doing
			 */
	bool advised;   /* the same, of a client of ours: how it renews is known */
	int64_t harm, overlaps;   /* definite ones; harm: stale, late and lost writes */
	struct standstills stood; /* closer than a renewal's time-out they are one */
	int outlasting;           /* of these, what the lease does not surely outlive */
	int64_t longest_ns;
	bool harmed_by_pause; /* a definite harm, or overlap, cites one that outlasts */
};

struct matter {
	const struct history *history; /* borrowed, as is the next */
	const struct verdicts *verdicts;
	const struct judgement *service; /* NULL: never judged */
	int64_t election_ns;             /* 0: not told */
	int64_t load_ns;                 /* how long the workers worked; 0: not told */
	int64_t min_exposures;
	bool pauses_in_ttl; /* the campaign tells the lengths of workers' pauses in TTLs */
	int arms;
	struct arm_matter *arm;
};

int matter_gather(const struct history *history, const struct verdicts *verdicts,
		  struct matter *matter, struct error *err);
void matter_free(struct matter *matter);

/* The lease of the arm's workers: as granted, where the history tells. */
int matter_lease(const struct history *history, const struct arm_row *row, struct lease *lease,
		 struct error *err);

/* Each rule, in the table of advice.c: fills the item's texts and returns true, or does not
 * apply. */
typedef bool advice_rule_f(const struct matter *matter, struct advice_item *item);

advice_rule_f advise_token, advise_ttl, advise_gives_up, advise_version, advise_attempts,
	advise_more, advise_retries;

#endif
