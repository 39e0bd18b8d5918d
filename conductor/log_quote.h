/* The begin and the end of a process's log on standard error, where it may say why it ended. */
#ifndef CONDUCTOR_LOG_QUOTE_H
#define CONDUCTOR_LOG_QUOTE_H

/* A log that cannot be read is none. What does not show is left out, and what is too long is cut.
 */
void log_quote(const char *path);

#endif
