/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ruleset.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <nftables/libnftables.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/attributes.h"
#include "kernel/helper.h"
#include "kernel/netlink.h"

#define ADJUSTED_SET "adjusted"

struct ruleset {
	struct nft_ctx *nft;
	struct netlink *nl;
	char *error;
	uint32_t generation; /* of nf_tables, that our last load made; 0: not known */
};

int ruleset_open(struct ruleset **r)
{
	struct ruleset *new = calloc(1, sizeof(*new));
	int err;

	if (!new)
		return -ENOMEM;
	err = netlink_open(NETLINK_NETFILTER, &new->nl);
	if (err == 0) {
		new->nft = nft_ctx_new(NFT_CTX_DEFAULT);
		if (!new->nft || nft_ctx_buffer_error(new->nft) != 0 ||
		    nft_ctx_buffer_output(new->nft) != 0)
			err = -ENOMEM;
	}
	if (err < 0) {
		ruleset_close(new);
		return err;
	}
	*r = new;
	return 0;
}

void ruleset_close(struct ruleset *r)
{
	if (!r)
		return;
	if (r->nft)
		nft_ctx_free(r->nft);
	netlink_close(r->nl);
	free(r->error);
	free(r);
}

const char *ruleset_error(const struct ruleset *r)
{
	return r->error ? r->error : "";
}

static void keep_error(struct ruleset *r, const char *words)
{
	size_t length = strlen(words);

	while (length > 0 && words[length - 1] == '\n')
		length--;
	free(r->error);
	r->error = strndup(words, length);
}

static int run(struct ruleset *r, const char *commands)
{
	const int result = nft_run_cmd_from_buffer(r->nft, commands);

	if (result != 0)
		keep_error(r, nft_ctx_get_error_buffer(r->nft));
	/* Reading empties them, and they would grow with every command. */
	nft_ctx_get_error_buffer(r->nft);
	nft_ctx_get_output_buffer(r->nft);
	return result == 0 ? 0 : -EIO;
}

#define BUFFER(name) uint8_t name[NETLINK_REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)))

static int read_generation(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr[NFTA_GEN_MAX + 1];
	uint32_t *generation = data;

	attributes_of_message(nlh, sizeof(struct nfgenmsg), attr, NFTA_GEN_MAX + 1);
	return attribute_get(attr[NFTA_GEN_ID], generation, sizeof(*generation)) ? 0 : -EPROTO;
}

/* Every commit of anybody counts it up by one. */
static int get_generation(struct ruleset *r, uint32_t *generation)
{
	BUFFER(buffer);
	struct nlmsghdr *nlh = netlink_nfnl_put(buffer, NFNL_SUBSYS_NFTABLES, NFT_MSG_GETGEN, 0,
						AF_UNSPEC);
	int err = netlink_query(r->nl, nlh, read_generation, generation);

	*generation = ntohl(*generation);
	return err;
}

/* Runs a load, and keeps the generation that it alone has made. */
static int load(struct ruleset *r, const char *commands)
{
	uint32_t before = 0, after = 0;
	int known = get_generation(r, &before);
	int err = run(r, commands);

	r->generation = 0;
	if (known == 0 && err == 0)
		known = get_generation(r, &after);
	if (known == 0 && err == 0 && after == before + 1)
		r->generation = after;
	return err;
}

int ruleset_untouched(struct ruleset *r)
{
	uint32_t now = 0;
	int err = get_generation(r, &now);

	return err < 0 ? err : r->generation != 0 && now == r->generation;
}

int ruleset_apply(struct ruleset *r, const struct ruleset_plan *plan)
{
	char *commands = NULL;
	size_t length;
	FILE *out = open_memstream(&commands, &length);
	int err;

	if (!out)
		return -ENOMEM;
	err = ruleset_render(plan, out);
	if (fclose(out) != 0)
		err = -ENOMEM;
	if (err == 0)
		err = load(r, commands);
	free(commands);
	return err;
}

