/*
 * One small history before every judge there is: the exhaustive search against each procedure that
 * answers, both searches of the engine, and linear_decide. What they say must be the same, must
 * stay the same under changes that mean nothing, and must be borne out by the certificate.
 */
#ifndef TESTS_ORACLE_COMPARE_H
#define TESTS_ORACLE_COMPARE_H

#include "tests/oracle/small.h"

enum judge {
	JUDGE_COUNTING,
	JUDGE_ATTEMPTS,
	JUDGE_ZONES,
	JUDGE_SETS,
	JUDGE_ERAS,
	JUDGE_BREADTH,
	JUDGE_DEPTH,
	JUDGE_PAIRS, /* of holders: refutes or says nothing */
	JUDGE_SEARCH,
	JUDGE_DECIDE,
	JUDGE_STREAM, /* never answers that it is not linearizable */
	JUDGES
};

extern const char *const judge_names[JUDGES];

struct tally { /* of one model */
	uint64_t histories, linearizable;
	uint64_t answered[JUDGES];
	uint64_t certificates, prefixes; /* verified */
	uint64_t changed;                /* histories, judged again after changes */
	uint64_t disagreements;
};

struct complaint {
	char text[256];
};

/* False, and a complaint, when anything does not fit. `with_changes`: also whether it stays the
 * same under changes, drawn from `seed`. */
bool compare(const struct small *small, bool with_changes, uint64_t seed, struct tally *tally,
	     struct complaint *complaint);

/* Drops operations as long as there is something to complain of; the complaint is the last one. */
void compare_shrink(struct small *small, bool with_changes, uint64_t seed,
		    struct complaint *complaint);

/* Private to compare.c: the certificate of a result that is not linearizable; whether verdicts stay
 * the same under changes; whether what is left out is never to blame. */
bool compare_certificate(const struct small *small, const struct linear_result *result,
			 const char *judge, struct tally *tally, struct complaint *complaint);
bool compare_changed(const struct small *small, enum linear_verdict verdict, uint64_t seed,
		     struct tally *tally, struct complaint *complaint);
bool compare_lessened(const struct small *small, enum linear_verdict verdict, uint64_t seed,
		      struct complaint *complaint);
bool compare_fails(struct complaint *complaint, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
