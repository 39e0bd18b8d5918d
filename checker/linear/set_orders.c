/*
 * T8c: an order of a set with removes, found rather than refuted. Once it is settled when each read
 * takes effect, the elements have nothing to do with each other: of each is kept whatever it can be
 * by now, beside the others. A read, when it is placed, leaves of each element what it saw. If at
 * the end each element can still be something, each has an order, and so has the set.
 *
 * Open is only where reads are placed. A row is one choice of that, up to now; there are so many at
 * most. A read is placed at once where that takes nothing away; else when it returns, or, in a row
 * beside the one in which it waits, right before what would take something away from it.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "checker/linear/models.h"
#include "checker/linear/sets.h"

enum {
	ROWS_LEAST = 64,
	ROWS_MOST = 1024,
	ROWS_PART = 64,       /* of the configurations that a search may have */
	ROUNDS_GROW = 8,      /* by so many times, from round to round */
	ROWS_AT_ONCE = 4,     /* times as many before one answer */
	ROWS_BYTES = 1 << 28, /* of all of them */
	BYTES_PART = 4,       /* ... or of the bytes that a search may have */
	SLOTS = 64,           /* changes to an element, reads, that are pending at once */
	CASES_MAX = 256,
	CACHE = 1 << 12,
	WORD = 64,
	ABSENT = 0,
	PRESENT = 1,
	KINDS = 2,
	OPEN_COSTS = 2,     /* as much as two that will return: it is used up for good */
	READ_COSTS = 16,    /* a read that waits, as much as so many changes */
	LOOK_AT_CLOCK = 64, /* events */
	COST_NEVER = 1 << 20,
};

/* One thing that an element may be by now. */
struct one_case {
	uint64_t in;          /* slots of pending changes that have taken effect */
	uint16_t used[KINDS]; /* open removes, adds */
	uint32_t there;
};

/* What is pending on an element. */
struct item {
	uint32_t *pending; /* by slot: an operation of the trace; TRACE_NEVER: free */
	uint32_t slots, room;
	uint16_t open[KINDS];   /* removes, adds that were sent and have no answer */
	uint32_t version;       /* of all this */
	uint32_t coming[KINDS]; /* the next remove, add to be sent: an operation of the object */
};

/* A read that was sent and has not been answered; op TRACE_NEVER: no read. */
struct look {
	uint32_t op;
	uint64_t *seen; /* a bit for each element */
};

struct row {
	uint64_t placed;         /* looks */
	uint64_t hash;           /* of `may` */
	uint64_t cost;           /* of all elements, each at its cheapest */
	uint32_t *may;           /* by element: number of what it may be */
	uint64_t *can_be[KINDS]; /* a bit for each element */
};

/* What becomes of an element of which a read is placed. */
struct known {
	uint32_t element, version, may, there, becomes;
};

struct orders {
	const struct set_history *set;
	struct item *item;
	uint32_t words;
	uint32_t *next; /* by operation of the object: the next of its kind on its element */
	struct look look[SLOTS];
	struct row *row;
	uint32_t rows, most_rows;
	struct intern sets; /* of cases */
	struct budget budget;
	uint32_t (*cost)[KINDS]; /* by set: least when it is absent, present */
	uint32_t costs, cost_room;
	struct one_case cases[CASES_MAX + KINDS]; /* of the element at hand */
	uint32_t count;
	struct known *cache;
	bool overran; /* too much of something */
};

static bool has_bit(const uint64_t *bits, uint32_t at)
{
	return bits[at / WORD] >> at % WORD & 1;
}

static void set_bit(uint64_t *bits, uint32_t at, bool on)
{
	bits[at / WORD] = (bits[at / WORD] & ~(UINT64_C(1) << at % WORD)) | (uint64_t)on
										    << at % WORD;
}

static uint64_t mixed(uint64_t element, uint64_t may)
{
	uint64_t hash = (element * UINT64_C(0x9e3779b97f4a7c15)) ^
			((may + 1) * UINT64_C(0xbf58476d1ce4e5b9));

	return (hash ^ hash >> 29) * UINT64_C(0x94d049bb133111eb);
}

/* One element ---------------------------------------------------------------------------------- */

