/*
 * Theory of operation. The answers of the whole run come in the order in which they were known;
 * of that stream only the rises of the revision are kept, a staircase that is searched by
 * time. The lower bounds are the same from the other side: the linearizable answers from the one
 * that was asked for last, of which only the falls are kept.
 */
#include "checker/holds/acknowledged.h"

#include <stdlib.h>

#include "checker/holds/attempts.h"
#include "history/row.h"

struct asked_late {
	int64_t sent_ns; /* descending, and the revision with it */
	int64_t revision;
};

static bool function_is_linearizable(enum function f)
{
	switch (f) {
	case F_LEASE_GRANT:
	case F_ACQUIRE:
	case F_TOKEN:
	case F_READ:
	case F_WRITE:
	case F_RELEASE:
		return true;
	case F_KEEPALIVE:
	case F_LEASE_REVOKE:
	case F_LOSE:
		return false;
	}
	return false;
}

bool op_is_linearizable(const struct op_row *op)
{
	bool answered =
		op->outcome == OUTCOME_OK || (op->f == F_TOKEN && op->outcome == OUTCOME_FAIL);

	return answered && op->revision && function_is_linearizable(op->f);
}

struct collection {
	const struct history *history;
	struct acknowledged *acknowledged;
};

/* What a client with a planted bug recorded may be its own invention. */
static bool is_heeded(const struct history *history, const struct answer_row *answer)
{
	return answer->arm < 0 || arm_is_honest(&history->arm[answer->arm]);
}

static void heed_arrival(void *context, const struct answer_row *answer)
{
	const struct collection *collection = context;
	struct acknowledged *into = collection->acknowledged;
	int64_t greatest = into->rises ? into->rise[into->rises - 1].revision : 0;

	if (answer->revision > greatest && is_heeded(collection->history, answer))
		*ROWS_ADD(into->rise, into->rises) = *answer;
}

static void heed_request(void *context, const struct answer_row *answer)
{
	const struct collection *collection = context;
	struct acknowledged *into = collection->acknowledged;
	const struct answer_row *known = acknowledged_before(into, answer->at_ns);
	int64_t least = into->lows ? into->low[into->lows - 1].revision : INT64_MAX;
	bool stale = known && known->revision > answer->revision;

	if (answer->revision < least && !stale && function_is_linearizable(answer->f) &&
	    is_heeded(collection->history, answer))
		*ROWS_ADD(into->low, into->lows) =
			(struct asked_late){answer->at_ns, answer->revision};
}

int acknowledged_open(const struct history *history, struct acknowledged *acknowledged,
		      struct error *err)
{
	struct collection collection = {history, acknowledged};
	struct answers *answers;
	bool one_clock;

	*acknowledged = (struct acknowledged){0};
	if (!history->db)
		return 0;
	if (answers_share_a_clock(history, &one_clock, err))
		return -1;
	if (!one_clock)
		return 0;
	if (answers_open(history, &answers, err))
		return -1;
	answers_by_arrival(answers, heed_arrival, &collection);
	answers_last_asked_first(answers, heed_request, &collection);
	answers_close(answers);
	return 0;
}

void acknowledged_close(struct acknowledged *acknowledged)
{
	free(acknowledged->rise);
	free(acknowledged->low);
	*acknowledged = (struct acknowledged){0};
}

const struct answer_row *acknowledged_before(const struct acknowledged *acknowledged, int64_t at_ns)
{
	int low = 0, high = acknowledged->rises;

	while (low < high) {
		int middle = low + (high - low) / 2;

		if (acknowledged->rise[middle].at_ns < at_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &acknowledged->rise[low - 1] : NULL;
}

int64_t acknowledged_least_since(const struct acknowledged *acknowledged, int64_t at_ns)
{
	int low = 0, high = acknowledged->lows;

	while (low < high) {
		int middle = low + (high - low) / 2;

		if (acknowledged->low[middle].sent_ns >= at_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? acknowledged->low[low - 1].revision : INT64_MAX;
}
