/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of everybody's ruleset as nft prints them, for those who look for what is in the way.
 *
 * Only what is asked for is fetched, and never a set's elements. Needs CAP_NET_ADMIN.
 */
#ifndef FTPALGD_KERNEL_RULESET_LIST_H
#define FTPALGD_KERNEL_RULESET_LIST_H

#include <stdbool.h>
#include <stddef.h>

#define RULESET_NAME_MAX 128 /* longer names are cut */

/*
 * what is "tables", "ct helpers table FAMILY NAME", "flowtables", "chains" or "table FAMILY NAME".
 * *text is nft's output, with priorities as numbers, to be freed with free. -EIO: nft refused;
 * -ENOMEM.
 */
int ruleset_list(const char *what, char **text) __attribute__((warn_unused_result));

/*
 * The name of the first table in such output whose lines hold all of needle, copied to table;
 * false when there is none. A table's line is "table FAMILY NAME {".
 */
bool ruleset_list_find(const char *text, const char *needle, char *table, size_t size);

/* A chain that hangs on a hook, out of a listing of chains. */
struct ruleset_chain {
	char table[RULESET_NAME_MAX]; /* with its family: "inet filter" */
	char name[RULESET_NAME_MAX];
	char type[16];
	char hook[16];
	int priority;
	bool drops; /* what no rule accepts */
};

typedef void ruleset_chain_seen(const struct ruleset_chain *chain, void *data);
void ruleset_list_chains(const char *text, ruleset_chain_seen *seen, void *data);

#endif
