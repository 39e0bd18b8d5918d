#include "history/answers.h"

#include <limits.h>

#include "history/older.h"
#include "history/row.h"

static int walk(const struct history *history, const char *sql, answer_visitor *visit,
		void *context, struct error *err)
{
	struct rows rows;

	if (rows_open(&rows, history->db, history->arena, "op or key_event", sql, err))
		return -1;
	while (rows_next(&rows)) {
		struct answer_row answer = {.at_ns = rows_ns(&rows)};

		answer.revision = rows_int(&rows, 1, INT64_MAX);
		answer.ref = rows_int(&rows, 1, INT64_MAX);
		answer.process = (int)rows_int(&rows, 0, INT_MAX);
		answer.arm = (int)rows_int(&rows, -1, history->arms - 1);
		answer.member = (int)rows_int_or(&rows, -1, 0, INT_MAX);
		answer.f = (enum function)rows_int(&rows, 0, F_LOSE);
		if (!rows.failed)
			visit(context, &answer);
	}
	return rows_close(&rows);
}

int answers_by_arrival(const struct history *history, answer_visitor *visit, void *context,
		       struct error *err)
{
	return walk(history,
		    "SELECT returned_ns AS at_ns, revision, id, process, arm, endpoint, f FROM op "
		    "WHERE outcome = 1 AND revision > 0 AND returned_ns IS NOT NULL UNION ALL "
		    "SELECT seen_ns, revision, id, 0, -1, member, 0 FROM key_event ORDER BY at_ns",
		    visit, context, err);
}

int answers_last_asked_first(const struct history *history, answer_visitor *visit, void *context,
			     struct error *err)
{
	return walk(history,
		    "SELECT invoked_ns, revision, id, process, arm, endpoint, f FROM op "
		    "WHERE outcome = 1 AND revision > 0 AND returned_ns IS NOT NULL "
		    "ORDER BY invoked_ns DESC",
		    visit, context, err);
}

int answers_share_a_clock(const struct history *history, bool *shared, struct error *err)
{
	struct rows rows;

	*shared = true;
	if (!older_column(history->db, "host", "clock_error_ns", NULL))
		return 0;
	if (rows_open(&rows, history->db, history->arena, "host",
		      "SELECT id FROM host WHERE clock_offset_ns OR clock_error_ns LIMIT 1", err))
		return -1;
	*shared = !rows_next(&rows);
	return rows_close(&rows);
}
