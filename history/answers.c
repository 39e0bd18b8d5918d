/*
 * Theory of operation. Both orders are those of sorted arrays: the tables are read once, as they
 * lie in the file, which has each process's operations one behind the other.
 */
#include "history/answers.h"

#include <limits.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/sort.h"
#include "history/older.h"
#include "history/row.h"

/* An ok answer to an operation, or a member's word. */
struct known {
	int64_t ref, invoked_ns, returned_ns, revision; /* invoked_ns: NEVER_NS of a word */
	int arm, member : 24;
	enum function f : 8;
};

struct answers {
	struct known *known;
	uint32_t count, room;
};

enum { MEMBERS_MAX = 256 };

static void add(struct answers *answers, const struct known *known)
{
	ARRAY_GROW(answers->known, answers->count, answers->room);
	answers->known[answers->count++] = *known;
}

struct reading {
	struct answers *answers;
	int arms;
};

static bool take_op(void *context, struct rows *rows)
{
	const struct reading *reading = context;
	struct known known = {.ref = rows_int(rows, 1, INT64_MAX)};

	known.arm = (int)rows_int(rows, 0, reading->arms - 1);
	known.f = (enum function)rows_int(rows, F_LEASE_GRANT, F_LOSE);
	known.invoked_ns = rows_ns(rows);
	known.returned_ns = rows_ns(rows);
	known.member = (int)rows_int_or(rows, -1, 0, MEMBERS_MAX - 1);
	known.revision = rows_int(rows, 1, INT64_MAX);
	add(reading->answers, &known);
	return false;
}

static bool take_key(void *context, struct rows *rows)
{
	const struct reading *reading = context;
	struct known known = {.ref = rows_int(rows, 1, INT64_MAX), .arm = -1};

	known.member = (int)rows_int(rows, 0, MEMBERS_MAX - 1);
	known.revision = rows_int(rows, 1, INT64_MAX);
	known.returned_ns = rows_ns(rows);
	known.invoked_ns = NEVER_NS;
	add(reading->answers, &known);
	return false;
}

static const struct bulk tables[] = {
	{"op", "id, arm, f, invoked_ns, returned_ns, endpoint, revision",
	 "outcome = (SELECT id FROM outcome WHERE name = 'ok') AND revision <> 0 AND "
	 "returned_ns IS NOT NULL",
	 take_op},
	{"key_event", "id, member, revision, seen_ns", "true", take_key},
};
enum { TABLES = sizeof(tables) / sizeof(tables[0]) };

int answers_open(const struct history *history, struct answers **answers, struct error *err)
{
	ARRAY_NEW(*answers, 1);
	struct reading reading = {*answers, history->arms};

	for (int i = 0; i < TABLES; i++)
		if (rows_take_all(history->db, NULL, &tables[i], 0, &reading, err)) {
			answers_close(*answers);
			*answers = NULL;
			return -1;
		}
	return 0;
}

void answers_close(struct answers *answers)
{
	if (answers)
		free(answers->known);
	free(answers);
}

static void visit_sorted(const struct answers *answers, struct sort_item *item, uint32_t count,
			 bool by_request, answer_visitor *visit, void *context)
{
	sort_items(item, count);
	for (uint32_t i = 0; i < count; i++) {
		const struct known *known = &answers->known[item[i].place];
		bool word = known->invoked_ns == NEVER_NS;
		const struct answer_row row = {
			.at_ns = by_request ? known->invoked_ns : known->returned_ns,
			.revision = known->revision,
			.ref = known->ref,
			.process = word ? 0 : (int)(known->ref >> 32),
			.arm = known->arm,
			.member = known->member,
			.f = known->f,
		};

		visit(context, &row);
	}
	free(item);
}

void answers_by_arrival(const struct answers *answers, answer_visitor *visit, void *context)
{
	struct sort_item *item;

	ARRAY_NEW(item, answers->count);
	for (uint32_t i = 0; i < answers->count; i++)
		item[i] = (struct sort_item){answers->known[i].returned_ns, i};
	visit_sorted(answers, item, answers->count, false, visit, context);
}

void answers_last_asked_first(const struct answers *answers, answer_visitor *visit, void *context)
{
	struct sort_item *item;
	uint32_t count = 0;

	ARRAY_NEW(item, answers->count);
	for (uint32_t i = 0; i < answers->count; i++)
		if (answers->known[i].invoked_ns != NEVER_NS)
			item[count++] = (struct sort_item){-answers->known[i].invoked_ns, i};
	visit_sorted(answers, item, count, true, visit, context);
}

int answers_share_a_clock(const struct history *history, bool *shared, struct error *err)
{
	struct rows rows;

	*shared = true;
	if (!older_column(history->db, "host", "clock_error_ns", NULL))
		return 0;
	if (rows_open(&rows, history->db, history->arena, "host",
		      "SELECT id FROM host WHERE clock_offset_ns OR clock_error_ns LIMIT 1", err))
		return -1;
	*shared = !rows_next(&rows);
	return rows_close(&rows);
}
