#include "base/log.h"

#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/printable.h"
#include "base/text.h"

bool log_is_terminal(int fd)
{
	const char *kind = getenv("TERM");

	return isatty(fd) && !(kind && strcmp(kind, "dumb") == 0);
}

/* The progress line may be another process's: the conductor's, say, when the front speaks. */
static void clear_progress(void)
{
	if (log_is_terminal(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

static void print_line(FILE *out, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static void print_line(FILE *out, const char *format, va_list args)
{
	_cleanup_free_ char *text = text_format_args(format, args);
	_cleanup_free_ char *line = printable_text(text);

	fprintf(out, "%s\n", line);
}

void log_line(const char *format, ...)
{
	va_list args;

	clear_progress();
	va_start(args, format);
	print_line(stderr, format, args);
	va_end(args);
}

void log_result(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line(stdout, format, args);
	va_end(args);
}

int log_columns(int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return 80;
	return size.ws_col;
}

/* Ends the line where a part of it ends that fits, or at least a word: a figure is never cut. */
static void shorten(char *line, int columns)
{
	static const char *const ends[] = {" | ", " "};

	for (int i = 0; i < 2; i++)
		while (printable_columns(line) > columns) {
			char *end = NULL;

			for (char *at = line; (at = strstr(at, ends[i])); at++)
				end = at;
			if (!end)
				break;
			*end = '\0';
		}
	if (printable_columns(line) > columns)
		*line = '\0';
}

void log_progress(const char *format, ...)
{
	char line[512];
	va_list args;

	if (!log_is_terminal(STDERR_FILENO))
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	/* A line that wraps could not be rewritten in place. */
	shorten(line, log_columns(STDERR_FILENO) - 1);
	fputs("\r\033[K", stderr);
	printable_print(stderr, line, log_columns(STDERR_FILENO) - 1);
	fflush(stderr);
}

bool log_wants_color(int fd)
{
	const char *no_color = getenv("NO_COLOR");

	return log_is_terminal(fd) && !(no_color && *no_color);
}

bool log_shows_boxes(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool shows = locale && strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;

	if (locale)
		freelocale(locale);
	return shows;
}
