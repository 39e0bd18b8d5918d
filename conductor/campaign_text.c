/* The resolved campaign as text, and what cannot be in combination. */
#include <stdio.h>
#include <stdlib.h>

#include "base/invariant.h"
#include "conductor/campaign.h"
#include "conductor/duration.h"

static void print_ms(FILE *out, const char *name, int ms)
{
	char text[48];

	duration_print_ms(ms, text, sizeof(text));
	fprintf(out, "\t%s = \"%s\"\n", name, text);
}

static void print_span(FILE *out, const char *name, struct span span)
{
	char text[48];

	duration_print_span(&span, text, sizeof(text));
	fprintf(out, "\t%s = \"%s\"\n", name, text);
}

/* libconfuse reads backslash escapes and ${environment} within double quotes, neither within
 * single ones, where only \' and \\ count. */
static void print_text(FILE *out, const char *indent, const char *name, const char *text)
{
	fprintf(out, "%s%s = '", indent, name);
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputs("'\n", out);
}

static void print_cluster(FILE *out, const struct campaign *campaign)
{
	fprintf(out, "cluster {\n\tmembers = %d\n", campaign->cluster.members);
	print_text(out, "\t", "etcd", campaign->cluster.etcd);
	print_ms(out, "heartbeat", campaign->cluster.heartbeat_ms);
	print_ms(out, "election", campaign->cluster.election_ms);
	if (campaign->cluster.endpoints > 0) {
		fputs("\tendpoints = {", out);
		for (int i = 0; i < campaign->cluster.endpoints; i++)
			fprintf(out, "%s'%s'", i ? ", " : "", campaign->cluster.endpoint[i]);
		fputs("}\n", out);
	}
	fputs("}\n", out);
}

static void print_arm(FILE *out, const struct arm *arm, enum expectation expect)
{
	fprintf(out, "arm %s {\n\tguard = %s\n\trecipe = %s\n\tstore = %s\n\texpect = %s\n",
		arm->name, guard_names[arm->guard], recipe_names[arm->recipe],
		store_names[arm->store], expectation_names[expect]);
	fprintf(out, "\tlanes = %d\n\tworkers = %d\n\tretries = %d\n", arm->lanes, arm->workers,
		arm->retries);
	print_ms(out, "ttl", arm->ttl_s * 1000);
	print_ms(out, "heartbeat", arm->heartbeat_ms);
	print_ms(out, "acquire-timeout", arm->acquire_timeout_ms);
	print_span(out, "work",
		   (struct span){false, arm->work_min_ms / 1000.0, arm->work_max_ms / 1000.0});
	print_ms(out, "rest", arm->rest_max_ms);
	fputs("}\n", out);
}

static void print_fault(FILE *out, const struct fault_block *block)
{
	fprintf(out, "fault %s {\n\tdo = %s\n\ttarget = %s\n\tfrom = %s\n\twhen = %s\n",
		block->name, fault_kind_names[block->kind], fault_target_names[block->target],
		fault_from_names[block->from], fault_moment_names[block->moment]);
	print_span(out, "length", block->length);
	print_ms(out, "first", block->first_ms);
	print_ms(out, "every", block->every_ms);
	print_ms(out, "jitter", block->jitter_ms);
	fprintf(out, "\tlanes = %d\n}\n", block->lanes);
}

char *campaign_print(const struct campaign *campaign)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	CHECK(out);
	print_text(out, "", "name", campaign->name);
	fprintf(out, "seed = %llu\n", (unsigned long long)campaign->seed);
	fprintf(out, "duration = \"%dms\"\nsettle = \"%dms\"\n", campaign->duration_ms,
		campaign->settle_ms);
	fprintf(out, "min-exposures = %d\nservice-expect = %s\n", campaign->min_exposures,
		expectation_names[campaign->service_expect]);
	print_cluster(out, campaign);
	for (int i = 0; i < campaign->arms; i++)
		print_arm(out, &campaign->arm[i], campaign->arm_expect[i]);
	for (int i = 0; i < campaign->blocks; i++)
		print_fault(out, &campaign->block[i]);
	CHECK(fclose(out) == 0);
	return text;
}

static int arm_is_possible(const struct campaign *campaign, const struct arm *arm,
			   struct error *err)
{
	int hosts = 0;

	for (int i = 0; i < campaign->arms; i++)
		hosts += campaign->arm[i].lanes * campaign->arm[i].workers;
	if (hosts > HOSTS_MAX - 16)
		return error_set(err, EXIT_BAD_USAGE,
				 "%s: %d workers in all; one machine carries %d here",
				 campaign->file, hosts, HOSTS_MAX - 16);
	if (arm->ttl_s < 1)
		return error_set(err, EXIT_BAD_USAGE,
				 "%s: arm %s: ttl is zero; etcd's TTLs are whole seconds",
				 campaign->file, arm->name);
	if (arm->heartbeat_ms < 10 || arm->heartbeat_ms >= arm->ttl_s * 1000)
		return error_set(err, EXIT_BAD_USAGE,
				 "%s: arm %s: heartbeat %d ms must be at least 10 ms and less than "
				 "the TTL of %d s",
				 campaign->file, arm->name, arm->heartbeat_ms, arm->ttl_s);
	return 0;
}

static int block_is_possible(const struct campaign *campaign, const struct fault_block *block,
			     struct error *err)
{
	bool on_member = block->target == TARGET_LEADER || block->target == TARGET_MEMBER;

	if (block->kind == FAULT_CUT && block->from == FROM_PEERS && !on_member)
		return error_set(
			err, EXIT_BAD_USAGE,
			"%s: fault %s: only a member has peers; cut a %s from cluster or all",
			campaign->file, block->name, fault_target_names[block->target]);
	if (block->moment == MOMENT_CONTENDED && block->target != TARGET_HOLDER)
		return error_set(err, EXIT_BAD_USAGE,
				 "%s: fault %s: when = contended goes with target = holder",
				 campaign->file, block->name);
	if (block->every_ms > 0 && block->every_ms < 50)
		return error_set(err, EXIT_BAD_USAGE, "%s: fault %s: every is less than 50ms",
				 campaign->file, block->name);
	return 0;
}

int campaign_validate(const struct campaign *campaign, struct error *err)
{
	if (campaign->arms == 0)
		return error_set(err, EXIT_BAD_USAGE, "%s: no arm; nothing would be tested",
				 campaign->file);
	if (campaign->duration_ms < 1000)
		return error_set(err, EXIT_BAD_USAGE, "%s: duration is less than a second",
				 campaign->file);
	for (int i = 0; i < campaign->arms; i++)
		if (arm_is_possible(campaign, &campaign->arm[i], err))
			return -1;
	for (int i = 0; i < campaign->blocks; i++)
		if (block_is_possible(campaign, &campaign->block[i], err))
			return -1;
	return 0;
}
