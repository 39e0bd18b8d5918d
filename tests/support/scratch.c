#include "tests/support/scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/invariant.h"

static char directory[256];
static pid_t owner;

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_directory(void)
{
	if (getpid() == owner) /* and not a child that exits before it */
		nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_file(const char *name)
{
	static char paths[64][512];
	static unsigned used;

	if (owner != getpid()) {
		const char *tmp = getenv("TMPDIR");

		snprintf(directory, sizeof(directory), "%.200s/fencepost-test-XXXXXX",
			 tmp ? tmp : "/tmp");
		CHECK(mkdtemp(directory));
		owner = getpid();
		CHECK(atexit(remove_directory) == 0);
	}
	CHECK(used < sizeof(paths) / sizeof(*paths));
	CHECK(snprintf(paths[used], sizeof(*paths), "%s/%s", directory, name) <
	      (int)sizeof(*paths));
	return paths[used++];
}
