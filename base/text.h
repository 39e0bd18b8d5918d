/* Small help with texts: copies that fit, texts that grow, quoting for a shell. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Copies at most size - 1 bytes and always ends the string; true when all of it fitted. */
bool text_copy(char *into, size_t size, const char *from);

/* The text that printf would print. The caller frees. */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *text_format_args(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* A text that grows as it is printed: open_memstream, which the C library lets fail in the end
 * without a word. After text_end it is there, whole, and the caller's to free. */
FILE *text_begin(char **text, size_t *size);
void text_end(FILE *out, char *const *text);

/* What say(out, ...) prints, as a text of the caller's. */
#define TEXT_SAID(say, ...)                                                                        \
	({                                                                                         \
		char *said_text_;                                                                  \
		size_t said_size_;                                                                 \
		FILE *said_out_ = text_begin(&said_text_, &said_size_);                            \
                                                                                                   \
		(say)(said_out_, __VA_ARGS__);                                                     \
		text_end(said_out_, &said_text_);                                                  \
		said_text_;                                                                        \
	})

/* Prints a word as a POSIX shell reads it back: as it is, or in single quotes. */
void text_print_quoted(FILE *out, const char *word);

#endif
