/*
 * T7: a register without compare-and-set, each value that a read saw written at most once (Gibbons
 * & Korach 1997). Then who read what from whom is known, and a value is much like a hold: from the
 * first return to the last invocation of the operations on it the register certainly held it; where
 * the last invocation comes first, it needs an instant only. One pass over the operations, one over
 * the events; a violation is looked for again, in ever shorter prefixes.
 */
#include "checker/linear/zones.h"

#include "base/array.h"
#include "checker/linear/keys.h"
#include "checker/linear/models.h"

struct register_zones {
	const struct linear_object *object;
	const struct trace_op *ops;
	uint32_t until;
	struct keys keys;
	struct zone *zone; /* of each value; `first` is none where no read saw it */
	struct zones_culprits *culprits;
	const struct zone *held; /* certainly, at this event; NULL: none */
};

static const struct zone no_zone = {TRACE_NEVER, TRACE_NEVER, TRACE_NEVER, false};

static bool is_read(const struct trace_op *op)
{
	return op->f == TRACE_READ;
}

static struct zone *zone_of(struct register_zones *zones, uint32_t value)
{
	return &zones->zone[keys_number(&zones->keys, value)];
}

static bool has_answered(const struct register_zones *zones, const struct trace_op *op)
{
	return op->outcome == TRACE_OK && op->returned < zones->until;
}

static bool was_read(const struct zone *zone)
{
	return zone->last != TRACE_NEVER;
}

/* The register certainly held it from the one to the other; else it needs an instant between. */
static bool is_held(const struct register_zones *zones, const struct zone *zone)
{
	return zone->initial || zones->ops[zone->first].returned < zones->ops[zone->last].invoked;
}

static void stretch(const struct register_zones *zones, struct zone *zone, uint32_t index)
{
	const struct trace_op *op = &zones->ops[index];

	if (has_answered(zones, op) && !zone->initial &&
	    (zone->first == TRACE_NEVER || op->returned < zones->ops[zone->first].returned))
		zone->first = index;
	if (zone->last == TRACE_NEVER || op->invoked > zones->ops[zone->last].invoked)
		zone->last = index;
}

/* By invocation: the operations before `until` are the first ones. */
static uint32_t count_ops(const struct register_zones *zones)
{
	const struct linear_object *object = zones->object;
	return (uint32_t)ARRAY_BEFORE(object->ops, i,
				      zones->ops[object_op(object, i)].invoked < zones->until);
}

static bool gather_reads(struct register_zones *zones, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t index = object_op(zones->object, i);
		const struct trace_op *op = &zones->ops[index];

		if (op->f == TRACE_CAS)
			return false;
		if (is_read(op) && has_answered(zones, op))
			stretch(zones, zone_of(zones, op->a), index);
	}
	return true;
}

/* False when a value that was read had been written twice; the first value counts as written. */
static bool gather_writes(struct register_zones *zones, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t index = object_op(zones->object, i);
		const struct trace_op *op = &zones->ops[index];
		struct zone *zone = zone_of(zones, op->a);

		if (is_read(op) || op->outcome == TRACE_FAILED || !was_read(zone))
			continue;
		if (zone->initial || zone->write != TRACE_NEVER)
			return false;
		zone->write = index;
		stretch(zones, zone, index);
	}
	return true;
}

static void open_zones(struct register_zones *zones, uint32_t count)
{
	uint32_t initial = zones->object->trace->initial, low = initial, high = initial;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t value = zones->ops[object_op(zones->object, i)].a;

		low = value < low ? value : low;
		high = value > high ? value : high;
	}
	keys_open(&zones->keys, low, high, count + 1);
	ARRAY_NEW(zones->zone, zones->keys.count);
	for (uint32_t i = 0; i < zones->keys.count; i++)
		zones->zone[i] = no_zone;
	zone_of(zones, initial)->initial = true;
}

