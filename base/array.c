#include "base/array.h"

#include <limits.h>
#include <malloc.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

/*
 * Arrays of some MB stand on big pages, each from its begin: to touch small ones for the first time
 * takes longer than most of what is done with them. To copy a big array to a greater place is
 * cheaper, too, than to have the kernel move it: that breaks big pages that do not begin where they
 * did.
 */
enum { BIG_PAGE = 2 << 20, BIG = BIG_PAGE / 2 };

static void *on_big_pages(size_t bytes)
{
	size_t whole = (bytes + BIG_PAGE - 1) / BIG_PAGE * BIG_PAGE;
	void *array = aligned_alloc(BIG_PAGE, whole);

	CHECK_MEMORY(array);
	(void)madvise(array, whole, MADV_HUGEPAGE); /* a machine that has none of them refuses */
	return array;
}

void *array_new(size_t count, size_t size)
{
	size_t bytes;
	void *array;

	CHECK_MEMORY(!__builtin_mul_overflow(count + 1, size, &bytes));
	if (bytes >= BIG)
		return memset(on_big_pages(bytes), 0, bytes);
	array = calloc(count + 1, size);
	CHECK_MEMORY(array);
	return array;
}

/* Room that nobody touches costs nothing: an array that grows has it for two doublings more. */
static void *grown(void *array, size_t held, size_t bytes)
{
	void *greater = on_big_pages(bytes <= SIZE_MAX / 8 ? 4 * bytes : bytes);

	memcpy(greater, array, held);
	free(array);
	return greater;
}

void *array_resized(void *array, size_t room, size_t size)
{
	size_t bytes, held = array ? malloc_usable_size(array) : 0;

	CHECK_MEMORY(!__builtin_mul_overflow(room, size, &bytes));
	if (bytes >= BIG && !array)
		return on_big_pages(bytes);
	if (bytes >= BIG && bytes > held)
		return grown(array, held, bytes);
	if (bytes < BIG || bytes < held / 8)
		array = realloc(array, bytes);
	CHECK_MEMORY(array);
	return array;
}

void array_keep_freed(void)
{
	enum {
		GREATEST = 32 << 20
	}; /* of malloc's own limits; what is greater comes and goes alone */

	(void)mallopt(M_MMAP_THRESHOLD, GREATEST);
	(void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
}
