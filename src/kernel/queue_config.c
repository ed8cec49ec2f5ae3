/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/queue_config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <limits.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/netlink.h"

/* What a packet of full size takes of the receive buffer; a limit, not memory. */
#define BYTES_PER_PACKET 4096

#define COPY_ALL 0xffff

/*
 * A queue that another process has gives -EPERM as well (measured on 6.1); this command, which
 * has done nothing since 3.8, fails for want of privilege only.
 */
static int check_privilege(struct netlink *nl, uint16_t number)
{
	char buffer[NETLINK_REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG, number);

	nfq_nlmsg_cfg_put_cmd(nlh, AF_UNSPEC, NFQNL_CFG_CMD_PF_BIND);
	return netlink_request(nl, nlh);
}

static void put_parameters(struct nlmsghdr *nlh, uint32_t length, bool fail_open)
{
	const uint32_t mask = NFQA_CFG_F_CONNTRACK | NFQA_CFG_F_FAIL_OPEN | NFQA_CFG_F_GSO;
	const uint32_t flags = NFQA_CFG_F_CONNTRACK | (fail_open ? NFQA_CFG_F_FAIL_OPEN : 0);

	nfq_nlmsg_cfg_put_params(nlh, NFQNL_COPY_PACKET, COPY_ALL);
	nfq_nlmsg_cfg_put_qmaxlen(nlh, length);
	mnl_attr_put_u32(nlh, NFQA_CFG_FLAGS, htonl(flags));
	mnl_attr_put_u32(nlh, NFQA_CFG_MASK, htonl(mask));
}

/* All in one message: a queue that is bound but has no mode yet drops what comes. */
static int bind_queue(struct netlink *nl, uint16_t number, uint32_t length, bool fail_open)
{
	char buffer[NETLINK_REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG, number);
	int err;

	nfq_nlmsg_cfg_put_cmd(nlh, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
	put_parameters(nlh, length, fail_open);
	err = netlink_request(nl, nlh);
	if (err == -EAGAIN) /* it has just loaded what F_CONNTRACK needs */
		err = netlink_request(nl, nlh);
	return err == -EPERM || err == -EEXIST ? -EBUSY : err;
}

static int size_socket(int fd, uint32_t length)
{
	const uint64_t wanted = (uint64_t)length * BYTES_PER_PACKET;
	const int bytes = wanted > INT_MAX / 2 ? INT_MAX / 2 : (int)wanted;
	const int verdicts = QUEUE_VERDICTS_MAX, on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &verdicts, sizeof(verdicts)) < 0 ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof(on)) < 0)
		return -errno;
	return 0;
}

/* The socket stays the same, and with it the owner of the queue. */
static int detach(struct netlink *nl)
{
	int fd = fcntl(netlink_fd(nl), F_DUPFD_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

int queue_config_bind(uint16_t number, uint32_t length, bool fail_open)
{
	struct netlink *nl;
	int result = netlink_open(NETLINK_NETFILTER, &nl);

	if (result < 0)
		return result;
	result = check_privilege(nl, number);
	if (result == 0)
		result = size_socket(netlink_fd(nl), length);
	if (result == 0)
		result = bind_queue(nl, number, length, fail_open);
	if (result == 0)
		result = detach(nl);
	netlink_close(nl);
	return result;
}

/* A request that changes nothing is refused to all but the queue's owner (nfqnl_recv_config). */
int queue_config_is_bound(struct netlink *nl, uint16_t number)
{
	char buffer[NETLINK_REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh;
	int err = check_privilege(nl, number);

	if (err < 0)
		return err;
	nlh = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG, number);
	err = netlink_request(nl, nlh);
	if (err == -ENODEV)
		return 0;
	return err == 0 || err == -EPERM ? 1 : err;
}

int queue_config_fail_open(int fd, uint16_t number, bool fail_open)
{
	char buffer[NETLINK_REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG, number);

	mnl_attr_put_u32(nlh, NFQA_CFG_FLAGS, htonl(fail_open ? NFQA_CFG_F_FAIL_OPEN : 0));
	mnl_attr_put_u32(nlh, NFQA_CFG_MASK, htonl(NFQA_CFG_F_FAIL_OPEN));
	return send(fd, buffer, nlh->nlmsg_len, 0) < 0 ? -errno : 0;
}

static int check_kind(int fd)
{
	socklen_t length = sizeof(int);
	int domain, protocol;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) < 0)
		return -errno;
	return domain == AF_NETLINK && protocol == NETLINK_NETFILTER ? 0 : -EPROTOTYPE;
}

/* A socket stays where it was made, wherever its holder is put by the service's unit. */
static int check_namespace(int fd)
{
	struct stat its, ours;
	int ns = ioctl(fd, SIOCGSKNS), err;

	if (ns < 0)
		return -errno;
	err = fstat(ns, &its) < 0 || stat("/proc/self/ns/net", &ours) < 0 ? -errno : 0;
	close(ns);
	if (err < 0)
		return err;
	return its.st_dev == ours.st_dev && its.st_ino == ours.st_ino ? 0 : -EXDEV;
}

/* Without asking for an answer: it would come between the packets that wait. */
static int renew_parameters(int fd, uint16_t number, uint32_t length, bool fail_open)
{
	char buffer[NETLINK_REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG, number);

	put_parameters(nlh, length, fail_open);
	return send(fd, nlh, nlh->nlmsg_len, 0) < 0 ? -errno : 0;
}

/* A socket whose queue somebody took away would be adopted for ever. */
static int check_bound(uint16_t number)
{
	struct netlink *nl;
	int bound = netlink_open(NETLINK_NETFILTER, &nl);

	if (bound < 0)
		return bound;
	bound = queue_config_is_bound(nl, number);
	netlink_close(nl);
	return bound == 0 ? -ENODEV : 0;
}

int queue_config_adopt(int fd, uint16_t number, uint32_t length, bool fail_open)
{
	int err = check_kind(fd);

	if (err == 0)
		err = check_namespace(fd);
	if (err == 0)
		err = check_bound(number);
	if (err == 0)
		err = size_socket(fd, length);
	if (err == 0)
		err = renew_parameters(fd, number, length, fail_open);
	return err;
}
