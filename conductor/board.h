/*
 * Private to conductor/: what a run looks like while it goes on, on one line: on a terminal in
 * place, elsewhere every ten seconds. It counts only what it saw itself, in the live view, twice in
 * a row: what is shorter than a look, or needs the whole history, the checker finds afterwards.
 */
#ifndef CONDUCTOR_BOARD_H
#define CONDUCTOR_BOARD_H

#include "conductor/plan.h"
#include "history/live.h"

struct board;

struct board_time {
	int64_t now_ns, began_ns, ends_ns; /* of the load */
	bool settling;                     /* healed, and waiting for every lane to live */
};

struct board *board_open(const struct plan *plan);
void board_close(struct board *board);

/* Looks at all workers; to be called again and again, some ten times a second. */
void board_look(struct board *board, struct live *live, int64_t now_ns);

/* So far: holds that were seen past their safe deadline, and those seen while another worker of the
 * lane believed that it holds the same lock. */
int64_t board_overdue(const struct board *board);
int64_t board_overlaps(const struct board *board);

/* The line, its parts separated by " | ", what matters most first. The caller frees. */
char *board_describe(const struct board *board, struct live *live, const struct board_time *time);

/* Prints it where it is due. */
void board_show(struct board *board, struct live *live, const struct board_time *time);

#endif
