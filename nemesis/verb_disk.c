/*
 * Faults of a member's disk: stall, slow-sync, sync-error, disk-full, power-loss (sandbox/disk.h
 * says what each does to etcd).
 *
 * They bit when a sync was held, held and let go late, or failed; when the ballast took the space
 * that was left; when what was written and not synced is gone and the process with it. An idle
 * member syncs nothing, and is not bitten.
 */
#include "base/invariant.h"
#include "sandbox/disk.h"

#include <stddef.h>

#include "base/clock.h"
#include "nemesis/faults.h"

struct disk_effect {
	enum disk_fault_kind kind;
	size_t count; /* of its proof: where in struct disk_count */
};

static const struct disk_effect *effect_of(const struct fault *fault)
{
	return fault->verb->own;
}

static enum verb_result disk_inject(struct nemesis *nemesis, struct fault *fault, struct error *err)
{
	const struct fault_block *block = fault->block;
	struct disk_fault disk = {
		.id = fault_next_id(nemesis),
		.kind = effect_of(fault)->kind,
		.host = fault->host,
		.scope = block->scope == SCOPE_WAL ? DISK_SCOPE_WAL : DISK_SCOPE_ALL,
		.delay_ns = fault->by_ns,
	};
	struct error ignored = {0};

	if (hosts_disk_inject(nemesis->config->hosts, &disk, err)) {
		hosts_disk_heal(nemesis->config->hosts, disk.id, NULL, &ignored);
		return VERB_FAILED;
	}
	fault_begun(nemesis, fault);
	CHECK(fault->id == disk.id); /* by which it is counted, and healed */
	return VERB_DONE;
}

static int64_t look_at_disk(const struct nemesis *nemesis, const struct fault *fault,
			    struct disk_count *count)
{
	CHECK(fault->id > 0);
	hosts_disk_count(nemesis->config->hosts, fault->id, count);
	return *(const int64_t *)((const char *)count + effect_of(fault)->count);
}

static void prove_syncs(struct nemesis *nemesis, struct fault *fault)
{
	struct disk_count count;
	int64_t hit = look_at_disk(nemesis, fault, &count);

	record_bite(nemesis, fault, hit > 0, hit, "%lld of %lld syncs, the longest for %.3f s",
		    (long long)hit, (long long)count.seen,
		    (double)count.longest_hold_ns / NS_PER_S);
}

static void prove_full(struct nemesis *nemesis, struct fault *fault)
{
	struct disk_count count;
	int64_t bytes = look_at_disk(nemesis, fault, &count);

	record_bite(nemesis, fault, bytes > 0, bytes, "until nothing more could be written");
}

/* It bit, or the inject had failed. */
static void prove_loss(struct nemesis *nemesis, struct fault *fault)
{
	struct disk_count count;
	int64_t bytes = look_at_disk(nemesis, fault, &count);

	record_bite(nemesis, fault, true, bytes, "written and not synced; the process is gone");
}

static int disk_heal(struct nemesis *nemesis, struct fault *fault, struct error *err)
{
	struct disk_count count;

	if (hosts_disk_heal(nemesis->config->hosts, fault->id, &count, err))
		return -1;
	fault->ended_ns = clock_now_ns();
	return 0;
}

#define VERB(kind, counted, prove)                                                                 \
	{                                                                                          \
		disk_inject, prove, disk_heal, 0, &(const struct disk_effect)                      \
		{                                                                                  \
			kind, offsetof(struct disk_count, counted)                                 \
		}                                                                                  \
	}

const struct verb verb_stall = VERB(DISK_STALL, held, prove_syncs);
const struct verb verb_slow_sync = VERB(DISK_SLOW, held, prove_syncs);
const struct verb verb_sync_error = VERB(DISK_EIO, failed, prove_syncs);
const struct verb verb_disk_full = VERB(DISK_FULL, ballast_bytes, prove_full);
const struct verb verb_power_loss = VERB(DISK_POWER_LOSS, lost_bytes, prove_loss);
