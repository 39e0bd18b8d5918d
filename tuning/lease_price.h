/* What other settings of a lease cost, in one sentence: for lint before a run, and for the advice
 * after one. */
#ifndef TUNING_LEASE_PRICE_H
#define TUNING_LEASE_PRICE_H

#include "tuning/lease_times.h"

/* "failover of 2.6 to 3.5 s instead of 1.6 to 2.5 s; ...", the bounds that `predict` gives, and
 * what else is paid for it. With an election time-out (0: not told) also that of a change of
 * leader. The caller frees. */
char *lease_price(const struct lease *now, const struct lease *then, int64_t election_ns);

#endif
