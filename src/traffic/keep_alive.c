/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic/keep_alive.h"

#include "kernel/conntrack_list.h"
#include "traffic/opener.h"

#include <errno.h>
#include <stdlib.h>

enum {
	CONNECTIONS_MAX = 1 << 20, /* of each kind; more are left to IPVS */
	LOOKS_PER_TIMEOUT = 3,
};

struct list {
	struct flow *flows;
	size_t count, room;
};

/*
 * Controls and data connections as flows. Of a data connection client and service are those of its control
 * connection, where that is known; otherwise their ports are 0.
 */
struct choice {
	const struct policy *policy;
	struct list controls; /* sorted by client and service */
	struct list data;     /* the control connection that each belongs to */
	struct list carried;  /* data connections that IPVS forwards, beside each of data; port 0: not by IPVS */
	struct list kept;
};

struct keep_alive {
	struct netlink *nl;
	struct opener *opener;
	uint64_t next; /* seconds */
};

static int append(struct list *l, const struct flow *flow)
{
	if (l->count == CONNECTIONS_MAX)
		return 0;
	if (l->count == l->room) {
		const size_t room = l->room > 0 ? 2 * l->room : 64;
		void *grown = reallocarray(l->flows, room, sizeof(*flow));

		if (grown == NULL)
			return -ENOMEM;
		l->flows = grown;
		l->room = room;
	}
	l->flows[l->count++] = *flow;
	return 0;
}

/* ---- choosing ---- */

struct choice *choice_new(const struct policy *policy)
{
	struct choice *c = calloc(1, sizeof(*c));

	if (c != NULL)
		c->policy = policy;
	return c;
}

void choice_free(struct choice *c)
{
	if (c == NULL)
		return;
	free(c->controls.flows);
	free(c->data.flows);
	free(c->carried.flows);
	free(c->kept.flows);
	free(c);
}

static struct endpoint address_of(struct endpoint e)
{
	e.port = 0;
	return e;
}

static bool has_service(const struct policy *policy, const struct endpoint *address)
{
	for (size_t i = 0; i < policy->service_count; i++)
		if (endpoint_same_address(&policy->services[i].address, address))
			return true;
	return false;
}

static int add_data(struct choice *c, const struct flow *control, const struct flow *carried)
{
	int error = append(&c->data, control);

	return error < 0 ? error : append(&c->carried, carried);
}

/* Which side began it the addresses tell. What has nothing to do with a service's address is no data connection. */
static int add_other(struct choice *c, const struct conntrack_connection *seen)
{
	const bool passive = has_service(c->policy, &seen->destination);
	struct flow control = {
		.client = address_of(passive ? seen->source : seen->destination),
		.service = address_of(passive ? seen->destination : seen->reply_destination),
		.server = address_of(passive ? seen->reply_source : seen->source),
	};
	struct flow carried = { .client.port = 0 };

	if (seen->expected) {
		control.client = seen->master_source;
		control.service = seen->master_destination;
	}
	if (passive && !seen->altered)
		carried = (struct flow){ seen->source, seen->destination, seen->reply_source, 0, false };
	if (!passive && !seen->expected && !has_service(c->policy, &seen->reply_destination))
		return 0;
	return add_data(c, &control, &carried);
}

int choice_add(const struct conntrack_connection *seen, void *choice)
{
	struct choice *c = choice;
	const struct flow control = { seen->source, seen->destination, seen->reply_source, 0, false };

	if (!seen->established)
		return 0;
	if (policy_find(c->policy, &seen->destination) != NULL)
		return append(&c->controls, &control);
	return add_other(c, seen);
}

static int compare_flows(const void *a, const void *b)
{
	const struct flow *x = a, *y = b;
	int order = endpoint_compare(&x->client, &y->client);

	return order != 0 ? order : endpoint_compare(&x->service, &y->service);
}

/* The first control connection that is not before what is searched for. */
static size_t find(const struct list *l, const struct flow *key)
{
	size_t low = 0, high = l->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_flows(&l->flows[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool belongs(const struct flow *data, const struct flow *control)
{
	if (data->client.port != 0)
		return endpoint_equal(&data->client, &control->client) &&
		       endpoint_equal(&data->service, &control->service);
	return endpoint_same_address(&data->client, &control->client) &&
	       endpoint_same_address(&data->service, &control->service) &&
	       endpoint_same_address(&data->server, &control->server);
}

static int keep(struct choice *c, struct flow *control)
{
	int error = control->has_helper ? 0 : append(&c->kept, control);

	control->has_helper = true; /* stands for: kept already */
	return error;
}

/* A data connection without a control connection here is nobody's: it may be left from another time. */
static int keep_those_of(struct choice *c, size_t which)
{
	const struct flow *data = &c->data.flows[which], *carried = &c->carried.flows[which];
	bool any = false;
	int error = 0;

	for (size_t i = find(&c->controls, data); error == 0 && i < c->controls.count; i++) {
		struct flow *control = &c->controls.flows[i];

		if (!endpoint_same_address(&control->client, &data->client))
			break;
		if (!belongs(data, control))
			continue;
		any = true;
		error = keep(c, control);
	}
	if (error == 0 && any && carried->client.port != 0)
		error = append(&c->kept, carried);
	return error;
}

int choice_make(struct choice *c, const struct flow **flows, size_t *count)
{
	int error = 0;

	if (c->controls.count > 0)
		qsort(c->controls.flows, c->controls.count, sizeof(struct flow), compare_flows);
	for (size_t i = 0; error == 0 && i < c->data.count && i < c->carried.count; i++)
		error = keep_those_of(c, i);
	if (error < 0)
		return error;
	*flows = c->kept.flows;
	*count = c->kept.count;
	return 0;
}

/* ---- keeping ---- */

int keep_alive_open(struct backup *backup, struct keep_alive **out)
{
	struct keep_alive *k = calloc(1, sizeof(*k));
	int error;

	if (k == NULL)
		return -ENOMEM;
	error = netlink_open(NETLINK_NETFILTER, &k->nl);
	if (error == 0)
		error = opener_open(backup, &k->opener);
	if (error < 0) {
		keep_alive_close(k);
		return error;
	}
	*out = k;
	return 0;
}

void keep_alive_close(struct keep_alive *k)
{
	if (k == NULL)
		return;
	netlink_close(k->nl);
	opener_close(k->opener);
	free(k);
}

static int look(struct keep_alive *k, const struct policy *policy, uint32_t seconds)
{
	struct choice *choice = choice_new(policy);
	const struct flow *flows;
	size_t count = 0;
	int error = choice == NULL ? -ENOMEM : conntrack_list(k->nl, choice_add, choice);

	if (error == 0)
		error = choice_make(choice, &flows, &count);
	if (error == 0 && count > 0)
		error = opener_keep_alive(k->opener, flows, count, seconds);
	choice_free(choice);
	return error < 0 ? error : (int)count;
}

int keep_alive_tick(struct keep_alive *k, struct ipvs *ipvs, const struct policy *policy, uint64_t now)
{
	uint32_t seconds = 0;
	int error;

	if (now < k->next || policy->service_count == 0)
		return 0;
	error = ipvs_tcp_timeout(ipvs, &seconds);
	if (error < 0)
		return error;
	k->next = now + seconds / LOOKS_PER_TIMEOUT;
	return look(k, policy, seconds);
}
