/* The parts of the page of a sweep, in the order in which they stand. Each writes HTML to `out`. */
#ifndef REPORTS_SWEEP_PAGE_H
#define REPORTS_SWEEP_PAGE_H

#include "reports/sweep_view.h"

/* sweep_maps.c: each figure over TTL and heartbeat, a panel for each number of retries; and whose
 * settings lie on them. */
void sweep_page_marks(FILE *out, const struct sweep_view *view);
void sweep_page_maps(FILE *out, const struct sweep_view *view);

/* sweep_front.c: harm against failover, and what no other cell is better than in all. */
void sweep_page_front(FILE *out, const struct sweep_view *view);

/* sweep_table.c */
void sweep_page_agreement(FILE *out, const struct sweep_view *view);
void sweep_page_table(FILE *out, const struct sweep_view *view);

/* sweep_style.c: what page_style lacks for them. */
extern const char sweep_style[];

#endif
