/*
 * What is known of the service's own bugs: tuning/known_bugs.tsv, compiled in. A violation
 * of the service is known when a bug of the table shows itself by that name, is in the version that
 * was run, and one of the faults that bring it lies over the violation. That it is known proves no
 * cause; that it is not proves nothing new.
 */
#ifndef TUNING_KNOWN_BUGS_H
#define TUNING_KNOWN_BUGS_H

#include <stdbool.h>
#include <stdint.h>

#include "history/verdicts.h"

enum { KNOWN_BUGS_MAX = 32 };

struct known_bug {               /* texts: static */
	const char *campaign;    /* in campaigns/known-bugs/ */
	const char *upstream;    /* "etcd #11456"; "" when nobody has reported it that we know of */
	const char *has, *lacks; /* versions that were tried, between blanks */
	const char *ended;       /* first releases without it, between blanks; "": none known */
	const char *meaning;     /* part of a sentence: "a waiter whose ... is told that ..." */
	uint32_t names;          /* 1 << violation_name: how it shows itself, all of them */
	uint32_t effects;        /* 1 << fault_effect; 0: with any fault or none */
	int members;             /* of clusters of so many only; 0: of any */
	const char *recipe;      /* of locks that are taken by it only; "": of any */
};

/* All of them, without the controls, in the order of the table. */
const struct known_bug *known_bugs(int *count);

enum known { KNOWN_NOT, KNOWN_IN_IT, KNOWN_UNTOLD /* the version is not told */ };

/* Whether that version, "3.4.23", has the bug, so far as is known. */
enum known known_bug_in(const struct known_bug *bug, const char *version);

/* The bug that a definite or possible violation of the service is; NULL: it is not known to us, or
 * the run does not tell its version. */
const struct known_bug *known_bug_of(const struct history *history,
				     const struct violation *violation);

/*
 * The same in a sentence for the page and the terminal: "known: etcd #11456, found in 3.3.25,
 * 3.4.23, ended in 3.5.0: a waiter whose ...", or "not known to us". NULL for a violation that
 * is not the service's. The caller frees.
 */
char *known_bug_say(const struct history *history, const struct violation *violation);

/* The least release that ended one of these bugs (bit i: of known_bugs), has none of them, and is
 * later than `version`, written to `into`; NULL: none is known. */
const char *known_bugs_end(uint32_t bugs, const char *version, char *into, int size);

#endif
