/*
 * The story of one incident: who believed what when, what the service had granted, what the store
 * did, and which fault lay over it. Gathered from the rows that prove it and from what lies around
 * them, in seconds since the begin of the fault that the checker names (without one, since the
 * first holder's belief), ready to be drawn and to be told. What an attempt believed and was
 * granted is told by checker/holds, as everywhere.
 */
#ifndef REPORTS_STORY_H
#define REPORTS_STORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "history/reader.h"
#include "reports/incident.h"

enum {
	STORY_HOLDS = 5,
	STORY_REQUESTS = 80,
	STORY_FAULTS = 8,
	STORY_RENEWALS = 80,
	STORY_MEMBERS = 7,
	STORY_LEADS = 32,
	STORY_POINTS = 48,
	STORY_PROOFS = 6, /* of one point */
	STORY_TICKS = 800,
	STORY_MESSAGES = 12,
	STORY_COMPANY = 128,
	STORY_ROLE = 48,
	STORY_TOLD = 10, /* numbered sentences, unless there is more evidence */
};

/* One attempt of one worker. Instants that never came are INFINITY, unknown ones NAN. */
struct story_hold {
	int64_t attempt;
	int process;
	char worker[64];  /* name of the process */
	const char *part; /* "holder", "later holder": as the evidence says; NULL */
	const char *how;  /* it wants or holds the lock: " for reading", or "" */
	enum mode mode;   /* shared: others may hold it beside this one */
	int others[2];    /* by mode: who believed that they held it when it was told so, too */
	char key[96];     /* "": none */
	int64_t first_op, last_op; /* its operations are the ids between */
	int64_t token, lease;
	double asked_s, believed_s, believed_until_s, granted_s, granted_until_s, safe_until_s;
	double renewed_s, promised_s; /* the renewal that safe_until_s rests on: its sending, and
					 for how long from then */
	bool taken_over; /* its key, by another one's put, which is how its grant ended */
	enum function
		ended_by; /* F_RELEASE, F_LEASE_REVOKE or F_LOSE; 0: the process's death did */
	int64_t grant_revision;    /* that made the key; 0: unknown; so the next two */
	int64_t removed_revision;  /* that removed it */
	int64_t answered_revision; /* that the service named when it told the worker that it holds
				    */
};

struct story_request {
	struct decision_row decision; /* without its reason */
	char reason[64];              /* of a refusal; "" */
	double at_s, sent_s;          /* sent_s: NAN where no operation tells */
	int hold;                     /* index, or -1: of another attempt */
	bool is_proof;                /* named by the evidence */
	bool ungranted;               /* decided after its hold's grant had ended */
};

struct story_fault {
	const struct fault_row *row;
	double began_s, ended_s;
	bool is_proof;
	char name[96]; /* "pause of none-0-1 (holder), 1.81 s" */
};

struct story_renewal { /* an acknowledged one */
	double at_s;   /* sent */
	int hold;
};

struct story_member {
	char name[64];
	int leads; /* times that it led, as far as they are shown */
	double lead[STORY_LEADS][2];
};

/* Of packets that carry something, between the first holder's host and the others. */
struct story_traffic {
	int sent, received;
	double *sent_s, *received_s; /* owned, STORY_TICKS each; NULL: it was not read */
};

/*
 * A request of the story, as its rows tell of it, and its packets, as the capture saw them at the
 * hub. Of an instant that the capture does not show, NAN.
 */
struct story_message {
	struct op_row op; /* its texts are not to be used */
	int hold;
	int request; /* what the store decided on it, an index; -1: no such thing is shown */
	bool is_proof;
	int weight;
	/* filled in by traffic_read (story_traffic.h) */
	struct story_packet {
		int times;        /* 0: none of it was captured */
		double at_s;      /* first seen, from when each of its kind is sent again: */
		double again_s;   /* the second time, */
		double last_s;    /* the last time */
		double arrived_s; /* its receiver acknowledged, or answered, it */
	} asked, answered;
	char path[48]; /* of its request line */
	int status;    /* of the answer's status line; 0: none was read */
};

/* What the messages' packets are: read, or why not. */
enum story_capture {
	STORY_NOT_CAPTURED, /* the run captured none */
	STORY_CAPTURE_MISSING,
	STORY_CAPTURE_GAP, /* packets of this time were given up: silence would prove nothing */
	STORY_CAPTURE_READ,
};