static bool blame(struct register_zones *zones, enum zones_fault fault, const struct zone *one,
		  const struct zone *other)
{
	*zones->culprits = (struct zones_culprits){fault, {*one, *other}};
	return false;
}

/* A value needs an instant from the invocation of `last` to the return of `first`. */
static bool find_room(struct register_zones *zones, const struct zone *zone)
{
	const struct zone *held = zones->held;

	if (!held ||
	    (!held->initial && zones->ops[held->first].returned > zones->ops[zone->last].invoked))
		return true;
	return blame(zones, ZONES_NO_ROOM, held, zone);
}

/* The first return of an operation on a value. */
static bool begin(struct register_zones *zones, const struct zone *zone)
{
	CHECK(zone->first != TRACE_NEVER);
	if (zone->write == TRACE_NEVER ||
	    zones->ops[zone->write].invoked > zones->ops[zone->first].returned)
		return blame(zones, ZONES_UNWRITTEN, zone, &no_zone);
	if (!is_held(zones, zone))
		return find_room(zones, zone);
	if (zones->held)
		return blame(zones, ZONES_BOTH_HELD, zones->held, zone);
	zones->held = zone;
	return true;
}

static bool sweep_return(struct register_zones *zones, uint32_t index)
{
	const struct trace_op *op = &zones->ops[index];
	struct zone *zone = zone_of(zones, op->a);

	if (op->outcome != TRACE_OK)
		return true;
	if (!was_read(zone)) { /* a write that needs an instant, for nobody to see */
		const struct zone alone = {index, index, index, false};

		return find_room(zones, &alone);
	}
	return zone->first != index || begin(zones, zone);
}

static void sweep(struct register_zones *zones)
{
	const struct linear_object *object = zones->object;
	struct zone *initial = zone_of(zones, object->trace->initial);

	zones->held = was_read(initial) ? initial : NULL;
	for (uint32_t i = 0; i < object->events; i++) {
		uint32_t index = object->event[i] >> 1;
		const struct trace_op *op = &zones->ops[index];
		bool is_return = object->event[i] & 1;

		if ((is_return ? op->returned : op->invoked) >= zones->until)
			return;
		if (is_return && !sweep_return(zones, index))
			return;
		if (!is_return && zones->held && zones->held->last == index)
			zones->held = NULL;
	}
}

bool zones_look(const struct linear_object *object, uint32_t until, struct zones_culprits *culprits)
{
	struct register_zones zones = {
		.object = object, .ops = object->trace->op, .until = until, .culprits = culprits};
	uint32_t count = count_ops(&zones);

	*culprits = (struct zones_culprits){.fault = ZONES_FIT};
	open_zones(&zones, count);
	bool covered = gather_reads(&zones, count) && gather_writes(&zones, count);

	if (covered)
		sweep(&zones);
	free(zones.zone);
	keys_close(&zones.keys);
	return covered;
}

/* Up to the object's event number `last`. Prefixes of what is covered are covered. */
static bool prefix_fits(const struct linear_object *object, uint32_t last)
{
	struct zones_culprits culprits;

	CHECK(zones_look(object, object_event_position(object, last) + 1, &culprits));
	return culprits.fault == ZONES_FIT;
}

bool linear_zones(const struct linear_object *object, enum model model,
		  struct linear_result *result)
{
	struct zones_culprits culprits;

	if (model != MODEL_CAS_REGISTER || !zones_look(object, TRACE_NEVER, &culprits))
		return false;
	*result = (struct linear_result){
		.verdict = LINEARIZABLE, .procedure = "T7", .certificate = {.stuck = TRACE_NEVER}};
	CHECK(culprits.fault == ZONES_FIT || object->events > 0);
	if (culprits.fault != ZONES_FIT)
		object_refute(object,
			      (uint32_t)ARRAY_BEFORE(object->events - 1, i, prefix_fits(object, i)),
			      result);
	return true;
}
