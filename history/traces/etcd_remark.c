/* What is said of a log beside its trace. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/invariant.h"
#include "base/text.h"
#include "history/traces/etcd_teller.h"

static void put_count(FILE *out, uint64_t count, const char *one, const char *many)
{
	if (count)
		fprintf(out, "%s%" PRIu64 " %s", ftell(out) ? ", " : "", count,
			count == 1 ? one : many);
}

static char *left_out(const struct etcd_teller *teller)
{
	const struct etcd_log *log = teller->log;
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	put_count(out, log->grants, "lease grant", "lease grants");
	put_count(out, log->revokes, "lease revoke", "lease revokes");
	put_count(out, log->others, "compaction or defragmentation",
		  "compactions or defragmentations");
	put_count(out, log->stale, "read of an old revision", "reads of old revisions");
	put_count(out, log->keys_only, "range of keys only", "ranges of keys only");
	put_count(out, log->versions, "compare with a version", "compares with a version");
	put_count(out, teller->told_nothing, "failed compare", "failed compares");
	put_count(out, teller->absent_left, "absent key of a range", "absent keys of ranges");
	text_end(out, &text);
	return text;
}

static uint64_t count_leased(const struct etcd_teller *teller)
{
	uint64_t leased = 0;

	for (uint32_t key = 0; key < interner_count(teller->log->keys); key++)
		leased += teller->leased[key];
	return leased;
}

char *etcd_remark(const struct etcd_teller *teller)
{
	char *parts = left_out(teller), *text = NULL;
	uint64_t leased = count_leased(teller);
	size_t size;
	FILE *out = text_begin(&text, &size);

	if (*parts)
		fprintf(out, "left out: %s", parts);
	if (leased)
		fprintf(out, "%s%" PRIu64 " key%s with a lease may vanish at any time",
			*parts ? "; " : "", leased, leased == 1 ? "" : "s");
	if (teller->others)
		fprintf(out, "%s%s: what they did is taken from what was read",
			*parts || leased ? "; " : "",
			teller->supposed ? "even if others wrote, too"
					 : "others wrote, too, by its revisions");
	if (teller->inferred)
		fprintf(out, "%s%" PRIu64 " write%s inferred",
			*parts || leased || teller->others ? "; " : "", teller->inferred,
			teller->inferred == 1 ? "" : "s");
	text_end(out, &text);
	free(parts);
	if (*text)
		return text;
	free(text);
	return NULL;
}

char *etcd_doubt(const struct etcd_teller *teller)
{
	if (teller->contradicted)
		return text_format("is no order that the store's revisions allow");
	if (teller->several)
		return text_format("%s %" PRIu64 " operation%s on several keys at once",
				   teller->several == 1 ? "is" : "are", teller->several,
				   teller->several == 1 ? "" : "s");
	return NULL;
}
