/*
 * The error object: what the environment did to us, in words for the user.
 *
 * A function that can fail returns 0 or -1 and takes a `struct error *` last. On success the object
 * is left untouched; on failure it is filled once, where the failure is seen, and each level that
 * knows more puts its context in front with error_wrap. Nobody prints and returns.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

/* The process's exit codes; an error carries the one it would end the process with. */
enum exit_code {
	EXIT_AS_EXPECTED = 0,
	EXIT_VIOLATION = 1, /* a violation, or a threshold missed, against the expectation */
	EXIT_INCONCLUSIVE = 2,
	EXIT_BAD_USAGE = 64, /* EX_USAGE: command line, campaign or history is malformed */
	EXIT_MACHINE_LACKS =
		69,          /* EX_UNAVAILABLE: the machine lacks something; the text says what */
	EXIT_OUR_FAULT = 70, /* EX_SOFTWARE */
	EXIT_INTERRUPTED = 130,
};

/*
 * A status that some code of ours, or of a library, ended with: as one of the codes that a run may
 * end with before it is judged. Only 0, 64, 69 and 130 are meant; whatever else comes (1 from a
 * sanitizer, 2 from a library, 128 + a signal) would read as a verdict that nobody gave. Bad usage
 * and what the machine lacks are known before the load begins; after that they are our fault, too.
 */
enum exit_code exit_code_ours(int status, _Bool load_began);

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
_Bool error_is_of_machine(int number);

/* Puts "context: " in front of a filled error; returns -1. */
int error_wrap(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
