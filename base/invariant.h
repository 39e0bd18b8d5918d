/*
 * A bug of ours aborts, in every build. For the three other kinds of failure see base/error.h
 * (the environment), enum outcome in history/event.h (the system under test answering), and the
 * checker's verdict (a violated property).
 */
#ifndef BASE_INVARIANT_H
#define BASE_INVARIANT_H

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "fencepost: %s:%d: CHECK failed: %s\n", __FILE__,          \
				__LINE__, #condition);                                             \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#endif
