/*
 * Who led the service when, by the members' own words: of several the one of the greatest term
 * counts, so that an old leader that is cut off does not. A word comes up to a fraction of a second
 * after the election (workloads/leader_watch.h).
 */
#ifndef CHECKER_HOLDS_LEADERS_H
#define CHECKER_HOLDS_LEADERS_H

#include "history/reader.h"

enum { NO_MEMBER = -1 };

struct lead { /* from then on */
	int64_t at_ns;
	int member; /* index */
};

struct leaders {
	int leads;
	struct lead *lead; /* by at_ns */
};

void leaders_open(const struct history *history, struct leaders *leaders);
void leaders_close(struct leaders *leaders);

/* NO_MEMBER: the history does not say. */
int leaders_at(const struct leaders *leaders, int64_t at_ns);

/* The index of the member that runs on the host; NO_MEMBER. And back: its host's name, "" for none.
 */
int member_of_host(const struct history *history, int host);
const char *member_name(const struct history *history, int member);

#endif
