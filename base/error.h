/*
 * The error object: what the environment did to us, in words for the user.
 *
 * A function that can fail returns 0 or -1 and takes a `struct error *` last. On success the object
 * is left untouched; on failure it is filled once, where the failure is seen, and each level that
 * knows more puts its context in front with error_wrap. Nobody prints and returns.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

/* The process's exit codes, the gravest first: X(name, number, what it means, when); an error
 * carries the one it would end the process with. 64, 69 and 70 are EX_USAGE, EX_UNAVAILABLE and
 * EX_SOFTWARE of sysexits.h. */
#define EXIT_CODES(X)                                                                              \
	X(OUR_FAULT, 70, "our own fault",                                                          \
	  "the run itself failed (BROKEN), or fencepost has a bug")                                \
	X(MACHINE_LACKS, 69, "the machine lacks something",                                        \
	  "what it lacks is said, with the remedy")                                                \
	X(BAD_USAGE, 64, "usage", "the command line, a campaign or a history is malformed")        \
	X(VIOLATION, 1, "violation", "or a threshold missed, against what is expected")            \
	X(INCONCLUSIVE, 2, "inconclusive", "what was asked is neither shown nor refuted")          \
	X(INTERRUPTED, 130, "interrupted", "by Ctrl-C; a run is still healed, judged, reported")   \
	X(AS_EXPECTED, 0, "as expected", "it is done, and every expectation held")

#define X(name, number, meaning, when) EXIT_##name = (number),
enum exit_code { EXIT_CODES(X) };
#undef X

struct exit_code_words {
	int code;
	const char *meaning, *when;
};

/* NULL: the number is none of the codes. */
const struct exit_code_words *exit_code_words(int number);

/* Of several things that were done, the one that counts. */
enum exit_code exit_code_graver(enum exit_code a, enum exit_code b);

/*
 * A status that some code of ours, or of a library, ended with: as one of the codes that a run may
 * end with before it is judged. Only 0, 64, 69 and 130 are meant; whatever else comes (1 from a
 * sanitizer, 2 from a library, 128 + a signal) would read as a verdict that nobody gave. Bad usage
 * and what the machine lacks are known before the load begins; after that they are our fault, too.
 */
enum exit_code exit_code_ours(int status, bool load_began);

struct error {
	enum exit_code code; /* EXIT_AS_EXPECTED: no error */
	char text[768];      /* one line, no newline; names the place and the remedy */
};

/* Fills *err and returns -1, so that `return error_set(...)` reads as one step. */
int error_set(struct error *err, enum exit_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* As error_set, with ": " and the text of errno appended; what is the machine's want is no bad
 * usage (a file that cannot be opened since the process has too many). */
int error_errno(struct error *err, enum exit_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Whether an errno tells of what the machine is out of: memory, descriptors, space, a sound disk.
 */
bool error_is_of_machine(int number);

/* Puts "context: " in front of a filled error; returns -1. */
int error_wrap(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
