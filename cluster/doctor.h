/* What this machine can and cannot do, line by line, with the remedy. */
#ifndef CLUSTER_DOCTOR_H
#define CLUSTER_DOCTOR_H

#include <stdbool.h>

enum ability_state { ABILITY_YES, ABILITY_NO, ABILITY_OPTIONAL_NO };

struct ability {
	const char *name; /* "user namespaces"; static */
	enum ability_state state;
	char found[160];  /* what was seen: a version, an error's text */
	char remedy[200]; /* empty when none is needed */
};

enum { ABILITIES_MAX = 24 };

/* Tries everything for real (a sandbox, a bridge, a veth pair, an nftables load and read-back, a
 * capture, etcd --version ...) and cleans up. Returns how many lines it filled. */
int doctor_examine(const char *etcd, struct ability *abilities);

#endif
