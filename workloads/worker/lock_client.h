/*
 * A lock client: how a worker takes, keeps and gives back its lock, whatever grants it. The worker
 * and its heartbeat know no service: they go through the same round with every client, and record
 * each of its steps; the client acts.
 *
 * One instance is for one thread: the worker opens one, its heartbeat another, for renewals, unless
 * the steps say that both may share one. Each step is one request, or what the record may take for
 * one, and ends by its absolute deadline.
 */
#ifndef WORKLOADS_WORKER_LOCK_CLIENT_H
#define WORKLOADS_WORKER_LOCK_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "campaign/arm.h"
#include "history/event.h"
#include "workloads/worker/resource.h"

struct lock_service; /* whom clients speak to: only they look into it */
struct lock_client;  /* an instance */
struct pace;

/* Whom a client tells what nobody asked it, in whatever thread it learns of it; never NULL. Of the
 * first two it tells only between an acquire that answered ok and the next step but renew. */
struct lock_hearer {
	void *context;
	void (*lost)(void *context, const char *why);
	/* By a request that was sent then, so that it holds for so long from there on. */
	void (*renewed)(void *context, int64_t sent_ns, int32_t ttl_ms);
	void (*note)(void *context, enum note_weight weight, const char *text);
	void (*named)(void *context, const char *name, const char *version);
};

struct lock_terms { /* what a client is opened for; borrowed until it is closed */
	const struct lock_service *service;
	const char *lock;      /* its name in the service */
	int ttl_s;             /* to ask for */
	int first_endpoint;    /* of the service, by number: to ask first */
	const struct arm *arm; /* never NULL: all else that it may have to know */
	struct pace *pace;     /* the worker's own clock; NULL: a true one */
	/* For a client that is a program of its own. */
	const char *worker; /* its host's name */
	struct lock_hearer hearer;
};

/* What an attempt has of the service, as far as it is known; the steps fill it in. Begins empty. */
struct lock_session {
	int64_t lease;      /* what the service calls it; 0: there is none */
	int64_t token;      /* fencing token; 0: none */
	char key[KEY_SIZE]; /* of the lock */
	bool shared;        /* how the lock is wanted: together with others who share it; the
			       worker says */
	bool kept;          /* unless it is lost meanwhile, the next attempt begins with its lease,
			       which is renewed until then; closed at the end */
	bool left;          /* nobody closes it: it ends by itself */
};

struct lock_answer { /* how a step ended */
	enum outcome outcome;
	int endpoint;    /* asked last; -1: none */
	int64_t order;   /* its place in the service's own order (etcd: revision); 0: none */
	int64_t sent_ns; /* just before the request left; 0: it did not leave */
	int32_t ttl_ms;  /* of ok: granted from sent_ns on; 0: nothing was. One step of an attempt
			    grants, and every renewal */
	bool unbounded;  /* of ok: granted or renewed, and nobody tells for how long; ttl_ms is 0 */
	int32_t left_ms; /* of look: what is left of the lease at most; 0: that was not asked */
	bool gone;    /* of token, look and renew: the service says that lease or lock is no more */
	bool unheard; /* of fail: nobody took the request */
	char error[ERROR_SIZE]; /* empty when ok */
};

/* Into the record of the step's return. */
void lock_answer_record(const struct lock_answer *answer, struct op_event *op);

typedef struct lock_answer lock_step(struct lock_client *client, struct lock_session *session,
				     int64_t deadline_ns);

struct resource_use { /* of a resource in the service */
	bool write;
	bool unguarded;    /* planted: done whether or not the lock is still there */
	int64_t op, value; /* as to the store (resource.h) */
};

typedef struct resource_reply lock_use(struct lock_client *client,
				       const struct lock_session *session,
				       const struct resource_use *use, int64_t deadline_ns);

/* What is NULL is not done. */
struct lock_client_steps {
	int ttl_s;        /* to ask for; 0: the arm's */
	bool serves_both; /* one instance is the worker's and its heartbeat's */
	int (*open)(struct lock_client **client, const struct lock_terms *terms, struct error *err);
	void (*close)(struct lock_client *client);
	/* Once it is open: which of the steps this instance takes itself. NULL: all. */
	void (*settle)(const struct lock_client *client, struct lock_client_steps *steps);

	lock_step *open_session; /* once in an attempt, unless one is kept */
	lock_step *acquire;      /* ok, and nothing else, makes the worker believe that it holds */
	lock_step *token;  /* learns it, unless acquire did, and that the lock is still there */
	lock_step *look;   /* ok: the lock is still there; fail: it surely is not, or nobody said */
	lock_step *renew;  /* on the heartbeat's instance, with lease and key alone */
	lock_step *let_go; /* on the heartbeat's instance, when renewals have failed for too long:
			      gives back, and the worker believes on until that has ended. The
			      record takes it for a renewal that promises nothing more */
	lock_step *release;         /* what is not lost */
	lock_step *release_by_name; /* the same, whosever it is by then: for who is careless */
	bool gives_back_lost;       /* nor only that, as `finally` and `defer` do */
	lock_step *close_session;   /* frees whatever the attempt may have left */

	/* True when the service told of the loss by itself, and why. Asks nothing, does not wait.
	 */
	bool (*lost)(struct lock_client *client, char why[ERROR_SIZE]);

	/* Reads or writes the resource in the service, if the session's lock key still stands,
	 * which is asked in the same step; for a guard that wants it there. NULL: it has none. */
	lock_use *use;

	/* The client's own way to the resource; NULL: the worker's, to the store (resource.h). */
	struct resource_reply (*read)(struct lock_client *client, int64_t token, int64_t op,
				      int64_t deadline_ns);
	struct resource_reply (*write)(struct lock_client *client, int64_t token, int64_t op,
				       int64_t value, int64_t base, int64_t deadline_ns);
};

#endif
