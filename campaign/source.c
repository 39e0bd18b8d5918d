#include "campaign/source.h"

#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/escape.h"

enum {
	SIZE_MAX_BYTES = 1 << 20, /* of a campaign */
	DEPTH_MAX = 8,
	OPTIONS_MAX = 64, /* of a block */
	BLOCKS_MAX = 1024,
};

struct scanner {
	struct source *source;
	struct error *err;
	char *at;
	int line;
	int depth, open_line[DEPTH_MAX]; /* of the braces that are open */
	bool after_equals;
	const char *word; /* the last one, of `length` bytes; NULL: what came last was none */
	size_t length;
	int word_line;
	int block; /* whose options come; -1: none */
};

static int refuse(const struct scanner *scanner, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int refuse(const struct scanner *scanner, int line, const char *format, ...)
{
	char why[300];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	return error_set(scanner->err, EXIT_BAD_USAGE, "%s:%d: %s", scanner->source->name, line,
			 why);
}

/* Bytes --------------------------------------------------------------------------------------- */

static int read_whole(const char *path, char *text, size_t *size, struct error *err)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	struct stat found;

	if (!file || fstat(fileno(file), &found))
		return error_errno(err, EXIT_BAD_USAGE, "cannot read the campaign %s", path);
	if (S_ISDIR(found.st_mode))
		return error_set(err, EXIT_BAD_USAGE,
				 "%s is a directory; a campaign is a file (docs/campaigns.md)",
				 path);
	*size = fread(text, 1, SIZE_MAX_BYTES + 1, file);
	if (ferror(file))
		return error_errno(err, EXIT_BAD_USAGE, "cannot read the campaign %s", path);
	if (*size <= SIZE_MAX_BYTES)
		return 0;
	return error_set(err, EXIT_BAD_USAGE, "%s has more than %d bytes: that is no campaign",
			 path, SIZE_MAX_BYTES);
}

/* Without the mark that editors put before UTF-8, and with newlines as line ends. Behind the bytes
 * stands a NUL. */
static char *drop_marks(const char *bytes, size_t size)
{
	static const char mark[] = "\xef\xbb\xbf";
	size_t from = size >= 3 && memcmp(bytes, mark, 3) == 0 ? 3 : 0, kept = 0;
	char *text = array_new(size, 1);

	for (; from < size; from++)
		if (bytes[from] != '\r' || bytes[from + 1] != '\n')
			text[kept++] = bytes[from];
	return text;
}

static int check_bytes(const struct scanner *scanner, const char *bytes, size_t size)
{
	const char *nul = memchr(bytes, '\0', size);
	int line = 1;

	if (!nul)
		return 0;
	for (const char *at = bytes; at < nul; at++)
		line += *at == '\n';
	return refuse(scanner, line, "a NUL byte: this is no text in UTF-8");
}

/* What may be shown as it is, may be read. */
static int check_characters(const struct scanner *scanner)
{
	_cleanup_free_ char *plain = escape_utf8(scanner->source->text);
	const char *given = scanner->source->text;
	int line = 1;

	for (const char *at = plain; *at == *given && *at; at++, given++)
		line += *at == '\n';
	if (*given == '\0')
		return 0;
	return refuse(scanner, line,
		      "the byte 0x%02x is no text in UTF-8, or one that does not show (a control "
		      "character)",
		      (unsigned char)*given);
}

/* Tokens -------------------------------------------------------------------------------------- */

static void step(struct scanner *scanner)
{
	scanner->line += *scanner->at == '\n';
	scanner->at++;
}

static void blank(struct scanner *scanner)
{
	if (*scanner->at != '\n')
		*scanner->at = ' ';
	step(scanner);
}

static void blank_line(struct scanner *scanner)
{
	while (*scanner->at && *scanner->at != '\n')
		blank(scanner);
}

static int blank_comment(struct scanner *scanner)
{
	const char *end = strstr(scanner->at + 2, "*/");

	if (!end)
		return refuse(scanner, scanner->line, "this comment does not end; '*/' is missing");
	while (scanner->at < end + 2)
		blank(scanner);
	return 0;
}

