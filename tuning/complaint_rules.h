/* Private to the room: each rule of complaints.h fills the complaint, or says nothing. */
#ifndef TUNING_COMPLAINT_RULES_H
#define TUNING_COMPLAINT_RULES_H

#include "tuning/complaints.h"

typedef bool complaint_rule_f(const struct stated *stated, const struct lease *lease,
			      struct complaint *complaint);

complaint_rule_f complain_no_renewal, complain_not_told, complain_gives_up, complain_renew_deadline,
	complain_loop_wait, complain_deadline, complain_work, complain_pauses, complain_no_guard,
	complain_attempts, complain_timeout, complain_least_ttl, complain_interval,
	complain_election;

#endif
