/*
 * One object's history, made ready for searching: steps for operations, classes of equal steps, a
 * slot for each pending operation, a field for each class of open operations. Read only once made;
 * both searches share it.
 */
#ifndef CHECKER_LINEAR_ENGINE_PROBLEM_H
#define CHECKER_LINEAR_ENGINE_PROBLEM_H

#include "checker/linear/engine_step.h"

enum { NO_OP = UINT32_MAX };

struct engine_op {
	struct step step;
	uint32_t class;
	uint32_t slot;   /* while it is pending no other operation has it; open ones have none */
	uint32_t prefix; /* events of the object up to and with its return; open ones: 0; where
			    the object ends before it: UINT32_MAX */
	uint32_t source; /* index into the trace's operations */
	bool open, observes;
	uint32_t relief; /* of exclusive acquires: the least `prefix` of its holder's releases that
			    are invoked after its return */
	bool eager;      /* a release that may as well come at once (engine_lazy.h) */
};

/* Equal open operations are told apart by nothing: a configuration only counts how many of them it
 * has used, in a field of one of its words. The field's highest bit stays 0: see
 * engine_memo.c. */
struct open_class {
	struct step step;
	uint32_t class;
	uint32_t word, shift;
	uint64_t ones; /* the field's mask, before the shift */
};

/* At an event or later: the first return of an observer, the first invocation of a step that
 * resets. */
struct ahead {
	uint32_t sight, reset;
};

struct problem {
	const struct linear_object *object; /* that it was made of */
	enum model kind;
	const struct step_model *model;
	uint32_t limit;
	uint32_t ops, events, classes, open_classes, open_ops;
	struct engine_op *op;
	uint32_t *event; /* op << 1 | is return */
	struct open_class *open_class;
	uint32_t *open_of_class; /* index into open_class; NO_OP: it has none */
	uint32_t *partner; /* with holders: the class of a holder's releases for his acquires', and
			      of his exclusive acquires for his releases'; NO_OP: there is none */
	uint32_t *sharer;  /* ... of his shared acquires for a holder's releases' */
	uint32_t *soonest; /* with holders, by event: the least `prefix` of exclusive acquires that
			      are invoked there or later */
	uint32_t slots;    /* most operations pending at once */
	uint32_t mask_words, shade_words, count_words; /* of a configuration */
	uint64_t *guards;        /* per count word: the highest bit of each field */
	struct ahead *ahead;     /* by event; NULL: searches do not look ahead */
	uint32_t *sight, sights; /* if they do: observers, by the text that they saw */
	uint32_t lost;           /* state (engine_unseen.h); 0: there is none */
	uint64_t initial;        /* state */
	struct intern texts;     /* what the steps refer to */
	struct budget budget;    /* of the texts: no limit */
};

/* False when the model does not know one of the operations. Close it in either case. The object is
 * borrowed for as long as it is open. */
bool problem_open(struct problem *problem, const struct linear_object *object, enum model model,
		  int limit);
void problem_close(struct problem *problem);

#endif
