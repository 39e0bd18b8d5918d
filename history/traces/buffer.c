#include "history/traces/buffer.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"

void buffer_free(struct buffer *buffer)
{
	free(buffer->text);
	*buffer = (struct buffer){0};
}

static void reserve(struct buffer *buffer, size_t more)
{
	size_t needed = buffer->length + more + 1;

	if (needed <= buffer->capacity)
		return;
	buffer->capacity = needed > 2 * buffer->capacity ? needed + 64 : 2 * buffer->capacity;
	buffer->text = realloc(buffer->text, buffer->capacity);
	CHECK_MEMORY(buffer->text);
}

void buffer_clear(struct buffer *buffer)
{
	buffer->length = 0;
	reserve(buffer, 0);
	buffer->text[0] = '\0';
}

void buffer_add(struct buffer *buffer, const char *bytes, size_t length)
{
	reserve(buffer, length);
	memcpy(buffer->text + buffer->length, bytes, length);
	buffer->length += length;
	buffer->text[buffer->length] = '\0';
}

void buffer_add_char(struct buffer *buffer, char c)
{
	buffer_add(buffer, &c, 1);
}

static void add_utf8(struct buffer *buffer, uint32_t code)
{
	char bytes[4];
	int length = 0;

	if (code < 0x80) {
		bytes[length++] = (char)code;
	} else if (code < 0x800) {
		bytes[length++] = (char)(0xc0 | code >> 6);
	} else if (code < 0x10000) {
		bytes[length++] = (char)(0xe0 | code >> 12);
		bytes[length++] = (char)(0x80 | (code >> 6 & 0x3f));
	} else {
		bytes[length++] = (char)(0xf0 | code >> 18);
		bytes[length++] = (char)(0x80 | (code >> 12 & 0x3f));
		bytes[length++] = (char)(0x80 | (code >> 6 & 0x3f));
	}
	if (code >= 0x80)
		bytes[length++] = (char)(0x80 | (code & 0x3f));
	buffer_add(buffer, bytes, (size_t)length);
}

static uint32_t hex_code(const char *digits)
{
	char text[5] = {digits[0], digits[1], digits[2], digits[3], '\0'};

	return (uint32_t)strtoul(text, NULL, 16);
}

/* At "\uXXXX", which was scanned, and perhaps its second half. Returns how many bytes that took. */
static size_t unicode_escape(struct slice rest, uint32_t *code)
{
	*code = hex_code(rest.at + 2);
	if (*code >= 0xd800 && *code < 0xdc00 && rest.length >= 12 && rest.at[6] == '\\' &&
	    rest.at[7] == 'u') {
		uint32_t low = hex_code(rest.at + 8);

		if (low >= 0xdc00 && low < 0xe000) {
			*code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
			return 12;
		}
	}
	return 6;
}

/* Adds one character as the canonical form of EDN strings has it, or as it is. */
static void add_character(struct buffer *buffer, uint32_t code, bool edn)
{
	static const char special[] = "\"\\\n\t\r", letter[] = "\"\\ntr";
	const char *found = code && code < 0x80 ? strchr(special, (int)code) : NULL;
	char escape[8];

	if (edn && found) {
		buffer_add_char(buffer, '\\');
		buffer_add_char(buffer, letter[found - special]);
	} else if (code == 0 || (code >= 0xd800 && code < 0xe000) || (edn && code < 0x20)) {
		snprintf(escape, sizeof(escape), "\\u%04x", code & 0xffff);
		buffer_add(buffer, escape, 6);
	} else {
		add_utf8(buffer, code);
	}
}

static void add_string(struct buffer *buffer, struct slice inside, bool escaped, bool edn)
{
	static const char letters[] = "\"\\/bfnrt", meaning[] = "\"\\/\b\f\n\r\t";

	for (size_t i = 0; i < inside.length;) {
		unsigned char c = (unsigned char)inside.at[i];

		if (escaped && c == '\\') {
			char letter = inside.at[i + 1];
			uint32_t code;
			size_t taken = 2;

			if (letter == 'u')
				taken = unicode_escape(
					(struct slice){inside.at + i, inside.length - i}, &code);
			else
				code = (unsigned char)meaning[strchr(letters, letter) - letters];
			add_character(buffer, code, edn);
			i += taken;
		} else if (c >= 0x80) {
			buffer_add_char(buffer, (char)c);
			i++;
		} else {
			add_character(buffer, c, edn);
			i++;
		}
	}
}

void buffer_add_unescaped(struct buffer *buffer, struct slice inside)
{
	if (!memchr(inside.at, '\\', inside.length))
		buffer_add(buffer, inside.at, inside.length);
	else
		add_string(buffer, inside, true, false);
}

void buffer_add_edn_string(struct buffer *buffer, struct slice inside)
{
	buffer_add_char(buffer, '"');
	add_string(buffer, inside, true, true);
	buffer_add_char(buffer, '"');
}

void buffer_add_quoted(struct buffer *buffer, struct slice plain)
{
	buffer_add_char(buffer, '"');
	add_string(buffer, plain, false, true);
	buffer_add_char(buffer, '"');
}

static int compare_slices(const void *left, const void *right)
{
	const struct slice *a = left, *b = right;
	size_t common = a->length < b->length ? a->length : b->length;
	int order = memcmp(a->at, b->at, common);

	return order ? order : (a->length > b->length) - (a->length < b->length);
}

void buffer_sort(struct buffer *buffer, size_t from, const size_t *ends, size_t count)
{
	size_t length = buffer->length - from;

	if (count == 0)
		return;
	struct slice *part = calloc(count, sizeof(*part));
	char *copy = malloc(length + 1);

	CHECK_MEMORY(part && copy);
	memcpy(copy, buffer->text + from, length);
	for (size_t i = 0, begin = from; i < count; begin = ends[i++])
		part[i] = (struct slice){copy + (begin - from), ends[i] - begin};
	qsort(part, count, sizeof(*part), compare_slices);
	buffer->length = from;
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buffer_add_char(buffer, ' ');
		buffer_add(buffer, part[i].at, part[i].length);
	}
	free(copy);
	free(part);
}
