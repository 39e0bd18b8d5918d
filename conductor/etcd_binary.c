#include "conductor/etcd_binary.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/process.h"
#include "base/text.h"
#include "sandbox/sandbox.h"
#include "base/places.h"
#include "base/shared.h"

enum { VERSION_LIMIT_S = 10, FETCH_LIMIT_S = 300 };

static bool looks_like_a_version(const char *wanted)
{
	return isdigit((unsigned char)wanted[0]) && strchr(wanted, '.') && !strchr(wanted, '/');
}

static int fetch(const char *version, char *path, size_t size, struct error *err)
{
	_cleanup_free_ char *output = NULL;
	char fetcher[PATH_MAX], word[32];

	if (place_find("scripts/fetch-etcd", "libexec/fencepost/fetch-etcd", fetcher,
		       sizeof(fetcher)))
		return error_set(err, EXIT_MACHINE_LACKS,
				 "scripts/fetch-etcd is not where this binary was built or "
				 "installed; name etcd %s by its path",
				 version);
	text_copy(word, sizeof(word), version);
	log_progress("looking for etcd %s", version);
	char *argv[] = {fetcher, word, NULL};

	if (process_run_aloud(argv, &output, clock_now_ns() + FETCH_LIMIT_S * NS_PER_S, err)) {
		err->code = EXIT_MACHINE_LACKS;
		return error_wrap(err, "no etcd %s", version);
	}
	output[strcspn(output, "\n")] = '\0';
	return text_copy(path, size, output)
		       ? 0
		       : error_set(err, EXIT_OUR_FAULT, "the path of etcd %s is too long", version);
}

/* Asking for the version, in memory that the sandbox shares. */
struct asking {
	char *path;
	char version[64];
	struct error err;
};

/* "etcd Version: 3.4.23\n..." */
static int read_version(const char *output, struct asking *asking)
{
	static const char label[] = "etcd Version: ";
	const char *found = strstr(output, label);

	if (!found)
		return error_set(&asking->err, EXIT_MACHINE_LACKS,
				 "is %s an etcd? It does not say 'etcd Version' when asked",
				 asking->path);
	found += sizeof(label) - 1;
	snprintf(asking->version, sizeof(asking->version), "%.*s", (int)strcspn(found, "\n"),
		 found);
	return 0;
}

static int ask_inside(void *context)
{
	struct asking *asking = context;
	_cleanup_free_ char *output = NULL;
	char option[] = "--version";
	char *argv[] = {asking->path, option, NULL};

	if (process_run(argv, NULL, &output, clock_now_ns() + VERSION_LIMIT_S * NS_PER_S,
			&asking->err)) {
		asking->err.code = EXIT_MACHINE_LACKS;
		return error_wrap(&asking->err, "is %s an etcd?", asking->path);
	}
	return read_version(output, asking);
}

static int ask_in_sandbox(struct asking *asking, struct error *err)
{
	struct sandbox_config config = {.network = true, .main = ask_inside, .context = asking};
	pid_t inside;
	int status;

	if (sandbox_start(&config, &inside, err))
		return -1;
	sandbox_wait(inside, &status);
	if (asking->err.code) {
		*err = asking->err;
		return -1;
	}
	return status ? error_set(err, EXIT_OUR_FAULT, "asking %s for its version was cut short",
				  asking->path)
		      : 0;
}

static int ask_version(char *path, char *version, size_t size, struct error *err)
{
	struct asking *asking = shared_new(sizeof(*asking));
	asking->path = path;
	int failed = ask_in_sandbox(asking, err);

	text_copy(version, size, asking->version);
	munmap(asking, sizeof(*asking));
	return failed;
}

static int find_fetched(const char *wanted, char *path, size_t path_size, char *version,
			size_t version_size, struct error *err)
{
	if (fetch(wanted, path, path_size, err) || ask_version(path, version, version_size, err))
		return -1;
	if (strcmp(version, wanted) == 0)
		return 0;
	return error_set(err, EXIT_MACHINE_LACKS,
			 "%s says that it is etcd %s, not %s; remove it, and it is fetched anew",
			 path, version, wanted);
}

int etcd_binary_resolve(const char *wanted, char *path, size_t size, struct error *err)
{
	if (looks_like_a_version(wanted))
		return fetch(wanted, path, size, err);
	if (!text_copy(path, size, wanted))
		return error_set(err, EXIT_BAD_USAGE, "the path of etcd is too long");
	return 0;
}

int etcd_binary_find(const char *wanted, char *path, size_t path_size, char *version,
		     size_t version_size, struct error *err)
{
	if (looks_like_a_version(wanted))
		return find_fetched(wanted, path, path_size, version, version_size, err);
	if (process_find_program(wanted, path, path_size))
		return error_set(err, EXIT_MACHINE_LACKS,
				 "there is no etcd '%s'; install it (Debian: apt-get install "
				 "etcd-server), or name a path or a version such as 3.5.16",
				 wanted);
	return ask_version(path, version, version_size, err);
}

bool etcd_binary_is_known(const char *wanted)
{
	char path[PATH_MAX];

	return looks_like_a_version(wanted) || strcmp(wanted, "etcd") == 0 ||
	       (process_find_program("etcd", path, sizeof(path)) == 0 && strcmp(wanted, path) == 0);
}
