/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plain_queue.h"

#include "kernel/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netlink.h>
#include <sys/socket.h>

enum { BYTES_PER_PACKET = 4096, COPY_ALL = 0xffff };

static int bind_queue(struct netlink *nl, uint16_t number, uint32_t length)
{
	char buffer[NETLINK_REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG, number);

	nfq_nlmsg_cfg_put_cmd(nlh, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
	nfq_nlmsg_cfg_put_params(nlh, NFQNL_COPY_PACKET, COPY_ALL);
	nfq_nlmsg_cfg_put_qmaxlen(nlh, length);
	mnl_attr_put_u32(nlh, NFQA_CFG_FLAGS, htonl(NFQA_CFG_F_FAIL_OPEN));
	mnl_attr_put_u32(nlh, NFQA_CFG_MASK, htonl(NFQA_CFG_F_FAIL_OPEN));
	return netlink_request(nl, nlh);
}

int plain_queue_bind(uint16_t number, uint32_t length)
{
	const int room = (int)length * BYTES_PER_PACKET, on = 1;
	struct netlink *nl;
	int fd, err = netlink_open(NETLINK_NETFILTER, &nl);

	if (err < 0)
		return err;
	fd = netlink_fd(nl);
	err = bind_queue(nl, number, length);
	if (err == 0 &&
	    (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0 ||
	     setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof(on)) < 0))
		err = -errno;
	if (err == 0)
		fd = fcntl(fd, F_DUPFD_CLOEXEC, 0); /* netlink_close closes the other one */
	netlink_close(nl);
	if (err < 0)
		return err;
	return fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : fd;
}
