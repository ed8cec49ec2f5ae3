/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/helper.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_cthelper.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Fixed: the kernel lets no update change the policy's name or the length of private data. */
#define POLICY_NAME         "data"
#define PRIVATE_DATA_LENGTH 0

/* Some 10 ms each. The work queue that destroys may begin late on a busy machine. */
#define GRACE_PERIODS_MAX 100

static const uint16_t families[] = { AF_INET, AF_INET6 };
#define FAMILIES (sizeof(families) / sizeof(families[0]))

/* What names a helper to the kernel. */
static struct nlmsghdr *put_helper(void *buffer, unsigned command, unsigned flags, uint16_t family)
{
	struct nlmsghdr *nlh =
		netlink_nfnl_put(buffer, NFNL_SUBSYS_CTHELPER, command, flags, AF_UNSPEC);
	struct nlattr *tuple;

	mnl_attr_put_strz(nlh, NFCTH_NAME, HELPER_NAME);
	tuple = mnl_attr_nest_start(nlh, NFCTH_TUPLE);
	mnl_attr_put_u16(nlh, NFCTH_TUPLE_L3PROTONUM, htons(family));
	mnl_attr_put_u8(nlh, NFCTH_TUPLE_L4PROTONUM, IPPROTO_TCP);
	mnl_attr_nest_end(nlh, tuple);
	return nlh;
}

/* One set of one policy: all its expectations are of one class. */
static void put_policy(struct nlmsghdr *nlh, const struct helper_policy *policy)
{
	struct nlattr *policies = mnl_attr_nest_start(nlh, NFCTH_POLICY), *set;

	mnl_attr_put_u32(nlh, NFCTH_POLICY_SET_NUM, htonl(1));
	set = mnl_attr_nest_start(nlh, NFCTH_POLICY_SET1);
	mnl_attr_put_strz(nlh, NFCTH_POLICY_NAME, POLICY_NAME);
	mnl_attr_put_u32(nlh, NFCTH_POLICY_EXPECT_MAX, htonl(policy->expectations));
	mnl_attr_put_u32(nlh, NFCTH_POLICY_EXPECT_TIMEOUT, htonl(policy->seconds));
	mnl_attr_nest_end(nlh, set);
	mnl_attr_nest_end(nlh, policies);
}

static int register_family(struct netlink *nl, uint16_t family, const struct helper_policy *policy)
{
	char buffer[NETLINK_REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = put_helper(buffer, NFNL_MSG_CTHELPER_NEW, NLM_F_CREATE, family);

	put_policy(nlh, policy);
	mnl_attr_put_u32(nlh, NFCTH_PRIV_DATA_LEN, htonl(PRIVATE_DATA_LENGTH));
	mnl_attr_put_u32(nlh, NFCTH_STATUS, htonl(NFCT_HELPER_STATUS_DISABLED));
	return netlink_request(nl, nlh);
}

int helper_register(struct netlink *nl, const struct helper_policy *policy)
{
	int err = 0;

	if (policy->expectations == 0 || policy->expectations > HELPER_EXPECTATIONS_MAX ||
	    policy->seconds == 0)
		return -EINVAL;
	for (size_t i = 0; i < FAMILIES && err == 0; i++)
		err = register_family(nl, families[i], policy);
	return err;
}

static int unregister_family(struct netlink *nl, uint16_t family)
{
	char buffer[NETLINK_REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	int err = netlink_request(nl, put_helper(buffer, NFNL_MSG_CTHELPER_DEL, 0, family));

	return err == -ENOENT ? 0 : err;
}

int helper_unregister(struct netlink *nl)
{
	int err, first = 0;

	for (size_t i = 0; i < FAMILIES; i++) {
		err = unregister_family(nl, families[i]);
		if (first == 0)
			first = err;
	}
	return first;
}

int helper_withdraw(struct netlink *nl)
{
	int err = helper_unregister(nl);

	for (int i = 0; err == -EBUSY && i < GRACE_PERIODS_MAX; i++) {
		if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) < 0)
			return err; /* a kernel with nohz_full: nothing to wait for */
		err = helper_unregister(nl);
	}
	return err;
}
