#include "history/http_line.h"

#include <string.h>

#include "base/invariant.h"

static bool begins_with(const uint8_t *bytes, size_t size, const char *word)
{
	size_t length = strlen(word);

	return size >= length && memcmp(bytes, word, length) == 0;
}

/* "HTTP/1.1 200 OK" */
static bool read_status(const uint8_t *bytes, size_t size, struct http_line *line)
{
	enum { STATUS_AT = sizeof("HTTP/1.1 ") - 1, DIGITS = 3 };

	if (size < STATUS_AT + DIGITS || bytes[STATUS_AT - 1] != ' ')
		return false;
	for (int i = 0; i < DIGITS; i++) {
		uint8_t digit = bytes[STATUS_AT + i];

		if (digit < '0' || digit > '9')
			return false;
		line->status = 10 * line->status + digit - '0';
	}
	CHECK(line->status <= 999);
	return line->status >= 100;
}

static bool is_printable(uint8_t byte)
{
	return byte > ' ' && byte < 0x7f;
}

/* "/v3/lock/lock HTTP/1.1"; a line that the packet cuts off within its path is one, too. */
static bool read_path(const uint8_t *bytes, size_t size, struct http_line *line)
{
	size_t length = 0, kept = 0;

	for (; length < size && is_printable(bytes[length]); length++)
		if (kept < HTTP_PATH_SIZE - 1)
			line->path[kept++] = (char)bytes[length];
	CHECK(kept < HTTP_PATH_SIZE);
	line->path[kept] = '\0';
	return length > 0 && bytes[0] == '/' && (length == size || bytes[length] == ' ');
}

bool http_line_read(const uint8_t *bytes, size_t size, struct http_line *line)
{
	static const char *const methods[] = {"POST ", "GET ", "PUT ", "DELETE "};

	*line = (struct http_line){0};
	if (begins_with(bytes, size, "HTTP/1."))
		return read_status(bytes, size, line);
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (begins_with(bytes, size, methods[i])) {
			size_t after = strlen(methods[i]);

			return read_path(bytes + after, size - after, line);
		}
	return false;
}
