/* The options of campaigns: one row each, in the order in which they are printed. */
#include "campaign/options.h"

#include <limits.h>
#include <string.h>

#include "base/invariant.h"
#include "campaign/lock_presets.h"
#include "campaign/option_checks.h"
#include "campaign/duration.h"
#include "campaign/value.h"

#define FIELD(of, field) .offset = offsetof(of, field), .size = sizeof(((of *)0)->field)
#define LIST(of, field, number)                                                                    \
	.offset = offsetof(of, field), .size = sizeof(((of *)0)->field[0]),                        \
	.count = offsetof(of, number)
#define KIND(field)         .of_kind = offsetof(struct fault_traits, field)
#define WITHIN(least, most) .low = (least), .high = (most)

#define TOP(field)             FIELD(struct campaign, field)
#define CLUSTER(field)         FIELD(struct cluster_options, field)
#define CLUSTERS(field, count) LIST(struct cluster_options, field, count)
#define ARM(field)             FIELD(struct arm, field)
#define ARMS(field, count)     LIST(struct arm, field, count)
#define FAULT(field)           FIELD(struct fault_block, field)

static const struct option top_options[] = {
	{"name", OPTION_TEXT, TOP(name), .standard = "unnamed",
	 .means = "a name for the report; one line, without control characters, as every text "
		  "here"},
	{"seed", OPTION_SEED, TOP(seed), .standard = "0", .takes = "0 to 2^64 - 1",
	 .means = "every random choice comes from it; 0 draws a new one, which is printed and "
		  "stored"},
	{"duration", OPTION_MS, TOP(duration_ms), .standard = "30s", WITHIN(1000, DAY_MS),
	 .means = "how long the load and the faults last"},
	{"settle", OPTION_MS, TOP(settle_ms), .standard = "5s", WITHIN(100, DAY_MS),
	 .means = "after the last heal: a lane that nobody can acquire in this time is *stuck*. "
		  "Let it be longer than any `work`"},
	{"min-exposures", OPTION_WHOLE, TOP(min_exposures), .standard = "30", WITHIN(1, 1000000),
	 .means = "fewer exposures than this, or of an arm whose guard promises something fewer "
		  "tests of its guard, are INCONCLUSIVE, never SAFE"},
	{"service-expect", OPTION_WORD, TOP(service_expect), .standard = "any",
	 .words = expectation_names, .means = "what is expected of etcd itself"},
	{0},
};

