/*
 * All histories of up to ENUMERATED_OPS operations over an alphabet for each model. The number of a
 * history is read as digits: for each operation which letter it is, then how the 2 n events are
 * paired off (the first event that has no partner takes one of those behind it: 2 n - 1 choices,
 * then 2 n - 3, and so on).
 */
#include <string.h>

#include "tests/oracle/draw.h"

enum { ENUMERATED_OPS = 4, ALPHABETS = 2, LETTERS_MAX = 12 };

struct alphabet {
	int limit;
	bool attempts;
	const char *letters; /* as in small.h, a blank between two */
};

/* The models that know who holds are tried with attempts and without. */
static const struct alphabet alphabets[MODELS_COUNT][ALPHABETS] = {
	[MODEL_MUTEX] = {{1, false, "a1 r1 t1! a1? r1? p1"}},
	[MODEL_OWNED_MUTEX] = {{1, true, "a1 a2 r1 r2 a1? r1? t3! p1"},
			       {1, false, "a1 a2 r1 r2 a1? r1? t3! p1"}},
	[MODEL_REENTRANT_MUTEX] = {{2, false, "a1 a2 r1 r2 a1? r1? t1! p1"},
				   {1, true, "a1 a2 r1 r2 a1? r1? t1!"}},
	[MODEL_FENCED_MUTEX] = {{1, true, "a11 a12 a21 a22 r1 r2 a1? a22? r1? t3!"},
				{1, false, "a11 a12 a21 r1 r2 a1? r1?"}},
	[MODEL_SEMAPHORE] = {{2, false, "a1 r1 t1! a1? r1?"}, {1, false, "a1 r1 t1! a1? r1?"}},
	[MODEL_OWNED_SEMAPHORE] = {{2, true, "a1 a2 a3 r1 r2 a1? r1? t4!"},
				   {2, false, "a1 a2 r1 r2 a1? r1? t4! p1"}},
	[MODEL_RWLOCK] = {{1, true, "a1 s1 a2 s2 r1 r2 a1? r1? s3! t3!"},
			  {1, false, "a1 s1 a2 s2 r1 r2 s1? r1? t3! p1"}},
	[MODEL_LEASED_LOCK] = {{1, true, "a1 a2 r1 r2 p1 p2 a1? r1? t3!"},
			       {1, false, "a1 a2 r1 p1 p2 a1? t3!"}},
	[MODEL_CAS_REGISTER] = {{1, false, "R0 R1 R2 W1 W2 C12 C01! C12! W1? C12?"}},
	[MODEL_KV] = {{1, false, "G Ga Gb Gab Pa Pb Ab Aa Ab? Pa?"}},
	[MODEL_SET] = {{1, false, "+1 +2 -1 S S1 S12 +1? -1?"}},
};

struct pool { /* an alphabet, read */
	int letters;
	struct trace_op letter[LETTERS_MAX];
};

static int read_alphabet(const struct alphabet *alphabet, struct trace_op *letter)
{
	int letters = 0;

	for (const char *text = alphabet->letters; text && *text; text += *text == ' ') {
		text = small_read_op(text, alphabet->attempts, &letter[letters]);
		if (letter[letters].f == TRACE_ACQUIRE && letter[letters].outcome == TRACE_FAILED)
			letter[letters].f = TRACE_TRY_ACQUIRE; /* "s3!" */
		letters++;
	}
	return letters;
}

static uint64_t pairings(int ops)
{
	uint64_t count = 1;

	for (int i = 1; i < 2 * ops; i += 2)
		count *= (uint64_t)i;
	return count;
}

static uint64_t count_of_size(int letters, int ops)
{
	uint64_t count = pairings(ops);

	for (int i = 0; i < ops; i++)
		count *= (uint64_t)letters;
	return letters == 0 ? 0 : count;
}

uint64_t enumerate_count(enum model model)
{
	struct trace_op letter[LETTERS_MAX];
	uint64_t count = 0;

	for (int i = 0; i < ALPHABETS; i++) {
		int letters = read_alphabet(&alphabets[model][i], letter);

		for (int ops = 1; ops <= ENUMERATED_OPS; ops++)
			count += count_of_size(letters, ops);
	}
	return count;
}

static void pair_off(struct small *small, uint64_t number)
{
	bool taken[2 * ENUMERATED_OPS] = {false};
	int first = 0;

	for (int i = 0; i < small->parts; i++) {
		int free_behind = 2 * (small->parts - i) - 1, wanted, at;

		while (taken[first])
			first++;
		taken[first] = true;
		wanted = (int)(number % (uint64_t)free_behind);
		number /= (uint64_t)free_behind;
		for (at = first + 1; taken[at] || wanted > 0; at++)
			wanted -= !taken[at];
		taken[at] = true;
		small->part[i].from = first;
		small->part[i].to = at;
	}
}

/* An open operation's second event is in no trace: of all places for it only the last ones count,
 * in the order of the operations. And an attempt acquires once. */
static bool is_new(const struct small *small)
{
	int64_t last_open = -1, last_answer = -1;

	for (int i = 0; i < small->parts; i++) {
		const struct part *part = &small->part[i];
		bool open = part->op.outcome == TRACE_OPEN;

		if (open && part->to < last_open)
			return false;
		last_open = open ? part->to : last_open;
		if (!open && part->to > last_answer)
			last_answer = part->to;
		if (part->from > last_answer)
			last_answer = part->from;
		if (part->op.f != TRACE_ACQUIRE || part->op.attempt == 0)
			continue;
		for (int j = 0; j < i; j++)
			if (small->part[j].op.f == TRACE_ACQUIRE &&
			    small->part[j].op.attempt == part->op.attempt)
				return false;
	}
	for (int i = 0; i < small->parts; i++)
		if (small->part[i].op.outcome == TRACE_OPEN && small->part[i].to < last_answer)
			return false;
	return true;
}

static void write_history(const struct alphabet *alphabet, const struct trace_op *letter,
			  int letters, int ops, uint64_t number, struct small *small)
{
	small->limit = alphabet->limit;
	small->parts = ops;
	for (int i = 0; i < ops; i++) {
		small->part[i].op = letter[number % (uint64_t)letters];
		number /= (uint64_t)letters;
	}
	pair_off(small, number);
}

bool enumerate(enum model model, uint64_t number, struct small *small)
{
	*small = (struct small){.model = model};
	for (int i = 0; i < ALPHABETS; i++) {
		struct trace_op letter[LETTERS_MAX];
		int letters = read_alphabet(&alphabets[model][i], letter);

		for (int ops = 1; ops <= ENUMERATED_OPS; ops++) {
			uint64_t count = count_of_size(letters, ops);

			if (number >= count) {
				number -= count;
				continue;
			}
			write_history(&alphabets[model][i], letter, letters, ops, number, small);
			if (!is_new(small))
				return false;
			small_build(small);
			return true;
		}
	}
	return false;
}
