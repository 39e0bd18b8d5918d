/* The independent search has the last word on what an explanation shows. */
#include "checker/linear/explain_parts.h"

void explain_verify(const struct explaining *about, const struct excerpt *excerpt)
{
	uint32_t ops;

	switch (excerpt_exhaust(excerpt, about->request, &ops)) {
	case NOT_LINEARIZABLE:
		about->into->proof = EXPLANATION_VERIFIED;
		break;
	case LINEARIZABLE:
		about->into->proof = EXPLANATION_REFUTED;
		break;
	case LINEAR_UNKNOWN:
		about->into->proof = EXPLANATION_UNVERIFIED;
		break;
	}
	about->into->proof_ops = ops;
}
