/*
 * Theory of operation. A libnftables context holds a netlink socket, which belongs to the network
 * namespace and the process that opened it. So it is opened on first use, and anew in a forked
 * process; both users (conductor and nemesis) stay in the hub's namespace.
 *
 * After a failed load nft has been seen to list as if nothing had happened, so whoever loads also
 * reads back what he relies on.
 */
#include "sandbox/filter.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <nftables/libnftables.h>

#include "base/invariant.h"

static struct nft_ctx *context;
static pid_t context_owner;

static struct nft_ctx *filter_context(void)
{
	if (context && context_owner == getpid())
		return context;
	if (context)
		nft_ctx_free(context);
	context = nft_ctx_new(NFT_CTX_DEFAULT);
	CHECK_MEMORY(context);
	CHECK(nft_ctx_buffer_output(context) == 0 && nft_ctx_buffer_error(context) == 0);
	context_owner = getpid();
	return context;
}

/* nft's first line says what is wrong; the others draw arrows under it. */
static int run(struct nft_ctx *nft, const char *commands, struct error *err)
{
	int result = nft_run_cmd_from_buffer(nft, commands);
	const char *complaint = nft_ctx_get_error_buffer(nft);

	if (result == 0)
		return 0;
	return error_set(err, EXIT_MACHINE_LACKS, "nftables: %.*s", (int)strcspn(complaint, "\n"),
			 complaint);
}

void filter_print_ports(FILE *out, const int16_t *hosts, int count)
{
	for (int i = 0; i < count; i++)
		fprintf(out, "%s\"p%d\"", i ? ", " : "{ ", hosts[i]);
	fprintf(out, " }");
}

void filter_print_rule(FILE *out, const char *chain, const int16_t *from, int froms,
		       const int16_t *to, int tos)
{
	fprintf(out, "add rule %s iifname ", chain);
	filter_print_ports(out, from, froms);
	fprintf(out, " oifname ");
	filter_print_ports(out, to, tos);
}

int filter_load(const char *commands, struct error *err)
{
	struct nft_ctx *nft = filter_context();

	nft_ctx_output_set_flags(nft, 0);
	return run(nft, commands, err);
}

int filter_list(const char *command, cJSON **objects, struct error *err)
{
	struct nft_ctx *nft = filter_context();

	nft_ctx_output_set_flags(nft, NFT_CTX_OUTPUT_JSON);
	if (run(nft, command, err))
		return -1;
	cJSON *answer = cJSON_Parse(nft_ctx_get_output_buffer(nft));

	*objects = cJSON_DetachItemFromObjectCaseSensitive(answer, "nftables");
	cJSON_Delete(answer);
	if (!cJSON_IsArray(*objects)) {
		cJSON_Delete(*objects);
		return error_set(err, EXIT_OUR_FAULT, "nftables: no JSON in the answer to `%s`",
				 command);
	}
	cJSON_DeleteItemFromArray(*objects, 0); /* "metainfo": nft's own version */
	return 0;
}
