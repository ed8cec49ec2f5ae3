/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/expectation.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>

#include "kernel/attributes.h"
#include "kernel/ctnetlink.h"
#include "kernel/helper.h"

/* nf_nat_core.c's name for "as the master was altered". */
#define ALTERATION "nat-follow-master"

#define BUFFER(name) uint8_t name[NETLINK_REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)))

static struct endpoint with_port(struct endpoint e, uint16_t port)
{
	e.port = port;
	return e;
}

struct expectation expectation_passive(const struct flow *master, uint16_t port)
{
	return (struct expectation){
		.source = with_port(master->client, 0),
		.destination = with_port(master->service, port),
		.opener = FROM_CLIENT,
	};
}

struct expectation expectation_passive_altered(const struct flow *master, uint16_t port,
					       uint16_t server_port)
{
	struct expectation e = expectation_passive(master, port);

	e.altered_port = server_port;
	return e;
}

struct expectation expectation_active(const struct flow *master, uint16_t port)
{
	return (struct expectation){
		.source = with_port(master->server, 0),
		.destination = with_port(master->client, port),
		.opener = FROM_SERVER,
		.altered_port = port,
	};
}

static uint8_t family_of(const struct expectation *e)
{
	return endpoint_is_ipv4(&e->destination) ? AF_INET : AF_INET6;
}

/* All bits but those of a port 0. */
static struct endpoint mask_of(const struct endpoint *e, bool ipv4)
{
	const struct in_addr all = { .s_addr = INADDR_NONE };
	struct endpoint mask;

	if (ipv4)
		return endpoint_from_ipv4(all, e->port ? UINT16_MAX : 0);
	memset(&mask.addr, 0xff, sizeof(mask.addr));
	mask.port = e->port ? UINT16_MAX : 0;
	return mask;
}

static void put_mask(struct nlmsghdr *nlh, const struct expectation *e)
{
	const bool ipv4 = endpoint_is_ipv4(&e->destination);
	const struct endpoint source = mask_of(&e->source, ipv4);
	const struct endpoint destination = mask_of(&e->destination, ipv4);

	ctnetlink_put_tuple(nlh, CTA_EXPECT_MASK, &source, &destination);
}

/* The kernel takes the port of this tuple's source and the direction; the rest must be there. */
static void put_alteration(struct nlmsghdr *nlh, const struct flow *master,
			   const struct expectation *e)
{
	const struct endpoint *destination =
		e->opener == FROM_CLIENT ? &master->server : &master->client;
	const struct endpoint saved = with_port(*destination, e->altered_port);
	struct nlattr *nat = mnl_attr_nest_start(nlh, CTA_EXPECT_NAT);

	mnl_attr_put_u32(nlh, CTA_EXPECT_NAT_DIR, htonl(e->opener == FROM_CLIENT ? 0 : 1));
	ctnetlink_put_tuple(nlh, CTA_EXPECT_NAT_TUPLE, &saved, &saved);
	mnl_attr_nest_end(nlh, nat);
	mnl_attr_put_strz(nlh, CTA_EXPECT_FN, ALTERATION);
}

/*
 * EXCL, or the kernel answers "done" to one that another session has, and changes nothing. No
 * time-out: the helper's policy overrides it.
 */
static int create(struct netlink *nl, const struct flow *master, const struct expectation *e)
{
	BUFFER(buffer);
	struct nlmsghdr *nlh = netlink_nfnl_put(buffer, NFNL_SUBSYS_CTNETLINK_EXP,
						IPCTNL_MSG_EXP_NEW, NLM_F_CREATE | NLM_F_EXCL,
						family_of(e));

	ctnetlink_put_tuple(nlh, CTA_EXPECT_MASTER, &master->client, &master->service);
	ctnetlink_put_tuple(nlh, CTA_EXPECT_TUPLE, &e->source, &e->destination);
	put_mask(nlh, e);
	if (e->altered_port)
		put_alteration(nlh, master, e);
	return netlink_request(nl, nlh);
}

static int destroy(struct netlink *nl, const struct expectation *e)
{
	BUFFER(buffer);
	struct nlmsghdr *nlh = netlink_nfnl_put(buffer, NFNL_SUBSYS_CTNETLINK_EXP,
						IPCTNL_MSG_EXP_DELETE, 0, family_of(e));

	ctnetlink_put_tuple(nlh, CTA_EXPECT_TUPLE, &e->source, &e->destination);
	return netlink_request(nl, nlh);
}

struct owner {
	const struct flow *wanted;
	bool found;  /* it is the wanted one */
	bool client; /* it is of the same client, by our helper */
};

static int compare_owner(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr[CTA_EXPECT_MAX + 1];
	struct owner *owner = data;
	struct endpoint client, service;

	attributes_of_message(nlh, sizeof(struct nfgenmsg), attr, CTA_EXPECT_MAX + 1);
	if (ctnetlink_get_tuple(attr[CTA_EXPECT_MASTER], &client, &service) < 0)
		return 0;
	owner->found = endpoint_equal(&client, &owner->wanted->client) &&
		       endpoint_equal(&service, &owner->wanted->service);
	owner->client = endpoint_same_address(&client, &owner->wanted->client) &&
			attribute_is_string(attr[CTA_EXPECT_HELP_NAME], HELPER_NAME);
	return 0;
}

/* Whose expectation stands there. Returns 0 or -errno: -ENOENT where none does. */
static int find_owner(struct netlink *nl, const struct flow *master, const struct expectation *e,
		      struct owner *owner)
{
	BUFFER(buffer);
	struct nlmsghdr *nlh = netlink_nfnl_put(buffer, NFNL_SUBSYS_CTNETLINK_EXP,
						IPCTNL_MSG_EXP_GET, 0, family_of(e));

	*owner = (struct owner){ .wanted = master };
	ctnetlink_put_tuple(nlh, CTA_EXPECT_TUPLE, &e->source, &e->destination);
	return netlink_query(nl, nlh, compare_owner, owner);
}

int expectation_find(struct netlink *nl, const struct flow *master, const struct expectation *e)
{
	struct owner owner;
	int err = find_owner(nl, master, e, &owner);

	if (err < 0)
		return err;
	return owner.found ? 0 : -EBUSY;
}

static int renew(struct netlink *nl, const struct flow *master, const struct expectation *e)
{
	int err = expectation_remove(nl, master, e);

	if (err < 0 && err != -ENOENT)
		return err;
	return create(nl, master, e);
}

int expectation_add(struct netlink *nl, const struct flow *master, const struct expectation *e)
{
	int err = create(nl, master, e);

	if (err == -EEXIST)
		err = renew(nl, master, e);
	if (err == -EEXIST || err == -EALREADY)
		return -EBUSY;
	return err;
}

int expectation_take(struct netlink *nl, const struct flow *master, const struct expectation *e)
{
	struct owner owner;
	int err = expectation_add(nl, master, e);

	if (err != -EBUSY)
		return err;
	err = find_owner(nl, master, e, &owner);
	if (err == 0)
		err = owner.client ? destroy(nl, e) : -EBUSY;
	return err < 0 && err != -ENOENT ? err : expectation_add(nl, master, e);
}

int expectation_remove(struct netlink *nl, const struct flow *master, const struct expectation *e)
{
	int err = expectation_find(nl, master, e);

	if (err == -EBUSY)
		return -EBUSY;
	return err < 0 ? err : destroy(nl, e);
}
