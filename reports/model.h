/*
 * What the page, the summary and the JSON all need, computed once from the history: counts per arm,
 * how long acquiring took in each slice of the run, what is told as a story, what to change.
 * Bounded: at most MODEL_SLICES slices per arm, whatever the length of the run.
 */
#ifndef REPORTS_MODEL_H
#define REPORTS_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "history/reader.h"
#include "history/verdicts.h"
#include "reports/failover_times.h"
#include "reports/incident.h"
#include "tuning/advice.h"

enum { MODEL_SLICES = 600 };

struct time_slice {
	int64_t acquired; /* answers ok in this slice; with none the latencies are unset */
	double median_ms, p99_ms, longest_ms; /* from the acquire's sending to its answer */
	/* The longest acquire that failed, or whose outcome is unknown, that ended in this slice;
	 * NAN: none did. */
	double failed_ms, in_doubt_ms;
	double margin_s; /* the least by which a renewal came before its worker's safe deadline;
			    less than 0: after it. NAN: none was acknowledged */
	int faults;      /* of this arm, or of the cluster, under way in some part of it */
};

struct arm_model {
	const struct arm_row *row;
	const struct judgement *judged; /* NULL: never checked */
	int64_t acquisitions;           /* acquires that answered ok */
	int64_t refused;                /* writes that the guard refused */
	int64_t applied;                /* writes that changed the resource */
	int64_t holds_hit;              /* attempts that a bitten fault was aimed at */
	int64_t workers, faults, bitten;
	int64_t renewals, late_renewals; /* acknowledged ones; after the safe deadline */
	int64_t refusals, in_doubt;      /* acquires that failed; whose outcome nobody knows */
	struct failover_times failover;
	struct time_slice *slice; /* model.slices of them */
};

struct model {
	const struct history *history; /* borrowed, as is the next */
	const struct verdicts *verdicts;
	const struct judgement *service; /* NULL: never checked */
	const struct violation *gravest; /* whose story is told first; NULL: none was found */
	struct incidents incidents;      /* all that is told */
	struct advice advice;
	int arms;
	struct arm_model *arm;
	int64_t length_ns;                     /* from the start until the last answer */
	int slices, slice_s;                   /* slices per arm, each so many seconds long */
	int64_t acquisitions, workers, bitten; /* of the whole run */
};

/* It was built `whole`. */
static inline bool model_is_whole(const struct model *model)
{
	return model->slice_s > 0;
}

/* Not `whole`: without acquisitions, the length, the slices and the incidents, each of which is a
 * pass over all operations. */
int model_build(const struct history *history, const struct verdicts *verdicts, bool whole,
		struct model *model, struct error *err);
void model_free(struct model *model);

/* An arm's name; "service" when it has none. */
const char *model_arm_name(const struct model *model, int arm);

/* The arms in the order of the harm that they did, the worst first: fills `order` with the first
 * `limit` of their indexes. */
void model_order_arms(const struct model *model, int *order, int limit);

/* A lane's name, or "-". */
const char *model_lane_name(const struct model *model, int lane);

/* Cells that were planned and never injected, or injected and never proved to have bitten. */
int model_never_happened(const struct model *model);

/* Harm that a guard can promise to stop, as bits 1 << violation_name; of an arm's violations an
 * overlap is only belief. */
uint32_t model_harm(void);

/* Definite and possible violations of all names. */
int64_t model_violations(const struct judgement *judged);

#endif
