#include "checker/linear/holds.h"
#include "base/invariant.h"
#include "checker/linear/models.h"

const char *attempts_procedure(enum model model)
{
	switch (model) {
	case MODEL_OWNED_MUTEX:
		return "T2";
	case MODEL_LEASED_LOCK:
		return "T2 with leases";
	case MODEL_FENCED_MUTEX:
		return "T3";
	case MODEL_OWNED_SEMAPHORE:
	case MODEL_RWLOCK:
		return "T5";
	case MODEL_REENTRANT_MUTEX:
		return "T6";
	case MODEL_MUTEX:
	case MODEL_SEMAPHORE:
	case MODEL_CAS_REGISTER:
	case MODEL_KV:
	case MODEL_SET:
	case MODELS_COUNT:
		break;
	}
	return NULL;
}

bool linear_attempts(const struct linear_object *object, enum model model, int limit,
		     struct linear_result *result)
{
	bool named = object_names_attempts(object) && model != MODEL_REENTRANT_MUTEX;
	struct linear_result found = {.verdict = LINEARIZABLE,
				      .procedure = attempts_procedure(model),
				      .certificate = {.stuck = TRACE_NEVER}};

	if (!found.procedure)
		return false;
	CHECK(limit >= 1);
	if (!(named ? attempts_by_name : attempts_by_owner)(object, model, limit, &found) &&
	    (named || model != MODEL_FENCED_MUTEX || !attempts_by_token(object, &found)))
		return false;
	if (found.certificate.attempts < 0) /* more than fit */
		found.certificate.attempts = 0;
	CHECK((found.verdict == NOT_LINEARIZABLE) == (found.violations > 0));
	*result = found;
	return true;
}
