#include "conductor/hunt/smaller.h"

#include <math.h>
#include <string.h>

enum {
	FIRST_MS = 1000,   /* the first fault comes then */
	SERVICE_MS = 9000, /* what a member's fault leads to may come 8 s after its end */
};
static const double LONGER = 1.5;

void smaller_keep_blocks(struct campaign *campaign, const bool *kept)
{
	int place[FAULT_BLOCKS_MAX], count = 0;

	for (int i = 0; i < campaign->blocks; i++) {
		struct fault_block block = campaign->block[i];

		place[i] = -1;
		if (!kept[i] || (block.follows && place[block.follows - 1] < 0))
			continue;
		if (block.follows)
			block.follows = place[block.follows - 1] + 1;
		place[i] = count;
		campaign->block[count++] = block;
	}
	campaign->blocks = count;
}

void smaller_keep_arm(struct campaign *campaign, int arm)
{
	campaign->arm[0] = campaign->arm[arm];
	campaign->arm[0].id = 0;
	campaign->arms = 1;
}

void smaller_keep_lane(struct campaign *campaign, int lane)
{
	bool kept[FAULT_BLOCKS_MAX];

	for (int i = 0; i < campaign->arms; i++)
		campaign->arm[i].lanes = 1;
	for (int i = 0; i < campaign->blocks; i++) {
		struct fault_block *block = &campaign->block[i];
		bool names = block->named_lanes == 0;

		for (int k = 0; k < block->named_lanes; k++)
			names |= block->lane[k] == lane;
		kept[i] = names && block->target != TARGET_HOST;
		kept[i] |= block->target == TARGET_HOST && strchr(block->host, '-') == NULL;
		if (block->named_lanes) {
			block->named_lanes = 1;
			block->lane[0] = 0;
		}
	}
	smaller_keep_blocks(campaign, kept);
}

void smaller_keep_lanes(struct campaign *campaign, int lanes)
{
	bool kept[FAULT_BLOCKS_MAX];

	for (int i = 0; i < campaign->arms; i++)
		if (campaign->arm[i].lanes > lanes)
			campaign->arm[i].lanes = lanes;
	for (int i = 0; i < campaign->blocks; i++) {
		struct fault_block *block = &campaign->block[i];
		int count = 0;

		for (int k = 0; k < block->named_lanes; k++)
			if (block->lane[k] < lanes)
				block->lane[count++] = block->lane[k];
		kept[i] = block->named_lanes == 0 || count > 0;
		block->named_lanes = count;
	}
	smaller_keep_blocks(campaign, kept);
}

void smaller_drop_worker(struct campaign *campaign, int least)
{
	for (int i = 0; i < campaign->arms; i++)
		if (campaign->arm[i].workers > least)
			campaign->arm[i].workers--;
}

/* Times -------------------------------------------------------------------------------------- */

/* Those that follow come when their leader does. */
void smaller_cut_off_begin(struct campaign *campaign)
{
	int first_ms = campaign->duration_ms;

	for (int i = 0; i < campaign->blocks; i++)
		if (!campaign->block[i].follows && campaign->block[i].first_ms < first_ms)
			first_ms = campaign->block[i].first_ms;
	if (first_ms <= FIRST_MS)
		return;
	for (int i = 0; i < campaign->blocks; i++)
		if (!campaign->block[i].follows)
			campaign->block[i].first_ms -= first_ms - FIRST_MS;
	campaign->duration_ms -= first_ms - FIRST_MS;
}

static int longest_ttl_ms(const struct campaign *campaign)
{
	int ttl_s = 0;

	for (int i = 0; i < campaign->arms; i++)
		if (campaign->arm[i].ttl_s > ttl_s)
			ttl_s = campaign->arm[i].ttl_s;
	return ttl_s * 1000;
}

static int most_ms(const struct span *span, int ttl_ms)
{
	return (int)(span->high * (span->in_ttl ? ttl_ms : 1000));
}

/* Whether the moment comes at once or not, these are what the campaign asks for. */
static int begin_ms(const struct campaign *campaign, const struct fault_block *block, int ttl_ms)
{
	int from_ms = block->first_ms;

	if (block->follows) {
		const struct fault_block *leader = &campaign->block[block->follows - 1];

		from_ms = begin_ms(campaign, leader, ttl_ms);
		if (!block->with_begin)
			from_ms += most_ms(&leader->length, ttl_ms);
	}
	return from_ms + most_ms(&block->after, ttl_ms);
}

void smaller_cut_off_end(struct campaign *campaign, bool of_service)
{
	int last_ms = 0, ttl_ms = longest_ttl_ms(campaign);

	for (int i = 0; i < campaign->blocks; i++) {
		const struct fault_block *block = &campaign->block[i];
		int end_ms = begin_ms(campaign, block, ttl_ms) + most_ms(&block->length, ttl_ms) +
			     2 * ttl_ms;

		if (end_ms > last_ms)
			last_ms = end_ms;
	}
	last_ms += of_service ? SERVICE_MS : ttl_ms;
	if (last_ms < campaign->duration_ms)
		campaign->duration_ms = last_ms;
}

void smaller_set_length(struct campaign *campaign, int block, double length)
{
	struct span *span = &campaign->block[block].length;

	span->low = span->high = floor(length * 1000) / 1000;
}

static double half_as_long_again(double length)
{
	return round(length * LONGER * 1000) / 1000;
}

void smaller_lengthen(struct campaign *campaign)
{
	for (int i = 0; i < campaign->blocks; i++) {
		struct span *length = &campaign->block[i].length;

		length->low = half_as_long_again(length->low);
		length->high = half_as_long_again(length->high);
	}
	campaign->duration_ms += longest_ttl_ms(campaign);
}
