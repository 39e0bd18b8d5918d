/*
 * Holds that are left out of an explanation: whichever they are, a legal history stays legal; and
 * of a long history with one violation near its end a few operations are shown, these among them.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/random.h"
#include "checker/linear/explain.h"
#include "checker/linear/lessen_units.h"
#include "history/traces/trace.h"
#include "tests/support/suite.h"

/* A right service ----------------------------------------------------------------------------- */

enum { OWNERS = 4, PLANTERS = 3, IN_FLIGHT = 32 };

enum naming { NO_ATTEMPTS, ALL_ATTEMPTS, SOME_ATTEMPTS };

struct request {
	struct trace_op op;
	uint32_t handle;
	bool served, lost; /* lost: its answer never comes */
};

struct inside {
	uint32_t owner, attempt;
	bool shared;
};

struct service {
	enum model model;
	enum naming naming;
	int limit;
	int lost_percent;
	bool loses_acquires, looks;
	bool late;     /* what is lost may take effect when its owner has gone on */
	bool overlaps; /* an owner may do several things at once */
	struct random_stream random;
	struct trace_builder *builder;
	struct request request[IN_FLIGHT];
	struct inside inside[OWNERS];
	uint32_t requests, holders, asked, attempts, attempt[OWNERS + PLANTERS + 1];
	int64_t token, last_token; /* 0: of all holds */
	uint32_t last_token_line;
};

static int draw(struct service *service, int low, int high)
{
	return (int)random_between(&service->random, low, high);
}

static bool percent(struct service *service, int chance)
{
	return draw(service, 1, 100) <= chance;
}

static bool holds(const struct service *service, uint32_t owner)
{
	for (uint32_t i = 0; i < service->holders; i++)
		if (service->inside[i].owner == owner)
			return true;
	return false;
}

static bool has_room(const struct service *service, const struct trace_op *op)
{
	uint32_t others = 0, exclusive = 0;

	for (uint32_t i = 0; i < service->holders; i++) {
		others += service->inside[i].owner != op->owner;
		exclusive += !service->inside[i].shared;
	}
	if (service->model == MODEL_REENTRANT_MUTEX)
		return others == 0 && service->holders < (uint32_t)service->limit;
	if (service->model == MODEL_RWLOCK && op->mode == TRACE_SHARED)
		return exclusive == 0;
	return service->holders < (uint32_t)service->limit;
}

/* The place of the hold that an operation means; OWNERS: none. */
static uint32_t find_inside(const struct service *service, const struct trace_op *op)
{
	bool named = service->naming == ALL_ATTEMPTS && service->model != MODEL_REENTRANT_MUTEX;

	for (uint32_t i = service->holders; i-- > 0;)
		if (named ? service->inside[i].attempt == op->attempt
			  : service->inside[i].owner == op->owner)
			return i;
	return OWNERS;
}

static void enter(struct service *service, struct request *request)
{
	service->inside[service->holders++] =
		(struct inside){.owner = request->op.owner,
				.attempt = request->op.attempt,
				.shared = request->op.mode == TRACE_SHARED};
	if (service->model != MODEL_FENCED_MUTEX ||
	    (service->last_token && service->token == service->last_token))
		return;
	request->op.token = ++service->token;
	service->last_token_line = request->op.line;
}

static void serve(struct service *service, struct request *request)
{
	struct trace_op *op = &request->op;

	if (op->f == TRACE_RELEASE || op->f == TRACE_PROOF) {
		uint32_t at = find_inside(service, op);

		if (at == OWNERS)
			return;
		if (op->f == TRACE_RELEASE)
			service->inside[at] = service->inside[--service->holders];
	} else if (service->holders == OWNERS) {
		return; /* as many readers as are kept; it waits */
	} else if (has_room(service, op)) {
		enter(service, request);
	} else if (op->f == TRACE_TRY_ACQUIRE) {
		op->outcome = TRACE_FAILED;
	} else {
		return;
	}
	request->served = true;
}

static bool is_busy(const struct service *service, uint32_t owner)
{
	for (uint32_t i = 0; i < service->requests; i++)
		if (service->request[i].op.owner == owner &&
		    !(service->request[i].lost && service->late))
			return true;
	return false;
}

