/*
 * What each kind of fault may be aimed at, which options it takes, and what they are when nothing
 * is said: the rows of fault_kinds.h. Campaigns are held to them, and so is whoever draws faults at
 * random.
 */
#include "campaign/fault.h"

#define OF(name) (1u << TARGET_##name)

enum {
	ANYWAY = OF(SAME) | OF(HOST),
	WORKERS = OF(HOLDER) | OF(WAITER) | OF(OLDEST_WAITER) | OF(NEWEST_WAITER) | OF(WORKER),
	MEMBER = OF(ENDPOINT) | OF(LEADER) | OF(FOLLOWER) | OF(MEMBER) | OF(EACH_MEMBER),
	SETS = OF(MINORITY) | OF(MAJORITY) | OF(MEMBERS),
	PROCESSES = WORKERS | MEMBER | SETS | ANYWAY,
	LINKS = PROCESSES | OF(STORE),
	TIMED_PACKETS = USES_FROM | USES_LENGTH,
};

static const struct fault_traits traits[] = {
#define FAULT_KIND(name, word, verb, does, proof, ...) {word, does, proof, __VA_ARGS__},
#include "campaign/fault_kinds.h"
};

/* Each word fits where the history has it. */
#define FAULT_KIND(name, word, verb, does, proof, ...)                                             \
	_Static_assert(sizeof(word) > 1 &&                                                         \
			       sizeof(word) <= sizeof(((struct fault_event *)0)->kind),            \
		       "the word of " word);                                                       \
	_Static_assert(sizeof(does) > 1, "what it does: " word);                                   \
	_Static_assert(sizeof(proof) > 1 &&                                                        \
			       sizeof(proof) <= sizeof(((struct proof_event *)0)->what),           \
		       "the proof of " word);
#include "campaign/fault_kinds.h"

const struct fault_traits *fault_traits(enum fault_kind kind)
{
	return &traits[kind];
}

bool fault_is_of_lanes(const struct fault_block *block)
{
	return 1u << block->target & (WORKERS | OF(ENDPOINT));
}

void fault_list_targets(FILE *out, enum fault_kind kind)
{
	static const struct {
		uint32_t targets;
		const char *words;
	} groups[] = {{WORKERS, "workers"}, {MEMBER, "members"}, {SETS, "sets of members"}};
	uint32_t left = traits[kind].targets & ~(ANYWAY | OF(CLUSTER));
	const char *between = "";

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if ((left & groups[i].targets) == groups[i].targets) {
			fprintf(out, "%s%s", between, groups[i].words);
			left &= ~groups[i].targets;
			between = ", ";
		}
	for (int i = 0; i < FAULT_TARGETS_COUNT; i++)
		if (left >> i & 1) {
			fprintf(out, "%s`%s`", between, fault_target_names[i]);
			between = ", ";
		}
}