static const struct option cluster_options[] = {
	{"members", OPTION_WHOLE, CLUSTER(members), .standard = "3", WITHIN(INT_MIN, INT_MAX),
	 .takes = "1, 3 or 5",
	 .means = "of our own cluster; of one that runs already the number of `endpoints`"},
	{"etcd", OPTION_TEXT, CLUSTER(etcd), .standard = "etcd", .needs = NEEDS_MEMBERS,
	 .means = "a name on PATH, a path, or a version (`\"3.5.16\"`): Debian's own build, "
		  "fetched once. 3.3.25, 3.4.23, 3.5.16 and 3.5.30 are known by their SHA256 "
		  "(`scripts/etcd-versions.tsv`); any other that the archive carries is taken if "
		  "its signature can be verified (gpgv, or sqv where apt uses that, and "
		  "debian-archive-keyring). `DEBIAN_ARCHIVE=URL` names a mirror, which alone is "
		  "asked then. A fetched one is first run, for its version, in a sandbox"},
	{"heartbeat", OPTION_MS, CLUSTER(heartbeat_ms), .standard = "50ms", WITHIN(1, 10000),
	 .needs = NEEDS_MEMBERS, .means = "etcd's own: of the leader to the others"},
	{"election", OPTION_MS, CLUSTER(election_ms), .standard = "500ms", WITHIN(5, 50000),
	 .needs = NEEDS_MEMBERS,
	 .means = "etcd's own: without a heartbeat for so long a member wants to lead. At least 5 "
		  "times `heartbeat`. The shortest TTL that etcd grants is 1.5 x `election`, "
		  "rounded up to a second"},
	{"etcd-flags", OPTION_TEXTS, CLUSTERS(flag, flags), .standard = "{}",
	 .needs = NEEDS_MEMBERS, .quiet = true, .check = cluster_check_flag,
	 .add = cluster_add_flag, .takes = "up to 16",
	 .means = "`{\"--snapshot-count=1000\", \"--experimental-initial-corrupt-check\", ...}`: "
		  "more words for every member's command line. Those that the harness sets or "
		  "lives by are refused: names, addresses, data, `--initial-*`, timing (see "
		  "above), TLS, logs. When a member does not start with them, its log is quoted"},
	{"endpoints", OPTION_TEXTS, CLUSTERS(endpoint, endpoints), .standard = "{}", .quiet = true,
	 .check = cluster_check_endpoint, .add = cluster_add_endpoint, .takes = "up to 16 URLs",
	 .means = "`{\"http://127.0.0.1:2379\", ...}`: test this running cluster instead; only our "
		  "own workers are faulted, and the options above mean nothing "
		  "(docs/existing.md)"},
	{"cacert", OPTION_TEXT, CLUSTER(access.cacert), .standard = "", .quiet = true,
	 .takes = "a file",
	 .means = "who signs the certificates of endpoints with `https://`; `--cacert`"},
	{"cert", OPTION_TEXT, CLUSTER(access.cert), .standard = "", .quiet = true,
	 .takes = "a file", .means = "our own certificate; `--cert`"},
	{"key", OPTION_TEXT, CLUSTER(access.key), .standard = "", .quiet = true, .takes = "a file",
	 .means = "and its key; `--key`"},
	{"user", OPTION_TEXT, CLUSTER(access.user), .standard = "", .quiet = true,
	 .check = cluster_check_user, .means = "of a cluster with authentication on; `--user`"},
	{"password", OPTION_TEXT, .standard = "", .check = cluster_check_password,
	 .takes = "nothing", .means = "stands in no campaign, which is stored with the run"},
	{"password-file", OPTION_TEXT, CLUSTER(password_file), .standard = "", .quiet = true,
	 .takes = "a file", .means = "whose first line is the password; `--password-file`"},
	{"prefix", OPTION_TEXT, CLUSTER(prefix), .standard = "", .quiet = true,
	 .check = cluster_check_prefix,
	 .means = "below which all our keys are in an existing cluster; else `fencepost/`. "
		  "`--prefix`"},
	{0},
};