static void name_attempt(struct service *service, struct trace_op *op)
{
	if (op->f == TRACE_ACQUIRE || op->f == TRACE_TRY_ACQUIRE)
		service->attempt[op->owner] = ++service->attempts;
	if (service->naming != NO_ATTEMPTS)
		op->attempt = service->attempt[op->owner];
	if (service->naming == SOME_ATTEMPTS && percent(service, 50))
		op->attempt = 0;
}

static struct request *ask(struct service *service, uint32_t owner, enum trace_function f)
{
	struct request *request = &service->request[service->requests++];
	bool may_lose = service->loses_acquires || f == TRACE_RELEASE;

	*request =
		(struct request){.op = {.f = (uint8_t)f, .owner = owner, .line = ++service->asked},
				 .lost = may_lose && percent(service, service->lost_percent)};
	request->op.process =
		(int32_t)(request->lost || service->overlaps ? 100 + service->asked : owner);
	if (service->model == MODEL_RWLOCK && percent(service, 60))
		request->op.mode = TRACE_SHARED;
	name_attempt(service, &request->op);
	request->handle = trace_invoke(service->builder, &request->op);
	return request;
}

static void ask_something(struct service *service)
{
	uint32_t owner = (uint32_t)draw(service, 1, OWNERS);

	if (service->requests == IN_FLIGHT || (!service->overlaps && is_busy(service, owner)))
		return;
	/* not so that it would wait for itself */
	bool nested = service->model == MODEL_REENTRANT_MUTEX &&
		      service->holders < (uint32_t)service->limit && percent(service, 40);

	if (holds(service, owner) && !nested)
		ask(service, owner,
		    service->looks && percent(service, 30) ? TRACE_PROOF : TRACE_RELEASE);
	else
		ask(service, owner,
		    service->looks && percent(service, 40) ? TRACE_TRY_ACQUIRE : TRACE_ACQUIRE);
}

/* What is lost may be served at any time, or never. */
static void go_on(struct service *service)
{
	if (service->requests == 0 || percent(service, 40)) {
		ask_something(service);
		return;
	}
	uint32_t at = (uint32_t)draw(service, 0, (int)service->requests - 1);
	struct request *request = &service->request[at];

	if (!request->served) {
		if (!request->lost || service->late || percent(service, 50))
			serve(service, request);
		if (!request->lost || (service->late && !request->served))
			return;
	} else {
		trace_return(service->builder, request->handle,
			     (enum trace_outcome)request->op.outcome, &request->op);
	}
	*request = service->request[--service->requests];
}

static int limit_of(enum model model)
{
	return model == MODEL_OWNED_SEMAPHORE || model == MODEL_REENTRANT_MUTEX ? 2 : 1;
}

static void open_service(struct service *service, enum model model, uint64_t seed)
{
	*service = (struct service){.model = model,
				    .limit = limit_of(model),
				    .random = random_open(seed, model_names[model]),
				    .builder = trace_begin("test")};
	trace_intern_object(service->builder, "a");
}

static struct linear_object whole(const struct trace *trace)
{
	return (struct linear_object){
		.trace = trace, .ops = trace->ops, .events = trace->events, .event = trace->event};
}

/* Legal stays legal --------------------------------------------------------------------------- */

enum { HISTORIES = 600, SMALL_OPS = 22, STEPS_MAX = 1000, CHOICES = 5 };

static const enum model covered[] = {MODEL_OWNED_MUTEX,  MODEL_REENTRANT_MUTEX,
				     MODEL_FENCED_MUTEX, MODEL_OWNED_SEMAPHORE,
				     MODEL_RWLOCK,       MODEL_LEASED_LOCK};
enum { COVERED = sizeof(covered) / sizeof(covered[0]) };