static int kind_of(const struct trace_op *op)
{
	return op->f == TRACE_ADD ? PRESENT : ABSENT;
}

static void add_case(struct orders *orders, struct one_case one)
{
	for (uint32_t i = 0; i < orders->count; i++) {
		const struct one_case *known = &orders->cases[i];

		if (known->there == one.there && known->in == one.in &&
		    known->used[ABSENT] <= one.used[ABSENT] &&
		    known->used[PRESENT] <= one.used[PRESENT])
			return;
	}
	CHECK(orders->count < CASES_MAX + KINDS);
	orders->cases[orders->count++] = one;
}

/* The next change of this kind: of those that are pending the one that returns first, else an open
 * one that makes a difference. */
static bool change(const struct orders *orders, const struct item *item, struct one_case *one,
		   int kind)
{
	const struct trace_op *ops = orders->set->ops;
	uint32_t first = TRACE_NEVER;

	for (uint32_t slot = 0; slot < item->slots; slot++) {
		uint32_t op = item->pending[slot];

		if (op != TRACE_NEVER && !(one->in >> slot & 1) && kind_of(&ops[op]) == kind &&
		    (first == TRACE_NEVER || ops[op].returned < ops[item->pending[first]].returned))
			first = slot;
	}
	if (first != TRACE_NEVER)
		one->in |= UINT64_C(1) << first;
	else if (one->there != (uint32_t)kind && one->used[kind] < item->open[kind])
		one->used[kind]++;
	else
		return false;
	one->there = (uint32_t)kind;
	return true;
}

static int compare_cases(const void *left, const void *right)
{
	return memcmp(left, right, sizeof(struct one_case));
}

static void note_cost(struct orders *orders)
{
	ARRAY_GROW(orders->cost, orders->costs, orders->cost_room);
	uint32_t *least = orders->cost[orders->costs++];

	least[ABSENT] = least[PRESENT] = COST_NEVER;
	for (uint32_t i = 0; i < orders->count; i++) {
		const struct one_case *one = &orders->cases[i];
		uint32_t cost = (uint32_t)__builtin_popcountll(one->in) +
				OPEN_COSTS * (one->used[ABSENT] + one->used[PRESENT]);

		if (cost < least[one->there])
			least[one->there] = cost;
	}
}

static void load(struct orders *orders, uint32_t may)
{
	size_t size;
	const void *cases = intern_bytes(&orders->sets, may, &size);

	CHECK(size <= sizeof(orders->cases));
	memcpy(orders->cases, cases, size);
	orders->count = (uint32_t)(size / sizeof(struct one_case));
}

/* Number of all that the cases at hand can become as changes take effect. */
static uint32_t go_on(struct orders *orders, const struct item *item)
{
	for (uint32_t i = 0; i < orders->count && orders->count < CASES_MAX; i++)
		for (int kind = 0; kind < KINDS; kind++) {
			struct one_case one = orders->cases[i];

			if (change(orders, item, &one, kind))
				add_case(orders, one);
		}
	qsort(orders->cases, orders->count, sizeof(*orders->cases), compare_cases);
	uint32_t may =
		intern_put(&orders->sets, orders->cases, orders->count * sizeof(*orders->cases));

	if (may == orders->costs)
		note_cost(orders);
	return may;
}

static void keep_there(struct orders *orders, uint32_t there)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < orders->count; i++)
		if (orders->cases[i].there == there)
			orders->cases[kept++] = orders->cases[i];
	orders->count = kept;
}

/* Those in which the change of this slot has taken effect. */
static void keep_changed(struct orders *orders, uint32_t slot)
{
	uint32_t count = orders->count;
	uint64_t bit = UINT64_C(1) << slot;

	orders->count = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct one_case one = orders->cases[i];
		bool in = one.in & bit;

		one.in &= ~bit;
		if (in)
			add_case(orders, one);
	}
}

/* What becomes of the element when a read is placed that saw it there, or not. */
static uint32_t seen_as(struct orders *orders, uint32_t element, uint32_t may, uint32_t there)
{
	const struct item *item = &orders->item[element];
	struct known wanted = {element, item->version, may, there, 0};
	struct known *known = &orders->cache[mixed(element, 2 * may + there) % CACHE];

	if (memcmp(known, &wanted, offsetof(struct known, becomes)) != 0) {
		load(orders, may);
		keep_there(orders, there);
		wanted.becomes = go_on(orders, item);
		*known = wanted;
	}
	return known->becomes;
}

