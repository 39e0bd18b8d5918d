#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/printable.h"
#include "base/text.h"

/* The progress line may be another process's: the conductor's, say, when the front speaks. */
static void clear_progress(void)
{
	if (isatty(STDERR_FILENO))
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

static int terminal_columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return 80;
	return size.ws_col;
}

void log_progress(const char *format, ...)
{
	char line[512];
	va_list args;

	if (!isatty(STDERR_FILENO))
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	/* A line that wraps could not be rewritten in place. */
	fputs("\r\033[K", stderr);
	printable_print(stderr, line, terminal_columns() - 1);
	fflush(stderr);
}

bool log_wants_color(int fd)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(fd) && !(no_color && *no_color);
}
