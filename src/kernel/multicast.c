/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/multicast.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

union address {
	struct sockaddr any;
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;
};

#define OPTION(fd, level, name, value) \
	(setsockopt(fd, level, name, &(value), sizeof(value)) < 0 ? -errno : 0)

static socklen_t make_address(const struct endpoint *e, unsigned interface, union address *a)
{
	memset(a, 0, sizeof(*a));
	if (endpoint_is_ipv4(e)) {
		a->ipv4.sin_family = AF_INET;
		a->ipv4.sin_addr = endpoint_ipv4(e);
		a->ipv4.sin_port = htons(e->port);
		return sizeof(a->ipv4);
	}
	a->ipv6.sin6_family = AF_INET6;
	a->ipv6.sin6_addr = e->addr;
	a->ipv6.sin6_port = htons(e->port);
	a->ipv6.sin6_scope_id = interface;
	return sizeof(a->ipv6);
}

static int open_socket(const struct endpoint *group)
{
	int fd = socket(endpoint_is_ipv4(group) ? AF_INET : AF_INET6,
			SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

static int keep_local_ipv4(int fd, unsigned interface)
{
	const struct ip_mreqn out = { .imr_ifindex = (int)interface };
	const int hops = 0, loop = 1;
	int err = OPTION(fd, IPPROTO_IP, IP_MULTICAST_IF, out);

	if (err == 0)
		err = OPTION(fd, IPPROTO_IP, IP_MULTICAST_TTL, hops);
	if (err == 0)
		err = OPTION(fd, IPPROTO_IP, IP_MULTICAST_LOOP, loop);
	return err;
}

static int keep_local_ipv6(int fd, unsigned interface)
{
	const int out = (int)interface, hops = 0, loop = 1;
	int err = OPTION(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, out);

	if (err == 0)
		err = OPTION(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, hops);
	if (err == 0)
		err = OPTION(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, loop);
	return err;
}

/*
 * On the loopback interface IPv4 would take the source address from another interface, and the
 * connected socket would fail when that address moves to another director.
 */
static int bind_to_loopback(int fd, unsigned interface)
{
	const struct sockaddr_in loopback = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct ifreq request = { .ifr_ifindex = (int)interface };

	if (!if_indextoname(interface, request.ifr_name) || ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		return -errno;
	if (!(request.ifr_flags & IFF_LOOPBACK))
		return 0;
	if (bind(fd, (const struct sockaddr *)&loopback, sizeof(loopback)) < 0)
		return -errno;
	return 0;
}

static int connect_sender(int fd, const struct endpoint *group, unsigned interface)
{
	union address to;
	const socklen_t length = make_address(group, interface, &to);
	int err;

	if (endpoint_is_ipv4(group)) {
		err = keep_local_ipv4(fd, interface);
		if (err == 0)
			err = bind_to_loopback(fd, interface);
	} else {
		err = keep_local_ipv6(fd, interface);
	}
	if (err < 0)
		return err;
	return connect(fd, &to.any, length) < 0 ? -errno : 0;
}

static int join(int fd, const struct endpoint *group, unsigned interface)
{
	const struct ip_mreqn ipv4 = {
		.imr_multiaddr = endpoint_ipv4(group),
		.imr_ifindex = (int)interface,
	};
	const struct ipv6_mreq ipv6 = {
		.ipv6mr_multiaddr = group->addr,
		.ipv6mr_interface = interface,
	};

	if (endpoint_is_ipv4(group))
		return OPTION(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, ipv4);
	return OPTION(fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, ipv6);
}

static int connect_echo(int fd, const struct endpoint *group, unsigned interface, int sender)
{
	union address local, peer;
	const socklen_t local_length = make_address(group, interface, &local);
	socklen_t peer_length = sizeof(peer);
	const int on = 1;
	int err = OPTION(fd, SOL_SOCKET, SO_REUSEADDR, on);

	if (err < 0)
		return err;
	if (bind(fd, &local.any, local_length) < 0 ||
	    getsockname(sender, &peer.any, &peer_length) < 0)
		return -errno;
	if (peer.any.sa_family == AF_INET6)
		peer.ipv6.sin6_scope_id = interface; /* link-local, and the sender not bound */
	err = join(fd, group, interface);
	if (err < 0)
		return err;
	return connect(fd, &peer.any, peer_length) < 0 ? -errno : 0;
}

int multicast_open(const struct endpoint *group, unsigned interface, struct multicast *m)
{
	struct multicast opened = { .sender = open_socket(group), .echo = open_socket(group) };
	int err;

	if (opened.sender < 0)
		err = opened.sender;
	else if (opened.echo < 0)
		err = opened.echo;
	else
		err = connect_sender(opened.sender, group, interface);
	if (err == 0)
		err = connect_echo(opened.echo, group, interface, opened.sender);
	if (err < 0) {
		multicast_close(&opened);
		return err;
	}
	*m = opened;
	return 0;
}

void multicast_close(struct multicast *m)
{
	if (m->sender >= 0)
		close(m->sender);
	if (m->echo >= 0)
		close(m->echo);
	m->sender = m->echo = -1;
}
