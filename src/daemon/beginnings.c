/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/beginnings.h"

#include "kernel/conntrack_list.h"

struct search {
	const struct policy *before; /* NULL: there was none */
	const struct policy *policy;
	struct unseen_known *known; /* where they go, or NULL */
	struct unseen_pair *pairs;
	size_t count;
};

static bool is_new(const struct search *s, const struct endpoint *service)
{
	return policy_find(s->policy, service) != NULL &&
	       (s->before == NULL || policy_find(s->before, service) == NULL);
}

static int see(const struct conntrack_connection *c, void *data)
{
	const struct unseen_pair pair = { c->source, c->destination };
	struct search *s = data;

	if (!c->established || !is_new(s, &c->destination))
		return 0;
	if (s->known != NULL)
		unseen_known_add(s->known, &pair);
	else if (s->count < BEGINNINGS_MAX)
		s->pairs[s->count++] = pair;
	return 0;
}

struct unseen_known *beginnings_known(struct netlink *nl, const struct policy *policy)
{
	struct search search = { .policy = policy, .known = unseen_known_new() };

	if (search.known != NULL)
		unseen_known_settle(search.known, conntrack_list(nl, see, &search) == 0);
	return search.known;
}

size_t beginnings_of_new(struct netlink *nl, const struct policy *before, const struct policy *policy,
			 struct unseen_pair pairs[static BEGINNINGS_MAX])
{
	struct search search = { .before = before, .policy = policy, .pairs = pairs };

	for (size_t i = 0; i < policy->service_count; i++)
		if (is_new(&search, &policy->services[i].address))
			return conntrack_list(nl, see, &search) == 0 ? search.count : 0;
	return 0;
}
