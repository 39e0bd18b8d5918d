/*
 * What is told as one story: one write, or one grant, with all the names that the checker found for
 * it. A write that was stale and lost an update, while its writer's belief overlapped another's, is
 * one incident with three names.
 */
#ifndef REPORTS_INCIDENT_H
#define REPORTS_INCIDENT_H

#include "history/reader.h"
#include "history/verdicts.h"

enum { INCIDENTS_MAX = 20 };

struct incident {
	int names; /* at least 1 */
	/* One violation of each name, the gravest first; borrowed. */
	const struct violation *told[VIOLATION_NAMES_COUNT];
	bool refused; /* no violation: a write that a guard refused, and told[0] is only made to
			 cite what shows it: it has neither name nor id nor summary */
};

struct incidents {
	int count;
	struct incident incident[INCIDENTS_MAX];
	struct violation *refusal; /* owned: those of refused writes */
};

/*
 * The incidents to tell, the gravest first: at least one for each (subject, name), and last at
 * least one of each guarded arm that refused a write - if `limit` (<= INCIDENTS_MAX) allows; up to
 * half of it is kept for the latter. The verdicts must outlive them. Fails when the file cannot be
 * read.
 */
int incidents_find(const struct history *history, const struct verdicts *verdicts, int limit,
		   struct incidents *incidents, struct error *err);
void incidents_free(struct incidents *incidents);

/* The gravest violation of the first of those incidents; NULL: there is none. */
const struct violation *incident_gravest(const struct verdicts *verdicts);

/* A violation by itself. */
struct incident incident_of(const struct violation *violation);

/* The first refused write of the attempt that the fault hit, told like those above, if it was
 * `found`. Its evidence is the write (a decision), who sent it, who had the greater token, the
 * fault. */
int incident_refused_by_fault(const struct history *history, int64_t fault,
			      struct violation *refusal, bool *found, struct error *err);

/* "stale-write, lost-update"; the caller frees. */
char *incident_names(const struct incident *incident);

/* What such a violation is, of the lock that it happened to. */
const char *violation_sentence(const struct history *history, const struct violation *violation);

/* What happened, in a sentence for readers who do not know our names. */
const char *incident_sentence(const struct history *history, const struct incident *incident);

/* Is a row among the evidence of any of its names? */
bool incident_cites(const struct incident *incident, const char *kind, int64_t ref);

/* The fault that the gravest name, else any, cites; 0: none. */
int64_t incident_fault(const struct incident *incident);

#endif
