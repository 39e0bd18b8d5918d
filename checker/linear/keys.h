/*
 * Dense numbers for the identities that occur in one object. Where they lie close together, as in
 * a trace of one object, the number is a difference; else it is looked up in a hash table.
 */
#ifndef CHECKER_LINEAR_KEYS_H
#define CHECKER_LINEAR_KEYS_H

#include <stdint.h>

struct keys {
	uint32_t low, count; /* numbers are below `count` */
	uint32_t mask;       /* of the table below; owned */
	uint32_t *key, *number;
	uint32_t used;
};

/* Identities from low to high, of which at most `most` occur. */
void keys_open(struct keys *keys, uint32_t low, uint32_t high, uint32_t most);
void keys_close(struct keys *keys);
uint32_t keys_look_up(struct keys *keys, uint32_t key); /* in the table */

static inline uint32_t keys_number(struct keys *keys, uint32_t key)
{
	return keys->key ? keys_look_up(keys, key) : key - keys->low;
}

#endif
