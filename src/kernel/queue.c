/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/queue.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/attributes.h"
#include "kernel/ctnetlink.h"
#include "kernel/helper.h"
#include "kernel/queue_config.h"

/* The longest attribute the kernel makes, and room for the header and the other attributes. */
#define MESSAGE_MAX  (65536 + 4096)
#define SEQ_UNCOUNTED 1 /* of requests whose answer concerns no packet; of all others 0 */
#define VERDICT_ROOM 64 /* headers and padding of a verdict, whatever its payload */

struct queue {
	int fd;
	uint16_t number;
	bool adopted; /* and nothing received since */
	uint8_t *messages; /* QUEUE_BATCH_MAX of MESSAGE_MAX bytes; pages come as they are used */
	uint8_t *verdicts;
	size_t verdicts_length;
	struct nfqnl_msg_verdict_hdr *until; /* of the last verdict, when it is one on many packets */
	bool stuck; /* a packet was left without its verdict: no other may stand for it */
	struct queue_counters counters;
	struct iovec iov[QUEUE_BATCH_MAX];
	struct mmsghdr headers[QUEUE_BATCH_MAX];
};

#define MESSAGES_SIZE ((size_t)QUEUE_BATCH_MAX * MESSAGE_MAX)

static void prepare_headers(struct queue *q)
{
	for (size_t i = 0; i < QUEUE_BATCH_MAX; i++) {
		q->iov[i].iov_base = q->messages + i * MESSAGE_MAX;
		q->iov[i].iov_len = MESSAGE_MAX;
		q->headers[i].msg_hdr.msg_iov = &q->iov[i];
		q->headers[i].msg_hdr.msg_iovlen = 1;
	}
}

/* A connected netlink socket takes no message from anybody else (netlink_getsockbyportid). */
static int connect_to_kernel(int fd)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	return connect(fd, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0 ? -errno : 0;
}

/* A worker sleeps in the receive call itself: a poll before each one costs 1.8 us, emulated. */
static int let_wait(int fd)
{
	const struct timeval wait = { .tv_sec = QUEUE_WAIT_SECONDS };

	if (fcntl(fd, F_SETFL, 0) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0)
		return -errno;
	return 0;
}

