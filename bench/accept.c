/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The least that a program on an NFQUEUE can do: accept everything. What ftpalgd is compared to.
 *
 *	accept LOOP conntrack|plain NUMBER
 *
 * LOOP   single  one recv and one send for each packet
 *        many    one recvmmsg, the verdicts in one send
 *        batch   one recvmmsg, one verdict for all of them (it could change no packet)
 *
 * conntrack: messages carry the packet's conntrack entry, as ftpalgd needs them.
 */
#include "kernel/queue_config.h"
#include "plain_queue.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

enum {
	BATCH = 64,
	MESSAGE_MAX = 16384, /* the bench's packets are small */
	LENGTH = 8192,
	VERDICT_ROOM = 64,
};

static uint8_t messages[BATCH][MESSAGE_MAX] __attribute__((aligned(8)));
static uint8_t verdicts[BATCH * VERDICT_ROOM] __attribute__((aligned(8)));
static uint16_t number;

static void fail(const char *what, int error)
{
	fprintf(stderr, "accept: %s: %s\n", what, strerror(error));
	exit(1);
}

static void send_to_kernel(int fd, const void *bytes, size_t size)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	if (sendto(fd, bytes, size, 0, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		fail("sendto", errno);
}

/* The id of the packet in a message; 0 for any other message. */
static uint32_t packet_id(const uint8_t *message)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)message;
	struct nlattr *attr[NFQA_MAX + 1] = { 0 };
	const struct nfqnl_msg_packet_hdr *header;

	if (nlh->nlmsg_type == NLMSG_ERROR || nfq_nlmsg_parse(nlh, attr) < 0 ||
	    attr[NFQA_PACKET_HDR] == NULL)
		return 0;
	header = mnl_attr_get_payload(attr[NFQA_PACKET_HDR]);
	return ntohl(header->packet_id);
}

static size_t put_verdict(uint8_t *at, int type, uint32_t id)
{
	struct nlmsghdr *nlh = nfq_nlmsg_put((char *)at, type, number);

	nfq_nlmsg_verdict_put(nlh, (int)id, NF_ACCEPT);
	return nlh->nlmsg_len;
}

static void accept_single(int fd)
{
	for (;;) {
		ssize_t size = recv(fd, messages[0], MESSAGE_MAX, 0);
		uint32_t id = size < 0 ? 0 : packet_id(messages[0]);

		if (size < 0 && errno != EINTR && errno != ENOBUFS)
			fail("recv", errno);
		if (id != 0)
			send_to_kernel(fd, verdicts, put_verdict(verdicts, NFQNL_MSG_VERDICT, id));
	}
}

static size_t receive_many(int fd, uint32_t ids[static BATCH])
{
	static struct mmsghdr headers[BATCH];
	static struct iovec iov[BATCH];
	size_t count = 0;
	int received;

	for (size_t i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){ messages[i], MESSAGE_MAX };
		headers[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
	}
	received = recvmmsg(fd, headers, BATCH, MSG_WAITFORONE, NULL);
	if (received < 0 && errno != EINTR && errno != ENOBUFS)
		fail("recvmmsg", errno);
	for (int i = 0; i < received; i++) {
		ids[count] = packet_id(messages[i]);
		count += ids[count] != 0;
	}
	return count;
}

static void accept_many(int fd, bool batch)
{
	uint32_t ids[BATCH];

	for (;;) {
		size_t count = receive_many(fd, ids), size = 0;

		if (count == 0)
			continue;
		if (batch)
			size = put_verdict(verdicts, NFQNL_MSG_VERDICT_BATCH, ids[count - 1]);
		for (size_t i = 0; !batch && i < count; i++)
			size += put_verdict(verdicts + size, NFQNL_MSG_VERDICT, ids[i]);
		send_to_kernel(fd, verdicts, size);
	}
}

int main(int argc, char **argv)
{
	const struct timeval forever = { 0 };
	int fd;

	if (argc != 4) {
		fprintf(stderr, "usage: accept single|many|batch conntrack|plain NUMBER\n");
		return 2;
	}
	number = (uint16_t)atoi(argv[3]);
	fd = strcmp(argv[2], "plain") == 0 ? plain_queue_bind(number, LENGTH)
					   : queue_config_bind(number, LENGTH, true);
	if (fd < 0)
		fail("binding the queue", -fd);
	if (fcntl(fd, F_SETFL, 0) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &forever, sizeof(forever)) < 0)
		fail("waiting without end", errno);
	puts("ready");
	fflush(stdout);
	if (strcmp(argv[1], "single") == 0)
		accept_single(fd);
	accept_many(fd, strcmp(argv[1], "batch") == 0);
}
