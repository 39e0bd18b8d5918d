/*
 * T7: registers in which each value that a read saw was written at most once. What is asked of a
 * register's history, also by those who explain it.
 */
#ifndef LINEAR_ZONES_H
#define LINEAR_ZONES_H

#include "checker/linear/linear.h"

/* All that is known of one value: operations, or TRACE_NEVER. */
struct zone {
	uint32_t write; /* of the value; none: it is the first value, or nobody wrote it */
	uint32_t first; /* that returned first; none: the first value stood before all */
	uint32_t last;  /* that was invoked last */
	bool initial;   /* the first value's */
};

enum zones_fault {
	ZONES_FIT,
	ZONES_UNWRITTEN, /* zone[0]: a read saw what nobody had written by then */
	ZONES_BOTH_HELD, /* zone[0] and zone[1]: both certainly held at one time */
	ZONES_NO_ROOM,   /* zone[1] needs an instant while zone[0] is certainly held */
};

struct zones_culprits {
	enum zones_fault fault;
	struct zone zone[2];
};

/* Of the object's history before `until`, a position; what returns later is open. False, and
 * nothing said, when it is not covered. */
bool zones_look(const struct linear_object *object, uint32_t until,
		struct zones_culprits *culprits);

#endif