/* Rows ----------------------------------------------------------------------------------------- */

static uint32_t least_cost(const struct orders *orders, uint32_t may)
{
	const uint32_t *cost = orders->cost[may];

	return cost[ABSENT] < cost[PRESENT] ? cost[ABSENT] : cost[PRESENT];
}

static void become(const struct orders *orders, struct row *row, uint32_t element, uint32_t may)
{
	CHECK(may < orders->costs);
	row->hash ^= mixed(element, row->may[element]) ^ mixed(element, may);
	row->cost += least_cost(orders, may) - least_cost(orders, row->may[element]);
	row->may[element] = may;
	for (int there = 0; there < KINDS; there++)
		set_bit(row->can_be[there], element, orders->cost[may][there] < COST_NEVER);
}

static void open_row(const struct orders *orders, struct row *row)
{
	*row = (struct row){0};
	ARRAY_NEW(row->may, orders->set->elements);
	ARRAY_NEW(row->can_be[ABSENT], orders->words);
	ARRAY_NEW(row->can_be[PRESENT], orders->words);
}

static void close_row(struct row *row)
{
	free(row->may);
	free(row->can_be[ABSENT]);
	free(row->can_be[PRESENT]);
}

static void copy_row(const struct orders *orders, struct row *into, const struct row *from)
{
	into->placed = from->placed;
	into->hash = from->hash;
	into->cost = from->cost;
	memcpy(into->may, from->may, orders->set->elements * sizeof(*into->may));
	for (int there = 0; there < KINDS; there++)
		memcpy(into->can_be[there], from->can_be[there],
		       orders->words * sizeof(*into->can_be[there]));
}

static void drop_row(struct orders *orders, uint32_t at)
{
	struct row dropped = orders->row[at];

	CHECK(at < orders->rows);
	orders->row[at] = orders->row[--orders->rows];
	orders->row[orders->rows] = dropped;
}

static bool is_same(const struct orders *orders, const struct row *one, const struct row *other)
{
	return one->hash == other->hash && one->placed == other->placed &&
	       memcmp(one->may, other->may, orders->set->elements * sizeof(*one->may)) == 0;
}

/* The last row is taken back when there is such a one already. */
static void keep_new(struct orders *orders)
{
	const struct row *last = &orders->row[orders->rows - 1];

	for (uint32_t i = 0; i + 1 < orders->rows; i++)
		if (is_same(orders, &orders->row[i], last)) {
			orders->rows--;
			return;
		}
}

/* A read has not been placed in the row, which saw an element in a way in which it cannot be any
 * more: no change is pending or to come that would make it so before the read is answered. */
static bool is_stranded(const struct orders *orders, const struct row *row, const struct look *look)
{
	const struct linear_object *object = orders->set->object;
	uint32_t answered = orders->set->ops[look->op].returned;

	for (uint32_t i = 0; i < orders->words; i++) {
		uint64_t lacks = (look->seen[i] & ~row->can_be[PRESENT][i]) |
				 (~look->seen[i] & ~row->can_be[ABSENT][i]);

		for (; lacks; lacks &= lacks - 1) {
			uint32_t element = i * WORD + (uint32_t)__builtin_ctzll(lacks);
			uint32_t comes = orders->item[element].coming[has_bit(look->seen, element)];

			if (comes == TRACE_NEVER ||
			    orders->set->ops[object_op(object, comes)].invoked > answered)
				return true;
		}
	}
	return false;
}

static void drop_stranded(struct orders *orders)
{
	for (uint32_t i = orders->rows; i-- > 0;)
		for (uint32_t look = 0; look < SLOTS; look++)
			if (orders->look[look].op != TRACE_NEVER &&
			    !(orders->row[i].placed >> look & 1) &&
			    is_stranded(orders, &orders->row[i], &orders->look[look])) {
				drop_row(orders, i);
				break;
			}
}

