#include "workloads/adapter_trial.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"
#include "workloads/adapter_client.h"

enum {
	PARTIES = 2,
	TTL_S = 5,
	PATIENCE_S = 10,    /* for what is to succeed */
	CONTENDED_MS = 500, /* for which the second one waits */
	LATENESS_MS = 2000, /* of its refusal */
	LOSS_S = 2 * TTL_S, /* for which a loss is waited for */
	WHAT_SIZE = 400,
};

struct party {
	struct adapter *adapter; /* NULL: it did not start */
	struct adapter_line init, hold;
	bool holds;
	_Atomic int lost;
	char note[200]; /* the first that it made us make */
};

struct trial {
	const struct trial_config *config;
	struct etcd *etcd;
	struct arm arm;
	struct lock_service service;
	struct party party[PARTIES];
};

/* What a check says, into `what`. */
__attribute__((format(printf, 3, 4))) static enum trial_result
say(char *what, enum trial_result result, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(what, WHAT_SIZE, format, args);
	va_end(args);
	return result;
}

static int64_t in_ns(int64_t length_ns)
{
	return clock_now_ns() + length_ns;
}

/* Parties ------------------------------------------------------------------------------------- */

static void hear_lost(void *context, const char *why)
{
	struct party *party = context;

	(void)why;
	atomic_store(&party->lost, 1);
}

static void hear_renewed(void *context, int64_t sent_ns, int32_t ttl_ms)
{
	(void)context, (void)sent_ns, (void)ttl_ms;
}

static void hear_note(void *context, enum note_weight weight, const char *text)
{
	struct party *party = context;

	(void)weight;
	if (!party->note[0])
		text_copy(party->note, sizeof(party->note), text);
}

static void hear_named(void *context, const char *name, const char *version)
{
	(void)context, (void)name, (void)version;
}

static struct adapter_reply ask(struct party *party, const char *verb, enum adapter_phase phase,
				int64_t deadline_ns)
{
	cJSON *request = cJSON_CreateObject();

	CHECK_MEMORY(request);
	return adapter_ask(party->adapter, verb, request, phase, deadline_ns);
}

/* Waits `extra_ms` longer than the adapter may. */
static struct adapter_reply ask_acquire(struct party *party, int timeout_ms, int extra_ms)
{
	cJSON *request = cJSON_CreateObject();

	CHECK_MEMORY(request && cJSON_AddNumberToObject(request, "timeout_ms", timeout_ms));
	atomic_store(&party->lost, 0);
	struct adapter_reply reply =
		adapter_ask(party->adapter, "acquire", request, ADAPTER_BEGINS_HOLD,
			    in_ns((timeout_ms + extra_ms) * NS_PER_MS));

	party->holds = reply.answered && reply.line.outcome == OUTCOME_OK;
	party->hold = reply.line;
	return reply;
}

static bool is_ok(const struct adapter_reply *reply)
{
	return reply->answered && reply->line.outcome == OUTCOME_OK;
}

static const char *why(const struct adapter_reply *reply)
{
	if (!reply->answered)
		return reply->error;
	return reply->line.error[0] ? reply->line.error : "it does not say why";
}

/* What stands at the service below the lock's name. */
static int look(struct trial *trial, struct etcd_kv *kv)
{
	char below[ETCD_TEXT];
	int count = 0;

	snprintf(below, sizeof(below), "%s/", trial->config->lock);
	struct etcd_reply reply =
		etcd_range(trial->etcd, below, true, kv, 1, &count, in_ns(PATIENCE_S * NS_PER_S));

	return reply.outcome == ETCD_OK ? count : -1;
}

/* Checks -------------------------------------------------------------------------------------- */

static bool start(struct trial *trial, struct party *party, char *what)
{
	const struct lock_hearer hearer = {party, hear_lost, hear_renewed, hear_note, hear_named};
	const struct lock_terms terms = {.service = &trial->service,
					 .lock = trial->config->lock,
					 .ttl_s = TTL_S,
					 .arm = &trial->arm,
					 .worker = "adapter-test"};
	struct error err = {0};

	if (adapter_start(&party->adapter, trial->config->argv, &hearer, &err)) {
		say(what, TRIAL_FAILED, "%s", err.text);
		return false;
	}
	struct adapter_reply reply =
		adapter_ask(party->adapter, "init", adapter_init_request(&terms), ADAPTER_BESIDES,
			    in_ns(3 * PATIENCE_S * NS_PER_S));
	const char *trouble = adapter_init_trouble(&reply);

	party->init = reply.line;
	if (trouble)
		say(what, TRIAL_FAILED, "%s", trouble);
	return !trouble;
}

