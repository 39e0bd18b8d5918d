/*
 * The judgement, apart from where the lanes come from: the file (checker_judge) or memory (tests).
 *
 *	judge_open(&judge, &history, ended_ns, settle_ns, &config, err)
 *	judge_lane(&judge, lane, &rows)   once for each lane of the history
 *	judge_close(&judge, &verdicts)
 */
#ifndef CHECKER_VERDICT_H
#define CHECKER_VERDICT_H

#include "checker/checker.h"
#include "checker/checks.h"
#include "checker/docket.h"
#include "checker/guards.h"
#include "checker/holds/holes.h"

struct judge {
	struct run run;
	struct checker_config config;
	struct docket docket;
	const struct guard_kind **guard; /* by arm */
	struct audit audit;              /* read by the caller; else nothing is told */
	struct holes holes;              /* opened by the caller, unless the record is not asked */
};

/* Foresees all lanes. Fails, leaving nothing to close, when the history holds an arm that cannot be
 * judged. */
int judge_open(struct judge *judge, struct history *history, int64_t ended_ns, int64_t settle_ns,
	       const struct checker_config *config, struct error *err);
void judge_lane(struct judge *judge, int lane, const struct lane_history *rows);
/* Fills the verdicts (NULL: drops what was found) and frees the judge. */
void judge_close(struct judge *judge, struct verdicts *verdicts);

#endif
