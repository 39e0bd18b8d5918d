/* What a sweep says to change, what that gains and costs, in sentences. Nothing is called better
 * whose interval meets that of the user's own settings. */
#ifndef REPORTS_SWEEP_ADVICE_H
#define REPORTS_SWEEP_ADVICE_H

#include "reports/sweep_view.h"
#include "tuning/complaints.h"

struct sweep_advice {                   /* sentences, owned */
	const struct seen_cell *chosen; /* what is advised; NULL: nothing is measured */
	char *headline, *data;
	char *gains, *costs, *untold;
	char *follows;                /* from the settings alone */
	struct complaints complaints; /* lint's, of what is advised */
};

/* The caller frees with sweep_advice_free. */
void sweep_advice_make(const struct sweep_view *view, struct sweep_advice *advice);
void sweep_advice_free(struct sweep_advice *advice);

#endif
