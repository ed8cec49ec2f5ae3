/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our chains beside those of others: where they hang, and what comes before or after them that
 * keeps control connections from being diverted, or data connections from passing.
 */
#include "doctor/doctor.h"

#include "kernel/ruleset.h"
#include "kernel/ruleset_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUR_TABLE "inet " RULESET_TABLE

/* linux/netfilter_ipv4.h */
enum {
	CONNTRACK = -200,
	MANGLE = -150,
	NAT_DESTINATION = -100,
	FILTER = 0,
	BEFORE_IPVS = 90,
	NAT_SOURCE = 100,
};

static const struct {
	const char *name;
	const char *hook;
	int priority;
} ours[] = {
	{ "divert", "prerouting", MANGLE },
	{ "divert_local", "output", MANGLE },
	{ "guard", "prerouting", MANGLE + 1 },
	{ "untrack", "input", BEFORE_IPVS },
	{ "sync_socket", "output", FILTER },
	{ "alter_destination", "prerouting", NAT_DESTINATION },
	{ "alter_source", "postrouting", NAT_SOURCE },
};
enum { OURS = sizeof(ours) / sizeof(ours[0]) };

struct order {
	const struct doctor *doctor;
	bool has_table;
	bool in_place[OURS];
	char untracking[RULESET_NAME_MAX]; /* a table that was told of */
};

static void look_at_ours(struct order *o, const struct ruleset_chain *chain)
{
	o->has_table = true;
	for (size_t i = 0; i < OURS; i++)
		if (strcmp(chain->name, ours[i].name) == 0)
			o->in_place[i] = strcmp(chain->hook, ours[i].hook) == 0 &&
					 chain->priority == ours[i].priority;
}

/* Whether a table's rules have one of the words. What cannot be listed has them all. */
static bool rules_have(const char *table, const char *const *words, size_t count)
{
	char command[RULESET_NAME_MAX + 16], *text = NULL;
	bool found = false;

	snprintf(command, sizeof(command), "table %s", table);
	if (ruleset_list(command, &text) < 0)
		return true;
	for (size_t i = 0; i < count; i++)
		found |= strstr(text, words[i]) != NULL;
	free(text);
	return found;
}

/* Rules that came from iptables may show their match on conntrack as "xt match". */
static void look_at_filter(const struct order *o, const struct ruleset_chain *chain)
{
	static const char *const words[] = { "related", "xt match", "# xt_" };
	char argument[2 * RULESET_NAME_MAX + 2];

	if (rules_have(chain->table, words, sizeof(words) / sizeof(words[0])))
		return;
	snprintf(argument, sizeof(argument), "%s %s", chain->table, chain->name);
	doctor_report(o->doctor, DOCTOR_WARNING, "filter_drops",
		      "chain % drops what it does not accept, and accepts nothing that is related",
		      "data connections that were announced pass it as related, and are dropped there",
		      "nft insert rule % ct state established,related accept", argument);
}

static void look_at_raw(struct order *o, const struct ruleset_chain *chain)
{
	static const char *const words[] = { "notrack" };

	if (strcmp(o->untracking, chain->table) == 0 || !rules_have(chain->table, words, 1))
		return;
	snprintf(o->untracking, sizeof(o->untracking), "%s", chain->table);
	doctor_report(o->doctor, DOCTOR_WARNING, "untracked",
		      "table % keeps connections from being tracked, before chain divert sees them",
		      "a control connection that is not tracked is not diverted, and not mended",
		      "nft list table %   # let the virtual services pass its \"notrack\" rules", chain->table);
}

static bool is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static void look(const struct ruleset_chain *chain, void *data)
{
	struct order *o = data;
	bool filter = is(chain->type, "filter");

	if (is(chain->table, OUR_TABLE))
		look_at_ours(o, chain);
	else if (filter && chain->drops && (is(chain->hook, "input") || is(chain->hook, "forward")))
		look_at_filter(o, chain);
	else if (filter && chain->priority < CONNTRACK && is(chain->hook, "prerouting"))
		look_at_raw(o, chain);
}

static void check_ours(const struct order *o)
{
	for (size_t i = 0; o->has_table && i < OURS; i++)
		if (!o->in_place[i]) {
			doctor_report(o->doctor, DOCTOR_TROUBLE, "ruleset_order",
				      "chain % of table " OUR_TABLE " is not at its place",
				      "what comes before it and after it is then in the wrong order",
				      "nft delete table " OUR_TABLE "; nft -f " SYSCONFDIR
				      "/ftpalgd/ftpalgd.nft", ours[i].name);
			return;
		}
}

void doctor_check_order(const struct doctor *d)
{
	struct order order = { .doctor = d };
	char *text = NULL;

	if (ruleset_list("chains", &text) < 0)
		return;
	ruleset_list_chains(text, look, &order);
	check_ours(&order);
	free(text);
}
