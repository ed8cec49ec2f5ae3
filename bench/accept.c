/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The least that a program on an NFQUEUE can do: accept everything. What ftpalgd is compared to.
 *
 *	accept LOOP conntrack|plain NUMBER COUNT
 *
 * LOOP   single  one recv and one send for each packet
 *        many    one recvmmsg, the verdicts in one send
 *        batch   one recvmmsg, one verdict for all of them (it could change no packet)
 *
 * conntrack: messages carry the packet's conntrack entry, as ftpalgd needs them.
 *
 * COUNT queues from NUMBER on, each with a thread of its own.
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
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	BATCH = 64,
	MESSAGE_MAX = 16384, /* the bench's packets are small */
	LENGTH = 8192,
	VERDICT_ROOM = 64,
	QUEUES_MAX = 16,
};

static _Thread_local uint8_t messages[BATCH][MESSAGE_MAX] __attribute__((aligned(8)));
static _Thread_local uint8_t verdicts[BATCH * VERDICT_ROOM] __attribute__((aligned(8)));
static _Thread_local uint16_t number;

static const char *loop_name, *messages_name;

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

static _Noreturn void accept_single(int fd)
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
	struct mmsghdr headers[BATCH];
	struct iovec iov[BATCH];
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

static _Noreturn void accept_many(int fd, bool batch)
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

static void *serve(void *queue)
{
	const struct timeval forever = { 0 };
	int fd;

	number = *(const uint16_t *)queue;
	fd = strcmp(messages_name, "plain") == 0 ? plain_queue_bind(number, LENGTH)
						 : queue_config_bind(number, LENGTH, true);
	if (fd < 0)
		fail("binding the queue", -fd);
	if (fcntl(fd, F_SETFL, 0) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &forever, sizeof(forever)) < 0)
		fail("waiting without end", errno);
	if (strcmp(loop_name, "single") == 0)
		accept_single(fd);
	accept_many(fd, strcmp(loop_name, "batch") == 0);
}

int main(int argc, char **argv)
{
	uint16_t numbers[QUEUES_MAX];
	int count = argc == 5 ? atoi(argv[4]) : 0;

	if (count < 1 || count > QUEUES_MAX) {
		fprintf(stderr, "usage: accept single|many|batch conntrack|plain NUMBER COUNT\n");
		return 2;
	}
	loop_name = argv[1];
	messages_name = argv[2];
	for (int i = 0; i < count; i++) {
		pthread_t thread;
		int error;

		numbers[i] = (uint16_t)(atoi(argv[3]) + i);
		error = pthread_create(&thread, NULL, serve, &numbers[i]);
		if (error != 0)
			fail("starting a thread", error);
	}
	for (;;)
		pause();
}
