#include "tuning/complaints.h"

#include <stdlib.h>

#include "base/invariant.h"
#include "tuning/complaint_rules.h"

static const struct complaint_words rule_words[] = {
#define X(name, word, sentence, why) [COMPLAINT_##name] = {word, sentence, why},
	COMPLAINTS(X)
#undef X
};

static complaint_rule_f *const rules[COMPLAINT_RULES_COUNT] = {
	[COMPLAINT_NO_RENEWAL] = complain_no_renewal,
	[COMPLAINT_NOT_TOLD] = complain_not_told,
	[COMPLAINT_GIVES_UP] = complain_gives_up,
	[COMPLAINT_RENEW_DEADLINE] = complain_renew_deadline,
	[COMPLAINT_LOOP_WAIT] = complain_loop_wait,
	[COMPLAINT_DEADLINE] = complain_deadline,
	[COMPLAINT_WORK] = complain_work,
	[COMPLAINT_PAUSES] = complain_pauses,
	[COMPLAINT_NO_GUARD] = complain_no_guard,
	[COMPLAINT_ATTEMPTS] = complain_attempts,
	[COMPLAINT_TIMEOUT] = complain_timeout,
	[COMPLAINT_LEAST_TTL] = complain_least_ttl,
	[COMPLAINT_ELECTION] = complain_election,
	[COMPLAINT_INTERVAL] = complain_interval,
};

const struct complaint_words *complaint_words(enum complaint_rule rule)
{
	CHECK(rule < COMPLAINT_RULES_COUNT);
	return &rule_words[rule];
}

bool complaint_of(const struct stated *stated, enum complaint_rule rule,
		  struct complaint *complaint)
{
	struct lease lease = stated_lease(stated);

	CHECK(stated->ttl_ms > 0 && stated->heartbeat_ms >= 0 && stated->retries > 0);
	*complaint = (struct complaint){.rule = rule};
	if (!rules[rule](stated, &lease, complaint))
		return false;
	CHECK(complaint->what && complaint->change && complaint->price);
	return true;
}

void complaint_free(struct complaint *complaint)
{
	free(complaint->what);
	free(complaint->change);
	free(complaint->price);
	free(complaint->picture);
}

void complaints_make(const struct stated *stated, struct complaints *complaints)
{
	*complaints = (struct complaints){0};
	for (int i = 0; i < COMPLAINT_RULES_COUNT; i++)
		complaints->count += complaint_of(stated, (enum complaint_rule)i,
						  &complaints->complaint[complaints->count]);
}

void complaints_free(struct complaints *complaints)
{
	for (int i = 0; i < complaints->count; i++)
		complaint_free(&complaints->complaint[i]);
	complaints->count = 0;
}