static const struct option arm_options[] = {
	{"preset", OPTION_WORD, .standard = "none", .words = lock_preset_names, .takes = "a preset",
	 .means = "what the arm begins with: the times of a real system's lock. What is written "
		  "beside it replaces it"},
	{"guard", OPTION_WORD, ARM(guard), .standard = "none", .words = guard_names,
	 .means = "what stands between a stale holder and the resource"},
	{"recipe", OPTION_WORD, ARM(recipe), .standard = "lock", .words = recipe_names,
	 .needs = NEEDS_RECIPE, .takes = "a recipe",
	 .means = "how the lock is taken, kept and given back (below). Some have a planted bug, "
		  "and show that the checker finds it"},
	{"habit", OPTION_WORD, ARM(habit), .standard = "none", .words = habit_names,
	 .needs = NEEDS_RECIPE, .takes = "a habit", .quiet = true,
	 .means = "what a careless user does with the recipe (below): a planted bug"},
	{"client", OPTION_TEXTS, ARMS(client_word, client_words), .standard = "{}", .quiet = true,
	 .check = value_check_text, .add = arm_add_client_word, .takes = "up to 8 words",
	 .means = "`{\"COMMAND\", \"ARG\", ...}` in place of a recipe: an adapter, a program of "
		  "anybody's that is the client (docs/adapter.md). COMMAND is looked for on PATH, "
		  "or, with a slash, from where you run, then where fencepost and its adapters "
		  "lie"},
	{"store", OPTION_WORD, ARM(store), .standard = "honest", .words = store_names,
	 .means = "`ignores-tokens` plants a bug in the store; with a guard whose requests carry "
		  "tokens"},
	{"look", OPTION_WORD, ARM(look), .standard = "none", .words = look_names, .quiet = true,
	 .means =
		 "right before the write the worker asks whether its lock is still there, and does "
		 "not write unless the answer is yes: by a linearizable or a `serializable` "
		 "`range` of the lock key, or by the lease's `timetolive`"},
	{"endpoint-order", OPTION_WORD, ARM(endpoint_order), .standard = "failover",
	 .words = etcd_order_names, .quiet = true,
	 .means = "which member a worker asks, of which each begins with another: the one that "
		  "answered last, and another when it does not (`failover`); always the first, as "
		  "clients do that know but one (`pinned`); with each request the next "
		  "(`round-robin`)"},
	{"expect", OPTION_WORD, ARM(expect), .standard = "any", .words = expectation_names,
	 .means = "the verdict that you expect; the exit code is about this"},
	{"lanes", OPTION_WHOLE, ARM(lanes), .standard = "4", WITHIN(1, 64),
	 .means = "locks, each with its resource and its own workers; more lanes, more exposures "
		  "in the same time"},
	{"workers", OPTION_WHOLE, ARM(workers), .standard = "3", WITHIN(1, 64),
	 .means = "contending for each lane's lock"},
	{"permits", OPTION_WHOLE, ARM(permits), .standard = "0", WITHIN(0, PERMITS_MAX),
	 .quiet = true,
	 .means =
		 "of a recipe that is a semaphore, and it must have some: so many workers may hold "
		 "a lane's lock at once. Let there be more workers"},
	{"readers", OPTION_WHOLE, ARM(readers), .standard = "0", WITHIN(0, 99), .quiet = true,
	 .means = "of a recipe that is a read-write lock, and it must have some: so many in 100 "
		  "attempts, drawn by the seed, want it for reading"},
	{"retries", OPTION_WHOLE, ARM(retries), .standard = "3", WITHIN(1, 1000),
	 .means = "renewals that fail in a row before the worker gives its lock up"},
	{"ttl", OPTION_SECONDS, ARM(ttl_s), .standard = "1s", WITHIN(1000, DAY_MS),
	 .means = "of the lease that is asked for; the one in etcd's answer counts"},
	{"heartbeat", OPTION_MS, ARM(heartbeat_ms), .standard = "300ms", WITHIN(0, DAY_MS),
	 .check = arm_check_heartbeat, .takes = "`10ms` to a day, or `0s`",
	 .means = "between two renewals; less than the TTL. `0s`: the worker never renews"},
	{"renew-timeout", OPTION_MS, ARM(renew_timeout_ms), .standard = "0s", WITHIN(0, DAY_MS),
	 .quiet = true,
	 .means = "how long a renewal is waited for; `0s`: as long as `heartbeat`, at least 0.1 s"},
	{"retry-after", OPTION_MS, ARM(retry_after_ms), .standard = "0s", WITHIN(0, DAY_MS),
	 .quiet = true,
	 .means = "from a renewal that fails to the next, at the least; `0s`: at once, or one "
		  "`heartbeat` when no member took it"},
	{"renew-deadline", OPTION_MS, ARM(renew_deadline_ms), .standard = "0s", WITHIN(0, DAY_MS),
	 .quiet = true,
	 .means =
		 "renewals that fail are tried again until so long after the begin of the first of "
		 "them, however many, and each is waited for until then (or `renew-timeout`); "
		 "the next one comes one `heartbeat` after its begin (or `retry-after`). `0s`: as "
		 "`retries` says"},
	{"acquire-timeout", OPTION_MS, ARM(acquire_timeout_ms), .standard = "10s",
	 WITHIN(10, DAY_MS), .means = "how long a worker waits for the lock"},
	{"acquire-within", OPTION_MS, ARM(acquire_within_ms), .standard = "0s", WITHIN(0, DAY_MS),
	 .quiet = true,
	 .means = "an expectation, `0s` is none: when somebody has tried for this long to take a "
		  "lane's lock and nobody acquired it, whoever held it, the lane was *stuck*, and "
		  "the run exits 1. Allow for the longest hold"},
	{"work", OPTION_RANGE, ARM(work_min_ms), .standard = "20ms .. 200ms",
	 .means = "between the read and the write of the resource"},
	{"rest", OPTION_MS, ARM(rest_max_ms), .standard = "50ms", WITHIN(0, DAY_MS),
	 .means = "at most this long between a release and the next attempt"},
	{0},
};

