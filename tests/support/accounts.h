/*
 * Do all who tell of holds tell the same? checker/holds is one account; against it are held the
 * views `hold` and `granted`, the stories of the page, the imported trace at both levels, and the
 * verdicts on that trace beside the run checker's.
 *
 * The two files are the same file, but in tests that the comparison can fail: then checker/holds
 * and the run checker read `told`, and all the others read `against`.
 */
#ifndef TESTS_ACCOUNTS_H
#define TESTS_ACCOUNTS_H

#include <stdbool.h>
#include <stdint.h>

enum account {
	ACCOUNT_HOLD,    /* view: attempts, when their belief began and ended */
	ACCOUNT_GRANTED, /* view: keys, when and by which revisions they came and went */
	ACCOUNT_STORY,
	ACCOUNT_TRACE,
	ACCOUNT_VERDICT, /* exclusion by arm and level, and the service's not-linearizable */
	ACCOUNTS
};

extern const char *const account_names[ACCOUNTS];

struct accounts {
	bool in_parts; /* set by the caller: histories made by hand, of what matters only */
	int lanes;
	int64_t holds, grants;
	int failing[2];            /* lanes that are not linearizable, by level */
	int differ[ACCOUNTS];      /* lanes (VERDICT: arms, and the service) told differently */
	char first[ACCOUNTS][400]; /* the first difference of each, in words */
};

/* Adds to `accounts`. A file that cannot be read or judged aborts. */
void accounts_compare(const char *told, const char *against, struct accounts *accounts);
int accounts_differ(const struct accounts *accounts);

#endif