/* "${HOME}": libconfuse looks for the brace beyond the end of the text and of the line. */
static int skip_environment(struct scanner *scanner, const char *stops)
{
	size_t length = strcspn(scanner->at, stops);

	if (scanner->at[length] != '}')
		return refuse(scanner, scanner->line,
			      "'${' without '}'; in single quotes it is plain text");
	scanner->at += length + 1;
	return 0;
}

/* What libconfuse reads behind a backslash within double quotes: up to three octal digits, "x" and
 * two of base 16, a letter of C's. It takes another letter for itself, and a NUL for the end. */
static int skip_escape(struct scanner *scanner)
{
	const char *digits = scanner->at + 1;
	size_t decimal = strspn(digits, "0123456789"), octal = strspn(digits, "01234567");
	bool hex = *digits == 'x' && isxdigit((unsigned char)digits[1]);
	char number[4] = "";
	long value = 1;

	if (decimal > 3 || decimal != octal ||
	    (isalpha((unsigned char)*digits) && !hex && !strchr("abefnrtv", *digits)))
		return refuse(scanner, scanner->line,
			      "'\\%.*s' is no escape; in single quotes it is plain text",
			      decimal ? (int)decimal : 1, digits);
	if (hex)
		memcpy(number, digits + 1, isxdigit((unsigned char)digits[2]) ? 2 : 1);
	else
		memcpy(number, digits, octal);
	if (*number)
		value = strtol(number, NULL, hex ? 16 : 8);
	if (value == 0 || value > UCHAR_MAX)
		return refuse(scanner, scanner->line,
			      value ? "'\\%s' is no byte" : "'\\%s': a NUL would end the text",
			      number);
	step(scanner);
	if (*scanner->at)
		step(scanner);
	return 0;
}

static int skip_text(struct scanner *scanner)
{
	char quote = *scanner->at;
	int begin = scanner->line;

	step(scanner);
	while (*scanner->at && *scanner->at != quote) {
		int failed = 0;

		if (*scanner->at == '\\' && quote == '"')
			failed = skip_escape(scanner);
		else if (*scanner->at == '\\' && scanner->at[1])
			step(scanner), step(scanner);
		else if (quote == '"' && strncmp(scanner->at, "${", 2) == 0)
			failed = skip_environment(scanner, "}\"\n");
		else
			step(scanner);
		if (failed)
			return -1;
	}
	if (!*scanner->at)
		return refuse(scanner, begin, "this text does not end; %c is missing", quote);
	step(scanner);
	return 0;
}

static int skip_word(struct scanner *scanner)
{
	size_t length = strcspn(scanner->at, " \t\n#\"'={}()+,*|");

	if (length == 0)
		return refuse(scanner, scanner->line,
			      "'%c' means nothing here; in quotes it is plain text",
			      scanner->at[length]);
	scanner->word = scanner->at;
	scanner->length = length;
	scanner->word_line = scanner->line;
	scanner->at += length;
	return 0;
}

/* What it means ------------------------------------------------------------------------------- */

static int note_option(struct scanner *scanner)
{
	struct source *source = scanner->source;
	size_t count = (size_t)source->options;
	struct source_option *option;
	int kept = 0;

	if (!scanner->word)
		return refuse(scanner, scanner->line, "no name of an option before '='");
	if (scanner->length >= sizeof(option->name))
		return 0; /* libconfuse does not know it */
	for (int i = 0; i < source->options; i++) {
		option = &source->option[i];
		if (option->block != scanner->block)
			continue;
		kept++;
		if (strlen(option->name) == scanner->length &&
		    memcmp(option->name, scanner->word, scanner->length) == 0)
			return refuse(scanner, scanner->word_line,
				      "'%s' is set twice here, first in line %d", option->name,
				      option->line);
	}
	if (kept == OPTIONS_MAX)
		return refuse(scanner, scanner->line, "more than %d options here", OPTIONS_MAX);
	source->option = reallocarray(source->option, count + 1, sizeof(*option));
	CHECK_MEMORY(source->option);
	option = &source->option[source->options++];
	*option = (struct source_option){.block = scanner->block, .line = scanner->word_line};
	memcpy(option->name, scanner->word, scanner->length);
	return 0;
}

