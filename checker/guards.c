#include "checker/guards.h"

#include <string.h>

#include "base/text.h"
#include "base/word.h"
#include "checker/docket.h"

static const struct promise promises[] = {
	{.guard = "none"},
	{.guard = "deadline"},
	{.guard = "token",
	 .reads_carry = true,
	 .writes_carry = true,
	 .guards_writes = true,
	 .no_stale = true,
	 .no_late = true,
	 .no_lost = true},
	{.guard = "token-writes", .writes_carry = true, .guards_writes = true, .no_stale = true},
	{.guard = "txn", .guards_writes = true, .no_stale = true, .no_late = true, .no_lost = true},
};

enum { PROMISES = sizeof(promises) / sizeof(promises[0]) };

const struct promise *guard_promise(const struct arm_row *arm, struct error *err)
{
	const char *known[PROMISES + 1] = {NULL};

	for (int i = 0; i < PROMISES; i++) {
		if (!strcmp(promises[i].guard, arm->guard))
			return &promises[i];
		known[i] = promises[i].guard;
	}
	const char *nearest = word_nearest(arm->guard, known);

	error_set(err, EXIT_BAD_USAGE, "arm '%.40s' has the unknown guard '%.40s'%s%s%s", arm->name,
		  arm->guard, nearest ? "; did it mean '" : "", nearest ? nearest : "",
		  nearest ? "'?" : "");
	return NULL;
}

bool promise_holds_anything(const struct promise *promise)
{
	return promise->no_stale || promise->no_late || promise->no_lost;
}

unsigned int promise_counting(const struct promise *promise, bool honest)
{
	return violations_that_blame(BLAMES_ARM) |
	       (promise_holds_anything(promise) ? 0 : violations_that_blame(BLAMES_UNGUARDED)) |
	       (honest ? 0 : violations_that_blame(BLAMES_SERVICE));
}
