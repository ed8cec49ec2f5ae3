/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The messages of a queue, right, cut short and mangled; no kernel is asked. */
#include "kernel/queue.c" /* its parser is static */

#include "../support/run.h"

#include <poll.h>

static struct endpoint at(const char *text)
{
	struct endpoint e;

	ck_assert_int_eq(endpoint_parse(text, &e), 0);
	return e;
}

struct sample {
	bool ipv4, reply, cap_length;
	const char *helper;
};

static const uint8_t payload[] = "\x45 something that is no packet";

static void put_ct(struct nlmsghdr *nlh, const struct sample *s)
{
	const struct endpoint client = at(s->ipv4 ? "198.51.100.2:40000" : "[2001:db8:1::2]:40000");
	const struct endpoint service = at(s->ipv4 ? "192.0.2.10:21" : "[2001:db8::10]:21");
	const struct endpoint server = at(s->ipv4 ? "10.0.0.2:2121" : "[fd00::2]:2121");
	struct nlattr *ct = mnl_attr_nest_start(nlh, NFQA_CT), *help;

	ctnetlink_put_tuple(nlh, CTA_TUPLE_ORIG, &client, &service);
	ctnetlink_put_tuple(nlh, CTA_TUPLE_REPLY, &server, &client);
	mnl_attr_put_u32(nlh, CTA_ID, htonl(0x12345678));
	if (s->helper) {
		help = mnl_attr_nest_start(nlh, CTA_HELP);
		mnl_attr_put_strz(nlh, CTA_HELP_NAME, s->helper);
		mnl_attr_nest_end(nlh, help);
	}
	mnl_attr_nest_end(nlh, ct);
}

static size_t write_message(void *buffer, const struct sample *s)
{
	const struct nfqnl_msg_packet_hdr header = { .packet_id = htonl(77) };
	struct nlmsghdr *nlh = nfq_nlmsg_put(buffer, NFQNL_MSG_PACKET, 2100);

	mnl_attr_put(nlh, NFQA_PACKET_HDR, sizeof(header), &header);
	mnl_attr_put_u32(nlh, NFQA_IFINDEX_INDEV, htonl(3));
	put_ct(nlh, s);
	mnl_attr_put_u32(nlh, NFQA_CT_INFO,
			 htonl(s->reply ? IP_CT_ESTABLISHED_REPLY : IP_CT_ESTABLISHED));
	if (s->cap_length)
		mnl_attr_put_u32(nlh, NFQA_CAP_LEN, htonl(70000));
	mnl_attr_put(nlh, NFQA_PAYLOAD, sizeof(payload), payload);
	return nlh->nlmsg_len;
}

/* As queue_receive finds it, in a buffer that ends where the datagram ends. */
static bool take(struct queue *q, const void *bytes, size_t length, struct queue_packet *packet)
{
	void *exact = malloc(length ? length : 1);
	bool taken;

	memcpy(exact, bytes, length);
	q->iov[0].iov_base = exact;
	q->headers[0].msg_len = (unsigned)length;
	taken = take_datagram(q, 0, packet);
	if (taken && packet->length > 0)
		ck_assert_uint_le(packet->bytes[packet->length - 1], UINT8_MAX);
	free(exact);
	return taken;
}

static struct queue *fresh_queue(void)
{
	struct queue *q = new_queue(-1, 2100);

	ck_assert_ptr_nonnull(q);
	return q;
}

static void expect_sample(const struct sample *s)
{
	uint8_t message[1024] __attribute__((aligned(4)));
	struct queue *q = fresh_queue();
	struct queue_packet p;
	const size_t length = write_message(message, s);

	ck_assert(take(q, message, length, &p));
	ck_assert_uint_eq(p.id, 77);
	ck_assert_uint_eq(p.length, sizeof(payload));
	ck_assert(p.has_flow);
	ck_assert_int_eq(p.direction, s->reply ? FROM_SERVER : FROM_CLIENT);
	ck_assert_uint_eq(p.flow.id, 0x12345678);
	ck_assert_uint_eq(p.flow.client.port, 40000);
	ck_assert_uint_eq(p.flow.service.port, 21);
	ck_assert_uint_eq(p.flow.server.port, 2121);
	ck_assert_int_eq(endpoint_is_ipv4(&p.flow.server), s->ipv4);
	ck_assert_int_eq(p.flow.has_helper, s->helper && strcmp(s->helper, "ftpalgd") == 0);
	queue_release(q);
}

