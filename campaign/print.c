/* The resolved campaign as text. */
#include <stdio.h>
#include <stdlib.h>

#include "base/invariant.h"
#include "base/text.h"
#include "campaign/campaign.h"
#include "campaign/duration.h"

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
static void print_quoted(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('\'', out);
}

static void print_text(FILE *out, const char *indent, const char *name, const char *text)
{
	fprintf(out, "%s%s = ", indent, name);
	print_quoted(out, text);
	fputc('\n', out);
}

static void print_members(FILE *out, const struct campaign *campaign)
{
	print_text(out, "\t", "etcd", campaign->cluster.etcd);
	print_ms(out, "heartbeat", campaign->cluster.heartbeat_ms);
	print_ms(out, "election", campaign->cluster.election_ms);
	if (campaign->cluster.flags == 0)
		return;
	for (int i = 0; i < campaign->cluster.flags; i++) {
		fputs(i ? ", " : "\tetcd-flags = {", out);
		print_quoted(out, campaign->cluster.flag[i]);
	}
	fputs("}\n", out);
}

/* How it is entered, without the password. */
static void print_access(FILE *out, const struct campaign *campaign)
{
	const struct etcd_access *access = &campaign->cluster.access;
	const struct {
		const char *name, *text;
	} texts[] = {
		{"cacert", access->cacert},
		{"cert", access->cert},
		{"key", access->key},
		{"user", access->user},
		{"password-file", campaign->cluster.password_file},
		{"prefix", campaign->cluster.prefix},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].text[0])
			print_text(out, "\t", texts[i].name, texts[i].text);
}

static void print_endpoints(FILE *out, const struct campaign *campaign)
{
	for (int i = 0; i < campaign->cluster.endpoints; i++) {
		fputs(i ? ", " : "\tendpoints = {", out);
		print_quoted(out, campaign->cluster.endpoint[i]);
	}
	fputs("}\n", out);
	print_access(out, campaign);
}

static void print_cluster(FILE *out, const struct campaign *campaign)
{
	fprintf(out, "cluster {\n\tmembers = %d\n", campaign->cluster.members);
	(campaign->cluster.endpoints ? print_endpoints : print_members)(out, campaign);
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
	if (arm->acquire_within_ms)
		print_ms(out, "acquire-within", arm->acquire_within_ms);
	print_span(out, "work",
		   (struct span){false, arm->work_min_ms / 1000.0, arm->work_max_ms / 1000.0});
	print_ms(out, "rest", arm->rest_max_ms);
	fputs("}\n", out);
}

static void print_times(FILE *out, const struct fault_block *block)
{
	print_ms(out, "first", block->first_ms);
	print_ms(out, "every", block->every_ms);
	print_ms(out, "jitter", block->jitter_ms);
}

/* What means nothing to the kind is no part of the text: the reader would refuse it. */
static void print_amounts(FILE *out, const struct fault_block *block)
{
	uint32_t uses = fault_traits(block->kind)->uses;

	if (uses & USES_FROM)
		fprintf(out, "\tfrom = %s\n\tdirection = %s\n", fault_from_names[block->from],
			fault_direction_names[block->direction]);
	if (uses & USES_SHAPE)
		fprintf(out, "\tshape = %s\n", fault_shape_names[block->shape]);
	if (uses & USES_SCOPE)
		fprintf(out, "\tscope = %s\n", fault_scope_names[block->scope]);
	if (uses & USES_LENGTH)
		print_span(out, "length", block->length);
	if (uses & USES_BY)
		print_span(out, "by", block->by);
	if (block->back)
		fputs("\tback = true\n", out);
	if (uses & USES_PERCENT)
		fprintf(out, "\tpercent = %.10g\n", block->percent);
	if (uses & USES_RATE)
		fprintf(out, "\trate = %d\n", block->rate);
	if (uses & USES_COUNT)
		fprintf(out, "\tcount = %d\n", block->count);
}

static void print_lanes(FILE *out, const struct fault_block *block)
{
	if (block->lanes)
		fprintf(out, "\tlanes = %d\n", block->lanes);
	if (block->named_lanes == 0)
		return;
	for (int i = 0; i < block->named_lanes; i++)
		fprintf(out, "%s%d", i ? ", " : "\tlane = {", block->lane[i]);
	fputs("}\n", out);
}

static void print_fault(FILE *out, const struct campaign *campaign, const struct fault_block *block)
{
	fprintf(out, "fault %s {\n\tdo = %s\n\ttarget = %s\n\twhen = %s\n", block->name,
		fault_kind_names[block->kind],
		block->target == TARGET_HOST ? block->host : fault_target_names[block->target],
		fault_moment_names[block->moment]);
	print_span(out, "after", block->after);
	print_amounts(out, block);
	print_lanes(out, block);
	if (block->follows)
		fprintf(out, "\tfollows = %s\n\tsince = %s\n",
			campaign->block[block->follows - 1].name,
			block->with_begin ? "begin" : "end");
	else
		print_times(out, block);
	if (block->overlap)
		fputs("\toverlap = true\n", out);
	fputs("}\n", out);
}

char *campaign_print(const struct campaign *campaign)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

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
		print_fault(out, campaign, &campaign->block[i]);
	text_end(out, &text);
	return text;
}
