/*
 * What a verdict rests on, by occasion: one entry of the schedule may hit many lanes, and stop many
 * requests of one stale holder; these go wrong or not for one reason. An interval that takes each
 * for a trial of its own is too narrow.
 */
#ifndef CHECKER_OCCASIONS_H
#define CHECKER_OCCASIONS_H

#include "history/episodes.h"

struct trial { /* private */
	enum { OF_SCHEDULE, OF_FAULT, OF_ITSELF } of;
	int64_t id;
	bool harmed;
};

struct occasions {
	int trials;
	struct trial *trial;
};

/* A trial: of its fault's entry in the schedule, or of the fault if that came from none; without a
 * fault behind it (NULL) of `id`. */
void occasions_add(struct occasions *occasions, const struct fault_row *fault, int64_t id,
		   bool harmed);
void occasions_close(struct occasions *occasions);

/*
 * `alone`: events that are trials and occasions of their own. Of the share of occasions that were
 * harmed the interval is Clopper and Pearson's. Of the rate it is Korn and Graubard's (1998): as if
 * there had been so many independent trials that they would tell as much as the occasions do, by
 * the variance of the ratio of sums over occasions; never more than there were. Where the trials of
 * each occasion agree in all there is no variance to see, and an occasion counts for one trial.
 */
void occasions_reckon(struct occasions *occasions, int64_t alone, struct by_occasion *into);

#endif