START_TEST(a_packet_is_understood)
{
	static const char *const helpers[] = { NULL, "ftpalgd", "ftp", "ftpalgd2" };

	for (unsigned i = 0; i < 16; i++) {
		const struct sample s = { i & 1, i & 2, false, helpers[i / 4] };

		expect_sample(&s);
	}
}
END_TEST

START_TEST(a_packet_that_is_not_whole_is_accepted_unseen)
{
	const struct sample s = { .ipv4 = true, .cap_length = true };
	uint8_t message[1024] __attribute__((aligned(4)));
	struct queue *q = fresh_queue();
	struct queue_packet p;

	ck_assert(!take(q, message, write_message(message, &s), &p));
	ck_assert_uint_eq(q->counters.truncated, 1);
	ck_assert_uint_gt(q->verdicts_length, 0);
	queue_release(q);
}
END_TEST

START_TEST(a_refused_verdict_is_counted)
{
	struct { struct nlmsghdr nlh; struct nlmsgerr error; } refusal = {
		.nlh = { .nlmsg_len = sizeof(refusal), .nlmsg_type = NLMSG_ERROR },
		.error = { .error = -ENOENT },
	};
	struct queue *q = fresh_queue();
	struct queue_packet p;

	ck_assert(!take(q, &refusal, sizeof(refusal), &p));
	ck_assert_uint_eq(q->counters.refused, 1);
	refusal.error.msg.nlmsg_seq = SEQ_UNCOUNTED;
	ck_assert(!take(q, &refusal, sizeof(refusal), &p));
	ck_assert_uint_eq(q->counters.refused, 1);
	queue_release(q);
}
END_TEST

/* Sockets of this family may write to each other without a privilege. */
static int user_socket(void)
{
	const struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_USERSOCK);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&any, sizeof(any)), 0);
	return fd;
}

START_TEST(a_message_from_another_process_does_not_arrive)
{
	const int ours = user_socket(), other = user_socket();
	struct sockaddr_nl address = { 0 };
	socklen_t length = sizeof(address);
	struct queue *q;

	ck_assert_int_eq(getsockname(ours, (struct sockaddr *)&address, &length), 0);
	ck_assert_int_eq(sendto(other, "x", 1, 0, (struct sockaddr *)&address, length), 1);
	ck_assert_int_eq(take_over(ours, 2100, &q), 0);
	ck_assert_int_eq(sendto(other, "x", 1, 0, (struct sockaddr *)&address, length), -1);
	ck_assert_int_eq(errno, ECONNREFUSED);
	queue_close(q);
	close(other);
}
END_TEST

/* A call that would wait for a second otherwise: the answer is there before it. */
START_TEST(waking_ends_the_wait_and_is_no_refused_verdict)
{
	const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
	struct queue_packet packets[2];
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	struct timeval longest = { 0 };
	socklen_t length = sizeof(longest);
	struct queue *q;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(take_over(fd, 2100, &q), 0);
	ck_assert_int_eq(poll(&readable, 1, 0), 0);
	ck_assert_int_eq(queue_wake(q), 0);
	ck_assert_int_eq(poll(&readable, 1, 0), 1);
	ck_assert_int_eq(queue_receive(q, packets, 2, true), 0);
	ck_assert_int_eq(poll(&readable, 1, 0), 0);
	ck_assert_uint_eq(queue_counters(q)->refused, 0);
	ck_assert_uint_eq(queue_counters(q)->malformed, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &longest, &length), 0);
	ck_assert_int_eq(longest.tv_sec, QUEUE_WAIT_SECONDS);
	queue_close(q);
}
END_TEST

START_TEST(a_truncated_message_does_no_harm)
{
	const struct sample s = { .ipv4 = true, .helper = "ftpalgd" };
	uint8_t message[1024] __attribute__((aligned(4)));
	const size_t length = write_message(message, &s);
	struct nlmsghdr *nlh = (struct nlmsghdr *)message;
	struct queue *q = fresh_queue();
	struct queue_packet p;

	for (size_t cut = 0; cut < length - 3; cut++) { /* the last bytes are padding */
		nlh->nlmsg_len = (uint32_t)length;
		ck_assert(!take(q, message, cut, &p));
		nlh->nlmsg_len = (uint32_t)cut;
		if (take(q, message, cut, &p))
			ck_abort_msg("%zu of %zu bytes are taken for a packet", cut, length);
	}
	queue_release(q);
}
END_TEST