static int open_brace(struct scanner *scanner)
{
	struct source *source = scanner->source;

	if (scanner->depth == DEPTH_MAX)
		return refuse(scanner, scanner->line, "blocks do not stand within blocks");
	if (source->blocks == BLOCKS_MAX)
		return refuse(scanner, scanner->line, "more than %d blocks", BLOCKS_MAX);
	if (scanner->depth == 0 && !scanner->after_equals) {
		source->block_line = reallocarray(source->block_line, (size_t)source->blocks + 1,
						  sizeof(*source->block_line));
		CHECK_MEMORY(source->block_line);
		source->block_line[source->blocks] = scanner->line;
		scanner->block = source->blocks++;
	}
	scanner->open_line[scanner->depth++] = scanner->line;
	return 0;
}

/* One too many is left to libconfuse. */
static void close_brace(struct scanner *scanner)
{
	if (scanner->depth > 0 && --scanner->depth == 0)
		scanner->block = -1;
}

static int take_sign(struct scanner *scanner)
{
	bool equals = false;
	int failed = 0;

	switch (*scanner->at) {
	case '{':
		failed = open_brace(scanner);
		break;
	case '}':
		close_brace(scanner);
		break;
	case '+':
		if (scanner->at[1] != '=')
			return refuse(scanner, scanner->line,
				      "'+' means nothing here; in quotes it is plain text");
		step(scanner);
		equals = true;
		failed = note_option(scanner);
		break;
	case '=':
		equals = true;
		failed = note_option(scanner);
		break;
	default: /* a comma */
		break;
	}
	step(scanner);
	scanner->after_equals = equals;
	scanner->word = NULL;
	return failed;
}

static int take_token(struct scanner *scanner)
{
	if (isspace((unsigned char)*scanner->at)) {
		step(scanner);
		return 0;
	}
	if (*scanner->at == '#' || strncmp(scanner->at, "//", 2) == 0) {
		blank_line(scanner);
		return 0;
	}
	if (strncmp(scanner->at, "/*", 2) == 0)
		return blank_comment(scanner);
	if (strchr("{}=,+", *scanner->at))
		return take_sign(scanner);
	scanner->word = NULL;
	scanner->after_equals = false;
	if (*scanner->at == '"' || *scanner->at == '\'')
		return skip_text(scanner);
	if (strncmp(scanner->at, "${", 2) == 0)
		return skip_environment(scanner, "}\n");
	return skip_word(scanner);
}

static int scan(struct scanner *scanner)
{
	while (*scanner->at)
		if (take_token(scanner))
			return -1;
	if (scanner->depth > 0)
		return refuse(scanner, scanner->open_line[scanner->depth - 1],
			      "the file ends inside what begins here; '}' is missing");
	return 0;
}

static int take_bytes(const char *bytes, size_t size, const char *name, struct source *source,
		      struct error *err)
{
	struct scanner scanner = {.source = source, .err = err, .line = 1, .block = -1};

	*source = (struct source){.name = name};
	if (check_bytes(&scanner, bytes, size))
		return -1;
	source->text = scanner.at = drop_marks(bytes, size);
	if (check_characters(&scanner) == 0 && scan(&scanner) == 0)
		return 0;
	source_free(source);
	return -1;
}

int source_read(const char *path, struct source *source, struct error *err)
{
	_cleanup_free_ char *bytes = array_new(SIZE_MAX_BYTES + 1, 1);
	size_t size = 0;

	return read_whole(path, bytes, &size, err) ? -1
						   : take_bytes(bytes, size, path, source, err);
}

int source_take(const char *text, const char *name, struct source *source, struct error *err)
{
	return take_bytes(text, strlen(text), name, source, err);
}

void source_free(struct source *source)
{
	free(source->text);
	free(source->block_line);
	free(source->option);
	*source = (struct source){0};
}

int source_line(const struct source *source, int block, const char *option)
{
	for (int i = 0; i < source->options; i++)
		if (source->option[i].block == block && strcmp(source->option[i].name, option) == 0)
			return source->option[i].line;
	return block >= 0 && block < source->blocks ? source->block_line[block] : 0;
}
