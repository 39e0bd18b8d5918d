/* A register with compare-and-set. State: the value. */
#include "checker/linear/engine_step.h"

enum register_step { REGISTER_READ, REGISTER_WRITE, REGISTER_CAS, REGISTER_SAW_OTHER };

static enum step_role make_register(const struct step_maker *maker, const struct trace_op *op,
				    struct step *step)
{
	(void)maker;
	*step = (struct step){.a = op->a};
	if (op->f == TRACE_READ) {
		step->kind = REGISTER_READ;
		return op->outcome == TRACE_OK ? STEP_OBSERVES : STEP_LEFT_OUT;
	}
	if (op->f == TRACE_WRITE) {
		step->kind = REGISTER_WRITE;
		return STEP_CHANGES;
	}
	if (op->f != TRACE_CAS)
		return STEP_FOREIGN;
	if (op->outcome == TRACE_FAILED) {
		step->kind = REGISTER_SAW_OTHER;
		return STEP_OBSERVES;
	}
	step->kind = REGISTER_CAS;
	step->b = op->b;
	return STEP_CHANGES;
}

static bool take_register(struct step_states *states, uint64_t value, const struct step *step,
			  uint64_t *next)
{
	(void)states;
	*next = value;
	switch ((enum register_step)step->kind) {
	case REGISTER_READ:
		return value == step->a;
	case REGISTER_WRITE:
		*next = step->a;
		return true;
	case REGISTER_CAS:
		*next = step->b;
		return value == step->a;
	case REGISTER_SAW_OTHER:
		return value != step->a;
	}
	return false;
}

static uint64_t begin_register(const struct step_maker *maker, uint32_t value)
{
	(void)maker;
	return value;
}

const struct step_model step_cas_register = {
	.make = make_register, .take = take_register, .begin = begin_register};
