/*
 * What can be left out together of a lock that tells holders apart (README.md, "Leaving out
 * holds"): a hold from its acquire to its release, or an acquire alone whose hold an open release
 * may have ended. An operation that overlaps others of its holder can be weakened only.
 */
#ifndef CHECKER_LINEAR_LESSEN_UNITS_H
#define CHECKER_LINEAR_LESSEN_UNITS_H

#include "checker/linear/explain_excerpt.h"
#include "checker/linear/keys.h"

enum unit_kind {
	UNIT_PAIR,  /* an acquire and the release of it, which answered */
	UNIT_LONE,  /* an acquire that no such release ended */
	UNIT_LOOSE, /* its place among those of its holder is open */
	UNIT_ASTRAY /* a release of what no such acquire began */
};

struct unit {
	enum unit_kind kind;
	uint32_t op, end;     /* indices into the excerpt: the first and the last operation */
	uint32_t from, until; /* positions: only between them it makes a difference */
	bool spends; /* an open release (lone) or acquire (astray) took effect for it by then */
	bool keep;   /* for units_leave_out */
};

struct units {
	const struct excerpt *excerpt; /* borrowed */
	enum model model;
	struct keys keys;
	uint32_t *holder;         /* of each operation of the excerpt */
	uint32_t *first, *member; /* of each holder, its operations: member[first[h] ...] */
	uint32_t *unit_of;        /* of each operation, the unit that it begins; TRACE_NEVER */
	uint32_t count;
	struct unit *unit; /* by invocation */
};

/* Do the units of this model tell holders apart? */
bool units_cover(enum model model);

/* False for models in which anybody may release, and for those of no lock: nothing is open then. */
bool units_open(struct units *units, const struct excerpt *excerpt, enum model model);
void units_close(struct units *units);

/* The excerpt without the units that are not to be kept, as far as that is sound, without the
 * observers that were invoked before the position `observers_from`, and without the open operations
 * that can be of no use any more. If the excerpt is legal, so is what is left. */
void units_leave_out(struct units *units, uint32_t observers_from, struct excerpt *smaller);

/* Without these open operations alone. */
void units_trim(struct excerpt *excerpt, enum model model);

#endif
