/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/tcp_diag.h"

#include "kernel/attributes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <string.h>

#define DUMP_TRIES 5

struct listing {
	tcp_listener_seen *cb;
	void *data;
};

int tcp_diag_read(const struct nlmsghdr *nlh, struct endpoint *local, bool *takes_ipv4)
{
	const struct nlattr *attr[INET_DIAG_MAX + 1];
	struct inet_diag_msg message;
	struct in6_addr ipv6;
	struct in_addr ipv4;
	uint8_t v6only;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(message))
		return -EPROTO;
	memcpy(&message, mnl_nlmsg_get_payload(nlh), sizeof(message));
	memcpy(&ipv4, message.id.idiag_src, sizeof(ipv4));
	memcpy(&ipv6, message.id.idiag_src, sizeof(ipv6));
	*takes_ipv4 = false;
	if (message.idiag_family == AF_INET) {
		*local = endpoint_from_ipv4(ipv4, ntohs(message.id.idiag_sport));
		return 0;
	}
	*local = endpoint_from_ipv6(&ipv6, ntohs(message.id.idiag_sport));
	attributes_of_message(nlh, sizeof(message), attr, INET_DIAG_MAX + 1);
	/* A kernel that does not say is taken for one where it does. */
	if (!attribute_get(attr[INET_DIAG_SKV6ONLY], &v6only, sizeof(v6only)) || v6only == 0)
		*takes_ipv4 = IN6_IS_ADDR_UNSPECIFIED(&ipv6);
	return 0;
}

static int hand_on(const struct nlmsghdr *nlh, void *data)
{
	const struct in_addr any = { INADDR_ANY };
	const struct listing *listing = data;
	struct endpoint local, beside;
	bool takes_ipv4;
	int error = tcp_diag_read(nlh, &local, &takes_ipv4);

	if (error == 0)
		error = listing->cb(&local, listing->data);
	if (error == 0 && takes_ipv4) {
		beside = endpoint_from_ipv4(any, local.port);
		error = listing->cb(&beside, listing->data);
	}
	return error;
}

static int list(struct netlink *nl, uint8_t family, struct listing *listing)
{
	uint8_t buffer[NETLINK_REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct inet_diag_req_v2 *request = mnl_nlmsg_put_extra_header(nlh, sizeof(*request));

	nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	nlh->nlmsg_flags = NLM_F_DUMP;
	request->sdiag_family = family;
	request->sdiag_protocol = IPPROTO_TCP;
	request->idiag_states = 1 << TCP_LISTEN;
	return netlink_query(nl, nlh, hand_on, listing);
}

int tcp_diag_listeners(struct netlink *nl, tcp_listener_seen *cb, void *data)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	struct listing listing = { cb, data };
	int error = 0;

	for (size_t i = 0; i < sizeof(families) && error == 0; i++) {
		error = -EINTR;
		/* What is seen twice is as good as once. */
		for (int tries = 0; tries < DUMP_TRIES && error == -EINTR; tries++)
			error = list(nl, families[i], &listing);
	}
	return error;
}
