/*
 * Text from outside (names, errors, notes, the campaign) made harmless for the place where it is
 * shown. Everything a report shows that is not a literal of ours goes through here.
 *
 * All three put U+FFFD for what base/printable.h lets pass nowhere; newline and tab pass in HTML
 * and JSON.
 */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include <stdio.h>

/* For element content and for attribute values between double quotes. NULL prints nothing. */
void escape_html(FILE *out, const char *text);

/* For one line of a terminal: at most `columns` columns, with "~" at the end of what was cut.
 * Newlines become blanks. Returns the columns used. */
int escape_terminal(FILE *out, const char *text, int columns);

/* As valid UTF-8, for JSON; the caller frees. NULL gives NULL. */
char *escape_utf8(const char *text);

/* Breaks a text between words, for the terminal that is standard output, of which it uses 80
 * columns at most. All lines begin in column `indent`, the first one after `head`. */
void escape_wrapped(FILE *out, const char *head, int indent, const char *text);

#endif
