/*
 * A time line of a lease, as text of at most 76 columns of ASCII: when it is over, when its holder
 * stops, from when on another may hold, and for how long two do.
 */
#ifndef TUNING_LEASE_PICTURE_H
#define TUNING_LEASE_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

/* Counted from the sending of the last good renewal. */
struct lease_moments {
	int64_t ttl_ns;                     /* > 0; from then on it may be another's */
	int tries;                          /* renewals that fail; 0: there are none */
	int64_t first_ns, period_ns;        /* when the first is sent, and the next; > 0 */
	int64_t still_from_ns, still_to_ns; /* the holder stands still; 0, 0: it does not */
	bool own_deadline;                  /* by which it ends, counted from that sending */
	int64_t ends_ns;                    /* the holder's last act; CLOCK_NEVER: it goes on */
};

/* Four lines, each ends with a newline. The caller frees. */
char *lease_draw(const struct lease_moments *moments);

#endif