static uint32_t random_state = 2463534242;

static uint32_t random_number(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

START_TEST(a_mangled_message_does_no_harm)
{
	uint8_t message[1024] __attribute__((aligned(4)));
	struct queue *q = fresh_queue();
	struct queue_packet p;
	size_t length;

	for (int i = 0; i < 50000; i++) {
		const struct sample s = { i & 1, i & 2, i & 4, i & 8 ? "ftpalgd" : NULL };

		length = write_message(message, &s);
		for (unsigned n = random_number() % 4; n > 0; n--)
			message[random_number() % length] = (uint8_t)random_number();
		take(q, message, random_number() % 8 ? length : random_number() % length, &p);
		q->verdicts_length = 0;
	}
	ck_assert_uint_gt(q->counters.malformed, 0);
	ck_assert_uint_gt(q->counters.received, 0);
	queue_release(q);
}
END_TEST

START_TEST(verdicts_keep_their_order_and_their_bytes)
{
	struct queue *q = fresh_queue();
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)q->verdicts;
	static uint8_t bytes[65531];
	int left;

	ck_assert_int_eq(queue_accept(q, 1), 0);
	ck_assert_int_eq(queue_rewrite(q, 2, bytes, 4097), 0);
	ck_assert_int_eq(queue_drop(q, 3), 0);
	ck_assert_int_eq(queue_rewrite(q, 4, bytes, sizeof(bytes)), 0);
	ck_assert_int_eq(queue_rewrite(q, 5, bytes, sizeof(bytes) + 1), -EMSGSIZE);
	left = (int)q->verdicts_length;
	for (unsigned id = 1; id <= 4; id++) {
		const struct nlattr *attr[NFQA_MAX + 1];
		struct nfqnl_msg_verdict_hdr verdict;

		ck_assert(mnl_nlmsg_ok(nlh, left));
		attributes_of_message(nlh, sizeof(struct nfgenmsg), attr, NFQA_MAX + 1);
		ck_assert(attribute_get(attr[NFQA_VERDICT_HDR], &verdict, sizeof(verdict)));
		ck_assert_uint_eq(ntohl(verdict.id), id);
		ck_assert_uint_eq(ntohl(verdict.verdict), id == 3 ? NF_DROP : NF_ACCEPT);
		ck_assert_int_eq(attr[NFQA_PAYLOAD] != NULL, id % 2 == 0);
		nlh = mnl_nlmsg_next(nlh, &left);
	}
	ck_assert_int_eq(left, 0);
	queue_release(q);
}
END_TEST

static uint32_t accepted_until(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr[NFQA_MAX + 1];
	struct nfqnl_msg_verdict_hdr verdict;

	ck_assert_uint_eq(nlh->nlmsg_type & 0xff, NFQNL_MSG_VERDICT_BATCH);
	attributes_of_message(nlh, sizeof(struct nfgenmsg), attr, NFQA_MAX + 1);
	ck_assert(attribute_get(attr[NFQA_VERDICT_HDR], &verdict, sizeof(verdict)));
	ck_assert_uint_eq(ntohl(verdict.verdict), NF_ACCEPT);
	return ntohl(verdict.id);
}

START_TEST(many_in_a_row_are_accepted_by_one_verdict)
{
	int fds[2], left;
	struct queue *q;
	const struct nlmsghdr *nlh;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
	q = new_queue(fds[0], 2100);
	nlh = (const struct nlmsghdr *)q->verdicts;
	for (uint32_t id = 1; id <= 5; id++)
		ck_assert_int_eq(queue_accept_until(q, id), 0);
	ck_assert_int_eq(queue_drop(q, 6), 0);
	for (uint32_t id = 7; id <= 8; id++)
		ck_assert_int_eq(queue_accept_until(q, id), 0);
	left = (int)q->verdicts_length;
	ck_assert_uint_eq(accepted_until(nlh), 5);
	nlh = mnl_nlmsg_next(nlh, &left);
	ck_assert_uint_eq(nlh->nlmsg_type & 0xff, NFQNL_MSG_VERDICT);
	nlh = mnl_nlmsg_next(nlh, &left);
	ck_assert_uint_eq(accepted_until(nlh), 8);
	ck_assert_int_eq((int)nlh->nlmsg_len, left);
	ck_assert_int_eq(queue_flush(q), 0);
	ck_assert_int_eq(queue_accept_until(q, 9), 0);
	ck_assert_uint_eq(accepted_until((const struct nlmsghdr *)q->verdicts), 9);
	queue_close(q);
	close(fds[1]);
}
END_TEST

