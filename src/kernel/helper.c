/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/helper.h"

#include <errno.h>
#include <libnetfilter_cthelper/libnetfilter_cthelper.h>
#include <linux/membarrier.h>
#include <linux/netfilter/nfnetlink.h>
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

static struct nfct_helper *new_helper(uint16_t family)
{
	struct nfct_helper *helper = nfct_helper_alloc();

	if (!helper)
		return NULL;
	nfct_helper_attr_set_str(helper, NFCTH_ATTR_NAME, HELPER_NAME);
	nfct_helper_attr_set_u16(helper, NFCTH_ATTR_PROTO_L3NUM, family);
	nfct_helper_attr_set_u8(helper, NFCTH_ATTR_PROTO_L4NUM, IPPROTO_TCP);
	return helper;
}

/* The helper owns its policy once it is set. */
static int set_policy(struct nfct_helper *helper, const struct helper_policy *policy)
{
	struct nfct_helper_policy *p = nfct_helper_policy_alloc();

	if (!p)
		return -ENOMEM;
	nfct_helper_policy_attr_set_str(p, NFCTH_ATTR_POLICY_NAME, POLICY_NAME);
	nfct_helper_policy_attr_set_u32(p, NFCTH_ATTR_POLICY_MAX, policy->expectations);
	nfct_helper_policy_attr_set_u32(p, NFCTH_ATTR_POLICY_TIMEOUT, policy->seconds);
	nfct_helper_attr_set(helper, NFCTH_ATTR_POLICY1, p);
	nfct_helper_attr_set_u32(helper, NFCTH_ATTR_PRIV_DATA_LEN, PRIVATE_DATA_LENGTH);
	nfct_helper_attr_set_u32(helper, NFCTH_ATTR_STATUS, NFCT_HELPER_STATUS_DISABLED);
	return 0;
}

static int request(struct netlink *nl, uint8_t command, uint16_t flags, struct nfct_helper *helper)
{
	char buffer[NETLINK_REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = nfct_helper_nlmsg_build_hdr(buffer, command, flags, 0);

	nfct_helper_nlmsg_build_payload(nlh, helper);
	return netlink_request(nl, nlh);
}

static int register_family(struct netlink *nl, uint16_t family, const struct helper_policy *policy)
{
	struct nfct_helper *helper = new_helper(family);
	int err;

	if (!helper)
		return -ENOMEM;
	err = set_policy(helper, policy);
	if (err == 0)
		err = request(nl, NFNL_MSG_CTHELPER_NEW, NLM_F_CREATE, helper);
	nfct_helper_free(helper);
	return err;
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
	struct nfct_helper *helper = new_helper(family);
	int err;

	if (!helper)
		return -ENOMEM;
	err = request(nl, NFNL_MSG_CTHELPER_DEL, 0, helper);
	nfct_helper_free(helper);
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
