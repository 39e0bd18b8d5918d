/*
 * A folder for a bug report upstream: one story, what proves it, and how to see it again.
 *
 *	report.md        the story in words and its time line, versions, the command
 *	campaign.conf    what was run; or the smaller one that was shrunk from it
 *	evidence.jsonl   the rows of history.db that prove it, one a line
 *	packets.pcap     the packets of that time, where the run has a capture
 */
#ifndef REPORTS_BUG_FOLDER_H
#define REPORTS_BUG_FOLDER_H

#include "base/error.h"
#include "history/reader.h"
#include "history/verdicts.h"

struct bug_request {
	const char *folder;  /* made here; must not be there yet */
	const char *capture; /* capture.pcap of the run, which need not exist */
	const char *shrunk;  /* the text of a smaller campaign; NULL: the run's own */
	int number;          /* of the story, from 1 */
};

/* Fails when there is no such story, or the story is of a refused write, which is no bug. *packets:
 * how many there are in packets.pcap. */
int bug_write(const struct history *history, const struct verdicts *verdicts,
	      const struct bug_request *request, int64_t *packets, struct error *err);

#endif