/* Lists, for each change, the next one of its kind on its element. */
static void list_changes(struct orders *orders)
{
	const struct set_history *set = orders->set;

	ARRAY_NEW(orders->next, set->object->ops);
	for (uint32_t e = 0; e < set->elements; e++)
		orders->item[e].coming[ABSENT] = orders->item[e].coming[PRESENT] = TRACE_NEVER;
	for (uint32_t i = set->object->ops; i-- > 0;) {
		const struct trace_op *op = &set->ops[object_op(set->object, i)];

		if (!set_history_changes(op))
			continue;
		uint32_t *coming = &orders->item[set->of[i]].coming[kind_of(op)];

		orders->next[i] = *coming;
		*coming = i;
	}
}

/* How much a row has lost to others: changes that have come before they had to, and reads that are
 * still to find a place between those to come. */
static uint64_t price(const struct row *row)
{
	return row->cost + READ_COSTS * (uint64_t)__builtin_popcountll(~row->placed);
}

/* The dearest go. */
static void thin_out(struct orders *orders)
{
	for (uint32_t i = 0; i < orders->rows; i++)
		for (uint32_t j = i + 1; j < orders->rows;)
			if (is_same(orders, &orders->row[i], &orders->row[j]))
				drop_row(orders, j);
			else
				j++;
	while (orders->rows > orders->most_rows) {
		uint32_t worst = 0;

		for (uint32_t i = 1; i < orders->rows; i++)
			worst = price(&orders->row[i]) > price(&orders->row[worst]) ? i : worst;
		drop_row(orders, worst);
	}
}

/* Reads ---------------------------------------------------------------------------------------- */

/* Sent, and not placed in this row; and it could be now. */
static bool waits(const struct orders *orders, const struct row *row, uint32_t look)
{
	const uint64_t *seen = orders->look[look].seen;

	if (orders->look[look].op == TRACE_NEVER || row->placed >> look & 1)
		return false;
	for (uint32_t i = 0; i < orders->words; i++)
		if ((seen[i] & ~row->can_be[PRESENT][i]) | (~seen[i] & ~row->can_be[ABSENT][i]))
			return false;
	return true;
}

/* For those that wait. False when nothing is to be changed, but it would take something away. */
static bool place(struct orders *orders, struct row *row, uint32_t look, bool for_nothing)
{
	const uint64_t *seen = orders->look[look].seen;

	for (uint32_t i = 0; i < orders->words; i++) {
		uint64_t either = row->can_be[ABSENT][i] & row->can_be[PRESENT][i];

		for (; either; either &= either - 1) {
			uint32_t element = i * WORD + (uint32_t)__builtin_ctzll(either);

			uint32_t becomes =
				seen_as(orders, element, row->may[element], has_bit(seen, element));

			if (becomes != row->may[element] && for_nothing)
				return false;
			become(orders, row, element, becomes);
		}
	}
	row->placed |= UINT64_C(1) << look;
	return true;
}

static void place_for_nothing(struct orders *orders)
{
	for (uint32_t i = 0; i < orders->rows; i++)
		for (uint32_t look = 0; look < SLOTS; look++)
			if (waits(orders, &orders->row[i], look))
				place(orders, &orders->row[i], look, true);
}

/* Beside row `at`, one in which the read is placed. False: no room for it. */
static struct row *branch(struct orders *orders, uint32_t at, uint32_t look)
{
	if (orders->rows == ROWS_AT_ONCE * orders->most_rows)
		return NULL;
	struct row *child = &orders->row[orders->rows];

	if (!child->may)
		open_row(orders, child);
	copy_row(orders, child, &orders->row[at]);
	place(orders, child, look, false);
	orders->rows++;
	return child;
}

/* Do more changes have to come early for that read than in the row that this one stands beside? */
static bool is_dearer(const struct orders *orders, const struct row *row, const struct row *child,
		      uint32_t look)
{
	for (uint32_t i = 0; i < orders->words; i++) {
		uint64_t either = row->can_be[ABSENT][i] & row->can_be[PRESENT][i];

		for (; either; either &= either - 1) {
			uint32_t element = i * WORD + (uint32_t)__builtin_ctzll(either);
			bool there = has_bit(orders->look[look].seen, element);

			if (orders->cost[child->may[element]][there] >
			    orders->cost[row->may[element]][there])
				return true;
		}
	}
	return false;
}

