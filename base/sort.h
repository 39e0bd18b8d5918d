/* Large arrays by one number, in time that grows with their length only. */
#ifndef BASE_SORT_H
#define BASE_SORT_H

#include <stddef.h>
#include <stdint.h>

struct sort_item {
	int64_t key;
	uint32_t place; /* the caller's: ascending, when the sort begins */
};

/* By key, then by place. */
void sort_items(struct sort_item *item, size_t count);

#endif
