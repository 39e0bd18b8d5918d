#include "conductor/etcd_binary.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/process.h"
#include "base/text.h"
#include "conductor/places.h"

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

	if (process_run(argv, NULL, &output, clock_now_ns() + FETCH_LIMIT_S * NS_PER_S, err)) {
		err->code = EXIT_MACHINE_LACKS;
		return -1;
	}
	output[strcspn(output, "\n")] = '\0';
	return text_copy(path, size, output)
		       ? 0
		       : error_set(err, EXIT_OUR_FAULT, "the path of etcd %s is too long", version);
}

/* "etcd Version: 3.4.23\n..." */
static int ask_version(char *path, char *version, size_t size, struct error *err)
{
	static const char label[] = "etcd Version: ";
	_cleanup_free_ char *output = NULL;
	char option[] = "--version";
	char *argv[] = {path, option, NULL};

	if (process_run(argv, NULL, &output, clock_now_ns() + VERSION_LIMIT_S * NS_PER_S, err)) {
		err->code = EXIT_MACHINE_LACKS;
		return error_wrap(err, "is %s an etcd?", path);
	}
	char *found = strstr(output, label);

	if (!found)
		return error_set(err, EXIT_MACHINE_LACKS,
				 "is %s an etcd? It does not say 'etcd Version' when asked", path);
	found += sizeof(label) - 1;
	found[strcspn(found, "\n")] = '\0';
	text_copy(version, size, found);
	return 0;
}

int etcd_binary_find(const char *wanted, char *path, size_t path_size, char *version,
		     size_t version_size, struct error *err)
{
	if (looks_like_a_version(wanted)) {
		if (fetch(wanted, path, path_size, err))
			return -1;
	} else if (process_find_program(wanted, path, path_size)) {
		return error_set(err, EXIT_MACHINE_LACKS,
				 "there is no etcd '%s'; install it (Debian: apt-get install "
				 "etcd-server), or name a path or a version such as 3.5.16",
				 wanted);
	}
	return ask_version(path, version, version_size, err);
}
