#include "checker/checker.h"

#include <errno.h>
#include <stdlib.h>

#include "base/invariant.h"
#include "base/clock.h"
#include "checker/verdict.h"
#include "history/row.h"

/* run.key as a number; `absent` when the file does not say. */
static int read_number(const struct history *history, const char *key, int64_t absent,
		       int64_t *number, struct error *err)
{
	const char *text = history_text(history, key);
	char *end;

	*number = absent;
	if (!text || !*text)
		return 0;
	errno = 0;
	*number = strtoll(text, &end, 10);
	if (errno || *end || *number < 0)
		return error_set(err, EXIT_BAD_USAGE, "%.300s: run.%s is '%.40s', not a number",
				 history->path, key, text);
	return 0;
}

/* Of a run that is BROKEN anyhow the cause is told, not the holes that follow from it. */
static int open_holes(const struct history *history, const struct checker_config *config,
		      struct holes *holes, struct error *err)
{
	bool broken = !history->sealed;

	for (int i = 0; i < history->notes; i++)
		broken |= history->note[i].breaks;
	if (broken || config->in_parts)
		return 0;
	return holes_open(holes, history, err) || holes_count_operations(holes, err) ? -1 : 0;
}

int checker_judge(struct history *history, const struct checker_config *config,
		  struct verdicts *verdicts, struct error *err)
{
	int64_t ended_ns, settle_ms, audit_ns;
	struct judge judge;

	if (read_number(history, "ended_ns", NEVER_NS, &ended_ns, err) ||
	    read_number(history, "settle_ms", 0, &settle_ms, err) ||
	    read_number(history, "audit_ns", 0, &audit_ns, err))
		return -1;
	if (settle_ms > NEVER_NS / NS_PER_MS || audit_ns > HISTORY_LAST_NS)
		return error_set(err, EXIT_BAD_USAGE, "%.300s: run.%s is too great", history->path,
				 audit_ns > HISTORY_LAST_NS ? "audit_ns" : "settle_ms");
	if (judge_open(&judge, history, ended_ns, settle_ms * NS_PER_MS, config, err))
		return -1;
	audit_read(history, audit_ns, config->in_parts, &judge.audit);
	if (open_holes(history, config, &judge.holes, err)) {
		judge_close(&judge, NULL);
		return -1;
	}
	for (int lane = 0; lane < history->lanes; lane++) {
		struct lane_history rows;

		if (history_load_lane(history, lane, &rows, err)) {
			judge_close(&judge, NULL);
			return -1;
		}
		judge_lane(&judge, lane, &rows);
		history_free_lane(&rows);
		if (config->progress)
			config->progress(config->context, lane + 1, history->lanes);
	}
	judge_close(&judge, verdicts);
	CHECK(verdicts->judgements == history->arms + 1); /* the service's, too */
	return 0;
}
