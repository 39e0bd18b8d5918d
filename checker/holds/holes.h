/*
 * Is a record whole? Rows that are missing, and rows that contradict one another, are no evidence
 * of anything but of a broken record: they break a run before anything is concluded from it.
 *
 *	holes_open(&holes, &history, err)  asks what can be asked of the file
 *	holes_look(&holes, &facts)         once for each lane
 *	holes_close(&holes)                tells what was found: holes.text, empty when nothing was
 *
 * What is asked is what the format promises (docs/history.md, "A whole record"). What is gone with
 * every trace of it (a process with all its rows) is missed only by the counts in the table
 * `recorded`; a file from before there was such a table is judged without them.
 */
#ifndef CHECKER_HOLDS_HOLES_H
#define CHECKER_HOLDS_HOLES_H

#include "base/error.h"
#include "checker/holds/attempts.h"

struct lease_use { /* by one attempt */
	int64_t lease, attempt;
	bool granted; /* by an answer to it */
};

struct made { /* a decision of the store */
	int64_t id, arrived_ns, decided_ns;
};

struct holes {
	char text[224];                /* the first: "process 12 (none-0-1) lacks operation 17" */
	char last[224];                /* private: what is said when no lane had anything to say */
	const struct history *history; /* borrowed */
	/* Private, what is compared over all lanes, at the end: */
	int uses, decisions;
	struct lease_use *use;
	struct made *decision;
};

/* Fails, leaving nothing to close, when the file cannot be read. */
int holes_open(struct holes *holes, const struct history *history, struct error *err);
void holes_look(struct holes *holes, const struct lane_facts *facts);
/* Frees all but the text. */
void holes_close(struct holes *holes);

/* Private, for the files of this room: says it unless something was said before. */
void holes_say(struct holes *holes, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The process's name, for sentences. */
const char *holes_name(const struct holes *holes, int process);
const struct process_row *holes_process(const struct holes *holes, int process);

#endif