static struct queue *new_queue(int fd, uint16_t number)
{
	struct queue *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->fd = fd;
	q->number = number;
	q->verdicts = malloc(QUEUE_VERDICTS_MAX);
	q->messages = mmap(NULL, MESSAGES_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (q->messages == MAP_FAILED)
		q->messages = NULL;
	if (!q->verdicts || !q->messages) {
		queue_release(q);
		return NULL;
	}
	prepare_headers(q);
	return q;
}

int queue_release(struct queue *q)
{
	int fd = q->fd;

	if (q->messages)
		munmap(q->messages, MESSAGES_SIZE);
	free(q->verdicts);
	free(q);
	return fd;
}

void queue_close(struct queue *q)
{
	if (q)
		close(queue_release(q));
}

static int take_over(int fd, uint16_t number, struct queue **q)
{
	struct queue *new;
	int err = connect_to_kernel(fd);

	if (err == 0)
		err = let_wait(fd);
	if (err < 0)
		return err;
	new = new_queue(fd, number);
	if (!new)
		return -ENOMEM;
	*q = new;
	return 0;
}

int queue_open(uint16_t number, uint32_t length, bool fail_open, struct queue **q)
{
	int err, fd = queue_config_bind(number, length, fail_open);

	if (fd < 0)
		return fd;
	err = take_over(fd, number, q);
	if (err < 0)
		close(fd);
	return err;
}

int queue_adopt(int fd, uint16_t number, uint32_t length, bool fail_open, struct queue **q)
{
	int err = queue_config_adopt(fd, number, length, fail_open);

	if (err == 0)
		err = take_over(fd, number, q);
	if (err == 0)
		(*q)->adopted = true;
	return err;
}

int queue_set_fail_open(struct queue *q, bool fail_open)
{
	return queue_config_fail_open(q->fd, q->number, fail_open);
}

int queue_fd(const struct queue *q)
{
	return q->fd;
}

uint16_t queue_number(const struct queue *q)
{
	return q->number;
}

const struct queue_counters *queue_counters(const struct queue *q)
{
	return &q->counters;
}

/*
 * The kernel counts a packet as lost here also where the queue's own counter leaves it out, because
 * it is let pass (netlink_overrun, NFQA_CFG_F_FAIL_OPEN).
 */
int queue_memory(const struct queue *q, struct queue_memory *out)
{
	uint32_t memory[SK_MEMINFO_VARS] = { 0 };
	socklen_t size = sizeof(memory);

	if (getsockopt(q->fd, SOL_SOCKET, SO_MEMINFO, memory, &size) < 0)
		return -errno;
	*out = (struct queue_memory){
		.used = memory[SK_MEMINFO_RMEM_ALLOC],
		.limit = memory[SK_MEMINFO_RCVBUF],
		.lost = memory[SK_MEMINFO_DROPS],
	};
	return 0;
}

/* ---- verdicts ---- */

int queue_flush(struct queue *q)
{
	ssize_t sent;

	if (q->verdicts_length == 0)
		return 0;
	do {
		sent = send(q->fd, q->verdicts, q->verdicts_length, 0);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return -errno;
	q->verdicts_length = 0;
	q->until = NULL;
	return 0;
}

/* The verdict's header in the buffer, or NULL when it has no room and cannot be flushed. */
static struct nlmsghdr *put_verdict(struct queue *q, unsigned type, uint32_t id, int verdict,
				    size_t payload, int *err)
{
	struct nlmsghdr *nlh;

	*err = 0;
	if (q->verdicts_length + VERDICT_ROOM + payload > QUEUE_VERDICTS_MAX) {
		*err = queue_flush(q);
		if (*err < 0) {
			q->stuck = true;
			return NULL;
		}
	}
	q->until = NULL;
	nlh = nfq_nlmsg_put((char *)q->verdicts + q->verdicts_length, (int)type, q->number);
	nfq_nlmsg_verdict_put(nlh, (int)id, verdict);
	return nlh;
}

static void end_verdict(struct queue *q, const struct nlmsghdr *nlh)
{
	q->verdicts_length += nlh->nlmsg_len;
}

static int plain_verdict(struct queue *q, uint32_t id, int verdict)
{
	int err;
	const struct nlmsghdr *nlh = put_verdict(q, NFQNL_MSG_VERDICT, id, verdict, 0, &err);

	if (nlh)
		end_verdict(q, nlh);
	return err;
}

int queue_accept(struct queue *q, uint32_t id)
{
	return plain_verdict(q, id, NF_ACCEPT);
}

int queue_accept_until(struct queue *q, uint32_t id)
{
	struct nlmsghdr *nlh;
	int err = 0;

	if (q->stuck)
		return queue_accept(q, id);
	if (q->until) {
		q->until->id = htonl(id);
		return 0;
	}
	nlh = put_verdict(q, NFQNL_MSG_VERDICT_BATCH, id, NF_ACCEPT, 0, &err);
	if (nlh) {
		q->until = mnl_attr_get_payload(mnl_nlmsg_get_payload_offset(nlh, sizeof(struct nfgenmsg)));
		end_verdict(q, nlh);
	}
	return err;
}

int queue_drop(struct queue *q, uint32_t id)
{
	return plain_verdict(q, id, NF_DROP);
}

int queue_rewrite(struct queue *q, uint32_t id, const void *bytes, size_t length)
{
	struct nlmsghdr *nlh;
	int err;

	if (length > UINT16_MAX - sizeof(struct nlattr)) {
		q->stuck = true;
		return -EMSGSIZE;
	}
	nlh = put_verdict(q, NFQNL_MSG_VERDICT, id, NF_ACCEPT, length, &err);
	if (!nlh)
		return err;
	nfq_nlmsg_verdict_put_pkt(nlh, bytes, (uint32_t)length);
	end_verdict(q, nlh);
	return 0;
}

/* ---- packets ---- */

static bool get_direction(const struct nlattr *attr, enum direction *direction)
{
	uint32_t info;

	if (!attribute_get(attr, &info, sizeof(info)))
		return false;
	*direction = ntohl(info) >= IP_CT_IS_REPLY ? FROM_SERVER : FROM_CLIENT;
	return true;
}

static bool get_flow(const struct nlattr *ct, struct flow *flow)
{
	const struct nlattr *attr[CTA_MAX + 1], *help[CTA_HELP_MAX + 1];
	struct endpoint reply_to;
	uint32_t id;

	attributes_in(ct, attr, CTA_MAX + 1);
	if (ctnetlink_get_tuple(attr[CTA_TUPLE_ORIG], &flow->client, &flow->service) < 0 ||
	    ctnetlink_get_tuple(attr[CTA_TUPLE_REPLY], &flow->server, &reply_to) < 0 ||
	    !attribute_get(attr[CTA_ID], &id, sizeof(id)))
		return false;
	flow->id = ntohl(id);
	attributes_in(attr[CTA_HELP], help, CTA_HELP_MAX + 1);
	flow->has_helper = attribute_is_string(help[CTA_HELP_NAME], HELPER_NAME);
	return true;
}

enum parsed { PARSED_PACKET, PARSED_PARTLY, PARSED_NOTHING };

static enum parsed parse_packet(const struct nlmsghdr *nlh, struct queue_packet *packet)
{
	const struct nlattr *attr[NFQA_MAX + 1];
	struct nfqnl_msg_packet_hdr header;

	attributes_of_message(nlh, sizeof(struct nfgenmsg), attr, NFQA_MAX + 1);
	if (!attribute_get(attr[NFQA_PACKET_HDR], &header, sizeof(header)))
		return PARSED_NOTHING;
	packet->id = ntohl(header.packet_id);
	if (!attr[NFQA_PAYLOAD] || attr[NFQA_CAP_LEN])
		return PARSED_PARTLY;
	packet->bytes = mnl_attr_get_payload(attr[NFQA_PAYLOAD]);
	packet->length = mnl_attr_get_payload_len(attr[NFQA_PAYLOAD]);
	packet->has_flow = get_direction(attr[NFQA_CT_INFO], &packet->direction) &&
			   get_flow(attr[NFQA_CT], &packet->flow);
	return PARSED_PACKET;
}

/* There is nobody to tell: a packet whose verdict cannot be sent stays in the queue. */
static void accept_unseen(struct queue *q, uint32_t id)
{
	if (queue_accept(q, id) < 0)
		q->counters.refused++;
}

/* What is older was received before the queue was adopted, by somebody who is no more. */
static void drop_before(struct queue *q, uint32_t id)
{
	int err;
	struct nlmsghdr *nlh = put_verdict(q, NFQNL_MSG_VERDICT_BATCH, id - 1, NF_DROP, 0, &err);

	q->adopted = false;
	if (!nlh) {
		q->counters.refused++;
		return;
	}
	nlh->nlmsg_seq = SEQ_UNCOUNTED;
	end_verdict(q, nlh);
}

static enum parsed parse_message(struct queue *q, const struct nlmsghdr *nlh,
				 struct queue_packet *packet)
{
	enum parsed parsed = PARSED_NOTHING;

	if (nlh->nlmsg_type == (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET))
		parsed = parse_packet(nlh, packet);
	if (q->adopted && parsed != PARSED_NOTHING)
		drop_before(q, packet->id);
	return parsed;
}

/*
 * A refused verdict comes back as an error; its packet is gone, nothing is left to do. That there
 * was nothing to drop is no error.
 */
static void take_error(struct queue *q, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(nlh);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*error) ||
	    error->msg.nlmsg_seq != SEQ_UNCOUNTED)
		q->counters.refused++;
}