/* ... and ones in which others go first that would be the worse for coming after it. */
static void branch_all(struct orders *orders, uint32_t at, uint32_t look)
{
	const struct row *child = branch(orders, at, look);
	uint64_t others = 0;

	for (uint32_t other = 0; child && other < SLOTS; other++)
		if (other != look && waits(orders, &orders->row[at], other) &&
		    is_dearer(orders, &orders->row[at], child, other))
			others |= UINT64_C(1) << other;
	if (child)
		keep_new(orders);
	for (; others; others &= others - 1)
		if (branch(orders, at, (uint32_t)__builtin_ctzll(others)))
			keep_new(orders);
}

/* Events --------------------------------------------------------------------------------------- */

static void send_read(struct orders *orders, uint32_t op, uint32_t number)
{
	const struct set_history *set = orders->set;
	uint32_t free_look = 0;

	while (free_look < SLOTS && orders->look[free_look].op != TRACE_NEVER)
		free_look++;
	if (free_look == SLOTS) {
		orders->overran = true;
		return;
	}
	struct look *look = &orders->look[free_look];

	look->op = op;
	memset(look->seen, 0, orders->words * sizeof(*look->seen));
	for (uint32_t i = set->begin[number]; i < set->begin[number + 1]; i++)
		set_bit(look->seen, set->seen[i], true);
	for (uint32_t i = 0; i < orders->rows; i++)
		orders->row[i].placed &= ~(UINT64_C(1) << free_look);
}

static void answer_read(struct orders *orders, uint32_t op)
{
	uint32_t look = 0;

	while (orders->look[look].op != op)
		CHECK(++look < SLOTS); /* it was sent */
	for (uint32_t i = 0; i < orders->rows; i++)
		if (waits(orders, &orders->row[i], look))
			branch_all(orders, i, look);
	for (uint32_t i = orders->rows; i-- > 0;)
		if (!(orders->row[i].placed >> look & 1))
			drop_row(orders, i);
	orders->look[look].op = TRACE_NEVER;
}

static void send_change(struct orders *orders, uint32_t op, uint32_t element)
{
	struct item *item = &orders->item[element];
	const struct trace_op *sent = &orders->set->ops[op];
	uint32_t slot = 0;

	item->version++;
	item->coming[kind_of(sent)] = orders->next[object_find_op(orders->set->object, op)];
	if (sent->outcome == TRACE_OPEN) {
		item->open[kind_of(sent)]++;
		orders->overran |= item->open[kind_of(sent)] == UINT16_MAX;
	} else {
		while (slot < item->slots && item->pending[slot] != TRACE_NEVER)
			slot++;
		if (slot == SLOTS) {
			orders->overran = true;
			return;
		}
		if (slot == item->slots) {
			ARRAY_GROW(item->pending, item->slots, item->room);
			item->slots++;
		}
		item->pending[slot] = op;
	}
	for (uint32_t i = 0; i < orders->rows; i++) {
		load(orders, orders->row[i].may[element]);
		become(orders, &orders->row[i], element, go_on(orders, item));
	}
}

/* Does the answer to the change take something away from who sees the element there, or not? */
static bool takes_away(struct orders *orders, uint32_t may, uint32_t slot, uint32_t there)
{
	load(orders, may);
	for (uint32_t i = 0; i < orders->count; i++)
		if (orders->cases[i].there == there && !(orders->cases[i].in >> slot & 1))
			return true;
	return false;
}

static void answer_change(struct orders *orders, uint32_t op, uint32_t element)
{
	struct item *item = &orders->item[element];
	uint32_t slot = 0;

	while (item->pending[slot] != op)
		CHECK(++slot < item->slots);
	for (uint32_t i = 0; i < orders->rows; i++)
		for (uint32_t look = 0; look < SLOTS; look++)
			if (waits(orders, &orders->row[i], look) &&
			    takes_away(orders, orders->row[i].may[element], slot,
				       has_bit(orders->look[look].seen, element)))
				branch_all(orders, i, look);
	item->pending[slot] = TRACE_NEVER;
	item->version++;
	for (uint32_t i = orders->rows; i-- > 0;) {
		load(orders, orders->row[i].may[element]);
		keep_changed(orders, slot);
		if (orders->count > 0)
			become(orders, &orders->row[i], element, go_on(orders, item));
		else
			drop_row(orders, i);
	}
}

