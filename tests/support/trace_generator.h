/*
 * Histories of locks whose verdict is known, as many and as long as one likes, from a seed.
 *
 * A real lock is simulated: clients ask, a service grants and takes back at one instant each, and
 * what is recorded are the intervals around those instants, as requests and answers travel. So a
 * history is linearizable by construction, whatever the unknown outcomes; and one with a planted
 * violation is not, since the second of two holders is answered while the first has its answer and
 * has not yet asked to give back.
 *
 * And of registers, likewise, each value written once; the planted read sees what had been
 * overwritten when it began. And of sets, of which now and then all is read; the planted read does
 * not see what had been added, or, with removes, sees what had been removed. And of a key of a
 * key-value store; there the planted get does not see what another had seen before.
 */
#ifndef TESTS_TRACE_GENERATOR_H
#define TESTS_TRACE_GENERATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "checker/linear/linear.h"
#include "history/traces/trace.h"

enum { GENERATOR_CLIENTS = 64 };

struct generator {
	enum model model; /* mutex, semaphore: anonymous. owned-mutex, owned-semaphore, rwlock,
			     fenced-mutex: with owners and attempts, the last with tokens too.
			     cas-register: reads and writes. set: adds and reads. kv */
	uint64_t seed;
	uint32_t operations; /* a few less or more, so that every hold has its end */
	int clients;         /* at most GENERATOR_CLIENTS */
	int limit;           /* permits of a semaphore; else 1 */
	int unknown_percent; /* of the operations have no answer; half of these took effect */
	bool removes;        /* from a set */
	int puts_percent;    /* of what is written to a key; the rest are appends */
	int pieces; /* so many different ones are written to a key, again and again; 0: each once */
	bool violation; /* one grant against the model, past 90 % of the operations */
	struct trace_listener *listener; /* NULL; else is told of a lock's events, which the trace
					    then has not: memory does not grow with them */
	bool nameless; /* attempts are not told: what had no answer may have acted on any hold of
			  its owner. The grant against the model is then one among strangers */
};

/*
 * The caller frees the trace. In an anonymous history with a violation only releases are unknown,
 * and all of them took effect: what else might have happened would explain the second grant. False:
 * a short history gave no occasion for the violation, so it is linearizable.
 */
bool generate_trace(const struct generator *wish, struct trace *trace);

#endif
