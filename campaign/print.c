/* The resolved campaign as text. */
#include <stdio.h>

#include "base/text.h"
#include "campaign/value.h"

static void print_options(FILE *out, const struct campaign *campaign, enum section section,
			  const void *base, uint32_t there)
{
	const struct option *option = option_sections[section].options;

	for (; option->name; option++) {
		if (!option->size || !option_is_meant(option, there) ||
		    (option->quiet && value_is_zero(option, base)))
			continue;
		fprintf(out, "%s%s = ", section == SECTION_TOP ? "" : "\t", option->name);
		if (option->type == OPTION_BLOCK)
			fputs(campaign->block[((const struct fault_block *)base)->follows - 1].name,
			      out);
		else
			value_print(out, option, base);
		fputc('\n', out);
	}
}

static void print_block(FILE *out, const struct campaign *campaign, enum section section,
			const char *name, const void *base, uint32_t there)
{
	fprintf(out, "%s %s%s{\n", option_sections[section].name, name, *name ? " " : "");
	print_options(out, campaign, section, base, there);
	fputs("}\n", out);
}

char *campaign_print(const struct campaign *campaign)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	print_options(out, campaign, SECTION_TOP, campaign, 0);
	print_block(out, campaign, SECTION_CLUSTER, "", &campaign->cluster,
		    cluster_needs(&campaign->cluster));
	for (const struct arm *arm = campaign->arm; arm < campaign->arm + campaign->arms; arm++)
		print_block(out, campaign, SECTION_ARM, arm->name, arm, arm_needs(arm));
	for (int i = 0; i < campaign->blocks; i++) {
		const struct fault_block *block = &campaign->block[i];

		print_block(out, campaign, SECTION_FAULT, block->name, block, fault_needs(block));
	}
	text_end(out, &text);
	return text;
}
