#include "tests/support/explained.h"

#include <check.h>

struct linear_result explain_refuted(const struct trace *trace, enum model model,
				     struct explanation *explanation)
{
	struct linear_request request = {.model = model, .limit = 1};
	struct linear_summary summary;
	struct error err = {0};

	ck_assert_int_eq(linear_judge(trace, &request, &summary, &err), 0);
	ck_assert_int_eq(summary.verdict, NOT_LINEARIZABLE);
	explain_summary(trace, &request, &summary, explanation);
	ck_assert_int_eq(explanation->proof, EXPLANATION_VERIFIED);
	return summary.result;
}
