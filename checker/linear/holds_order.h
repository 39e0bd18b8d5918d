/* Do holds that can stand together also stand in the order of their tokens? */
#ifndef CHECKER_LINEAR_HOLDS_ORDER_H
#define CHECKER_LINEAR_HOLDS_ORDER_H

#include <stdbool.h>
#include <stdint.h>

/* A core holds from before event `first` until after event `last`; a window for an instant after
 * `last` and before `first`. */
struct order_hold {
	int64_t token;
	uint32_t first, last, id;
	bool has_token, core;
};

/* Two holds that would have to stand the other way round, and perhaps a third one between. */
struct order_culprits {
	uint32_t hold[3]; /* ids */
	int holds;
};

/* All cores, and the windows that have a token. Reorders `hold`. */
bool order_fits(struct order_hold *hold, uint32_t holds, struct order_culprits *culprits);

#endif
