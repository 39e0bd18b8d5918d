/*
 * Faults of a member's disk: stall, slow-sync, sync-error, disk-full, power-loss (sandbox/disk.h
 * says what each does to etcd).
 *
 * They bit when a sync was held, held and let go late, or failed; when the ballast took the space
 * that was left; when what was written and not synced is gone and the process with it. An idle
 * member syncs nothing, and is not bitten.
 */
#include "sandbox/disk.h"

#include "base/clock.h"
#include "nemesis/fault.h"

static const enum disk_fault_kind disk_kind[FAULT_KINDS_COUNT] = {
	[FAULT_STALL] = DISK_STALL,           [FAULT_SLOW_SYNC] = DISK_SLOW,
	[FAULT_SYNC_ERROR] = DISK_EIO,        [FAULT_DISK_FULL] = DISK_FULL,
	[FAULT_POWER_LOSS] = DISK_POWER_LOSS,
};

static enum verb_result disk_inject(struct nemesis *nemesis, struct fault *fault, struct error *err)
{
	const struct fault_block *block = fault->block;
	struct disk_fault disk = {
		.id = fault_next_id(nemesis),
		.kind = disk_kind[block->kind],
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
	return VERB_DONE;
}

static void prove_syncs(struct nemesis *nemesis, struct fault *fault,
			const struct disk_count *count)
{
	int64_t hit = fault->block->kind == FAULT_SYNC_ERROR ? count->failed : count->held;

	fault->bitten = hit > 0;
	record_proof(nemesis, fault, fault->bitten, hit,
		     fault->block->kind == FAULT_SYNC_ERROR ? "syncs failed" : "syncs held",
		     "%lld of %lld syncs, the longest for %.3f s", (long long)hit,
		     (long long)count->seen, (double)count->longest_hold_ns / NS_PER_S);
}

static void disk_prove(struct nemesis *nemesis, struct fault *fault)
{
	struct disk_count count;

	hosts_disk_count(nemesis->config->hosts, fault->id, &count);
	if (fault->block->kind == FAULT_DISK_FULL) {
		fault->bitten = count.ballast_bytes > 0;
		record_proof(nemesis, fault, fault->bitten, count.ballast_bytes, "bytes of ballast",
			     "until nothing more could be written");
	} else if (fault->block->kind == FAULT_POWER_LOSS) {
		fault->bitten = true; /* or the inject had failed */
		record_proof(nemesis, fault, true, count.lost_bytes, "bytes of the WAL lost",
			     "written and not synced; the process is gone");
	} else {
		prove_syncs(nemesis, fault, &count);
	}
}

static int disk_heal(struct nemesis *nemesis, struct fault *fault, struct error *err)
{
	struct disk_count count;

	if (hosts_disk_heal(nemesis->config->hosts, fault->id, &count, err))
		return -1;
	fault->ended_ns = clock_now_ns();
	return 0;
}

const struct verb verb_disk = {disk_inject, disk_prove, disk_heal, CAN_FAULT_DISKS};