static void take_event(struct orders *orders, uint32_t op, bool returns)
{
	const struct set_history *set = orders->set;
	uint32_t number = object_find_op(set->object, op);

	if (set_history_is_read(&set->ops[op]))
		returns ? answer_read(orders, op) : send_read(orders, op, number);
	else if (!set_history_changes(&set->ops[op]))
		return;
	else if (returns)
		answer_change(orders, op, set->of[number]);
	else
		send_change(orders, op, set->of[number]);
	drop_stranded(orders);
	thin_out(orders);
	place_for_nothing(orders);
}

static void open_orders(struct orders *orders, const struct set_history *set, uint32_t rows)
{
	*orders = (struct orders){
		.set = set, .words = (set->elements + WORD - 1) / WORD, .most_rows = rows};
	ARRAY_NEW(orders->row, ROWS_AT_ONCE * rows);
	intern_open(&orders->sets, &orders->budget);
	ARRAY_NEW(orders->item, set->elements);
	ARRAY_NEW(orders->cache, CACHE);
	list_changes(orders);
	for (uint32_t i = 0; i < SLOTS; i++) {
		orders->look[i].op = TRACE_NEVER;
		ARRAY_NEW(orders->look[i].seen, orders->words);
	}
	load(orders, go_on(orders, &(struct item){0})); /* number 0: no case */
	add_case(orders, (struct one_case){0});
	uint32_t absent = go_on(orders, &(struct item){0});

	open_row(orders, &orders->row[0]);
	orders->rows = 1;
	memset(orders->row[0].can_be[ABSENT], 0xff, orders->words * sizeof(uint64_t));
	for (uint32_t e = 0; e < set->elements; e++)
		become(orders, &orders->row[0], e, absent);
	orders->row[0].cost = 0;
}

static void close_orders(struct orders *orders)
{
	for (uint32_t e = 0; e < orders->set->elements; e++)
		free(orders->item[e].pending);
	for (uint32_t i = 0; i < SLOTS; i++)
		free(orders->look[i].seen);
	for (uint32_t i = 0; i < ROWS_AT_ONCE * orders->most_rows; i++)
		close_row(&orders->row[i]);
	free(orders->row);
	free(orders->item);
	free(orders->cache);
	free(orders->next);
	free(orders->cost);
	intern_close(&orders->sets);
}

/* As many as are worth it, when so many configurations are what a search may have, and as there is
 * room for; 0: none, for another round had as many as there can be. */
static uint32_t rows_within(const struct linear_bounds *bounds, uint32_t elements)
{
	uint64_t bytes = bounds->bytes ? bounds->bytes / BYTES_PART : ROWS_BYTES;
	uint64_t room = (bytes < ROWS_BYTES ? bytes : ROWS_BYTES) /
			(ROWS_AT_ONCE * (sizeof(uint32_t) + 1) * ((uint64_t)elements + 1));
	uint64_t rows = bounds->configurations / ROWS_PART;

	if (rows >= ROWS_MOST * ROUNDS_GROW)
		return 0;
	rows = rows < ROWS_LEAST ? ROWS_LEAST : rows > ROWS_MOST ? ROWS_MOST : rows;
	rows = bounds->configurations == 0 ? ROWS_MOST : rows;
	return (uint32_t)(rows < room ? rows : room + 1);
}

bool set_orders_find(const struct set_history *set, const struct linear_bounds *bounds)
{
	const struct linear_object *object = set->object;
	uint32_t rows = rows_within(bounds, set->elements);
	struct orders *orders;

	if (rows == 0)
		return false;
	ARRAY_NEW(orders, 1);
	open_orders(orders, set, rows);
	for (uint32_t i = 0; i < object->events && orders->rows > 0 && !orders->overran; i++) {
		take_event(orders, object->event[i] >> 1, object->event[i] & 1);
		orders->overran |= bounds->deadline_ns && i % LOOK_AT_CLOCK == 0 &&
				   clock_now_ns() >= bounds->deadline_ns;
	}
	bool found = orders->rows > 0 && !orders->overran;

	CHECK_MEMORY(!orders->budget.refused);
	close_orders(orders);
	free(orders);
	return found;
}
