#include "tests/support/etcd_fixture.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/process.h"
#include "base/text.h"

enum { START_TRIES = 3, START_S = 20, LOOK_AGAIN_MS = 20 };

#define FOLDER "fencepost-etcd-"

struct etcd_fixture {
	pid_t pid;
	char path[512], version[32], url[64], folder[256];
	int lock; /* on the folder, see sweep() */
};

const char *etcd_fixture_url(const struct etcd_fixture *etcd)
{
	return etcd->url;
}

const char *etcd_fixture_version(const struct etcd_fixture *etcd)
{
	return etcd->version;
}

pid_t etcd_fixture_pid(const struct etcd_fixture *etcd)
{
	return etcd->pid;
}

/* "etcd Version: 3.4.23" is the first line. */
static int ask_version(char *path, char *version, size_t size, struct error *err)
{
	char *argv[] = {path, (char[]){"--version"}, NULL};
	_cleanup_free_ char *output = NULL;
	const char *label = "etcd Version: ";

	if (process_run(argv, NULL, &output, clock_now_ns() + 10 * NS_PER_S, err))
		return -1;
	if (strncmp(output, label, strlen(label)))
		return error_set(err, EXIT_MACHINE_LACKS, "%s is no etcd", path);
	output[strcspn(output, "\n")] = '\0';
	text_copy(version, size, output + strlen(label));
	return 0;
}

/* A port that is free now. Somebody may take it before etcd does; then etcd ends, and the start is
 * tried again with another. */
static int free_port(void)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);

	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
	return ntohs(address.sin_port);
}

static _Noreturn void become_etcd(const struct etcd_fixture *etcd, pid_t parent)
{
	char log[300];
	int fd;

	/* The signal comes only for a death after this line. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(126);
	snprintf(log, sizeof(log), "%s/log", etcd->folder);
	fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
		_exit(126);
	snprintf(log, sizeof(log), "%s/data", etcd->folder);
	/* Without our environment: etcd takes every flag from ETCD_... too. */
	execle(etcd->path, etcd->path, "--data-dir", log, "--listen-client-urls", etcd->url,
	       "--advertise-client-urls", etcd->url, "--listen-peer-urls", "http://127.0.0.1:0",
	       "--heartbeat-interval", "50", "--election-timeout", "500", NULL,
	       (char *const[]){NULL});
	_exit(127);
}

static size_t ignore(char *bytes, size_t one, size_t count, void *context)
{
	(void)bytes, (void)one, (void)context;
	return count;
}

/* GET /health: 200 when a linearizable read succeeds, which needs a leader. */
static bool is_healthy(const struct etcd_fixture *etcd)
{
	CURL *curl = curl_easy_init();
	char url[96];
	CURLcode code;

	CHECK(curl);
	snprintf(url, sizeof(url), "%s/health", etcd->url);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 1000L);
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
	code = curl_easy_perform(curl);
	curl_easy_cleanup(curl);
	return code == CURLE_OK;
}

static bool launch(struct etcd_fixture *etcd)
{
	int64_t deadline_ns = clock_now_ns() + START_S * NS_PER_S;
	pid_t parent = getpid();

	etcd->pid = fork();
	CHECK(etcd->pid >= 0);
	if (etcd->pid == 0)
		become_etcd(etcd, parent);
	while (clock_now_ns() < deadline_ns) {
		if (is_healthy(etcd))
			return true;
		if (waitpid(etcd->pid, NULL, WNOHANG) != 0) {
			etcd->pid = 0;
			return false;
		}
		clock_sleep_until_ns(clock_now_ns() + LOOK_AGAIN_MS * NS_PER_MS);
	}
	return false;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status, (void)type, (void)ftw;
	return remove(path);
}

/*
 * A test that fails never comes to etcd_fixture_stop, and an etcd's folder is 120 MB. So each is
 * locked by the test and by its etcd (which inherits the descriptor), and the next fixture removes
 * those whose lock nobody holds any more. A minute's grace, for a folder is made before it is
 * locked.
 */
static void sweep(const char *parent)
{
	DIR *directory = opendir(parent);
	const struct dirent *entry;
	struct stat status;
	char path[512];

	while (directory && (entry = readdir(directory))) {
		if (strncmp(entry->d_name, FOLDER, strlen(FOLDER)))
			continue;
		snprintf(path, sizeof(path), "%s/%s", parent, entry->d_name);
		_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd >= 0 && fstat(fd, &status) == 0 && status.st_mtime + 60 < time(NULL) &&
		    flock(fd, LOCK_EX | LOCK_NB) == 0)
			nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	}
	if (directory)
		closedir(directory);
}

static void make_folder(struct etcd_fixture *etcd)
{
	const char *temporary = getenv("TMPDIR");

	if (!temporary)
		temporary = "/tmp";
	sweep(temporary);
	snprintf(etcd->folder, sizeof(etcd->folder), "%s/" FOLDER "XXXXXX", temporary);
	CHECK(mkdtemp(etcd->folder));
	etcd->lock = open(etcd->folder, O_RDONLY | O_DIRECTORY); /* etcd is to inherit it */
	CHECK(etcd->lock >= 0 && flock(etcd->lock, LOCK_SH) == 0);
}

