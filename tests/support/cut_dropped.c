#include "tests/support/cut_dropped.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/invariant.h"

int cut_dropped(struct hosts *hosts, int id, int64_t *packets, struct error *err)
{
	_cleanup_free_ struct link_count *counts = calloc(CUT_LINKS_MAX, sizeof(*counts));
	int count;

	CHECK(counts);
	*packets = 0;
	if (hosts_cut_links(hosts, id, counts, CUT_LINKS_MAX, &count, err))
		return -1;
	for (int i = 0; i < count; i++)
		*packets += counts[i].dropped;
	return 0;
}
