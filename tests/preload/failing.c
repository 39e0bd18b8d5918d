/*
 * Preloaded into a program under test: one call of one process of it fails, the nth, as if memory,
 * the disk or the kernel were at their end. (SQLite and curl try their programs so.)
 *
 *   FAILING="PROCESS CALL NTH ERRNO" FAILING_TOLD=FILE LD_PRELOAD=failing.so fencepost ...
 *
 * PROCESS is what /proc/PID/comm says: "fencepost" for the front and the conductor, or a role.
 * FILE has a line for each injected failure, so that a test knows whether it came to it. ERRNO
 * "short": read and pread answer with one byte less than they could, from there on.
 *
 * FAILING_EACH=DIR: the program is tried again and again, with a later call failing each time, and
 * NTH is not looked at. Each is a fork that stands before main, since to load the program takes
 * longer than what it does: calls are counted from there. What the nth prints goes to DIR/NTH.out
 * and DIR/NTH.err, and how it ended is a line "NTH STATUS" of DIR/ends, as a shell says it.
 * FAILING_BEFORE is a shell's command that undoes what the one before has left.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&(name)))real(#name))

enum { SHORT = -1 };

static struct {
	char process[16], call[16];
	int nth, with;
	const char *told, *each, *before;
	bool asked;
} failing;

typedef int main_function(int argc, char **argv, char **environment);

static main_function *program; /* that is tried, under FAILING_EACH */

static _Atomic int count;

static void *real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

__attribute__((constructor)) static void read_wish(void)
{
	static const struct {
		const char *name;
		int value;
	} known[] = {{"ENOMEM", ENOMEM}, {"ENOSPC", ENOSPC}, {"EIO", EIO},
		     {"EAGAIN", EAGAIN}, {"EMFILE", EMFILE}, {"short", SHORT}};
	const char *wish = getenv("FAILING");
	char with[16] = "";

	failing.told = getenv("FAILING_TOLD");
	if (!wish || !failing.told)
		return;
	if (sscanf(wish, "%15s %15s %d %15s", failing.process, failing.call, &failing.nth, with) !=
	    4)
		abort();
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(known[i].name, with) == 0)
			failing.with = known[i].value;
	if (failing.with == 0)
		abort();
	failing.each = getenv("FAILING_EACH");
	failing.before = getenv("FAILING_BEFORE");
	failing.asked = !failing.each;
}

/* Without any call that may itself be told to fail, or allocate. */
static void tell(void)
{
	char line[] = "injected\n";
	long fd = syscall(SYS_openat, AT_FDCWD, failing.told, O_WRONLY | O_CREAT | O_APPEND, 0666);

	if (syscall(SYS_write, fd, line, sizeof(line) - 1) < 0)
		abort();
	syscall(SYS_close, fd);
}

/* Each process counts for itself, and a fork goes on from its parent's count. */
static bool is_now(const char *call)
{
	char name[16] = "";

	if (!failing.asked || strcmp(call, failing.call) || prctl(PR_GET_NAME, name) ||
	    strcmp(name, failing.process))
		return false;
	int at = atomic_fetch_add(&count, 1) + 1;

	if (at == failing.nth)
		tell();
	return at == failing.nth || (at > failing.nth && failing.with == SHORT);
}

static bool fails(const char *call)
{
	if (!is_now(call))
		return false;
	errno = failing.with;
	return true;
}

/* How much is read: less, or -1. */
static ssize_t shortened(const char *call, size_t size)
{
	if (!is_now(call))
		return (ssize_t)size;
	errno = failing.with;
	return failing.with != SHORT ? -1 : size > 1 ? (ssize_t)size - 1 : (ssize_t)size;
}

