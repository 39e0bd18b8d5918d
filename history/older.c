#include "history/older.h"

#include <stddef.h>

#include "base/invariant.h"

const char older_planted[] = "(recipe LIKE 'broken-%') + "
			     "2 * (json_extract(settings, '$.store') IS 'ignores-tokens')";

const char older_effect[] =
	"CASE WHEN kind IN ('pause', 'slow') THEN 'stop' "
	"WHEN kind IN ('stall', 'slow-sync', 'sync-error', 'disk-full') THEN 'stall' "
	"WHEN kind IN ('kill', 'kill-for-good', 'power-loss') THEN 'kill' "
	"WHEN kind IN ('clock', 'shifted-restart') THEN 'clock' "
	"WHEN kind IN ('move-leader', 'compact', 'defragment', 'replace-member') THEN 'operator' "
	"WHEN kind = 'revoke' THEN 'revoke' "
	"WHEN kind IN ('ballast', 'writes') THEN 'load' ELSE 'packets' END";

/* `column` NULL: the table itself. Where that cannot be told, who reads it finds out why. */
static bool is_there(sqlite3 *db, const char *table, const char *column)
{
	int found = sqlite3_table_column_metadata(db, NULL, table, column, NULL, NULL, NULL, NULL,
						  NULL);

	CHECK_MEMORY(found != SQLITE_NOMEM);
	return found != SQLITE_ERROR;
}

const char *older_column(sqlite3 *db, const char *table, const char *column, const char *otherwise)
{
	return is_there(db, table, column) ? column : otherwise;
}

bool older_has_table(sqlite3 *db, const char *table)
{
	return is_there(db, table, NULL);
}
