#include "history/ring.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/invariant.h"

enum { AREA_MAGIC = 0x61726561, RING_MAGIC = 0x72696e67 };

/* head and tail have cache lines of their own: one is the producer's, the other the consumer's. */
struct ring {
	uint32_t magic;
	uint32_t slots;
	_Alignas(64) _Atomic uint64_t head;
	_Atomic uint64_t lost;
	_Alignas(64) _Atomic uint64_t tail;
	_Alignas(64) struct event slot[];
};

struct area {
	uint32_t magic;
	int rings;
	size_t size;
	struct live live;
	size_t offset[]; /* of each ring, from the area's begin */
};

static size_t align_up(size_t size)
{
	return (size + 63) & ~(size_t)63;
}

static size_t ring_size(uint32_t slots)
{
	return align_up(sizeof(struct ring) + slots * sizeof(struct event));
}

static struct ring *ring_at(struct area *area, int index)
{
	return (struct ring *)((unsigned char *)area + area->offset[index]);
}

int area_open_sized(struct area **area, int rings, const uint32_t *slots, struct error *err)
{
	size_t size = align_up(sizeof(struct area) + (size_t)rings * sizeof(size_t)), at = size;

	CHECK(rings > 0);
	for (int i = 0; i < rings; i++) {
		CHECK(slots[i] > 0 && (slots[i] & (slots[i] - 1)) == 0);
		size += ring_size(slots[i]);
	}
	struct area *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (mapped == MAP_FAILED)
		return error_errno(err, EXIT_MACHINE_LACKS, "map %zu bytes for the rings", size);
	mapped->magic = AREA_MAGIC;
	mapped->rings = rings;
	mapped->size = size;
	for (int i = 0; i < rings; i++) {
		mapped->offset[i] = at;
		ring_at(mapped, i)->magic = RING_MAGIC;
		ring_at(mapped, i)->slots = slots[i];
		at += ring_size(slots[i]);
	}
	*area = mapped;
	return 0;
}

int area_open(struct area **area, int rings, uint32_t slots, struct error *err)
{
	uint32_t *all = calloc((size_t)rings + 1, sizeof(*all));

	CHECK_MEMORY(all);
	for (int i = 0; i < rings; i++)
		all[i] = slots;
	int result = area_open_sized(area, rings, all, err);

	free(all);
	return result;
}

void area_close(struct area *area)
{
	CHECK(area->magic == AREA_MAGIC);
	munmap(area, area->size);
}

int area_rings(const struct area *area)
{
	return area->rings;
}

struct ring *area_ring(struct area *area, int index)
{
	CHECK(area->magic == AREA_MAGIC);
	CHECK(index >= 0 && index < area->rings);
	struct ring *ring = ring_at(area, index);

	CHECK(ring->magic == RING_MAGIC);
	return ring;
}

struct live *area_live(struct area *area)
{
	CHECK(area->magic == AREA_MAGIC);
	return &area->live;
}

bool ring_push(struct ring *ring, const struct event *event)
{
	uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);

	if (head - tail == ring->slots) {
		atomic_fetch_add_explicit(&ring->lost, 1, memory_order_relaxed);
		return false;
	}
	ring->slot[head & (ring->slots - 1)] = *event;
	atomic_store_explicit(&ring->head, head + 1, memory_order_release);
	return true;
}

uint32_t ring_drain(struct ring *ring, struct event *into, uint32_t limit)
{
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
	uint32_t count = head - tail < limit ? (uint32_t)(head - tail) : limit;

	for (uint32_t i = 0; i < count; i++)
		into[i] = ring->slot[(tail + i) & (ring->slots - 1)];
	atomic_store_explicit(&ring->tail, tail + count, memory_order_release);
	return count;
}

uint64_t ring_lost(const struct ring *ring)
{
	return atomic_load_explicit(&ring->lost, memory_order_relaxed);
}