/* The file NAME of DIR, as file descriptor fd. */
static void open_as(int fd, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", failing.each, name);
	int opened = REAL(open64)(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (opened < 0 || dup2(opened, fd) < 0)
		abort();
	close(opened);
}

/* In the child: the program, with that call of it failing. */
static void run_program(int nth, char **argv, char **environment)
{
	char name[32];
	int argc = 0;

	while (argv[argc])
		argc++;
	snprintf(name, sizeof(name), "%d.out", nth);
	open_as(STDOUT_FILENO, name);
	snprintf(name, sizeof(name), "%d.err", nth);
	open_as(STDERR_FILENO, name);
	failing.nth = nth;
	failing.asked = true;
	exit(program(argc, argv, environment));
}

static void undo_the_last(void)
{
	int status;
	pid_t pid = REAL(fork)();

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", failing.before, NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		abort();
}

/* False when the program makes that call less often. */
static bool comes_to(int nth, char **argv, char **environment)
{
	struct stat told;
	int status;
	pid_t pid;

	if (failing.before && *failing.before)
		undo_the_last();
	if (truncate(failing.told, 0) || (pid = REAL(fork)()) < 0)
		abort();
	if (pid == 0)
		run_program(nth, argv, environment);
	if (waitpid(pid, &status, 0) != pid || stat(failing.told, &told))
		abort();
	if (told.st_size > 0)
		dprintf(STDOUT_FILENO, "%d %d\n", nth,
			WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return told.st_size > 0;
}

static bool was_tried(int nth)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%d.out", failing.each, nth);
	return access(path, F_OK) == 0;
}

/* Each call in turn, sparser the further, and then some more at even distances. */
static int try_each(int argc, char **argv, char **environment)
{
	int last = 0, step;

	(void)argc;
	open_as(STDOUT_FILENO, "ends");
	for (int nth = 1; comes_to(nth, argv, environment); nth += 1 + nth / 6)
		last = nth;
	step = last / 40 + 1;
	for (int nth = step; nth <= last; nth += step)
		if (!was_tried(nth))
			comes_to(nth, argv, environment);
	return 0;
}

static bool is_tried(void)
{
	char name[16] = "";

	return failing.each && prctl(PR_GET_NAME, name) == 0 && strcmp(name, failing.process) == 0;
}

int __libc_start_main(main_function *main, int argc, char **argv, void (*init)(void),
		      void (*fini)(void), void (*loader_fini)(void), void *stack_end);
int __libc_start_main(main_function *main, int argc, char **argv, void (*init)(void),
		      void (*fini)(void), void (*loader_fini)(void), void *stack_end)
{
	program = main;
	return REAL(__libc_start_main)(is_tried() ? try_each : main, argc, argv, init, fini,
				       loader_fini, stack_end);
}

/* Memory: glibc's own names, since dlsym itself allocates. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count_, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
	return fails("malloc") ? NULL : __libc_malloc(size);
}

void *calloc(size_t elements, size_t size)
{
	return fails("malloc") ? NULL : __libc_calloc(elements, size);
}

void *realloc(void *old, size_t size)
{
	return fails("malloc") ? NULL : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t elements, size_t size)
{
	size_t bytes;

	if (fails("malloc"))
		return NULL;
	if (__builtin_mul_overflow(elements, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_realloc(old, bytes);
}

/* Files. Libraries are built with 64-bit names, we are not. */
ssize_t read(int fd, void *into, size_t size)
{
	ssize_t want = shortened("read", size);

	return want < 0 ? -1 : REAL(read)(fd, into, (size_t)want);
}

ssize_t pread64(int fd, void *into, size_t size, off64_t at)
{
	ssize_t want = shortened("pread", size);

	return want < 0 ? -1 : REAL(pread64)(fd, into, (size_t)want, at);
}

ssize_t pread(int fd, void *into, size_t size, off_t at)
{
	return pread64(fd, into, size, at);
}

ssize_t pwrite64(int fd, const void *from, size_t size, off64_t at)
{
	return fails("pwrite") ? -1 : REAL(pwrite64)(fd, from, size, at);
}

ssize_t write(int fd, const void *from, size_t size)
{
	return fails("write") ? -1 : REAL(write)(fd, from, size);
}

int open64(const char *path, int flags, ...)
{
	va_list rest;

	va_start(rest, flags);
	int mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, int) : 0;

	va_end(rest);
	return fails("open") ? -1 : REAL(open64)(path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	va_list rest;

	va_start(rest, flags);
	int mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, int) : 0;

	va_end(rest);
	return open64(path, flags, mode);
}

FILE *fopen64(const char *path, const char *mode)
{
	return fails("open") ? NULL : REAL(fopen64)(path, mode);
}

FILE *fopen(const char *path, const char *mode)
{
	return fopen64(path, mode);
}

int mkdir(const char *path, mode_t mode)
{
	return fails("mkdir") ? -1 : REAL(mkdir)(path, mode);
}

int rename(const char *from, const char *to)
{
	return fails("rename") ? -1 : REAL(rename)(from, to);
}

/* Processes and what they share. */
pid_t fork(void)
{
	return fails("fork") ? -1 : REAL(fork)();
}

int pipe2(int ends[2], int flags)
{
	return fails("pipe") ? -1 : REAL(pipe2)(ends, flags);
}

void *mmap64(void *at, size_t size, int protection, int flags, int fd, off64_t offset)
{
	return fails("mmap") ? MAP_FAILED : REAL(mmap64)(at, size, protection, flags, fd, offset);
}

void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	return mmap64(at, size, protection, flags, fd, offset);
}