static enum trial_result try_INIT(struct trial *trial, char *what)
{
	const struct adapter_line *init = &trial->party[0].init;

	for (int i = 0; i < PARTIES; i++)
		if (!start(trial, &trial->party[i], what)) {
			for (int j = 0; j <= i; j++)
				trial->party[j].init.protocol = 0;
			return TRIAL_FAILED;
		}
	return say(what, TRIAL_OK, "%s %s: tokens %s; %s; %s", init->name, init->version,
		   adapter_token_words[init->tokens],
		   init->renews ? "wants no renew" : "leaves renewals to its user",
		   init->tells_losses ? "tells of losses" : "tells of no loss by itself");
}

static enum trial_result try_ACQUIRE(struct trial *trial, char *what)
{
	struct party *party = &trial->party[0];

	if (!party->init.protocol)
		return TRIAL_UNTRIED;
	struct adapter_reply reply = ask_acquire(party, PATIENCE_S * 1000, LATENESS_MS);

	if (!is_ok(&reply))
		return say(what, TRIAL_FAILED, "a lock that nobody has is not had: %s",
			   why(&reply));
	return say(what, TRIAL_OK, "a free lock is had");
}

static enum trial_result try_IDENTITY(struct trial *trial, char *what)
{
	const struct adapter_line *hold = &trial->party[0].hold;
	struct etcd_kv kv = {0};

	if (!trial->party[0].holds)
		return TRIAL_UNTRIED;
	int count = look(trial, &kv);

	if (count == 0)
		return say(what, TRIAL_LEFT_OUT,
			   "no key stands below \"%s/\": the witness sees nothing of it",
			   trial->config->lock);
	if (hold->lease && hold->lease != kv.lease)
		return say(what, TRIAL_FAILED,
			   "the lease is %" PRId64 " at the service, and \"lease\" is %" PRId64,
			   kv.lease, hold->lease);
	if (hold->key[0] && strcmp(hold->key, kv.key) != 0)
		return say(what, TRIAL_FAILED, "the key is %.100s, and \"key\" is %.100s", kv.key,
			   hold->key);
	if (!hold->lease && !hold->key[0])
		return say(what, TRIAL_LEFT_OUT,
			   "neither \"lease\" nor \"key\": what the service did to its holds is "
			   "not judged");
	return say(what, TRIAL_OK, "the witness will know its holds");
}

static enum trial_result try_TOKEN(struct trial *trial, char *what)
{
	const struct party *party = &trial->party[0];
	enum adapter_token kind = party->init.tokens;
	struct etcd_kv kv = {0};

	if (!party->holds)
		return TRIAL_UNTRIED;
	if (kind == ADAPTER_TOKEN_NONE)
		return say(what, party->hold.token ? TRIAL_FAILED : TRIAL_LEFT_OUT,
			   party->hold.token ? "a token, although init says none"
					     : "none: no guard of tokens can be used");
	if (!party->hold.token)
		return say(what, TRIAL_FAILED, "init promises one, and acquire has none");
	if (kind == ADAPTER_TOKEN_CREATE_REVISION && look(trial, &kv) == 1 &&
	    kv.create_revision != party->hold.token)
		return say(what, TRIAL_FAILED,
			   "it is %" PRId64 ", and the key's create_revision %" PRId64,
			   party->hold.token, kv.create_revision);
	return say(what, TRIAL_OK, "%" PRId64, party->hold.token);
}

static enum trial_result try_VALIDITY(struct trial *trial, char *what)
{
	const struct adapter_line *hold = &trial->party[0].hold;
	struct etcd_lease_holdings lease = {0};

