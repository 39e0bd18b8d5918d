/*
 * What happened in one lane, rebuilt from its rows: attempts with what their workers believed and
 * might safely believe, and grants with what the service did. Every check works on this.
 *
 * All instants are on one clock. An operation's invocation and return bracket what the service did;
 * the witness's sight of a change is never earlier than the change.
 */
#ifndef CHECKER_HOLDS_ATTEMPTS_H
#define CHECKER_HOLDS_ATTEMPTS_H

#include "checker/holds/run_facts.h"
#include "history/reader.h"
#include "history/sharing.h"

enum { STANDS = 0 }; /* instead of a place in the order: the key was never seen deleted */

/*
 * A key in the hands of one lease, from the change that made it until the one that removed it. Each
 * change has its place in the service's own order, which answers name too; any number that grows
 * from change to change will do. On etcd it is a revision.
 */
struct grant {
	const char *key;
	int64_t lease;
	int64_t order;         /* of the put: the key's create_revision, when nobody put over it */
	int64_t last_put;      /* of its own lease's puts: order, unless it put again */
	int64_t removed_order; /* STANDS */
	int64_t created_seen_ns; /* the first member's word; NEVER_NS */
	int64_t removed_seen_ns; /* the first member's word; NEVER_NS */
	int64_t removal;         /* key_event.id of that word; 0: none */
	bool taken_over;         /* ended by another lease's put on the key, not by a deletion */
	int64_t may_end_ns;      /* first request that may have ended it without telling at which
				    revision: of unknown outcome, or naming its lease; NEVER_NS */
	bool wrongly_released;   /* surely: by a release that was another hold's */
};

/* A release that ended what was not its own: another hold's key, or a newer lease's. */
struct wrong_release {
	const struct op_row *release;
	struct attempt *by, *owner; /* owner: whose the key was; NULL: unknown */
	const struct grant *grant;  /* that went */
	bool definite;
};

struct period {
	int64_t from_ns, to_ns; /* from < to */
};

/* One try of one worker to take the lock, with everything that it did until it gave it up. */
struct attempt {
	int64_t id;
	int process, worker;
	const char *name;                         /* the process's; never NULL */
	int64_t died_ns;                          /* the end of its process; NEVER_NS */
	const struct op_row **op;                 /* by invocation */
	const struct op_row *acquire;             /* that answered ok; NULL: never held */
	enum mode mode;                           /* of its acquire: does it share the lock? */
	const char *how;                          /* " for reading" in a sentence, or "" */
	const char *key;                          /* NULL */
	int64_t lease, token;                     /* token: learned or sent; 0 */
	int64_t answer_order;                     /* the service's, with or right after the ok; 0 */
	int64_t believed_from_ns, believed_to_ns; /* believed hold */
	const struct op_row *ending; /* that ended the belief: release, revoke or LOSE; NULL: the
					end of the process did, or nothing */
	int64_t acknowledged_ns;     /* return of the last acknowledged grant or renewal; 0 */
	int64_t given_up_ns; /* first time anybody asked to end its key or lease; NEVER_NS */
	const struct op_row *revoked; /* the first acknowledged request to end its lease; NULL */
	int ops, spans;
	struct period *safe;       /* ascending, disjoint: the safe part of the believed hold */
	const struct grant *grant; /* NULL */
	bool doubtful; /* an acquire before that one did not answer ok: the service may still be
			  about to cancel it, and cancelling deletes the key that both share */
	bool taken_by_operator; /* surely: a fault revoked its lease, and proved it */
	bool ambiguous;         /* several grants may be its own */
	int64_t order;          /* place among the holders: the grant's; 0: unknown */
	uint32_t marks;         /* 1 << violation_name: definite ones that it takes part in */
	uint32_t faults;        /* those of them that it is at fault in, or that were done to it */
	struct attempt *met;    /* the other party of the last one of those; NULL */
};

struct stretch { /* private */
	int64_t first_id;
	int begin;
};

struct lane_facts {
	const struct run *run;
	const struct lane_row *lane;
	const struct arm_row *arm;
	const struct lane_history *rows;
	bool honest;          /* the arm's client is no negative control */
	enum sharing sharing; /* who may hold the lock together; of an unknown model nobody */
	int most;             /* so many may at once; of a read-write lock: that are not readers */
	int attempts, holders, ordered, grants;
	struct attempt *attempt;   /* by id */
	struct attempt **holder;   /* those that acquired, by the acquire's return */
	struct attempt **by_order; /* holders whose order is known, ascending */
	struct grant *grant;       /* by order */
	int wrong_releases;
	struct wrong_release *wrong_release; /* by the release's invocation */
	int64_t told_order;                  /* the greatest that the witness told in this lane */
	int64_t told_invoked_ns; /* a key asked for at this time, and no later one, was told */

	/* private */
	const struct op_row **by_attempt, **by_id;
	struct stretch *stretch; /* of by_id: one process's each */
	struct period *span;
	int *attempt_of; /* of each row that has one */
	int identified, stretches;
};

/* `rows` and `run` are borrowed until facts_close. */
void facts_open(const struct run *run, int lane, const struct lane_history *rows,
		struct lane_facts *facts);
void facts_close(struct lane_facts *facts);

/* Whether it is a lock that several may hold. */
static inline bool facts_share(const struct lane_facts *facts)
{
	return facts->sharing != SHARING_MUTEX;
}

/* By attempt.id; NULL: there is none. */
struct attempt *facts_attempt(const struct lane_facts *facts, int64_t id);
/* The attempt that made the operation; NULL: no such operation, or one outside every attempt. */
struct attempt *facts_attempt_of_op(const struct lane_facts *facts, int64_t op);
const struct op_row *facts_op(const struct lane_facts *facts, int64_t op);

/* "none-0-1 (token 17)", for summaries. */
struct label {
	char text[112];
};
struct label attempt_label(const struct attempt *attempt);

static inline double seconds(int64_t ns)
{
	return (double)ns / 1e9;
}

/* Of a grant or renewal that was acknowledged: until when its lease surely lives. The stamp is
 * taken before the request leaves, so the true end is later, never earlier. */
bool op_renews(const struct op_row *op, const struct attempt *attempt);
int64_t op_lease_end_ns(const struct op_row *op);

/* The acknowledged grant or renewal, sent before `at_ns`, that promised the longest life; NULL. One
 * that was sent after a removal was seen proves nothing about the removal. */
const struct op_row *attempt_longest_renewal(const struct attempt *attempt, int64_t at_ns);

/* The lease was surely alive at that instant, by the service's own word: a request that was sent
 * before was acknowledged, and its TTL had not passed. */
bool attempt_lease_lives(const struct attempt *attempt, int64_t at_ns);

/* Private, the steps of facts_open. */
/* attempts.c: all that its operations, `op` and `ops`, which are set, tell without the witness. */
void facts_read_attempt(const struct run *run, struct attempt *attempt);
void facts_build_grants(struct lane_facts *facts); /* grants.c: and joins them with attempts */
void facts_find_endings(struct lane_facts *facts); /* endings.c: who asked for the end of what */
void facts_find_wrong_releases(struct lane_facts *facts); /* releases.c: what that took away */

#endif
