#include "tests/support/prefix.h"

#include <check.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

void enter_prefix(void)
{
	char prefix[PATH_MAX] = "";

	ck_assert_int_gt(readlink("/proc/self/exe", prefix, sizeof(prefix) - 1), 0);
	*strrchr(prefix, '/') = '\0';
	*strrchr(prefix, '/') = '\0';
	ck_assert_int_eq(chdir(prefix), 0);
}
