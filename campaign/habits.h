/*
 * Careless habits of who uses a right lock, a row each: what a campaign can say of an arm beside
 * its recipe, and by which names the checker finds it. Each is wrong on purpose, a negative control
 * (docs/campaigns.md); what each does stands in workloads/worker/.
 */
#ifndef CAMPAIGN_HABITS_H
#define CAMPAIGN_HABITS_H

/* X(name in code, name in campaigns, the violations that show it, the surest first, what it does).
 */
#define HABITS(X)                                                                                  \
	X(NONE, "none", "", "stops when it learns of the loss, and takes nothing for granted")     \
	X(KEEPS_LEASE, "keeps-lease", "token-regression, not-linearizable",                        \
	  "has given its lock up, and takes it again with the lease that it had")                  \
	X(UNLOCKS_AGAIN, "unlocks-again", "overlap",                                               \
	  "gives back by the key's name, and again when the answer does not come in time")         \
	X(NEVER_NOTICES, "never-notices", "overlap, lost-update",                                  \
	  "renews on whatever the answers say, and is never told of the loss")                     \
	X(GOES_ON, "goes-on", "late-write",                                                        \
	  "hears of the loss, and works on for up to two TTLs more")                               \
	X(HANGS, "hangs", "stuck", "renews on while its work hangs until the run's end")           \
	X(ENTERS_ANYWAY, "enters-anyway", "ghost-grant, overlap",                                  \
	  "does not look whether it got the lock, and works")

enum habit {
#define X(name, ...) HABIT_##name,
	HABITS(X)
#undef X
		HABITS_COUNT
};

struct habit_facts {
	const char *word, *predicts, *sentence;
};

extern const struct habit_facts habits[HABITS_COUNT];
extern const char *const habit_names[]; /* NULL-terminated, in the order of the enum */

#endif