static void leave_some_out(struct service *service, const struct trace *trace, uint32_t *left_out)
{
	struct linear_request request = {.model = service->model, .limit = service->limit};
	struct linear_object object = whole(trace);
	struct excerpt excerpt, smaller;
	struct units units;
	int keep = draw(service, 0, 100);
	uint32_t ops;

	excerpt_prefix(&excerpt, &object,
		       percent(service, 50) ? TRACE_NEVER
					    : (uint32_t)draw(service, 1, (int)trace->events));
	if (units_open(&units, &excerpt, service->model)) {
		for (uint32_t i = 0; i < units.count; i++)
			units.unit[i].keep = percent(service, keep);
		units_leave_out(&units, (uint32_t)draw(service, 0, 2 * (int)trace->events),
				&smaller);
		ck_assert_int_eq(excerpt_exhaust(&smaller, &request, &ops), LINEARIZABLE);
		*left_out += excerpt.ops - smaller.ops;
		excerpt_free(&smaller);
	}
	units_close(&units);
	excerpt_free(&excerpt);
}

START_TEST(whatever_is_left_out_a_legal_history_stays_legal)
{
	uint32_t left_out = 0;

	for (uint64_t seed = 1; seed <= HISTORIES; seed++) {
		struct service service;
		struct trace trace;

		open_service(&service, covered[_i], seed);
		service.naming = (enum naming)(seed % 3);
		service.lost_percent = draw(&service, 0, 50);
		service.loses_acquires = percent(&service, 50);
		service.looks = percent(&service, 40);
		service.late = percent(&service, 50);
		service.overlaps = percent(&service, 30);
		service.last_token = draw(&service, 0, 8);
		for (int step = 0; service.asked < SMALL_OPS && step < STEPS_MAX; step++)
			go_on(&service);
		trace_end(service.builder, &trace);
		struct linear_object object = whole(&trace);

		ck_assert_int_eq(linear_exhaust(&object, service.model, service.limit),
				 LINEARIZABLE);
		for (int i = 0; i < CHOICES; i++)
			leave_some_out(&service, &trace, &left_out);
		trace_free(&trace);
	}
	ck_assert_uint_gt(left_out, HISTORIES * CHOICES * 3);
}
END_TEST

static uint32_t do_at_once(struct service *service, uint32_t owner, enum trace_function f,
			   int64_t token)
{
	struct request *request;

	service->lost_percent = 0;
	request = ask(service, owner, f);
	request->op.token = token;
	trace_return(service->builder, request->handle, TRACE_OK, &request->op);
	service->requests--;
	return service->asked;
}

/* Asks, in this mode, and never hears. */
static void lose(struct service *service, uint32_t owner, enum trace_mode mode)
{
	struct trace_op op = {.f = TRACE_ACQUIRE,
			      .owner = owner,
			      .process = 100 + (int32_t)++service->asked,
			      .mode = (uint8_t)mode};

	trace_invoke(service->builder, &op);
}

/* Owner 1 takes the lock alone, gives it back, and then reads beside owner 2. Which of his acquires
 * the first release ended is not told: so neither is used up. */
START_TEST(of_unlike_acquires_none_is_taken_to_be_used_up)
{
	struct linear_request request = {.model = MODEL_RWLOCK, .limit = 1};
	struct trace_op reads = {
		.f = TRACE_ACQUIRE, .owner = 2, .process = 2, .mode = TRACE_SHARED};
	struct service service;
	struct excerpt excerpt, smaller;
	struct units units;
	struct trace trace;
	uint32_t ops;

	open_service(&service, MODEL_RWLOCK, 1);
	lose(&service, 1, TRACE_EXCLUSIVE);
	lose(&service, 1, TRACE_SHARED);
	do_at_once(&service, 1, TRACE_RELEASE, 0);
	trace_return(service.builder, trace_invoke(service.builder, &reads), TRACE_OK, &reads);
	do_at_once(&service, 1, TRACE_RELEASE, 0);
	do_at_once(&service, 2, TRACE_RELEASE, 0);
	trace_end(service.builder, &trace);
	struct linear_object object = whole(&trace);

	excerpt_prefix(&excerpt, &object, TRACE_NEVER);
	ck_assert_int_eq(excerpt_exhaust(&excerpt, &request, &ops), LINEARIZABLE);
	ck_assert(units_open(&units, &excerpt, MODEL_RWLOCK));
	ck_assert_int_eq(units.unit[0].kind, UNIT_ASTRAY);
	units.unit[0].keep = false;
	units_leave_out(&units, 0, &smaller);
	ck_assert_int_eq(excerpt_exhaust(&smaller, &request, &ops), LINEARIZABLE);
	ck_assert_uint_eq(ops, 5);
	units_close(&units);
	excerpt_free(&smaller);
	excerpt_free(&excerpt);
	trace_free(&trace);
}
END_TEST

