/* Private to the room: what single options must be beyond what their type and limits say, and lists
 * that grow. See struct option. */
#ifndef CAMPAIGN_OPTION_CHECKS_H
#define CAMPAIGN_OPTION_CHECKS_H

#include "campaign/options.h"

int cluster_check_flag(const struct option *option, const char *text, struct error *err);
int cluster_check_endpoint(const struct option *option, const char *text, struct error *err);
int cluster_check_user(const struct option *option, const char *text, struct error *err);
int cluster_check_password(const struct option *option, const char *text, struct error *err);
int cluster_check_prefix(const struct option *option, const char *text, struct error *err);
int arm_check_heartbeat(const struct option *option, const char *text, struct error *err);
int fault_check_target(const struct option *option, const char *text, struct error *err);

int cluster_add_flag(void *cluster, const char *text, struct error *err);
int cluster_add_endpoint(void *cluster, const char *text, struct error *err);
int arm_add_client_word(void *arm, const char *text, struct error *err);
int fault_add_lane(void *block, const char *text, struct error *err);

/* "m2", "store", "none-0-1": whether there is such a host is seen later. */
bool fault_target_is_host(const char *word);

#endif
