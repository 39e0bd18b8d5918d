/*
 * What the checker says, as data: written into the history by the checker's caller, read by the
 * report. The words are the ones of the file format.
 */
#ifndef HISTORY_VERDICTS_H
#define HISTORY_VERDICTS_H

#include "history/episodes.h"
#include "history/reader.h"
#include "history/violation.h"

enum verdict { VERDICT_SAFE, VERDICT_UNSAFE, VERDICT_INCONCLUSIVE, VERDICT_BROKEN };

const char *verdict_word(enum verdict verdict);

/* What a campaign expects ("safe", "unsafe", "any") against a verdict. */
enum match { MATCH_MET, MATCH_MISSED, MATCH_UNTOLD /* inconclusive */, MATCH_BROKEN };
enum match verdict_match(enum verdict verdict, const char *expected);

enum { EVIDENCE_MAX = 8 };

struct evidence {         /* texts: static, or the history's that they were loaded from */
	const char *kind; /* "op", "attempt", "key_event", "decision", "fault" */
	int64_t ref;
	const char *part; /* "holder", "later holder", "write", "cover" */
};

enum certainty { IS_POSSIBLE /* it hangs on an unknown outcome */, IS_DEFINITE };

struct violation {
	int64_t id;
	enum violation_name name;
	int arm;  /* -1: the service's */
	int lane; /* -1: of no lane */
	bool definite;
	int64_t at_ns;
	char summary[640]; /* one sentence, with times, workers and tokens */
	int evidences;
	struct evidence evidence[EVIDENCE_MAX];
};

/*
 * Were an arm's locks exclusive? By two measures. X(name in code, name in words). Client: by what
 * the workers believed; fails by design when a holder is paused for longer than its lease. Service:
 * by what its answers prove (`violations`), by what it had promised and by what the witness saw it
 * grant (MEASURE_PAIRS_...); must never fail.
 */
#define EXCLUSION_LEVELS(X)                                                                        \
	X(CLIENT, "client")                                                                        \
	X(SERVICE, "service")

enum exclusion_level {
#define X(name, text) EXCLUSION_##name,
	EXCLUSION_LEVELS(X)
#undef X
		EXCLUSION_LEVELS_COUNT
};

enum exclusion_verdict {
	EXCLUSION_UNKNOWN /* or never judged */,
	EXCLUSION_HELD,
	EXCLUSION_FAILED
};

/*
 * What was counted or measured of a subject beside its violations. X(name in code, name in words);
 * a name that ends in -ns is a time. What does not apply is MEASURE_NONE.
 */
#define MEASURES(X)                                                                                \
	X(STOPPED_IN_TIME, "stopped-in-time") /* exposures whose holder had stopped before */      \
	X(OUTLIVED, "outlived")               /* exposures that ended in no harm */                \
	X(LEAST_MARGIN, "least-margin-ns")    /* of those stopped in time */                       \
	X(GUARD_TESTS, "guard-tests")         /* a stale holder's requests that reached the store  \
						 after a later holder's first; of guarded arms */  \
	X(GUARD_FAILURES, "guard-failures")   /* those that the guard let through */               \
	X(POSTHUMOUS, "posthumous")           /* requests that came after their process's death */ \
	X(PAIRS_PROMISED, "pairs-promised")   /* of holds inside both safe deadlines; of arms */   \
	X(PAIRS_GRANTED, "pairs-granted")     /* of holds that the witness saw granted at once */  \
	/* Of arms, how the locks served those who wanted them: */                                 \
	X(WAIT_MEDIAN, "acquire-wait-median-ns") /* of acquires answered ok; so the next two */    \
	X(WAIT_P99, "acquire-wait-p99-ns")                                                         \
	X(WAIT_LONGEST, "acquire-wait-longest-ns")                                                 \
	X(TIMEOUTS, "acquire-timeouts")                                                            \
	X(UNTAKEN, "untaken-ns") /* the longest time that somebody tried and nobody acquired */    \
	X(UNTAKEN_AT, "untaken-at-ns")        /* when it began */                                  \
	X(UNTAKEN_LANE, "untaken-lane")       /* and where; lane.id */                             \
	X(SPURIOUS_LOSSES, "spurious-losses") /* of what surely was still the holder's */          \
	X(LATE_ACQUIRES, "late-acquires")     /* times longer than the arm's acquire-within */     \
	X(GAPS, "gaps")                       /* struct gap: times of at least half a TTL */       \
	X(GAPS_TOTAL, "gaps-total-ns")                                                             \
	X(UNHELD, "unheld-ns") /* in all: somebody tried, and nobody believed to hold the lock */  \
	X(OVERLAP_TOTAL, "overlap-total-ns") /* in all: two workers or more believed it */         \
	X(OVERLAP_LONGEST, "overlap-longest-ns")