	if (!trial->party[0].holds)
		return TRIAL_UNTRIED;
	if (!hold->valid_ms)
		return say(what, TRIAL_LEFT_OUT,
			   "not told: overlap-safe is not judged, and guard = deadline writes "
			   "nothing");
	if (hold->lease)
		etcd_lease_look(trial->etcd, hold->lease, &lease, in_ns(PATIENCE_S * NS_PER_S));
	if (lease.granted_ttl_s && hold->valid_ms > lease.granted_ttl_s * 1000)
		return say(what, TRIAL_FAILED, "%d ms, and the lease has %" PRId64 " s",
			   hold->valid_ms, lease.granted_ttl_s);
	return say(what, TRIAL_OK, "%d ms%s", hold->valid_ms,
		   hold->sent_ns ? "" : ", from when it was asked: it tells no sent_ns");
}

static enum trial_result try_RENEW(struct trial *trial, char *what)
{
	struct party *party = &trial->party[0];

	if (!party->holds)
		return TRIAL_UNTRIED;
	if (party->init.renews)
		return say(what, TRIAL_OK, "not asked: it wants none");
	struct adapter_reply reply =
		ask(party, "renew", ADAPTER_BESIDES, in_ns(PATIENCE_S * NS_PER_S));

	return is_ok(&reply) ? say(what, TRIAL_OK, "ok while it holds")
			     : say(what, TRIAL_FAILED, "not ok while it holds: %s", why(&reply));
}

static enum trial_result try_EXCLUSION(struct trial *trial, char *what)
{
	struct party *other = &trial->party[1];

	if (!trial->party[0].holds)
		return TRIAL_UNTRIED;
	struct adapter_reply reply = ask_acquire(other, CONTENDED_MS, LATENESS_MS);

	if (!reply.answered)
		return say(what, TRIAL_FAILED,
			   "acquire with timeout_ms %d was not answered within %d ms", CONTENDED_MS,
			   CONTENDED_MS + LATENESS_MS);
	if (reply.line.outcome != OUTCOME_FAIL)
		return say(what, TRIAL_FAILED, "the lock is held, and a second acquire says %s",
			   outcome_name(reply.line.outcome));
	return say(what, TRIAL_OK, "what is held is refused in time");
}

static enum trial_result try_RELEASE(struct trial *trial, char *what)
{
	struct party *party = &trial->party[0];
	struct etcd_kv kv = {0};

	if (!party->holds)
		return TRIAL_UNTRIED;
	struct adapter_reply reply =
		ask(party, "release", ADAPTER_ENDS_HOLD, in_ns(PATIENCE_S * NS_PER_S));

	if (!is_ok(&reply))
		return say(what, TRIAL_FAILED, "not ok: %s", why(&reply));
	if (look(trial, &kv) > 0)
		return say(what, TRIAL_FAILED, "ok, and the key %.100s is still there", kv.key);
	return say(what, TRIAL_OK, "what is released is free");
}

static enum trial_result try_SUCCESSION(struct trial *trial, char *what)
{
	const struct party *before = &trial->party[0];
	struct party *next = &trial->party[1];

	if (!before->holds)
		return TRIAL_UNTRIED;
	struct adapter_reply reply = ask_acquire(next, PATIENCE_S * 1000, LATENESS_MS);

	if (!is_ok(&reply))
		return say(what, TRIAL_FAILED, "the second one does not get it: %s", why(&reply));
	ask(next, "release", ADAPTER_ENDS_HOLD, in_ns(PATIENCE_S * NS_PER_S));
	if (before->hold.token && next->hold.token <= before->hold.token)
		return say(what, TRIAL_FAILED,
			   "its token is %" PRId64 ", after %" PRId64 ": not greater",
			   next->hold.token, before->hold.token);
	return say(what, TRIAL_OK, "the second one gets it%s",
		   before->hold.token ? ", with a greater token" : "");
}

/* As an operator would, or the service after a pause. */
static bool take_away(struct trial *trial)
{
	int64_t deleted = 0, deadline_ns = in_ns(PATIENCE_S * NS_PER_S);
	char below[ETCD_TEXT];
	struct etcd_kv kv = {0};

	if (look(trial, &kv) == 1 && kv.lease)
		return etcd_lease_revoke(trial->etcd, kv.lease, deadline_ns).outcome == ETCD_OK;
	snprintf(below, sizeof(below), "%s/", trial->config->lock);
	return etcd_delete(trial->etcd, below, true, &deleted, deadline_ns).outcome == ETCD_OK &&
	       deleted > 0;
}