static const struct option fault_options[] = {
	{"preset", OPTION_WORD, .standard = "none", .words = fault_preset_names,
	 .takes = "a preset",
	 .means = "what the block begins with. What is written beside it replaces it"},
	{"do", OPTION_WORD, FAULT(kind), .words = fault_kind_names, .takes = "a kind",
	 .means = "the kind of fault. It, or `preset`, must be given"},
	{"target", OPTION_TARGET, FAULT(target), .words = fault_target_names,
	 .check = fault_check_target, .takes = "a target",
	 .means = "whom. A kind that has no single host needs none"},
	{"when", OPTION_WORD, FAULT(moment), .standard = "now", .words = fault_moment_names,
	 .takes = "a moment", .means = "the moment"},
	{"after", OPTION_SPAN, FAULT(after), .standard = "0s",
	 .means = "how long after the moment; for `before-expiry` how long before it; of a block "
		  "that follows: after its leader's end or begin"},
	{"from", OPTION_WORD, FAULT(from), .standard = "all", .words = fault_from_names,
	 .needs = USES_FROM, .takes = "hosts", .means = "the far side"},
	{"direction", OPTION_WORD, FAULT(direction), .standard = "both",
	 .words = fault_direction_names, .needs = USES_FROM,
	 .means = "`out`: only what the target sends; `in`: only what it is sent"},
	{"shape", OPTION_WORD, FAULT(shape), .standard = "halves", .words = fault_shape_names,
	 .needs = USES_SHAPE, .means = "who does not hear whom"},
	{"scope", OPTION_WORD, FAULT(scope), .standard = "wal", .words = fault_scope_names,
	 .needs = USES_SCOPE,
	 .means = "`wal`: syncs of the write-ahead log; `all`: those of the database and of "
		  "snapshots too"},
	{"length", OPTION_SPAN, FAULT(length), .standard = "1.5 ttl", .needs = USES_LENGTH,
	 .means = "how long it is in force"},
	{"by", OPTION_SPAN, FAULT(by), KIND(by), .standard = "0s", .needs = USES_BY,
	 .means = "how much"},
	{"back", OPTION_FLAG, FAULT(back), .standard = "false", .needs = USES_BACK, .quiet = true,
	 .means = "the clock is set back by that, not ahead"},
	{"percent", OPTION_DECIMAL, FAULT(percent), KIND(percent), .standard = "0", WITHIN(0, 1000),
	 .needs = USES_PERCENT,
	 .means = "how many, with up to three decimals. At most 100 but for a clock"},
	{"rate", OPTION_WHOLE, FAULT(rate), KIND(rate), .standard = "0", WITHIN(1, 100000),
	 .needs = USES_RATE, .means = "kbit/s; writes per second (at most 4,000)"},
	{"count", OPTION_WHOLE, FAULT(count), KIND(count), .standard = "0", WITHIN(1, 100000),
	 .needs = USES_COUNT, .means = "leases (at most 1,000)"},
	{"lanes", OPTION_WHOLE, FAULT(lanes), .standard = "0", WITHIN(0, SCHEDULED_LANES),
	 .quiet = true,
	 .means = "of targets of a lane: how many lanes of every arm at each occasion, as many as "
		  "the arms have, drawn anew each time; 0: all. The same numbers in every arm, so "
		  "that arms can be compared pair by pair"},
	{"lane", OPTION_WHOLES, LIST(struct fault_block, lane, named_lanes), .standard = "{}",
	 WITHIN(0, 63), .quiet = true, .add = fault_add_lane,
	 .means = "these lanes, always: `{0, 2}`. Not together with `lanes`"},
	{"follows", OPTION_BLOCK, FAULT(follows), .standard = "nothing", .quiet = true,
	 .takes = "an earlier block", .means = "comes when one of its faults ends, or begins"},
	{"since", OPTION_FLAG, FAULT(with_begin), .standard = "end", .words = fault_since_names,
	 .needs = NEEDS_LEADER, .means = "of that which it follows"},
	{"first", OPTION_TIME, FAULT(first_ms), .standard = "1s", .needs = NEEDS_CLOCK,
	 .means = "the first occasion, after the load began"},
	{"every", OPTION_TIME, FAULT(every_ms), .standard = "0s", .needs = NEEDS_CLOCK,
	 .means = "from one occasion to the next, at least 50 ms; `0s`: once. A run takes 100,000 "
		  "occasions of all blocks together; more are refused before it starts"},
	{"jitter", OPTION_TIME, FAULT(jitter_ms), .standard = "0s", .needs = NEEDS_CLOCK,
	 .means = "each occasion is moved by 0 .. jitter"},
	{"overlap", OPTION_FLAG, FAULT(overlap), .standard = "false", .quiet = true,
	 .means = "may hit a host that is under another fault, and more than a minority"},
	{0},
};

