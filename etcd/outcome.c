/*
 * A wrong "fail" is the worst that can happen here: the checker would treat an operation that took
 * effect as one that did not, and accuse etcd. A wrong "info" costs only certainty. So "fail" needs
 * a source that says that nothing was done; what no line names is info, above all
 *  - code 14 Unavailable: "request timed out", "leader changed", "server stopped", "no leader": the
 *    proposal may already be in the Raft log (etcdserver/v3_server.go, processInternalRaftRequest);
 *  - code 4 and code 1, "context deadline exceeded", "context canceled": the same;
 *  - code 2 and 13 and a status from 500 on without a text that is named here;
 *  - 200 with an answer that is not what was asked for.
 */
#include "etcd/outcome.h"

#include <stddef.h>
#include <string.h>

enum { ANY = -2, NONE = -1 };

struct rule {
	int http_status, code;
	const char *part; /* of the message; NULL: whatever it says */
	enum etcd_outcome outcome;
};

/* The first line that fits decides. Codes: google.golang.org/grpc/codes. The names beside them are
 * etcd's, from api/v3rpc/rpctypes/error.go, where every error is given its code and text. */
static const struct rule rules[] = {
	/* 3 InvalidArgument: the request itself is refused: ErrEmptyKey, ErrDuplicateKey,
	 * ErrTooManyOps, ErrRequestTooLarge; also the gateway's "invalid character ..." */
	{ANY, 3, NULL, ETCD_FAIL},
	/* 5 NotFound: ErrLeaseNotFound (put, txn and revoke look the lease up before they act) */
	{ANY, 5, NULL, ETCD_FAIL},
	/* 7 PermissionDenied: looked up when the request comes to be applied, before it changes
	 * anything (apply_auth.go) */
	{ANY, 7, NULL, ETCD_FAIL},
	/* 9 FailedPrecondition: ErrLeaseExist, ErrNotLeader, ErrMemberExist */
	{ANY, 9, NULL, ETCD_FAIL},
	/* 11 OutOfRange: ErrCompacted, ErrFutureRev, ErrLeaseTTLTooLarge. A transaction checks its
	 * ranges before it writes (apply.go, checkRequests) */
	{ANY, 11, NULL, ETCD_FAIL},

	/* 16 Unauthenticated: ErrInvalidAuthToken, before the proposal (AuthInfoFromCtx) */
	{ANY, 16, NULL, ETCD_FAIL},

	/* 8 ResourceExhausted: only ErrTooManyRequests, refused before the proposal. The code
	 * itself says nothing: etcd's quota applier puts first and then adds ErrNoSpace to the
	 * result (etcdserver/apply.go, quotaApplierV3.Put), and grpc-go gives it to an answer that
	 * is too large as to a request (rpc_util.go, recvAndDecompress) */
	{ANY, 8, "too many requests", ETCD_FAIL},

	/* The lock API has no codes of its own, all its errors are 2 Unknown (v3lock/lock.go
	 * returns them bare): the lease is looked up before the key is put; and an expired session
	 * means that the key is gone (client/v3/concurrency/mutex.go) */
	{ANY, 2, "requested lease not found", ETCD_FAIL},
	{ANY, 2, "mutex: session is expired", ETCD_FAIL},
	/* Likewise of the election API: the transaction of a proclaim compared, and did nothing
	 * (client/v3/concurrency/election.go, ErrElectionNotLeader) */
	{ANY, 2, "election: not leader", ETCD_FAIL},
	/* A question, and its answer (ErrElectionNoLeader) */
	{ANY, 2, "election: no leader", ETCD_FAIL},

	/* Changes of the membership are refused before they are proposed when this member does not
	 * see enough others: ErrUnhealthy and ErrNotEnoughStartedMembers (etcdserver/server.go,
	 * mayAddMember and mayRemoveMember). The second has lost its code on the way */
	{ANY, 14, "unhealthy cluster", ETCD_FAIL},
	{ANY, 2, "not enough started members", ETCD_FAIL},

	/* The gateway's router knows no such path; no handler ran (grpc-gateway,
	 * runtime.OtherErrorHandler; seen on all four versions) */
	{404, NONE, "Not Found", ETCD_FAIL},
};

static bool rule_fits(const struct rule *rule, int http_status, int code, const char *message)
{
	return (rule->http_status == ANY || rule->http_status == http_status) &&
	       rule->code == code && (!rule->part || strstr(message, rule->part));
}

enum etcd_outcome etcd_outcome_of_answer(int http_status, int code, const char *message)
{
	if (http_status == 200 && code == NONE && message[0] == '\0')
		return ETCD_OK;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rule_fits(&rules[i], http_status, code, message))
			return rules[i].outcome;
	}
	return ETCD_INFO;
}

enum etcd_outcome etcd_outcome_of_transport(bool request_left)
{
	/* Not left: name not resolved, connection refused, no route, the deadline passed before the
	 * connection stood (CURLOPT_PREREQFUNCTION(3): called "when a connection has been
	 * established, but before a request has been made"). Left: anything may have become of it.
	 */
	return request_left ? ETCD_INFO : ETCD_FAIL;
}
