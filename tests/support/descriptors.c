#include "tests/support/descriptors.h"

#include <check.h>
#include <dirent.h>

int descriptors_count(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}