static bool start_once(struct etcd_fixture *etcd)
{
	snprintf(etcd->url, sizeof(etcd->url), "http://127.0.0.1:%d", free_port());
	return launch(etcd);
}

void etcd_fixture_kill(struct etcd_fixture *etcd)
{
	if (etcd->pid > 0) {
		kill(etcd->pid, SIGKILL);
		waitpid(etcd->pid, NULL, 0);
		etcd->pid = 0;
	}
}

int etcd_fixture_restart(struct etcd_fixture *etcd, struct error *err)
{
	etcd_fixture_kill(etcd);
	return launch(etcd)
		       ? 0
		       : error_set(err, EXIT_MACHINE_LACKS, "%s does not start again", etcd->path);
}

void etcd_fixture_stop(struct etcd_fixture *etcd)
{
	if (!etcd)
		return;
	etcd_fixture_kill(etcd);
	nftw(etcd->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	close(etcd->lock);
	free(etcd);
}

/* The end of etcd's log, for the error. */
static void read_log(const struct etcd_fixture *etcd, char *tail, size_t size)
{
	char path[300];
	_cleanup_fclose_ FILE *log = NULL;

	snprintf(path, sizeof(path), "%s/log", etcd->folder);
	log = fopen(path, "re");
	tail[0] = '\0';
	while (log && fgets(tail, (int)size, log))
		tail[strcspn(tail, "\n")] = '\0';
}

int etcd_fixture_start(struct etcd_fixture **etcd, const char *path, struct error *err)
{
	struct etcd_fixture *started = calloc(1, sizeof(*started));
	char tail[400];

	CHECK(started);
	if (process_find_program(path, started->path, sizeof(started->path))) {
		free(started);
		return error_set(err, EXIT_MACHINE_LACKS, "no etcd at '%s'", path);
	}
	if (ask_version(started->path, started->version, sizeof(started->version), err)) {
		free(started);
		return -1;
	}
	make_folder(started);
	for (int i = 0; i < START_TRIES; i++) {
		if (start_once(started)) {
			*etcd = started;
			return 0;
		}
		etcd_fixture_kill(started);
	}
	read_log(started, tail, sizeof(tail));
	error_set(err, EXIT_MACHINE_LACKS, "etcd %s does not start: %s", started->version, tail);
	etcd_fixture_stop(started);
	return -1;
}

void etcd_fixture_cached(const char *version, char *path, size_t size)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	snprintf(path, size, "%s%s/fencepost/etcd-%s/usr/bin/etcd",
		 cache  ? cache
		 : home ? home
			: "",
		 cache ? "" : "/.cache", version);
}

static struct etcd_fixture *start_or_exit(const char *test, const char *path)
{
	struct etcd_fixture *etcd;
	struct error err = {0};

	if (etcd_fixture_start(&etcd, path, &err)) {
		printf("%s: %s\n", test, err.text);
		exit(EXIT_FAILURE);
	}
	return etcd;
}

static void skip(const char *test, const char *why)
{
	const char *must_run = getenv("MUST_RUN");

	printf("SKIP %s: %s\n", test, why);
	fflush(stdout);
	if (must_run && strcmp(must_run, "1") == 0)
		exit(EXIT_FAILURE);
}

int etcd_fixture_find_each(const char *test, struct etcd_found found[ETCD_FIXTURES_MAX])
{
	static const char *const versions[] = {"3.3.25", "3.4.23", "3.5.16", "3.5.30"};
	struct etcd_found *next = found;
	struct error err = {0};
	char why[128];

	if (process_find_program("etcd", next->path, sizeof(next->path)))
		skip(test, "no etcd on PATH");
	else if (ask_version(next->path, next->version, sizeof(next->version), &err))
		skip(test, err.text);
	else
		next++;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		etcd_fixture_cached(versions[i], next->path, sizeof(next->path));
		if (next > found && strcmp(versions[i], found[0].version) == 0)
			continue;
		if (access(next->path, X_OK)) {
			snprintf(why, sizeof(why), "no etcd %s in the cache: scripts/fetch-etcd %s",
				 versions[i], versions[i]);
			skip(test, why);
			continue;
		}
		text_copy(next->version, sizeof(next->version), versions[i]);
		next++;
	}
	return (int)(next - found);
}

int etcd_fixture_start_each(const char *test, struct etcd_fixture *etcd[ETCD_FIXTURES_MAX])
{
	struct etcd_found found[ETCD_FIXTURES_MAX];
	int count = etcd_fixture_find_each(test, found);

	for (int i = 0; i < count; i++)
		etcd[i] = start_or_exit(test, found[i].path);
	return count;
}

void etcd_fixture_stop_each(struct etcd_fixture *const etcd[], int count)
{
	for (int i = 0; i < count; i++)
		etcd_fixture_stop(etcd[i]);
}
