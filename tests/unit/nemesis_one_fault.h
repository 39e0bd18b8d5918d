/* For tests of single verbs: one fault, from the schedule to its end. */
#ifndef TESTS_NEMESIS_ONE_FAULT_H
#define TESTS_NEMESIS_ONE_FAULT_H

#include "tests/unit/nemesis_rig.h"

enum { EVERYTHING = CAN_CUT | CAN_FAULT_MEMBERS | CAN_FAULT_DISKS };

#define BEGIN(kind, target, detail) "100 begin 1 " kind " " target ": " detail "\n"
#define OF_HOLDER(kind)             BEGIN(kind, "holder", "host-5, working, holder for 110.0 ms, 0 waiting")
#define OF_MEMBER(kind)             BEGIN(kind, "member", "host-1")

/* Worker 0, on host 5, holds lane 0. */
static inline void set_up_all(void)
{
	set_up();
	cluster->abilities = EVERYTHING;
	holds(0, LIVE_WORKING, 10);
}

/* From 0.1 s on for half a second. */
static inline struct fault_block *plan_one(enum fault_kind kind, enum fault_target target)
{
	struct fault_block *one = plan_fault(kind, target, 100, 500);

	planned_entry[0].member = target != TARGET_HOLDER;
	return one;
}

#endif
