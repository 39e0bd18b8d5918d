/*
 * Is a record whole? Rows that are missing, and rows that contradict one another, are no evidence
 * of anything but of a broken record: they break a run before anything is concluded from it.
 *
 *	holes_open(&holes, &history, err)  asks what can be asked of the file,
 *	holes_count_operations(&holes, err)  and how much holes_look is to find
 *	holes_look(&holes, &facts)         once for each lane
 *	holes_close(&holes)                tells what was found: holes.text, empty when nothing was
 *
 * What is asked is what the format promises (docs/history-file.md, "A whole record"). What is gone
 *with every trace of it (a process with all its rows) is missed only by the counts in the table
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

/* Over the operations of a lane or of one process, by id; zeroed, but for the lane. */
struct holes_walk {
	int lane;
	int64_t ops; /* so far */
	/* private */
	struct holes_step {
		int64_t id, invoked_ns, returned_ns; /* id 0: none */
		int process;
	} before, last[2]; /* what it does one after the other; what it renews beside that */
	const struct process_row *process; /* NULL: unknown */
	int64_t born_ns, begun;            /* begun: the latest attempt */
	int64_t attempt;                   /* the last one that was looked at */
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
	struct count {
		int64_t recorded, looked_at; /* recorded -1: not told */
	} * count; /* of each process of the history, its operations; NULL: not asked */
};

/* Fails, leaving nothing to close, when the file cannot be read. */
int holes_open(struct holes *holes, const struct history *history, struct error *err);
/* Asks how many operations were recorded: holes_look is to find as many. */
int holes_count_operations(struct holes *holes, struct error *err);
void holes_look(struct holes *holes, const struct lane_facts *facts);

/* The parts of holes_look: each operation by id, each attempt by id, then what the others say. Of
 * `by_id` those are enough that ask the store. */
void holes_look_at_op(struct holes *holes, struct holes_walk *walk, const struct op_row *op);
void holes_look_at_attempt(struct holes *holes, struct holes_walk *walk,
			   const struct attempt *attempt);
void holes_look_at_decisions(struct holes *holes, const struct lane_history *rows, int lane,
			     const struct op_row **by_id, int ops);
void holes_look_at_keys(struct holes *holes, const struct lane_history *rows, int lane);

static inline bool op_asks_store(const struct op_row *op)
{
	return op->f == F_READ || op->f == F_WRITE;
}

/* Frees all but the text. */
void holes_close(struct holes *holes);

/* Private, for the files of this room: says it unless something was said before. */
void holes_say(struct holes *holes, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The process's name, for sentences. */
const char *holes_name(const struct holes *holes, int process);
const struct process_row *holes_process(const struct holes *holes, int process);

#endif
