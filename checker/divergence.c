/*
 * divergence: the members told the witness different things about one lane.
 *
 * Theory of operation. A watch tells every change, in the order of revisions, and the witness
 * resumes a broken one after the last revision told. So, for one lane:
 *   - all members' words about one key at one revision agree;
 *   - no member tells a revision smaller than the one it told before;
 *   - no member leaves out a change that lies between two that it told. A change is known when any
 *     member told it, or when a later word about the key names the revision that made it: so a
 *     revision that was given out twice, before and after a loss of data, is found by the key that
 *     nobody saw being made.
 * What a member has told last says nothing about later changes: it may just not have come so far.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/sort.h"
#include "checker/checks.h"

/* What one member told of the lane. */
struct telling {
	int member;
	int64_t first, last; /* revisions */
};

struct words {
	struct docket *docket;
	const struct lane_facts *facts;
	const struct key_row **row; /* by key, revision, member */
	int rows, members;
	struct telling *telling; /* by member */
};

static int compare_in_telling_order(const void *left, const void *right)
{
	const struct key_row *a = *(const struct key_row *const *)left;
	const struct key_row *b = *(const struct key_row *const *)right;

	return array_order(a->member, b->member)
		       ?: array_order(a->seen_ns, b->seen_ns)
			       ?: array_order(a->id, b->id);
}

static int compare_changes(const struct key_row *a, const struct key_row *b)
{
	return strcmp(a->key, b->key) ?: array_order(a->revision, b->revision);
}

static int compare_by_change(const void *left, const void *right)
{
	const struct key_row *a = *(const struct key_row *const *)left;
	const struct key_row *b = *(const struct key_row *const *)right;

	return compare_changes(a, b) ?: compare_in_telling_order(left, right);
}

struct member_name {
	char text[24];
};

/* The witness counts the members in the order of their hosts; of a cluster that is not ours it
 * knows only the number. */
static struct member_name name_member(const struct lane_facts *facts, int member)
{
	const struct history *history = facts->run->history;
	struct member_name name;
	int members = 0;

	snprintf(name.text, sizeof(name.text), "member %d", member);
	for (int i = 0; i < history->hosts; i++)
		if (!strcmp(history->host[i].role, "member") && members++ == member)
			snprintf(name.text, sizeof(name.text), "%.20s", history->host[i].name);
	return name;
}

static void file(const struct words *words, struct violation *violation, const struct key_row *row,
		 const struct key_row *other)
{
	CHECK(row != other);
	docket_cite(violation, "key_event", row->id, "told");
	if (other)
		docket_cite(violation, "key_event", other->id, "told otherwise");
	docket_tell_cover(violation, words->facts, 0, violation->at_ns, violation->at_ns);
	docket_file(words->docket, words->facts, violation, NULL, NULL);
}

/* The rows come as members see them; of each member, they are mostly in its order already. */
static void sort_by_telling(struct words *words)
{
	const struct key_row *key = words->facts->rows->key;
	struct sort_item *item;

	ARRAY_ROOM(item, words->rows);
	for (int i = 0; i < words->rows; i++)
		item[i] = (struct sort_item){key[i].member, (uint32_t)i};
	sort_items(item, (size_t)words->rows);
	for (int i = 0; i < words->rows; i++)
		words->row[i] = &key[item[i].place];
	free(item);
	array_sort(words->row, (size_t)words->rows, sizeof(*words->row), compare_in_telling_order);
}

static void check_order(struct words *words)
{
	sort_by_telling(words);
	for (int i = 0; i < words->rows; i++) {
		const struct key_row *row = words->row[i], *before = i ? words->row[i - 1] : NULL;
		struct telling *telling = &words->telling[words->members - 1];

		if (!before || before->member != row->member) {
			words->telling[words->members++] =
				(struct telling){row->member, row->revision, row->revision};
			continue;
		}
		CHECK(words->members > 0 && telling->member == row->member);
		if (row->revision > telling->last)
			telling->last = row->revision;
		if (row->revision < telling->first)
			telling->first = row->revision;
		if (row->revision >= before->revision)
			continue;
		struct violation violation =
			docket_draft(words->facts, VIOLATION_DIVERGENCE, IS_DEFINITE, row->seen_ns);

		docket_say(&violation,
			   "%s told of revision %lld at %.3f s after it had told of revision %lld",
			   name_member(words->facts, row->member).text, (long long)row->revision,
			   seconds(row->seen_ns), (long long)before->revision);
		file(words, &violation, row, before);
	}
}

static bool differ(int64_t one, int64_t other, bool zero_is_known)
{
	return one != other && (zero_is_known || (one && other));
}

/* Of a deletion the pair before may be unknown (0). */
static bool agree(const struct key_row *row, const struct key_row *other)
{
	return row->deleted == other->deleted &&
	       !differ(row->create_revision, other->create_revision, false) &&
	       !differ(row->lease, other->lease, !row->deleted);
}

