/* Scanners of texts, for the tests of JSON and EDN: what they take, and where the first fault is.
 */
#ifndef TRACES_SCAN_RIG_H
#define TRACES_SCAN_RIG_H

#include <check.h>
#include <string.h>

#include "history/traces/scan.h"

#define COUNT_OF(array) (int)(sizeof(array) / sizeof(*(array)))

typedef bool scanner(struct scan *scan, struct slice *taken);

static inline struct scan scan_text(const char *text, bool whole)
{
	return (struct scan){.at = text, .end = text + strlen(text), .whole = whole};
}

/* It takes so many bytes of the text, and stands behind them. */
static inline void expect_taken(scanner *take, const char *text, size_t length)
{
	struct scan scan = scan_text(text, true);
	struct slice taken;

	ck_assert_msg(take(&scan, &taken), "%s: expected %s", text, scan.expected);
	ck_assert_msg(taken.length == length, "%s: %zu bytes", text, taken.length);
	ck_assert_ptr_eq(taken.at, text);
	ck_assert_ptr_eq(scan.at, text + length);
}

struct fault_of_text {
	const char *text;
	int at;
	const char *expected; /* how that begins */
};

static inline void expect_fault(scanner *take, const struct fault_of_text *fault)
{
	struct scan scan = scan_text(fault->text, true);
	struct slice taken;

	ck_assert_msg(!take(&scan, &taken), "taken: %s", fault->text);
	ck_assert_msg(scan.at - fault->text == fault->at, "%s: at %d", fault->text,
		      (int)(scan.at - fault->text));
	ck_assert_msg(strncmp(scan.expected, fault->expected, strlen(fault->expected)) == 0,
		      "%s: expected %s", fault->text, scan.expected);
}

#endif
