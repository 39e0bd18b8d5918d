#include "history/traces/names.h"

#include <string.h>

#include "base/array.h"
#include "base/hash_table.h"

enum {
	WINDOW = 4096, /* numbers behind the greatest one that are remembered one by one */
	WINDOWS_MAX = 1 << 16,
	NAMES_MAX = 1 << 20,
	DIGITS_MAX = 18,
};

struct window {
	int64_t greatest;
	uint64_t over[WINDOW / 64]; /* the hold of this number is over; by number modulo WINDOW */
	UT_hash_handle hh;
	char beginning[];
};

struct name {
	uint32_t number;
	uint32_t uses, acquires; /* operations that have it and did not fail */
	bool over;               /* released, and cannot be forgotten */
	struct window *window;   /* NULL: it ends in no number */
	int64_t tail;
	UT_hash_handle by_text, by_number;
	char text[];
};

struct names {
	struct name *by_text, *by_number;
	struct window *windows;
	uint32_t last;
};

struct names *names_open(void)
{
	struct names *names;

	ARRAY_NEW(names, 1);
	return names;
}

static void forget(struct names *names, struct name *name)
{
	HASH_DELETE(by_text, names->by_text, name);
	HASH_DELETE(by_number, names->by_number, name);
	free(name);
}

void names_close(struct names *names)
{
	struct name *name, *next;
	struct window *window, *other;

	if (!names)
		return;
	HASH_ITER (by_text, names->by_text, name, next)
		forget(names, name);
	HASH_ITER (hh, names->windows, window, other) {
		HASH_DEL(names->windows, window);
		free(window);
	}
	free(names);
}

/* Where the number begins that ends the name; no number begins with a 0, unless it is one. */
static size_t find_tail(const char *text, size_t length, int64_t *tail)
{
	size_t from = length, least = length > DIGITS_MAX ? length - DIGITS_MAX : 0;

	while (from > least && text[from - 1] >= '0' && text[from - 1] <= '9')
		from--;
	while (from + 1 < length && text[from] == '0')
		from++;
	*tail = 0;
	for (size_t i = from; i < length; i++)
		*tail = *tail * 10 + (text[i] - '0');
	return from;
}

static struct window *find_window(struct names *names, const char *text, size_t length,
				  int64_t first)
{
	struct window *window;

	HASH_FIND(hh, names->windows, text, length, window);
	if (window || HASH_COUNT(names->windows) == WINDOWS_MAX)
		return window;
	window = calloc(1, sizeof(*window) + length);
	CHECK_MEMORY(window);
	memcpy(window->beginning, text, length);
	window->greatest = first;
	HASH_ADD_KEYPTR(hh, names->windows, window->beginning, length, window);
	return window;
}

static uint64_t *word_of(struct window *window, int64_t tail)
{
	return &window->over[tail % WINDOW / 64];
}

/* Is the number known to be a new one? */
static bool is_new(struct window *window, int64_t tail)
{
	if (tail <= window->greatest)
		return window->greatest - tail < WINDOW &&
		       !(*word_of(window, tail) >> tail % 64 & 1);
	if (tail - window->greatest >= WINDOW)
		memset(window->over, 0, sizeof(window->over));
	else
		for (int64_t i = window->greatest + 1; i <= tail; i++)
			*word_of(window, i) &= ~(UINT64_C(1) << i % 64);
	window->greatest = tail;
	return true;
}

uint32_t names_find(struct names *names, const char *text, size_t length)
{
	struct name *name;
	int64_t tail;
	size_t from;

	HASH_FIND(by_text, names->by_text, text, length, name);
	if (name)
		return name->over ? 0 : name->number;
	from = find_tail(text, length, &tail);
	struct window *window = from < length ? find_window(names, text, from, tail) : NULL;

	if ((window && !is_new(window, tail)) || HASH_CNT(by_text, names->by_text) == NAMES_MAX ||
	    names->last == UINT32_MAX)
		return 0;
	name = calloc(1, sizeof(*name) + length);
	CHECK_MEMORY(name);
	memcpy(name->text, text, length);
	name->number = ++names->last;
	name->window = window;
	name->tail = tail;
	HASH_ADD_KEYPTR(by_text, names->by_text, name->text, length, name);
	HASH_ADD(by_number, names->by_number, number, sizeof(name->number), name);
	return name->number;
}

static struct name *of_number(const struct names *names, uint32_t number)
{
	struct name *name;

	HASH_FIND(by_number, names->by_number, &number, sizeof(number), name);
	return name;
}

bool names_has(const struct names *names, uint32_t number)
{
	const struct name *name = of_number(names, number);

	return name && !name->over;
}

static bool acquires(enum trace_function f)
{
	return f == TRACE_ACQUIRE || f == TRACE_TRY_ACQUIRE;
}

bool names_use(struct names *names, uint32_t number, enum trace_function f)
{
	struct name *name = of_number(names, number);

	CHECK(name);
	name->uses++;
	name->acquires += acquires(f);
	return name->acquires < 2;
}

/* The hold is over: its name must not come again. */
static void end_hold(struct names *names, struct name *name)
{
	name->over = true;
	if (!name->window)
		return;
	if (name->window->greatest - name->tail < WINDOW)
		*word_of(name->window, name->tail) |= UINT64_C(1) << name->tail % 64;
	forget(names, name);
}

void names_end(struct names *names, uint32_t number, enum trace_function f,
	       enum trace_outcome outcome)
{
	struct name *name = of_number(names, number);

	if (!name) /* another of its operations ended the hold */
		return;
	if (outcome == TRACE_OK && f == TRACE_RELEASE) {
		end_hold(names, name);
	} else if (outcome == TRACE_FAILED) {
		name->uses--;
		name->acquires -= acquires(f);
		if (name->uses == 0 && !name->over)
			forget(names, name);
	}
}
