/*
 * How many may have a lock together, and whether somebody comes on top of them: what the sweeps of
 * several checks have in common. Pieces are added in the order of their begins; a later one is
 * barred when as many of others' last beyond its begin as may be at once.
 *
 * Of those seen so far only the ones that end last can matter, one for each who has any; and since
 * nobody bars himself, one more than may be at once: so many are kept, however many there were.
 */
#ifndef CHECKER_TOGETHER_H
#define CHECKER_TOGETHER_H

#include "checker/holds/attempts.h"

struct piece {
	int64_t who;      /* pieces of one are no matter among themselves */
	int64_t from, to; /* on whatever axis */
	struct attempt *attempt;
};

struct crowd {
	int most, count;
	struct piece *last; /* owned; most + 1 at the most, the latest end first */
};

struct together {
	enum sharing sharing;
	struct crowd all, alone; /* everybody; those who do not share */
};

struct bar {
	int count;                              /* as many as may be at once */
	const struct piece *piece[PERMITS_MAX]; /* until the next is added; the latest end first */
	int64_t until;                          /* they all last so long */
};

void together_open(struct together *together, const struct lane_facts *facts);
void together_close(struct together *together);
void together_add(struct together *together, const struct piece *piece, enum mode mode);
/* Is such a piece barred at its begin? *bar tells by whom. */
bool together_bars(const struct together *together, const struct piece *piece, enum mode mode,
		   struct bar *bar);

#endif
