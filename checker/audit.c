/*
 * At the end of a run, when nobody writes any more, every member is asked for the run's keys. What
 * came of it stands in run.audit: 'agreed', 'differ' or 'undone', with run.audit_ns and, of the
 * last two, run.audit_text. Members that differ at one revision have diverged, whatever the clients
 * did.
 */
#include <string.h>

#include "base/invariant.h"
#include "checker/checks.h"
#include "history/older.h"

/* From before there were such facts: all that is told is that something was wrong. */
static bool has_note(const struct history *history)
{
	for (int i = 0; i < history->notes; i++)
		if (!strcmp(history->note[i].topic, "audit"))
			return true;
	return false;
}

void audit_read(const struct history *history, int64_t at_ns, bool in_parts, struct audit *audit)
{
	const char *told = history_text(history, "audit");

	*audit = (struct audit){.at_ns = at_ns, .what = history_text(history, "audit_text")};
	/* A file that counts its rows tells of its audit, too. */
	if (!told)
		audit->undone = !in_parts && (*older_column(history->db, "recorded", "what", "") ||
					      has_note(history));
	else if (!strcmp(told, "differ"))
		audit->differ = true;
	else
		audit->undone = strcmp(told, "agreed") != 0;
	CHECK(!(audit->differ && audit->undone));
	audit->what = audit->what ?: "the record does not tell of it";
}

void check_audit(struct docket *docket, const struct audit *audit)
{
	struct violation violation = {
		.name = VIOLATION_DIVERGENCE, .lane = -1, .definite = true, .at_ns = audit->at_ns};

	if (!audit->differ)
		return;
	CHECK(audit->what);
	docket_say(&violation, "at the end of the run %s", audit->what);
	docket_file_of_service(docket, &violation);
}
