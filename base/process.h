/*
 * Other programs and what the kernel says about processes. No shell is ever involved.
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/*
 * Runs argv[0] (searched on PATH) with `input` on its standard input (NULL: none), and waits until
 * it ends or the deadline passes, when it is killed. Standard output is returned in *output when
 * output is not NULL (NUL-terminated, the caller frees; at most 64 MiB); standard error goes into
 * the error's text when the program fails. Fails on: not found, non-zero status, deadline.
 * Whatever the program started is killed when it ends, and all of it when the caller is killed.
 */
int process_run(char *const argv[], const char *input, char **output, int64_t deadline_ns,
		struct error *err);

/* As process_run, without input, but what it says on standard error goes line by line to log_line
 * as it comes, and the error's text says "see above". */
int process_run_aloud(char *const argv[], char **output, int64_t deadline_ns, struct error *err);

/* The path of an executable: `name` itself when it has a slash, else searched on PATH. Returns 0
 * and fills path, or -1 when there is none. */
int process_find_program(const char *name, char *path, size_t size);

/* What a child of ours that ended so (as from waitpid) makes us end with: exit_code_ours. */
enum exit_code process_exit_code(int status, bool load_began);

/* In a forked process: every signal does what it does by default, and none is blocked. */
void process_reset_signals(void);

/* The kernel's state letter of a process ('R', 'S', 'T' stopped, 'Z', ...), or 0 when it is gone.
 */
char process_state(pid_t pid);

/* Waits until the process is in the wanted state ('T' stopped; 0 gone, zombies count as gone; 'R'
 * anything but stopped or gone). True when it was seen in time. */
bool process_wait_state(pid_t pid, char wanted, int64_t deadline_ns);

#endif
