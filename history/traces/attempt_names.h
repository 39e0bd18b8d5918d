/*
 * The names of attempts as small numbers, from 1 in the order of their first appearance. Of the
 * same name at two objects: two attempts. Recorders mostly number their attempts: such a name is
 * looked up in an array by its number, not by its text.
 */
#ifndef HISTORY_TRACES_ATTEMPT_NAMES_H
#define HISTORY_TRACES_ATTEMPT_NAMES_H

#include "history/traces/buffer.h"

struct attempts;

struct attempts *attempts_open(void);
void attempts_close(struct attempts *attempts); /* NULL is fine */

/* 17 and "17" are one name, and "017" is another. */
uint32_t attempts_of_number(struct attempts *attempts, uint32_t object, int64_t number);
uint32_t attempts_of_text(struct attempts *attempts, uint32_t object, struct slice name);

uint32_t attempts_count(const struct attempts *attempts);
/* Slow. */
void attempts_add_name(const struct attempts *attempts, uint32_t attempt, struct buffer *out);

/* Before a name, so that no name at another object is the same text. */
void attempts_add_object(struct buffer *out, uint32_t object);

#endif
