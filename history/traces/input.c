#include "history/traces/input.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/invariant.h"
#include "base/text.h"

enum { BLOCK_SIZE = 1 << 20 };

static const char byte_order_mark[] = "\xef\xbb\xbf";

static const char *name_of(const struct input *input)
{
	return strcmp(input->source->path, "-") == 0 ? "standard input" : input->source->path;
}

int input_open(struct input *input, const struct trace_source *source, struct error *err)
{
	struct stat status;

	*input = (struct input){.source = source, .fd = STDIN_FILENO, .line = 1, .column = 1};
	if (strcmp(source->path, "-") != 0)
		input->fd = open(source->path, O_RDONLY | O_CLOEXEC);
	if (input->fd < 0 || fstat(input->fd, &status))
		return error_errno(err, EXIT_BAD_USAGE, "%.300s", name_of(input));
	if (S_ISDIR(status.st_mode)) {
		input_close(input);
		return error_set(err, EXIT_BAD_USAGE, "%.300s is a folder", name_of(input));
	}
	input->size = S_ISREG(status.st_mode) ? status.st_size : 0;
	input->packed = packed_open(input->fd, name_of(input));
	input->capacity = 2 * BLOCK_SIZE;
	input->buffer = malloc(input->capacity);
	CHECK_MEMORY(input->buffer);
	input->at = input->end = input->buffer;
	*input->end = '\0';
	if (input_more(input, err)) {
		input_close(input);
		return -1;
	}
	if (strncmp(input->at, byte_order_mark, strlen(byte_order_mark)) == 0)
		input->at += strlen(byte_order_mark);
	return 0;
}

void input_close(struct input *input)
{
	if (input->fd > STDIN_FILENO)
		close(input->fd);
	packed_close(input->packed);
	free(input->buffer);
}

static void make_room(struct input *input)
{
	size_t kept = (size_t)(input->end - input->at);

	if (kept + BLOCK_SIZE + 1 > input->capacity) {
		char *larger = malloc(2 * input->capacity);

		CHECK_MEMORY(larger);
		memcpy(larger, input->at, kept);
		free(input->buffer);
		input->buffer = larger;
		input->capacity *= 2;
	} else {
		memmove(input->buffer, input->at, kept);
	}
	input->at = input->buffer;
	input->end = input->buffer + kept;
}

int input_more(struct input *input, struct error *err)
{
	const struct trace_source *source = input->source;

	if (input->finished)
		return 0;
	if (input->end - input->at > INPUT_WINDOW_MAX)
		return input_complain(input, input->at, err,
				      "expected an end within 16 MiB, found a longer piece");
	make_room(input);
	/* A pipe gives little at a time; scanning again and again would be quadratic. */
	for (size_t wanted = BLOCK_SIZE, got; wanted > 0 && !input->finished; wanted -= got) {
		if (packed_read(input->packed, input->end, wanted, &got, err))
			return -1;
		input->finished = got == 0;
		input->end += got;
	}
	*input->end = '\0';
	if (source->progress)
		source->progress(source->context, packed_done(input->packed), input->size);
	return 0;
}

static void move_place(const char *from, const char *to, uint64_t *line, uint64_t *column)
{
	for (const char *end; (end = memchr(from, '\n', (size_t)(to - from))); from = end + 1) {
		++*line;
		*column = 1;
	}
	*column += (uint64_t)(to - from);
}

void input_advance(struct input *input, const char *to)
{
	CHECK(to >= input->at && to <= input->end);
	move_place(input->at, to, &input->line, &input->column);
	input->at += to - input->at;
}

int input_line(struct input *input, struct slice *line, struct error *err)
{
	size_t searched = 0;
	char *end;

	while (!(end = memchr(input->at + searched, '\n',
			      (size_t)(input->end - input->at) - searched)) &&
	       !input->finished) {
		searched = (size_t)(input->end - input->at);
		if (input_more(input, err))
			return -1;
	}
	if (!end && input->at == input->end)
		return 0;
	if (!end)
		end = input->end;
	if (end - input->at > INPUT_WINDOW_MAX)
		return input_complain(input, input->at, err,
				      "expected an end within 16 MiB, found a longer piece");
	if (end > input->at && end[-1] == '\r')
		end--;
	*line = (struct slice){input->at, (size_t)(end - input->at)};
	return 1;
}

void input_advance_line(struct input *input, struct slice line)
{
	char *at = input->at + line.length;

	CHECK(line.at == input->at);
	at += *at == '\r' && at < input->end;
	if (at < input->end)
		input->line++;
	at += at < input->end;
	input->column = 1;
	input->at = at;
}

bool input_is_torn(struct input *input, struct slice line)
{
	if (!input->source->prefix || !input->finished || line.at + line.length != input->end)
		return false;
	input->torn_line = input->line;
	return true;
}

struct scan input_scan(const struct input *input)
{
	return (struct scan){.at = input->at, .end = input->end, .whole = input->finished};
}

static void put_place(const struct input *input, uint64_t line, uint64_t column, FILE *out)
{
	fprintf(out, "%.300s:%" PRIu64 ":%" PRIu64 ": ", name_of(input), line, column);
}

static void put_place_of(const struct input *input, const char *where, FILE *out)
{
	uint64_t line = input->line, column = input->column;

	CHECK(where >= input->at && where <= input->end);
	move_place(input->at, where, &line, &column);
	put_place(input, line, column, out);
}

/* The word that stands there, so far as it can be shown. */
static void put_found(const struct input *input, const char *where, FILE *out)
{
	int shown = 0;

	if (where == input->end) {
		fputs("the end", out);
	} else if (*where == '\n' || *where == '\r') {
		fputs("the end of the line", out);
	} else if (*where < ' ' || *where > '~') {
		fprintf(out, "the byte 0x%02x", (unsigned char)*where);
	} else {
		for (; where < input->end && *where >= ' ' && *where <= '~' && shown < 24; where++)
			if (shown++ && strchr(" ,", *where))
				break;
			else
				fputc(*where, out);
	}
}

/* The error's text from a stream: its length is bounded by what was put, place included. */
static int finish(FILE *out, char **text, struct error *err)
{
	text_end(out, text);
	error_set(err, EXIT_BAD_USAGE, "%s", *text);
	free(*text);
	return -1;
}

int input_refuse(const struct input *input, const char *where, const char *expected,
		 struct error *err)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	put_place_of(input, where, out);
	fprintf(out, "expected %s, found ", expected);
	put_found(input, where, out);
	return finish(out, &text, err);
}

int input_complain(const struct input *input, const char *where, struct error *err,
		   const char *format, ...)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);
	va_list arguments;

	put_place_of(input, where, out);
	va_start(arguments, format);
	vfprintf(out, format, arguments);
	va_end(arguments);
	return finish(out, &text, err);
}

int input_complain_of(const struct input *input, uint64_t line, uint64_t column, struct error *err,
		      const char *format, ...)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);
	va_list arguments;

	put_place(input, line, column, out);
	va_start(arguments, format);
	vfprintf(out, format, arguments);
	va_end(arguments);
	return finish(out, &text, err);
}
