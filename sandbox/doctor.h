/* What this machine can and cannot do, line by line, with the remedy. */
#ifndef SANDBOX_DOCTOR_H
#define SANDBOX_DOCTOR_H

#include <stdbool.h>

#include "base/error.h"
#include "sandbox/remedy.h"

enum ability_state { ABILITY_YES, ABILITY_NO, ABILITY_UNTRIED };

struct ability {
	const char *name; /* "user namespaces"; static */
	bool needed;      /* by every run; else some feature is lost without it */
	enum ability_state state;
	char found[300]; /* what was seen: a version, an error's text, why it was not tried */
	char remedy[REMEDY_SIZE]; /* of what is not there; else empty: the cause stands elsewhere */
};

enum { ABILITIES_MAX = 24 };

/* Tries everything for real (a sandbox, a bridge, a veth pair, an nftables load and read-back, a
 * capture, etcd --version ...) and cleans up. `etcd`: its path or name; NULL: there is none, for
 * the reason no_etcd. Returns how many lines it filled. */
int doctor_examine(const char *etcd, const struct error *no_etcd, struct ability *abilities);

#endif