static bool take_message(struct queue *q, const struct nlmsghdr *nlh, struct queue_packet *packet)
{
	if (nlh->nlmsg_type == NLMSG_ERROR) {
		take_error(q, nlh);
		return false;
	}
	switch (parse_message(q, nlh, packet)) {
	case PARSED_PACKET:
		q->counters.received++;
		return true;
	case PARSED_PARTLY:
		q->counters.truncated++;
		accept_unseen(q, packet->id);
		return false;
	case PARSED_NOTHING:
		q->counters.malformed++;
	}
	return false;
}

/* The kernel puts one message into each datagram of a queue. */
static bool take_datagram(struct queue *q, size_t i, struct queue_packet *packet)
{
	const struct nlmsghdr *nlh = q->iov[i].iov_base;

	if (!mnl_nlmsg_ok(nlh, (int)q->headers[i].msg_len)) {
		q->counters.malformed++;
		return false;
	}
	return take_message(q, nlh, packet);
}

int queue_receive(struct queue *q, struct queue_packet *packets, size_t max, bool wait)
{
	const unsigned room = max < QUEUE_BATCH_MAX ? (unsigned)max : QUEUE_BATCH_MAX;
	int received, taken = 0;

	received = recvmmsg(q->fd, q->headers, room, wait ? MSG_WAITFORONE : MSG_DONTWAIT, NULL);
	if (received < 0)
		return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? 0 : -errno;
	for (int i = 0; i < received; i++)
		taken += take_datagram(q, (size_t)i, &packets[taken]);
	return taken;
}

/* The kernel answers a request that asks for nothing: with a message to whoever reads the socket. */
int queue_wake(const struct queue *q)
{
	const struct nlmsghdr nothing = {
		.nlmsg_len = sizeof(nothing),
		.nlmsg_type = NLMSG_NOOP,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		.nlmsg_seq = SEQ_UNCOUNTED,
	};

	return send(q->fd, &nothing, sizeof(nothing), 0) < 0 ? -errno : 0;
}