int ruleset_set_servers(struct ruleset *r, const struct endpoint *servers, size_t count)
{
	char *commands = NULL;
	size_t length;
	FILE *out = open_memstream(&commands, &length);
	int err = -ENOMEM;

	if (!out)
		return -ENOMEM;
	ruleset_render_servers(servers, count, out);
	if (fclose(out) == 0)
		err = load(r, commands);
	free(commands);
	return err;
}

int ruleset_remove(struct ruleset *r)
{
	enum ruleset_state state;
	int err = ruleset_present(r, &state);

	if (err < 0)
		return err;
	return state == RULESET_ABSENT ? -ENOENT : run(r, "delete table inet " RULESET_TABLE);
}

int ruleset_strip(struct ruleset *r)
{
	const struct ruleset_plan nothing = { .queue_count = 1, .fresh = true };
	int err = ruleset_apply(r, &nothing);

	return err < 0 ? err
		       : run(r, "flush table inet " RULESET_TABLE "\n"
				"delete ct helper inet " RULESET_TABLE " " HELPER_NAME);
}

static int ask_for_table(struct ruleset *r)
{
	BUFFER(buffer);
	struct nlmsghdr *nlh = netlink_nfnl_put(buffer, NFNL_SUBSYS_NFTABLES, NFT_MSG_GETTABLE, 0,
						NFPROTO_INET);

	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, RULESET_TABLE);
	return netlink_request(r->nl, nlh);
}

static int ask_for_helper(struct ruleset *r)
{
	BUFFER(buffer);
	struct nlmsghdr *nlh = netlink_nfnl_put(buffer, NFNL_SUBSYS_NFTABLES, NFT_MSG_GETOBJ, 0,
						NFPROTO_INET);

	mnl_attr_put_strz(nlh, NFTA_OBJ_TABLE, RULESET_TABLE);
	mnl_attr_put_strz(nlh, NFTA_OBJ_NAME, HELPER_NAME);
	mnl_attr_put_u32(nlh, NFTA_OBJ_TYPE, htonl(NFT_OBJECT_CT_HELPER));
	return netlink_request(r->nl, nlh);
}

int ruleset_present(struct ruleset *r, enum ruleset_state *state)
{
	int err = ask_for_table(r);

	if (err == -ENOENT) {
		*state = RULESET_ABSENT;
		return 0;
	}
	if (err == 0)
		err = ask_for_helper(r);
	if (err < 0 && err != -ENOENT)
		return err;
	*state = err == 0 ? RULESET_EFFECTIVE : RULESET_DECLARED;
	return 0;
}

/*
 * Without libnftables: it reads sets and chains of the kernel before it writes, which took 10 ms
 * in the lab, and this is done while a packet waits. The set's key is the id as ctnetlink has it.
 */
static int change_mark(struct ruleset *r, unsigned type, unsigned flags, const struct flow *flow)
{
	BUFFER(buffer);
	struct nlmsghdr *nlh = netlink_nfnl_put(buffer, NFNL_SUBSYS_NFTABLES, type, flags,
						NFPROTO_INET);
	struct nlattr *list, *element, *key;

	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, RULESET_TABLE);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, ADJUSTED_SET);
	list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	element = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	key = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_KEY);
	mnl_attr_put_u32(nlh, NFTA_DATA_VALUE, htonl(flow->id));
	mnl_attr_nest_end(nlh, key);
	mnl_attr_nest_end(nlh, element);
	mnl_attr_nest_end(nlh, list);
	return netlink_transaction(r->nl, NFNL_SUBSYS_NFTABLES, nlh);
}

int ruleset_mark_adjusted(struct ruleset *r, const struct flow *flow)
{
	return change_mark(r, NFT_MSG_NEWSETELEM, NLM_F_CREATE, flow);
}

int ruleset_unmark_adjusted(struct ruleset *r, const struct flow *flow)
{
	int err = change_mark(r, NFT_MSG_DELSETELEM, 0, flow);

	return err == -ENOENT ? 0 : err;
}
