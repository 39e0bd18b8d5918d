/*
 * Texts as small numbers: equal texts get one number, counted from 0 in the order of their first
 * appearance. A hash never decides: texts are compared in full.
 */
#ifndef HISTORY_TRACES_INTERNER_H
#define HISTORY_TRACES_INTERNER_H

#include <stddef.h>
#include <stdint.h>

struct interner;

struct interner *interner_open(void);
void interner_close(struct interner *interner); /* NULL is fine */

/* The number of a text, which may hold any bytes but NUL; new ones are copied. */
uint32_t interner_add(struct interner *interner, const char *text, size_t length);

uint32_t interner_count(const struct interner *interner);
const char *interner_text(const struct interner *interner, uint32_t number);

/* No more will be added: frees what only adding needs. */
void interner_seal(struct interner *interner);

#endif
