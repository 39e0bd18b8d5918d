/*
 * A lane as a trace of lock operations, and a whole run as one: what the decision procedures of
 * checker/linear judge, whoever asks. Each lane is an object, each attempt an acquire.
 *
 * Two levels. Client: what the workers believed; an attempt holds from its acquire's answer until
 * its worker stops believing, by whatever it did or by its death. Fails by design when a holder is
 * paused for longer than its lease lives. Service: the same, and what proves that the service kept
 * the hold. The service may end a hold by itself, so that a release, whatever its answer (etcd's
 * unlock answers ok for a key that is gone), is open: "from here on it may have ended". An attempt
 * surely held at some instant within
 *   - its acquire that was answered ok;
 *   - a renewal that was acknowledged, asked for after that answer, and answered before anybody
 *     asked to end the hold: the lease lives, and the key with it;
 *   - a reading of the key that found it;
 *   - the time from the first request to end the hold until the answer to the revoke of its lease:
 *     a lease that could be revoked had lived until then, and so had the key until that request;
 *   - any acquire or release in the lane whose answer names a smaller revision than the one at
 *     which the witness saw the key go: when that was asked for, the key still stood.
 * Of a doubtful attempt, whose key may go while its lease lives, only the key itself is proof.
 */
#ifndef HOLDS_TRACE_H
#define HOLDS_TRACE_H

#include "checker/holds/attempts.h"
#include "history/traces/recording.h"
#include "history/traces/trace.h"
#include "history/verdicts.h"

/* What the attempt's worker believed, by itself: its acquire, its release, in that order, without
 * their object and number. Returns how many there are, and adds the failed acquires. */
int attempt_tell(const struct attempt *attempt, struct trace_op told[2], uint64_t *failed);

/* Appends the lane's operations to the recording, for recording_replay. An attempt's number in the
 * trace is first_attempt (from 1) + its index in facts->attempt. Returns how many failed acquires,
 * which tell nothing, it left out. */
uint64_t facts_tell(const struct lane_facts *facts, enum exclusion_level level, uint32_t object,
		    uint32_t first_attempt, struct recording *recording);

/* False: of a run it is passed over, since its client is planted, or since several may hold its
 * lock: no model knows who holds for reading, and leases that end, both. */
bool lane_is_told(const struct history *history, int lane);

/* As trace_import, of a run's history.db, whose lanes that are not told are counted. Everything is
 * at the service level, with the tokens as the attempts learned them. */
int holds_import_run(const struct trace_source *source, enum exclusion_level level,
		     struct trace *trace, struct error *err);

/* holds_import_run for a history.db, told by its content, else trace_import. */
int holds_import(const struct trace_source *source, enum exclusion_level level, struct trace *trace,
		 struct error *err);

#endif
