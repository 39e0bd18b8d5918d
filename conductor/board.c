#include "conductor/board.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/text.h"

enum { LINE_S = 10 };

/* What the last look saw of a worker; each attempt is counted once. */
struct seen {
	uint32_t attempt;
	bool holds, still;     /* now; and in the last look, too */
	bool shares;           /* the lock with others */
	bool late, late_still; /* past its safe deadline */
	bool counted_late, counted_overlap;
};

struct board {
	const struct plan *plan;
	struct seen *seen; /* per worker */
	int *holders;      /* per lane: seen holding in this look and the last */
	int *alone;        /* of these, who do not share the lock */
	int64_t overdue, overlaps;
	int64_t line_ns; /* when the next plain line is due; 0: none was yet */
};

struct board *board_open(const struct plan *plan)
{
	struct board *board = calloc(1, sizeof(*board));

	CHECK_MEMORY(board);
	board->plan = plan;
	board->seen = calloc((size_t)plan->workers + 1, sizeof(*board->seen));
	board->holders = calloc((size_t)plan->lanes + 1, sizeof(*board->holders));
	board->alone = calloc((size_t)plan->lanes + 1, sizeof(*board->alone));
	CHECK_MEMORY(board->seen && board->holders && board->alone);
	return board;
}

void board_close(struct board *board)
{
	free(board->seen);
	free(board->holders);
	free(board->alone);
	free(board);
}

/* Two looks that see the same attempt hold saw it hold in between: so did two workers at once. */
static void look_at(struct seen *seen, const struct live_worker *worker, int64_t now_ns)
{
	uint32_t attempt = atomic_load(&worker->attempt);
	int64_t renewed_ns = atomic_load(&worker->renewed_ns);
	int64_t granted_ns = atomic_load(&worker->granted_ns);
	bool holds = live_holds(worker);

	if (attempt != seen->attempt)
		*seen = (struct seen){.attempt = attempt};
	bool was_late = seen->late;

	seen->shares = atomic_load(&worker->shared);
	seen->still = holds && seen->holds;
	seen->holds = holds;
	seen->late = holds && renewed_ns > 0 && granted_ns > 0 && now_ns > renewed_ns + granted_ns;
	seen->late_still = seen->late && was_late;
}

/* More than may be hold the worker's lock, and it is one of them. */
static bool overlaps(const struct board *board, int worker)
{
	const struct plan_worker *planned = &board->plan->worker[worker];
	const struct seen *seen = &board->seen[worker];

	if (!seen->still || !seen->shares)
		return seen->still && board->holders[planned->lane] > 1;
	const struct arm *arm = &board->plan->campaign->arm[planned->arm];

	return arm->permits ? board->holders[planned->lane] > arm->permits
			    : board->alone[planned->lane] > 0;
}

void board_look(struct board *board, struct live *live, int64_t now_ns)
{
	const struct plan *plan = board->plan;

	for (int lane = 0; lane < plan->lanes; lane++)
		board->holders[lane] = board->alone[lane] = 0;
	for (int i = 0; i < plan->workers; i++) {
		look_at(&board->seen[i], &live->worker[i], now_ns);
		board->holders[plan->worker[i].lane] += board->seen[i].still;
		board->alone[plan->worker[i].lane] +=
			board->seen[i].still && !board->seen[i].shares;
	}
	for (int i = 0; i < plan->workers; i++) {
		struct seen *seen = &board->seen[i];
		bool is_too_many = overlaps(board, i);

		board->overdue += seen->late_still && !seen->counted_late;
		board->overlaps += is_too_many && !seen->counted_overlap;
		seen->counted_late |= seen->late_still;
		seen->counted_overlap |= is_too_many;
	}
}

int64_t board_overdue(const struct board *board)
{
	return board->overdue;
}

int64_t board_overlaps(const struct board *board)
{
	return board->overlaps;
}

char *board_describe(const struct board *board, struct live *live, const struct board_time *time)
{
	int64_t left_ns = time->ends_ns - time->now_ns, locks = 0;
	char *text = NULL;
	int holders = 0;
	size_t size;
	FILE *out = text_begin(&text, &size);

	for (int i = 0; i < board->plan->workers; i++) {
		locks += atomic_load(&live->worker[i].acquisitions);
		holders += live_holds(&live->worker[i]);
	}
	if (board->plan->among)
		fprintf(out, "%s | ", board->plan->among);
	fprintf(out, "%.0f of %.0f s", (double)(time->now_ns - time->began_ns) / 1e9,
		(double)(time->ends_ns - time->began_ns) / 1e9);
	if (time->settling)
		fputs(", settling", out);
	else if (left_ns <= 0)
		fputs(", ending", out);
	else if (left_ns >= 120 * NS_PER_S)
		fprintf(out, ", %.0f min left", (double)left_ns / 60e9);
	fprintf(out, " | seen overdue %" PRId64 ", overlapping %" PRId64, board->overdue,
		board->overlaps);
	fprintf(out, " | %" PRId64 " refused", atomic_load(&live->decisions_refused));
	fprintf(out, " | faults %d now, %d proved", atomic_load(&live->faults_active),
		atomic_load(&live->faults_bitten));
	fprintf(out, " | %d hold | %" PRId64 " locks", holders, locks);
	text_end(out, &text);
	return text;
}

void board_show(struct board *board, struct live *live, const struct board_time *time)
{
	bool terminal = log_is_terminal(STDERR_FILENO);

	board_look(board, live, time->now_ns);
	if (!board->line_ns)
		board->line_ns = time->began_ns + LINE_S * NS_PER_S;
	bool silent = board->plan->quiet && !board->plan->among;

	if (!terminal && (silent || time->now_ns < board->line_ns))
		return;
	char *line = board_describe(board, live, time);

	if (terminal)
		log_progress("%s", line);
	else
		log_line("%s", line);
	while (!terminal && board->line_ns <= time->now_ns)
		board->line_ns += LINE_S * NS_PER_S;
	free(line);
}