/* Or its original would go on instead of what it was to become. */
START_TEST(what_got_no_verdict_is_not_accepted_with_others)
{
	static const uint8_t bytes[65531];
	struct queue *q = new_queue(-1, 2100);
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)q->verdicts;
	uint32_t id = 1;
	int left;

	while (queue_rewrite(q, id, bytes, sizeof(bytes)) == 0)
		id++;
	ck_assert_int_eq(queue_accept_until(q, id + 1), 0);
	ck_assert_int_eq(queue_accept_until(q, id + 2), 0);
	left = (int)q->verdicts_length;
	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
		ck_assert_uint_eq(nlh->nlmsg_type & 0xff, NFQNL_MSG_VERDICT);
	ck_assert_int_eq(left, 0);
	queue_release(q);
}
END_TEST

static const struct nlmsghdr *sent_to(int fd, void *buffer, size_t size)
{
	const ssize_t length = recv(fd, buffer, size, MSG_DONTWAIT);

	ck_assert(mnl_nlmsg_ok(buffer, (int)length));
	return buffer;
}

static uint32_t number_in(const struct nlattr *attr)
{
	uint32_t number;

	ck_assert(attribute_get(attr, &number, sizeof(number)));
	return ntohl(number);
}

/* The other parameters stay, and no answer is asked for. */
START_TEST(what_a_full_queue_does_can_be_changed)
{
	uint8_t buffer[256] __attribute__((aligned(4)));
	const struct nlattr *attr[NFQA_CFG_MAX + 1];
	const struct nlmsghdr *nlh;
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
	for (int open = 0; open <= 1; open++) {
		struct queue *q = new_queue(fds[0], 2100);

		ck_assert_int_eq(queue_set_fail_open(q, open), 0);
		nlh = sent_to(fds[1], buffer, sizeof(buffer));
		ck_assert_int_eq(nlh->nlmsg_flags & NLM_F_ACK, 0);
		attributes_of_message(nlh, sizeof(struct nfgenmsg), attr, NFQA_CFG_MAX + 1);
		ck_assert_ptr_null(attr[NFQA_CFG_PARAMS]);
		ck_assert_ptr_null(attr[NFQA_CFG_QUEUE_MAXLEN]);
		ck_assert_uint_eq(number_in(attr[NFQA_CFG_MASK]), NFQA_CFG_F_FAIL_OPEN);
		ck_assert_uint_eq(number_in(attr[NFQA_CFG_FLAGS]), open ? NFQA_CFG_F_FAIL_OPEN : 0);
		queue_release(q);
	}
	close(fds[0]);
	close(fds[1]);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("queue");

	tcase_add_test(tcase, a_packet_is_understood);
	tcase_add_test(tcase, a_packet_that_is_not_whole_is_accepted_unseen);
	tcase_add_test(tcase, a_refused_verdict_is_counted);
	tcase_add_test(tcase, a_message_from_another_process_does_not_arrive);
	tcase_add_test(tcase, waking_ends_the_wait_and_is_no_refused_verdict);
	tcase_add_test(tcase, a_truncated_message_does_no_harm);
	tcase_add_test(tcase, a_mangled_message_does_no_harm);
	tcase_add_test(tcase, verdicts_keep_their_order_and_their_bytes);
	tcase_add_test(tcase, many_in_a_row_are_accepted_by_one_verdict);
	tcase_add_test(tcase, what_got_no_verdict_is_not_accepted_with_others);
	tcase_add_test(tcase, what_a_full_queue_does_can_be_changed);
	return run_suite("queue", tcase);
}
