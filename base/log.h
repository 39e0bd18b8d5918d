/*
 * What people read while we work, on standard error: lines that stay (log_line), and one progress
 * line that is rewritten in place, only on a terminal.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

/* A line that stays. A progress line on the terminal is cleared first. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Rewrites the progress line; does nothing when standard error is no terminal. */
void log_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* True when the stream is a terminal and NO_COLOR is unset or empty. */
bool log_wants_color(int fd);

#endif
