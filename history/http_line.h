/*
 * The first line of an HTTP/1 message, as far as a packet holds it: what was asked, or how it was
 * answered (RFC 9112, sections 3 and 4).
 */
#ifndef HISTORY_HTTP_LINE_H
#define HISTORY_HTTP_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP_PATH_SIZE = 64 };

struct http_line {
	int status;                /* of an answer, from 100; 0: this is a request */
	char path[HTTP_PATH_SIZE]; /* of a request, printable; cut where it is longer */
};

/* The bytes may come from anybody. False when no such line begins there: it goes on with something
 * that was sent before, is encrypted, or is no HTTP/1. */
bool http_line_read(const uint8_t *bytes, size_t size, struct http_line *line);

#endif
