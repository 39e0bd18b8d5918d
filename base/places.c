#include "base/places.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

int place_find(const char *in_source, const char *in_prefix, char *path, size_t size)
{
	char self[PATH_MAX] = "";

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return -1;
	const char *folder = dirname(self); /* build/release, or PREFIX/bin */

	if (snprintf(path, size, "%s/../../%s", folder, in_source) < (int)size &&
	    access(path, R_OK) == 0)
		return 0;
	return snprintf(path, size, "%s/../%s", folder, in_prefix) < (int)size &&
			       access(path, R_OK) == 0
		       ? 0
		       : -1;
}
