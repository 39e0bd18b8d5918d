/*
 * A real etcd for tests: one member on loopback, on a port of its own, with a temporary folder.
 * It is killed with the thread that started it, whatever becomes of the test. Its election timeout
 * is 500 ms, so the shortest TTL is 1 s.
 *
 *	struct etcd_fixture *etcd[ETCD_FIXTURES_MAX];
 *	int count = etcd_fixture_start_each("etcd_api_test", etcd);    in main, before the tests
 *	tcase_add_loop_test(tests, some_property, 0, count);           etcd[_i] in the test
 */
#ifndef TESTS_ETCD_FIXTURE_H
#define TESTS_ETCD_FIXTURE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

enum { ETCD_FIXTURES_MAX = 5 };

struct etcd_fixture;

/* Returns once it serves. `path`: the binary, a name is searched on PATH. */
int etcd_fixture_start(struct etcd_fixture **etcd, const char *path, struct error *err);

/* Kills it and waits until it is gone; from then on its port refuses. */
void etcd_fixture_kill(struct etcd_fixture *etcd);

/* Kills it and removes its folder. NULL is fine. */
void etcd_fixture_stop(struct etcd_fixture *etcd);

/* Kills it and keeps its folder and its port; and starts it (again) on both. */
void etcd_fixture_kill(struct etcd_fixture *etcd);
int etcd_fixture_restart(struct etcd_fixture *etcd, struct error *err);

/* "http://127.0.0.1:PORT"; "3.4.23". Owned by the fixture. */
const char *etcd_fixture_url(const struct etcd_fixture *etcd);
const char *etcd_fixture_version(const struct etcd_fixture *etcd);
pid_t etcd_fixture_pid(const struct etcd_fixture *etcd);

struct etcd_found {
	char path[512], version[32];
};

/* Finds the etcd on PATH, and of the versions of docs and CI (3.3.25, 3.4.23, 3.5.16, 3.5.30) each
 * other one that scripts/fetch-etcd has left in its cache. Prints a SKIP line for each that is not
 * there and exits when MUST_RUN=1 forbids that. Returns how many. */
int etcd_fixture_find_each(const char *test, struct etcd_found found[ETCD_FIXTURES_MAX]);

/* Finds and starts them; exits when one does not start. */
int etcd_fixture_start_each(const char *test, struct etcd_fixture *etcd[ETCD_FIXTURES_MAX]);
/* Where scripts/fetch-etcd puts that version; perhaps it is not there. */
void etcd_fixture_cached(const char *version, char *path, size_t size);

void etcd_fixture_stop_each(struct etcd_fixture *const etcd[], int count);

#endif
