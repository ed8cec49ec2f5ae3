/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/udp_diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <string.h>

#include "kernel/attributes.h"

struct answer {
	struct inet_diag_msg message;
	struct udp_queue queue;
	bool seen;
};

static void set_local(struct inet_diag_req_v2 *request, const struct endpoint *local)
{
	if (endpoint_is_ipv4(local)) {
		request->sdiag_family = AF_INET;
		request->id.idiag_dst[0] = endpoint_ipv4(local).s_addr;
	} else {
		request->sdiag_family = AF_INET6;
		memcpy(request->id.idiag_dst, &local->addr, sizeof(local->addr));
	}
	request->id.idiag_dport = htons(local->port);
}

static int read_answer(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr[INET_DIAG_MAX + 1];
	uint32_t memory[SK_MEMINFO_VARS];
	struct answer *answer = data;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(answer->message))
		return -EPROTO;
	memcpy(&answer->message, mnl_nlmsg_get_payload(nlh), sizeof(answer->message));
	attributes_of_message(nlh, sizeof(answer->message), attr, INET_DIAG_MAX + 1);
	if (!attribute_get(attr[INET_DIAG_SKMEMINFO], memory, sizeof(memory)))
		return -EPROTO;
	answer->queue.bytes = answer->message.idiag_rqueue;
	answer->queue.drops = memory[SK_MEMINFO_DROPS];
	answer->seen = true;
	return 0;
}

static int ask(struct netlink *nl, const struct udp_socket *socket, struct answer *answer)
{
	uint8_t buffer[NETLINK_REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct inet_diag_req_v2 *request = mnl_nlmsg_put_extra_header(nlh, sizeof(*request));
	int err;

	nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	set_local(request, &socket->local);
	request->sdiag_protocol = IPPROTO_UDP;
	request->idiag_ext = 1 << (INET_DIAG_SKMEMINFO - 1);
	request->idiag_states = UINT32_MAX;
	request->id.idiag_if = socket->interface;
	memcpy(request->id.idiag_cookie, socket->cookie, sizeof(socket->cookie));
	answer->seen = false;
	err = netlink_query(nl, nlh, read_answer, answer);
	if (err < 0)
		return err;
	return answer->seen ? 0 : -ENOENT;
}

int udp_diag_find(struct netlink *nl, struct udp_socket *socket)
{
	struct udp_socket any = *socket;
	struct answer answer;
	int err;

	any.cookie[0] = any.cookie[1] = INET_DIAG_NOCOOKIE;
	err = ask(nl, &any, &answer);
	if (err < 0)
		return err;
	memcpy(socket->cookie, answer.message.id.idiag_cookie, sizeof(socket->cookie));
	return 0;
}

int udp_diag_queue(struct netlink *nl, const struct udp_socket *socket, struct udp_queue *queue)
{
	struct answer answer;
	int err = ask(nl, socket, &answer);

	if (err < 0)
		return err;
	*queue = answer.queue;
	return 0;
}
