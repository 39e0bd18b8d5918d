/*
 * A source of text, read in blocks: only a window of it is in memory, the line or form that is
 * being scanned and what was read behind it. Knows the place of every byte in the window.
 */
#ifndef HISTORY_TRACES_INPUT_H
#define HISTORY_TRACES_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "history/traces/packed.h"
#include "history/traces/scan.h"
#include "history/traces/trace.h"

/* The longest line or form; a longer one is an error. */
enum { INPUT_WINDOW_MAX = 16 << 20 };

struct shelf;

struct input {
	const struct trace_source *source; /* borrowed */
	int fd;                            /* owned, unless it is standard input */
	struct packed *packed;             /* owned; reads from fd */
	char *buffer;
	size_t capacity;
	char *at, *end;        /* the window; *end is NUL */
	bool finished;         /* nothing comes behind the window */
	uint64_t line, column; /* of `at`, from 1 */
	uint64_t torn_line;    /* with --prefix: the last one, which has no end; 0: none */
	struct shelf *shelf;   /* NULL; else events are kept there, to be sorted: order.h */
	int64_t size;          /* bytes in all, as they are packed; 0: unknown */
};

int input_open(struct input *input, const struct trace_source *source, struct error *err);
void input_close(struct input *input);

/* Reads on: the window begins at `at` as before, and is longer or finished then. Moves the bytes,
 * so that pointers into the window are void. */
int input_more(struct input *input, struct error *err);

/* The window begins at `to` now. */
void input_advance(struct input *input, const char *to);

/* The next line, without its end, is at the window's begin: 1, and 0 at the end of the input. Stays
 * until input_advance_line. */
int input_line(struct input *input, struct slice *line, struct error *err);
void input_advance_line(struct input *input, struct slice line);

/* Is it a last line without an end, where a source may be torn there? Notes it; it may not be
 * whole, whatever it looks like. */
bool input_is_torn(struct input *input, struct slice line);

struct scan input_scan(const struct input *input); /* of the window */

/* "FILE:LINE:COLUMN: expected ..., found ..."; `where` is in the window. Returns -1. */
int input_refuse(const struct input *input, const char *where, const char *expected,
		 struct error *err);
/* The same of what is not only syntax: everything after the place is the caller's. */
int input_complain(const struct input *input, const char *where, struct error *err,
		   const char *format, ...) __attribute__((format(printf, 4, 5)));
/* ... of a place that was passed. */
int input_complain_of(const struct input *input, uint64_t line, uint64_t column, struct error *err,
		      const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
