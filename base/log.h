/*
 * What people read: while we work, on standard error, lines that stay (log_line) and one progress
 * line that is rewritten in place, only on a terminal; in the end the result, on standard output.
 *
 * Each of these prints one line, and whatever texts from outside are in it, they are harmless to a
 * terminal (printable.h). Nothing else in the program writes to standard output or error what it
 * did not write itself (`make lint`: rule prints).
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

/* A line that stays. A progress line on the terminal is cleared first. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A line of the result. */
void log_result(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Rewrites the progress line; does nothing when standard error is no terminal on which that can be
 * done. Of " | " between its parts, those that do not fit are left out whole, the last ones first.
 */
void log_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A terminal that can do more than a printer: its TERM is not "dumb". */
bool log_is_terminal(int fd);

/* Such a terminal, and NO_COLOR is unset or empty. */
bool log_wants_color(int fd);

/* Whether the user's locale can show box drawing: whether it is one of UTF-8. */
bool log_shows_boxes(void);

/* Of the terminal; 80 when it is none, or does not say. */
int log_columns(int fd);

#endif
