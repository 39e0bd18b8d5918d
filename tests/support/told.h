/* What a file, or a history, tells: as text, to be compared. */
#ifndef TESTS_TOLD_H
#define TESTS_TOLD_H

#include "base/error.h"

/* The content of a file of at most a megabyte; "" when it cannot be read. Until the next call. */
const char *told_in(const char *path);

/* The answer of a history to an SQL query: a line each row, '|' between its columns, "NULL" for an
 * absent value. NULL when it cannot be asked (yet). Until the next call. */
const char *told_by(const char *history, const char *sql);

/* What a function prints on both ways out, after it has ended with that code. Until the next call.
 */
const char *heard_of(enum exit_code (*run)(void), enum exit_code expected);

#endif