/* A violation near the end -------------------------------------------------------------------- */

enum violation { TOKEN_REPEATED, TOKEN_BACK, TOKEN_OF_LONG_AGO, HELD_TWICE, RELEASED_TWICE };
enum { ROWS_MAX = 12, EXPLAINED_WITHIN_S = 2 };

struct plan {
	const char *procedure; /* part of its name */
	enum model model;
	enum violation violation;
	enum naming naming;
	uint32_t operations;
	int lost_percent;
	bool loses_acquires, looks;
};

static const struct plan plans[] = {
	{"T3b", MODEL_FENCED_MUTEX, TOKEN_REPEATED, NO_ATTEMPTS, 100000, 5, false, false},
	{"T3b", MODEL_FENCED_MUTEX, TOKEN_BACK, NO_ATTEMPTS, 100000, 5, false, false},
	{"-first", MODEL_FENCED_MUTEX, TOKEN_OF_LONG_AGO, NO_ATTEMPTS, 10000, 2, false, false},
	{"T3b", MODEL_FENCED_MUTEX, HELD_TWICE, NO_ATTEMPTS, 100000, 5, false, false},
	{"T3b", MODEL_FENCED_MUTEX, RELEASED_TWICE, NO_ATTEMPTS, 10000, 5, false, false},
	{"T3b", MODEL_FENCED_MUTEX, TOKEN_REPEATED, SOME_ATTEMPTS, 10000, 5, false, false},
	{"-first", MODEL_FENCED_MUTEX, HELD_TWICE, SOME_ATTEMPTS, 10000, 5, false, true},
	{"T3", MODEL_FENCED_MUTEX, TOKEN_BACK, ALL_ATTEMPTS, 10000, 5, true, true},
	{"T3", MODEL_FENCED_MUTEX, HELD_TWICE, ALL_ATTEMPTS, 10000, 5, true, false},
	{"-first", MODEL_FENCED_MUTEX, TOKEN_REPEATED, NO_ATTEMPTS, 10000, 2, true, false},
	{"-first", MODEL_FENCED_MUTEX, TOKEN_BACK, NO_ATTEMPTS, 10000, 2, false, true},
	{"-first", MODEL_FENCED_MUTEX, HELD_TWICE, NO_ATTEMPTS, 10000, 2, false, true},
	{"-first", MODEL_OWNED_MUTEX, HELD_TWICE, NO_ATTEMPTS, 10000, 2, false, false},
	{"-first", MODEL_OWNED_MUTEX, RELEASED_TWICE, NO_ATTEMPTS, 10000, 2, false, true},
	{"-first", MODEL_REENTRANT_MUTEX, HELD_TWICE, NO_ATTEMPTS, 10000, 0, false, true},
	{"-first", MODEL_RWLOCK, HELD_TWICE, NO_ATTEMPTS, 10000, 2, false, false},
};

/* All is served, answered or lost, and nobody holds. */
static void drain(struct service *service)
{
	service->lost_percent = 0;
	while (service->requests > 0 || service->holders > 0) {
		uint32_t owner = service->holders > 0 ? service->inside[0].owner : 0;

		if (owner != 0 && !is_busy(service, owner))
			ask(service, owner, TRACE_RELEASE);
		struct request *request =
			&service->request[draw(service, 0, (int)service->requests - 1)];

		if (!request->served)
			serve(service, request);
		if (!request->served && !request->lost)
			continue;
		if (!request->lost)
			trace_return(service->builder, request->handle,
				     (enum trace_outcome)request->op.outcome, &request->op);
		*request = service->request[--service->requests];
	}
}

