/*
 * What makes a campaign smaller, or gives it more of a chance: changes of what is to be run, and
 * nothing else. Whether what is left still shows anything is shrink.h's to try.
 */
#ifndef CONDUCTOR_HUNT_SMALLER_H
#define CONDUCTOR_HUNT_SMALLER_H

#include "campaign/campaign.h"

/* Keeps the blocks whose bit is set, and of those only the ones whose leader is kept too. */
void smaller_keep_blocks(struct campaign *campaign, const bool *kept);

/* Only this arm is left. */
void smaller_keep_arm(struct campaign *campaign, int arm);

/* Only this lane of each arm is left, as number 0; faults of other lanes, and of other hosts than
 * members, store and witness, go. */
void smaller_keep_lane(struct campaign *campaign, int lane);

/* The first lanes only; faults that then name none go. */
void smaller_keep_lanes(struct campaign *campaign, int lanes);

/* One worker less in each lane of each arm, but never fewer than that. */
void smaller_drop_worker(struct campaign *campaign, int least);

/* Cuts off what comes before the first fault, but for a second. */
void smaller_cut_off_begin(struct campaign *campaign);

/* Cuts off what comes after the last fault's end and after what may come of it; `of_service`: of a
 * member's fault. */
void smaller_cut_off_end(struct campaign *campaign, bool of_service);

/* Exactly so long, in the unit of the block, in thousandths: what is printed shall be read. */
void smaller_set_length(struct campaign *campaign, int block, double length);

/* No smaller, but a better chance: all faults half as long again, and a TTL more for what comes of
 * them. */
void smaller_lengthen(struct campaign *campaign);

#endif
