/* Private to the room: what a fault block says. */
#ifndef CAMPAIGN_FAULT_BLOCK_H
#define CAMPAIGN_FAULT_BLOCK_H

#include "campaign/read.h"

/* Number `index` of the campaign's blocks; its arms must have been read. */
int fault_block_copy(struct part *part, struct campaign *campaign, int index);

#endif