enum measure {
#define X(name, text) MEASURE_##name,
	MEASURES(X)
#undef X
		MEASURES_COUNT
};

enum { MEASURE_NONE = -1 };

const char *measure_word(enum measure measure);

struct exclusion {
	enum exclusion_verdict verdict;
	char procedure[24]; /* that decided: "T2", see checker/linear/linear.h; empty: never judged
			     */
	int64_t holds;      /* acquires that were answered ok */
	int64_t violations; /* disjoint pairs of holds that cannot stand together */
};

const char *exclusion_level_word(enum exclusion_level level);
const char *exclusion_word(enum exclusion_verdict verdict);

struct judgement { /* of an arm, or of the service */
	char subject[48];
	int arm; /* -1: the service */
	enum verdict verdict;
	char why[512];
	int64_t exposures, events; /* those that ended in harm */
	int64_t measure[MEASURES_COUNT];
	double rate, rate_low, rate_high; /* of events in exposures; of a guarded arm of
					     guard-failures in guard-tests; NAN without any */
	int64_t definite[VIOLATION_NAMES_COUNT], possible[VIOLATION_NAMES_COUNT];
	struct exclusion exclusion[EXCLUSION_LEVELS_COUNT]; /* of an arm */
	struct by_occasion by_occasion;
};

/* The verdict against what is expected of it; and an acquire-within that was not kept is a miss,
 * whatever the verdict. */
enum match judgement_match(const struct judgement *judgement, const char *expected);

static inline void judgement_measure_nothing(struct judgement *judgement)
{
	for (int i = 0; i < MEASURES_COUNT; i++)
		judgement->measure[i] = MEASURE_NONE;
}

/* An arm whose guard promises something: its verdict rests on tests of the guard. */
static inline bool judgement_is_guarded(const struct judgement *judgement)
{
	return judgement->measure[MEASURE_GUARD_TESTS] != MEASURE_NONE;
}

/* Its definite violations of these names, as bits 1 << violation_name. */
static inline int64_t judgement_count(const struct judgement *judgement, uint32_t names)
{
	int64_t count = 0;

	for (int name = 0; name < VIOLATION_NAMES_COUNT; name++)
		count += names >> name & 1 ? judgement->definite[name] : 0;
	return count;
}

/* Faults of one kind that the schedule wanted at one moment: what came of them. */
struct coverage_cell {      /* texts: as those of evidence */
	const char *kind;   /* fault.kind */
	const char *moment; /* schedule.plan's "when"; COVERAGE_UNPLANNED */
	int64_t planned;    /* occasions in the schedule; each may be several faults */
	int64_t injected, bitten;
	int64_t exposures;  /* of arms, whose fault behind it was one of these */
	int64_t violations; /* definite ones that cite one of these */
};

/* Instead of a moment: the fault came from no schedule. */
#define COVERAGE_UNPLANNED "unplanned"

/* What is missing of a cell. X(name in code, name in words) */
#define NEVER_WORDS(X)                                                                             \
	X(NOTHING, "")                                                                             \
	X(INJECTED, "injected") /* planned, and no fault came of it */                             \
	X(BITTEN, "bitten")     /* injected, and no proof */

enum never {
#define X(name, text) NEVER_##name,
	NEVER_WORDS(X)
#undef X
};

enum never coverage_never(const struct coverage_cell *cell);
const char *never_word(enum never never);

struct verdicts {
	int judgements;
	struct judgement *judgement; /* arms by id, the service last */
	int violations;
	struct violation *violation; /* by at_ns */
	int cells;
	struct coverage_cell *cell;    /* by kind, moment; none when judged before there were any */
	int failovers, gaps;           /* none, likewise */
	struct failover_row *failover; /* by arm, lane, then the attempt that lost its hold */
	struct gap *gap;               /* by arm, then from_ns */
};

/* Replaces what an earlier check stored, in one transaction. Does nothing, and returns 0, when the
 * file is read-only. */
int verdicts_store(struct history *history, const struct verdicts *verdicts, struct error *err);

/* Reads them back; judgements == 0 when the file was never checked. */
int verdicts_load(const struct history *history, struct verdicts *verdicts, struct error *err);
void verdicts_free(struct verdicts *verdicts);

#endif
