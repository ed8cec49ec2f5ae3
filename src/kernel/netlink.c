/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX 8192

struct netlink {
	struct mnl_socket *socket;
	unsigned port;
	uint32_t sequence;
	size_t room; /* in answer */
	uint8_t answer[ANSWER_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
};

struct reading {
	netlink_answer *cb;
	void *data;
	uint32_t sequence;
	int refused; /* what cb returned */
	bool single; /* the first answer is the only one */
	bool interrupted;
	long deadline; /* monotonic ms */
};

enum { READ_MORE = 1, READ_END = 0 };

static int limit_waiting(struct mnl_socket *socket)
{
	const struct timeval wait = {
		.tv_sec = NETLINK_WAIT_MS / 1000,
		.tv_usec = NETLINK_WAIT_MS % 1000 * 1000,
	};

	if (setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0)
		return -errno;
	return 0;
}

/*
 * The kernel makes, and may clear, a buffer as large as the reader's for every part of a dump: with what
 * it adds itself, 8 kB. Where pages are larger than 4 kB no part is smaller (NLMSG_GOODSIZE).
 */
static size_t answer_room(void)
{
	return sysconf(_SC_PAGESIZE) < ANSWER_MAX ? ANSWER_MAX - 512 : ANSWER_MAX;
}

int netlink_open(int bus, struct netlink **nl)
{
	struct netlink *n = calloc(1, sizeof(*n));
	int err = -ENOMEM;

	if (!n)
		return err;
	n->socket = mnl_socket_open2(bus, SOCK_CLOEXEC);
	if (!n->socket || mnl_socket_bind(n->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		err = -errno;
	else
		err = limit_waiting(n->socket);
	if (err < 0) {
		netlink_close(n);
		return err;
	}
	n->port = mnl_socket_get_portid(n->socket);
	n->room = answer_room();
	*nl = n;
	return 0;
}

void netlink_close(struct netlink *nl)
{
	if (!nl)
		return;
	if (nl->socket)
		mnl_socket_close(nl->socket);
	free(nl);
}

int netlink_fd(const struct netlink *nl)
{
	return mnl_socket_get_fd(nl->socket);
}

static long milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int end_of(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *end = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type == NLMSG_DONE) {
		const int *result = mnl_nlmsg_get_payload(nlh);

		return mnl_nlmsg_get_payload_len(nlh) >= sizeof(*result) && *result < 0 ? *result
											: READ_END;
	}
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*end))
		return -EPROTO;
	return end->error < 0 ? end->error : READ_END;
}

static int read_message(const struct nlmsghdr *nlh, struct reading *r)
{
	if (nlh->nlmsg_seq != r->sequence)
		return READ_MORE;
	r->deadline = milliseconds() + NETLINK_WAIT_MS;
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		r->interrupted = true;
	if (nlh->nlmsg_type == NLMSG_DONE || nlh->nlmsg_type == NLMSG_ERROR)
		return end_of(nlh);
	if (nlh->nlmsg_type < NLMSG_MIN_TYPE)
		return READ_MORE;
	if (r->cb && r->refused == 0)
		r->refused = r->cb(nlh, r->data);
	return r->single ? READ_END : READ_MORE;
}

static int read_datagram(const void *bytes, ssize_t received, struct reading *r)
{
	const struct nlmsghdr *nlh = bytes;
	int left = (int)received, result;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		result = read_message(nlh, r);
		if (result != READ_MORE)
			return result;
	}
	return READ_MORE;
}

static int read_answer(struct netlink *nl, struct reading *r)
{
	ssize_t received;
	int result;

	r->deadline = milliseconds() + NETLINK_WAIT_MS;
	do {
		received = mnl_socket_recvfrom(nl->socket, nl->answer, nl->room);
		if (received < 0 && errno == EINTR)
			result = READ_MORE;
		else if (received < 0)
			result = errno == EAGAIN ? -ETIMEDOUT : errno == ENOSPC ? -EPROTO : -errno;
		else
			result = read_datagram(nl->answer, received, r);
		if (result == READ_MORE && milliseconds() > r->deadline)
			result = -ETIMEDOUT;
	} while (result == READ_MORE);
	return result;
}

static uint32_t number(struct netlink *nl, struct nlmsghdr *nlh)
{
	nlh->nlmsg_seq = ++nl->sequence;
	nlh->nlmsg_pid = nl->port;
	nlh->nlmsg_flags |= NLM_F_REQUEST;
	return nlh->nlmsg_seq;
}

static int ask(struct netlink *nl, const struct nlmsghdr *nlh, struct reading *r)
{
	int err;

	if (mnl_socket_sendto(nl->socket, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	err = read_answer(nl, r);
	if (err < 0)
		return err;
	if (r->refused)
		return r->refused;
	return r->interrupted ? -EINTR : 0;
}

int netlink_query(struct netlink *nl, struct nlmsghdr *nlh, netlink_answer *cb, void *data)
{
	struct reading r = {
		.cb = cb,
		.data = data,
		.single = (nlh->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP,
		.sequence = number(nl, nlh),
	};

	return ask(nl, nlh, &r);
}

int netlink_request(struct netlink *nl, struct nlmsghdr *nlh)
{
	struct reading r = { .sequence = number(nl, nlh) };

	nlh->nlmsg_flags |= NLM_F_ACK;
	return ask(nl, nlh, &r);
}

/* With the number of what is between: the kernel refuses a whole transaction at its begin. */
static struct nlmsghdr *put_bracket(void *buffer, uint16_t type, unsigned subsystem,
				    uint32_t sequence)
{
	struct nlmsghdr *nlh = netlink_nfnl_put(buffer, 0, type, 0, AF_UNSPEC);
	struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);

	nlh->nlmsg_seq = sequence;
	nfg->res_id = htons((uint16_t)subsystem);
	return nlh;
}

int netlink_transaction(struct netlink *nl, unsigned subsystem, struct nlmsghdr *nlh)
{
	uint8_t begin[sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg)] __attribute__((aligned(4)));
	uint8_t end[sizeof(begin)] __attribute__((aligned(4)));
	struct reading r = { .sequence = number(nl, nlh) };
	struct iovec parts[] = {
		{ put_bracket(begin, NFNL_MSG_BATCH_BEGIN, subsystem, r.sequence), sizeof(begin) },
		{ nlh, nlh->nlmsg_len },
		{ put_bracket(end, NFNL_MSG_BATCH_END, subsystem, r.sequence), sizeof(end) },
	};
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	const struct msghdr message = {
		.msg_name = &kernel,
		.msg_namelen = sizeof(kernel),
		.msg_iov = parts,
		.msg_iovlen = sizeof(parts) / sizeof(parts[0]),
	};

	nlh->nlmsg_flags |= NLM_F_ACK;
	if (sendmsg(netlink_fd(nl), &message, 0) < 0)
		return -errno;
	return read_answer(nl, &r);
}

struct nlmsghdr *netlink_nfnl_put(void *buffer, unsigned subsystem, unsigned type, unsigned flags,
				  uint8_t family)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *nfg;

	nlh->nlmsg_type = (uint16_t)(subsystem << 8 | type);
	nlh->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = family;
	nfg->version = NFNETLINK_V0;
	nfg->res_id = 0;
	return nlh;
}
