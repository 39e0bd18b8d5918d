/*
 * How much memory of malloc's a program holds: what a module leaves behind is seen at once, to the
 * block. The program's own malloc, here, stands before libc's for every library that calls it; so
 * this is for the one source of a test that includes it. Not for threads. Under a sanitizer, which
 * has its own malloc and looks for leaks itself, nothing is counted.
 */
#ifndef TESTS_ALLOCATIONS_H
#define TESTS_ALLOCATIONS_H

#include <stdint.h>
#include <stdlib.h>

static int64_t allocations_live; /* blocks */

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

/* glibc's, of which it says that whoever replaces malloc may call them */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void __libc_free(void *block);

void *malloc(size_t size)
{
	void *block = __libc_malloc(size);

	allocations_live += block != NULL;
	return block;
}

void *calloc(size_t count, size_t size)
{
	void *block = __libc_calloc(count, size);

	allocations_live += block != NULL;
	return block;
}

void *realloc(void *block, size_t size)
{
	void *moved = __libc_realloc(block, size);

	allocations_live += !block && moved;
	allocations_live -= block && !size; /* which freed it */
	return moved;
}

void free(void *block)
{
	allocations_live -= block != NULL;
	__libc_free(block);
}

#endif

/* Blocks that one more `act` leaves behind, after others have had libraries keep what they keep. */
static inline int64_t allocations_left(void (*act)(void *context), void *context)
{
	enum { WARM = 2 };

	for (int i = 0; i < WARM; i++)
		act(context);
	int64_t before = allocations_live;

	act(context);
	return allocations_live - before;
}

#endif