/* "deleted it", "put it with lease 7 (made at 12)" */
static void say_word(struct violation *violation, const struct words *words,
		     const struct key_row *row)
{
	docket_say(violation, "%s told at %.3f s that it was %s",
		   name_member(words->facts, row->member).text, seconds(row->seen_ns),
		   row->deleted ? "deleted" : "put");
	if (row->lease)
		docket_say(violation, ", lease %llx", (unsigned long long)row->lease);
	if (row->create_revision)
		docket_say(violation, ", made at revision %lld", (long long)row->create_revision);
}

/* The words about one change, of which the first is held against the others. */
static void check_agreement(const struct words *words, const struct key_row *const *row, int count)
{
	for (int i = 1; i < count; i++) {
		CHECK(row[i]->revision == row[0]->revision);
		if (agree(row[0], row[i]))
			continue;
		struct violation violation = docket_draft(
			words->facts, VIOLATION_DIVERGENCE, IS_DEFINITE,
			row[0]->seen_ns > row[i]->seen_ns ? row[0]->seen_ns : row[i]->seen_ns);

		docket_say(&violation, "of one key at revision %lld ", (long long)row[0]->revision);
		say_word(&violation, words, row[0]);
		docket_say(&violation, ", but ");
		say_word(&violation, words, row[i]);
		file(words, &violation, row[0], row[i]);
		return;
	}
}

/* Files every member that told nothing of the change of `known`'s key at `revision`, although it
 * told what came before and what came after. `row`: those that did tell. */
static void check_holes(const struct words *words, const struct key_row *known, int64_t revision,
			const struct key_row *const *row, int count)
{
	for (int i = 0; i < words->members; i++) {
		const struct telling *telling = &words->telling[i];
		bool told = false;

		CHECK(telling->first <= telling->last);
		for (int j = 0; j < count; j++)
			told |= row[j]->member == telling->member;
		if (told || telling->first >= revision || telling->last <= revision)
			continue;
		struct violation violation = docket_draft(words->facts, VIOLATION_DIVERGENCE,
							  IS_DEFINITE, known->seen_ns);

		docket_say(&violation,
			   "%s told of changes up to revision %lld, but not of the one at revision "
			   "%lld, which %s %s at %.3f s",
			   name_member(words->facts, telling->member).text,
			   (long long)telling->last, (long long)revision,
			   name_member(words->facts, known->member).text,
			   count ? "told of" : "named as the one that had made a key",
			   seconds(known->seen_ns));
		file(words, &violation, known, NULL);
	}
}

/* A note of the witness tells of revisions that it could not ask a member for; it breaks the run
 * where nobody else told of them. */
static bool witness_has_gap(const struct history *history)
{
	for (int i = 0; i < history->notes; i++)
		if (!strcmp(history->note[i].topic, "witness-gap") ||
		    (history->note[i].breaks && !strcmp(history->note[i].topic, "witness")))
			return true;
	return false;
}

/* The row of a change that names a making of which no row tells; NULL. A row of the same key before
 * it that is not older than that making is the making itself, or has named it already. */
static const struct key_row *find_unseen_making(const struct key_row *before,
						const struct key_row *const *row, int count)
{
	for (int i = 0; i < count; i++) {
		int64_t made = row[i]->create_revision;

		if (!made || made >= row[i]->revision)
			continue;
		bool seen = before && !strcmp(before->key, row[i]->key) && before->revision >= made;

		return seen ? NULL : row[i];
	}
	return NULL;
}

static void check_changes(struct words *words)
{
	bool gap = witness_has_gap(words->facts->run->history);

	for (int i = 0; i < words->rows; i++)
		words->row[i] = &words->facts->rows->key[i];
	array_sort(words->row, (size_t)words->rows, sizeof(*words->row), compare_by_change);
	for (int first = 0, after; first < words->rows; first = after) {
		const struct key_row *const *row =
			(const struct key_row *const *)&words->row[first];

		for (after = first + 1;
		     after < words->rows && !compare_changes(words->row[after], words->row[first]);)
			after++;
		check_agreement(words, row, after - first);
		if (gap)
			continue;
		check_holes(words, row[0], row[0]->revision, row, after - first);
		const struct key_row *names = find_unseen_making(
			first ? words->row[first - 1] : NULL, row, after - first);

		if (names)
			check_holes(words, names, names->create_revision, row, 0);
	}
}

void check_divergence(struct docket *docket, const struct lane_facts *facts)
{
	struct words words = {.docket = docket, .facts = facts, .rows = facts->rows->keys};

	ARRAY_ROOM(words.row, words.rows);
	ARRAY_ROOM(words.telling, words.rows);
	check_order(&words);
	check_changes(&words);
	free(words.row);
	free(words.telling);
}