/* By itself, or when it is asked to renew. */
static bool says_lost(struct party *party)
{
	int64_t deadline_ns = in_ns(LOSS_S * NS_PER_S);

	if (!party->init.renews) {
		struct adapter_reply reply = ask(party, "renew", ADAPTER_BESIDES, deadline_ns);

		if (reply.answered && reply.line.outcome == OUTCOME_FAIL && reply.line.gone)
			return true;
	}
	while (party->init.tells_losses && !atomic_load(&party->lost) &&
	       clock_now_ns() < deadline_ns)
		clock_sleep_until_ns(in_ns(10 * NS_PER_MS));
	return atomic_load(&party->lost);
}

static enum trial_result try_LOSS(struct trial *trial, char *what)
{
	struct party *party = &trial->party[0];

	if (!party->holds)
		return TRIAL_UNTRIED;
	struct adapter_reply reply = ask_acquire(party, PATIENCE_S * 1000, LATENESS_MS);

	if (!is_ok(&reply))
		return say(what, TRIAL_FAILED, "it cannot acquire again: %s", why(&reply));
	if (!take_away(trial))
		return say(what, TRIAL_UNTRIED, "no key that could be taken away");
	if (says_lost(party))
		return say(what, TRIAL_OK, "that the lock is gone is told");
	if (party->init.tells_losses)
		return say(what, TRIAL_FAILED,
			   "its lease was revoked, and within %d s it did not say so", LOSS_S);
	return say(what, TRIAL_LEFT_OUT,
		   "that its lease was revoked is told by nothing: its user works on");
}

static enum trial_result try_AFTER_LOSS(struct trial *trial, char *what)
{
	struct party *party = &trial->party[0];

	if (!party->holds)
		return TRIAL_UNTRIED;
	struct adapter_reply reply =
		ask(party, "release", ADAPTER_ENDS_HOLD, in_ns(PATIENCE_S * NS_PER_S));

	if (!reply.answered)
		return say(what, TRIAL_FAILED, "a release of what is lost is not answered");
	reply = ask_acquire(party, PATIENCE_S * 1000, LATENESS_MS);
	if (!is_ok(&reply))
		return say(what, TRIAL_FAILED, "it cannot acquire anew: %s", why(&reply));
	ask(party, "release", ADAPTER_ENDS_HOLD, in_ns(PATIENCE_S * NS_PER_S));
	return say(what, TRIAL_OK, "it is released, and acquired anew");
}

static enum trial_result try_SILENCE(struct trial *trial, char *what)
{
	for (int i = 0; i < PARTIES; i++)
		if (trial->party[i].note[0])
			return say(what, TRIAL_FAILED, "%s", trial->party[i].note);
	return trial->party[0].init.protocol ? say(what, TRIAL_OK, "every line is the protocol's")
					     : TRIAL_UNTRIED;
}

static enum trial_result try_END(struct trial *trial, char *what)
{
	int ended = 0, there = 0;

	for (int i = 0; i < PARTIES; i++) {
		there += trial->party[i].adapter != NULL;
		ended += trial->party[i].adapter && adapter_close(trial->party[i].adapter);
	}
	if (there == 0)
		return TRIAL_UNTRIED;
	return ended == there ? say(what, TRIAL_OK, "it ends when its standard input does")
			      : say(what, TRIAL_FAILED,
				    "its standard input ended, and it had to be killed");
}

/* The whole ----------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	enum trial_result (*try)(struct trial *trial, char *what);
} trials[] = {
#define X(code, word) {word, try_##code},
	TRIALS(X)
#undef X
};

int adapter_trial(const struct trial_config *config, struct error *err)
{
	struct trial trial = {.config = config, .service.etcd = *config->service};
	int failed = 0;

	trial.arm = (struct arm){
		.name = "adapter-test", .ttl_s = TTL_S, .heartbeat_ms = 500, .retries = 3};
	if (etcd_open(&trial.etcd, config->service, 0, err))
		return -1;
	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++) {
		char what[WHAT_SIZE] = "not tried, for want of what is above";
		enum trial_result result = trials[i].try(&trial, what);

		failed += result == TRIAL_FAILED;
		config->tell(config->context, trials[i].name, result, what);
	}
	etcd_close(trial.etcd);
	return failed;
}
