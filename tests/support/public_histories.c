#include "tests/support/public_histories.h"

#include <unistd.h>

static const char whole[] = "../shared/histories", ours[] = "tests/histories";

bool public_histories_are_whole(void)
{
	return access(whole, R_OK) == 0;
}

const char *public_histories(void)
{
	return public_histories_are_whole() ? whole : ours;
}
