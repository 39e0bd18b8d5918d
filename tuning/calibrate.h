/*
 * What a recorded run says of an arm: what its lock was used for and what befell its holders, to
 * predict on; and what came of it, to hold the prediction to.
 */
#ifndef TUNING_CALIBRATE_H
#define TUNING_CALIBRATE_H

#include "history/reader.h"
#include "history/verdicts.h"
#include "tuning/predict.h"

/* Points into itself: not to be copied. */
struct calibration {
	struct situation situation;  /* its `pauses` is the next, or NULL: no holder was paused */
	struct pause_profile pauses; /* those that came to an end that is known (kept, or lost) */
	double measured[PREDICTIONS_COUNT]; /* NAN: the run does not tell */
	int64_t of[PREDICTIONS_COUNT];      /* so many cases it is of; 0 where it is NAN */
};

/*
 * Times of requests and work are medians, and 5th and 95th percentiles, of what no pause lay over.
 * Of pauses those count that lasted for a heartbeat, so that a renewal was due, and beside which no
 * other fault lay that bit the arm's lock or the service; their end is told by the first renewal
 * that was answered after them. Failovers are the checker's (history/episodes.h): those of a fault
 * that hit the worker alone, with and without a change of leader. The caller frees with
 * calibration_free.
 */
int calibrate(const struct history *history, const struct verdicts *verdicts, int arm,
	      struct calibration *calibration, struct error *err);
void calibration_free(struct calibration *calibration);

#endif