/* In hosts, keys, paths and verdicts these stand for themselves; `follows = nothing` is one, too.
 */
static const char *const no_arms[] = {"service", "store",   "witness", "recorder",
				      "capture", "nemesis", NULL};
static const char *const no_faults[] = {"nothing", NULL};

const struct option_section option_sections[SECTIONS] = {
	[SECTION_TOP] = {"root", top_options, 1, NULL},
	[SECTION_CLUSTER] = {"cluster", cluster_options, 1, NULL},
	[SECTION_ARM] = {"arm", arm_options, ARMS_MAX, no_arms},
	[SECTION_FAULT] = {"fault", fault_options, FAULT_BLOCKS_MAX, no_faults},
};

const struct option *option_find(enum section section, const char *name)
{
	const struct option *option = option_sections[section].options;

	while (strcmp(option->name, name) != 0) {
		option++;
		CHECK(option->name);
	}
	return option;
}

bool option_is_meant(const struct option *option, uint32_t there)
{
	return !option->needs || option->needs & there;
}

void option_set_to_kinds(const struct option *option, struct fault_block *block)
{
	CHECK(option->of_kind);
	memcpy((char *)block + option->offset,
	       (const char *)fault_traits(block->kind) + option->of_kind, option->size);
}

void option_set_word(const struct option *option, int word, void *base)
{
	CHECK(option->type == OPTION_WORD && option->size == sizeof(word));
	memcpy((char *)base + option->offset, &word, sizeof(word));
}

uint32_t cluster_needs(const struct cluster_options *cluster)
{
	return cluster->endpoints ? 0 : NEEDS_MEMBERS;
}

uint32_t arm_needs(const struct arm *arm)
{
	return arm->client_words ? 0 : NEEDS_RECIPE;
}

uint32_t fault_needs(const struct fault_block *block)
{
	return fault_traits(block->kind)->uses | (block->follows ? NEEDS_LEADER : NEEDS_CLOCK);
}