/* Returns what cannot have been, in `line` the two operations that show it. */
static void plant(struct service *service, enum violation violation, uint32_t line[2])
{
	bool tells = service->model == MODEL_FENCED_MUTEX && violation != TOKEN_OF_LONG_AGO;
	int64_t token = tells ? ++service->token : 0;
	bool held_twice = violation == HELD_TWICE;
	uint32_t one = OWNERS + 1, other = OWNERS + 2;

	line[0] = do_at_once(service, one, TRACE_ACQUIRE, token);
	if (!held_twice)
		line[1] = do_at_once(service, one, TRACE_RELEASE, 0);
	switch (violation) {
	case TOKEN_REPEATED:
		line[1] = do_at_once(service, other, TRACE_ACQUIRE, token);
		break;
	case TOKEN_BACK:
		line[1] = do_at_once(service, other, TRACE_ACQUIRE, token - 1);
		break;
	case TOKEN_OF_LONG_AGO:
		line[0] = service->last_token_line;
		line[1] = do_at_once(service, other, TRACE_ACQUIRE, service->last_token);
		break;
	case HELD_TWICE:
		line[1] = do_at_once(service, other, TRACE_ACQUIRE, token ? ++service->token : 0);
		do_at_once(service, one, TRACE_RELEASE, 0);
		break;
	case RELEASED_TWICE:
		line[0] = line[1];
		line[1] = do_at_once(service, one, TRACE_RELEASE, 0);
		break;
	}
	if (violation != RELEASED_TWICE)
		do_at_once(service, other, TRACE_RELEASE, 0);
}

static bool shows(const struct explanation *explanation, uint32_t line)
{
	for (int i = 0; i < explanation->rows; i++)
		if (explanation->row[i].line == line)
			return true;
	return false;
}

static void make_history(const struct plan *plan, struct trace *trace, uint32_t line[2])
{
	struct service service;

	open_service(&service, plan->model, 1);
	service.naming = plan->naming;
	service.lost_percent = plan->lost_percent;
	service.loses_acquires = plan->loses_acquires;
	service.looks = plan->looks;
	service.last_token = plan->violation == TOKEN_OF_LONG_AGO ? 5 : 0;
	while (service.asked < plan->operations)
		go_on(&service);
	drain(&service);
	plant(&service, plan->violation, line);
	do_at_once(&service, OWNERS + 3, TRACE_ACQUIRE,
		   plan->model == MODEL_FENCED_MUTEX ? service.token + 1 : 0);
	do_at_once(&service, OWNERS + 3, TRACE_RELEASE, 0);
	trace_end(service.builder, trace);
}

START_TEST(a_violation_at_the_end_is_explained_by_a_few_operations)
{
	const struct plan *plan = &plans[_i];
	struct linear_request request = {.model = plan->model, .limit = limit_of(plan->model)};
	struct linear_summary summary;
	struct explanation explanation;
	struct error err = {0};
	struct trace trace;
	uint32_t line[2];

	make_history(plan, &trace, line);
	ck_assert_int_eq(linear_judge(&trace, &request, &summary, &err), 0);
	ck_assert_int_eq(summary.verdict, NOT_LINEARIZABLE);
	clock_t begin = clock();

	explain_summary(&trace, &request, &summary, &explanation);
	double took_s = (double)(clock() - begin) / CLOCKS_PER_SEC;

	printf("# %s: %d of %u operations, %.3f s\n", summary.result.procedure, explanation.rows,
	       trace.ops, took_s);
	ck_assert_ptr_nonnull(strstr(summary.result.procedure, plan->procedure));
	ck_assert_int_eq(explanation.proof, EXPLANATION_VERIFIED);
	ck_assert_int_le(explanation.rows, ROWS_MAX);
	ck_assert(shows(&explanation, line[1]));
	ck_assert(plan->violation == RELEASED_TWICE || plan->violation == TOKEN_BACK ||
		  shows(&explanation, line[0]));
	ck_assert(took_s < EXPLAINED_WITHIN_S);
	explanation_free(&explanation);
	trace_free(&trace);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: linear: holds that are left out");
	TCase *small = tcase_create("small"), *large = tcase_create("large");

	suite_add_tcase(suite, small);
	suite_add_tcase(suite, large);
	tcase_set_timeout(small, 120);
	tcase_set_timeout(large, 120);
	tcase_add_loop_test(small, whatever_is_left_out_a_legal_history_stays_legal, 0, COVERED);
	tcase_add_test(small, of_unlike_acquires_none_is_taken_to_be_used_up);
	tcase_add_loop_test(large, a_violation_at_the_end_is_explained_by_a_few_operations, 0,
			    sizeof(plans) / sizeof(plans[0]));
	return suite_run(suite);
}
