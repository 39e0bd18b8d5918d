#include "tuning/advice.h"

#include <stdlib.h>

#include "base/invariant.h"
#include "tuning/matter.h"

static const char *const rule_words[] = {
#define X(name, word) [ADVICE_##name] = (word),
	ADVICE_RULES(X)
#undef X
};

static advice_rule_f *const rules[ADVICE_RULES_COUNT] = {
	[ADVICE_TOKEN] = advise_token,       [ADVICE_TTL] = advise_ttl,
	[ADVICE_GIVES_UP] = advise_gives_up, [ADVICE_VERSION] = advise_version,
	[ADVICE_ATTEMPTS] = advise_attempts, [ADVICE_MORE] = advise_more,
	[ADVICE_RETRIES] = advise_retries,
};

const char *advice_rule_word(enum advice_rule rule)
{
	CHECK(rule < ADVICE_RULES_COUNT);
	return rule_words[rule];
}

int advice_give(const struct history *history, const struct verdicts *verdicts,
		struct advice *advice, struct error *err)
{
	struct matter matter;

	*advice = (struct advice){0};
	if (matter_gather(history, verdicts, &matter, err))
		return error_wrap(err, "what to change");
	for (int i = 0; i < ADVICE_RULES_COUNT && advice->items < ADVICE_MAX; i++) {
		struct advice_item *item = &advice->item[advice->items];

		item->rule = (enum advice_rule)i;
		if (!rules[i](&matter, item))
			continue;
		CHECK(item->brief && item->change && item->gain && item->price);
		advice->items++;
	}
	matter_free(&matter);
	return 0;
}

void advice_free(struct advice *advice)
{
	for (int i = 0; i < advice->items; i++) {
		free(advice->item[i].brief);
		free(advice->item[i].change);
		free(advice->item[i].gain);
		free(advice->item[i].price);
	}
	advice->items = 0;
}
