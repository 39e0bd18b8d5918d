/*
 * What the benches lean on: a generated history has the verdict that was planted, by exhaustive
 * search, which knows nothing of the generator or of the procedures.
 */
#include <check.h>
#include <stdlib.h>

#include "checker/linear/linear.h"
#include "tests/support/suite.h"
#include "tests/support/trace_generator.h"

enum { SEEDS = 500, OPERATIONS = 22, SEARCHABLE = 24 };

static const enum model models[] = {MODEL_MUTEX,        MODEL_SEMAPHORE, MODEL_OWNED_MUTEX,
				    MODEL_FENCED_MUTEX, MODEL_RWLOCK,    MODEL_OWNED_SEMAPHORE,
				    MODEL_SET};

enum { MODELS_GENERATED = sizeof(models) / sizeof(*models) };

static struct generator small_wish(enum model model, uint64_t seed, bool violation)
{
	bool permits = model == MODEL_SEMAPHORE || model == MODEL_OWNED_SEMAPHORE;

	return (struct generator){.model = model,
				  .seed = seed,
				  .operations = OPERATIONS,
				  .clients = 7 + (int)(seed % 3),
				  .limit = permits ? 2 : 1,
				  .unknown_percent = 15 * (int)(seed % 3),
				  .removes = seed % 2,
				  .violation = violation};
}

static struct generator nameless_wish(enum model model, uint64_t seed, bool violation)
{
	struct generator wish = small_wish(model, seed, violation);

	wish.nameless = true;
	wish.operations -= violation ? 4 : 0; /* those of the strangers */
	return wish;
}

/* How many of the histories could be searched; each must have the verdict. */
static int search_all(struct generator (*wish_of)(enum model, uint64_t, bool), enum model model,
		      bool violation, enum linear_verdict planted)
{
	int searched = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		const struct generator wish = wish_of(model, seed, violation);
		struct linear_object object;
		struct trace trace;
		bool as_wished = generate_trace(&wish, &trace);

		linear_split(&trace, 0, &object);
		if (as_wished && object.ops <= SEARCHABLE) {
			ck_assert_msg(linear_exhaust(&object, model, wish.limit) == planted,
				      "%s, seed %d", model_names[model], (int)seed);
			searched++;
		}
		linear_split_free(&object);
		trace_free(&trace);
	}
	return searched;
}

START_TEST(generated_history_is_linearizable)
{
	ck_assert_int_gt(search_all(small_wish, models[_i], false, LINEARIZABLE), SEEDS / 2);
}
END_TEST

START_TEST(planted_grant_is_not_linearizable)
{
	ck_assert_int_gt(search_all(small_wish, models[_i], true, NOT_LINEARIZABLE), SEEDS / 10);
}
END_TEST

START_TEST(without_names_the_verdict_is_the_planted_one_too)
{
	static const enum model nameless[] = {MODEL_OWNED_MUTEX, MODEL_RWLOCK};
	enum model model = nameless[_i];

	ck_assert_int_gt(search_all(nameless_wish, model, false, LINEARIZABLE), SEEDS / 2);
	ck_assert_int_gt(search_all(nameless_wish, model, true, NOT_LINEARIZABLE), SEEDS / 10);
}
END_TEST

static bool same(const struct trace *a, const struct trace *b)
{
	if (a->ops != b->ops || a->events != b->events)
		return false;
	for (uint32_t i = 0; i < a->ops; i++)
		if (a->op[i].invoked_ns != b->op[i].invoked_ns ||
		    a->op[i].returned != b->op[i].returned || a->op[i].f != b->op[i].f)
			return false;
	return true;
}

START_TEST(seed_alone_decides_the_history)
{
	struct generator wish = small_wish(MODEL_MUTEX, 1, false);
	struct trace first, again, other;

	ck_assert(generate_trace(&wish, &first));
	ck_assert(generate_trace(&wish, &again));
	wish.seed = 2;
	ck_assert(generate_trace(&wish, &other));
	ck_assert(same(&first, &again));
	ck_assert(!same(&first, &other));
	trace_free(&first);
	trace_free(&again);
	trace_free(&other);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("generated histories");
	TCase *cases = tcase_create("generator");

	tcase_add_loop_test(cases, generated_history_is_linearizable, 0, MODELS_GENERATED);
	tcase_add_loop_test(cases, planted_grant_is_not_linearizable, 0, MODELS_GENERATED);
	tcase_add_loop_test(cases, without_names_the_verdict_is_the_planted_one_too, 0, 2);
	tcase_add_test(cases, seed_alone_decides_the_history);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
