/*
 * A bug of ours aborts, in every build. For the three other kinds of failure see base/error.h
 * (the environment), enum outcome in history/event.h (the system under test answering), and the
 * checker's verdict (a violated property).
 */
#ifndef BASE_INVARIANT_H
#define BASE_INVARIANT_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "fencepost: %s:%d: CHECK failed: %s\n", __FILE__,          \
				__LINE__, #condition);                                             \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* Memory that is not there is no bug: nobody has a way on without it, so it ends the process at
 * once, as a machine that lacks something. What the history has stays as it was. */
#define CHECK_MEMORY(got)                                                                          \
	do {                                                                                       \
		if (!(got)) {                                                                      \
			dprintf(STDERR_FILENO,                                                     \
				"fencepost: out of memory (at %s:%d): let it have more, or give "  \
				"it less to do at once\n",                                         \
				__FILE__, __LINE__);                                               \
			_exit(EXIT_MACHINE_LACKS);                                                 \
		}                                                                                  \
	} while (0)

#endif
