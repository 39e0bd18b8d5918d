#include "workloads/worker/lock_client.h"

#include "base/invariant.h"
#include "base/text.h"

void lock_answer_record(const struct lock_answer *answer, struct op_event *op)
{
	CHECK(answer->outcome == OUTCOME_OK ||
	      (answer->ttl_ms == 0 && answer->left_ms == 0 && !answer->unbounded));
	op->outcome = (uint8_t)answer->outcome;
	op->endpoint = (int8_t)answer->endpoint;
	op->revision = answer->order;
	op->ttl_ms = answer->ttl_ms ? answer->ttl_ms : answer->left_ms;
	text_copy(op->error, sizeof(op->error), answer->error);
}