/* An instant that is numbered, marked in the drawing and told in a sentence. */
enum story_what {
	POINT_FAULT_BEGAN, /* index: of the fault; so the next */
	POINT_FAULT_ENDED,
	POINT_ASKED, /* index: of the hold; so the next six */
	POINT_BELIEVED,
	POINT_GRANTED,
	POINT_DEADLINE,
	POINT_REMOVED,
	POINT_BELIEVED_NO_MORE,
	POINT_OPERATION, /* any other operation of the hold; `op` */
	POINT_REQUEST,   /* index: of the request */
	POINT_TOLD,      /* a member's word on a key of none of the holds; index -1 */
};

struct story_point {
	enum story_what what;
	int index;
	double at_s;
	struct op_row op; /* of POINT_OPERATION; its texts are not to be used */
	int weight;
	int number; /* from 1, by time */
	bool is_proof;
	int proofs; /* rows of the evidence that it shows */
	struct evidence proof[STORY_PROOFS];
};

struct story {
	const struct history *history;
	const struct violation *violation; /* the gravest of the incident */
	struct incident incident;
	enum sharing sharing;   /* who may hold the lock together */
	int permits;            /* of a semaphore: so many */
	int64_t zero_ns;        /* the instant that is 0 s */
	double from_s, until_s; /* what is shown */
	int holds, requests, faults, renewals, members, points;
	int requests_left_out, faults_left_out;
	int accused, later; /* index of a hold; -1: none */
	int guilty;         /* index of the fault that the checker names; -1: none */
	struct story_hold hold[STORY_HOLDS]; /* in the order in which they believed */
	struct story_request request[STORY_REQUESTS];
	struct story_fault fault[STORY_FAULTS]; /* by begin */
	struct story_renewal renewal[STORY_RENEWALS];
	struct story_member member[STORY_MEMBERS]; /* where the service is accused */
	struct story_point point[STORY_POINTS];    /* by time */
	int messages;
	struct story_message message[STORY_MESSAGES]; /* by op.invoked_ns, the weightiest */
	int leader; /* the member that led at the violation; -1: unknown */
	/* filled in by traffic_read (story_traffic.h) */
	enum story_capture capture;
	struct story_traffic to_cluster, to_store;
};

/* Gathers the story of an incident, whose violations must outlive it. One that happened on no lane,
 * or to no attempt, has no holds and nothing to draw. The caller frees with story_free. */
int story_gather_incident(const struct history *history, const struct incident *incident,
			  struct story *story, struct error *err);
/* The same of one violation by itself. */
int story_gather(const struct history *history, const struct violation *violation,
		 struct story *story, struct error *err);
void story_free(struct story *story);

/* Its safe deadline matters: it believed until then, or it is the one that is accused. */
bool story_reaches_deadline(const struct story *story, int hold);

/* The request that did harm, or was refused; NULL: the incident is about none. */
const struct story_request *story_deed(const struct story *story);

/* The decision on that operation, as an index of story->request; -1: none is shown. */
int story_request_of(const struct story *story, int64_t op);

/* The point's sentence, in times of the story; the caller frees. */
char *story_sentence(const struct story *story, const struct story_point *point);

/* "later reader", "writer", "2 of 2": what it is in the story, from the evidence's word and the
 * lock that it holds; "" where neither tells. Fills `text` (STORY_ROLE bytes). */
const char *story_role(const struct story *story, const struct story_hold *hold, char *text);

/* Who else believed that they held a lock of several when this one was told so, and whether they
 * may: ", beside 1 other reader, as it may"; "" of a lock of one, or where nobody did. Fills `text`
 * (STORY_COMPANY bytes). */
const char *story_company(const struct story *story, const struct story_hold *hold, char *text);

/* The inequality that broke, in numbers: "1.810 s ... > 0.760 s ..."; NULL: there is none. The
 * caller frees; so the next two. */
char *story_inequality(const struct story *story);
/* Which guard, and which setting, would have stopped it; NULL where none has to do with it. */
char *story_guard(const struct story *story);
char *story_setting(const struct story *story);

#endif
