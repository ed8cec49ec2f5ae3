/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "place.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECT_MS 3000
#define DATA_MS    10000

static int namespaces[PLACES];

void expect_true(bool ok, const char *format, ...)
{
	va_list words;

	if (ok)
		return;
	va_start(words, format);
	vprintf(format, words);
	va_end(words);
	printf("\n");
	exit(1);
}

void place_init(void)
{
	static const char *const names[PLACES] = { "client", "rs1", "rs2", "director" };
	const char *prefix = getenv("LAB_PREFIX");
	char path[128];

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 0; i < PLACES; i++) {
		snprintf(path, sizeof(path), "/run/netns/%s-%s", prefix ? prefix : "ftpalg",
			 names[i]);
		namespaces[i] = open(path, O_RDONLY | O_CLOEXEC);
		expect_true(namespaces[i] >= 0, "%s: %s", path, strerror(errno));
	}
	expect_true(setns(namespaces[PLACE_DIRECTOR], CLONE_NEWNET) == 0, "setns");
}

struct endpoint place_at(const char *text)
{
	struct endpoint e;

	expect_true(endpoint_parse(text, &e) == 0, "%s is no endpoint", text);
	return e;
}

struct endpoint place_at_port(struct endpoint e, uint16_t port)
{
	e.port = port;
	return e;
}

union address {
	struct sockaddr any;
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;
};

static socklen_t fill(const struct endpoint *e, union address *a)
{
	memset(a, 0, sizeof(*a));
	if (endpoint_is_ipv4(e)) {
		a->ipv4 = (struct sockaddr_in){ AF_INET, htons(e->port), endpoint_ipv4(e), { 0 } };
		return sizeof(a->ipv4);
	}
	a->ipv6.sin6_family = AF_INET6;
	a->ipv6.sin6_port = htons(e->port);
	a->ipv6.sin6_addr = e->addr;
	return sizeof(a->ipv6);
}

static struct endpoint from_address(const union address *a)
{
	if (a->any.sa_family == AF_INET)
		return endpoint_from_ipv4(a->ipv4.sin_addr, ntohs(a->ipv4.sin_port));
	return endpoint_from_ipv6(&a->ipv6.sin6_addr, ntohs(a->ipv6.sin6_port));
}

static int make_socket(enum place where, const struct endpoint *local,
		       const struct endpoint *remote, int flags)
{
	const struct endpoint *e = local ? local : remote;
	const struct linger reset = { 1, 0 }; /* ports are used again at once */
	union address a;
	const int on = 1;
	int fd;

	expect_true(setns(namespaces[where], CLONE_NEWNET) == 0, "setns");
	fd = socket(endpoint_is_ipv4(e) ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	expect_true(setns(namespaces[PLACE_DIRECTOR], CLONE_NEWNET) == 0, "setns");
	expect_true(fd >= 0, "socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (remote)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	if (local) {
		const socklen_t length = fill(local, &a);

		expect_true(bind(fd, &a.any, length) == 0, "bind: %s", strerror(errno));
	}
	return fd;
}

int place_listen(enum place where, const struct endpoint *local)
{
	int fd = make_socket(where, local, NULL, 0);

	expect_true(listen(fd, 16) == 0, "listen: %s", strerror(errno));
	return fd;
}

int place_begin_connect(enum place where, const struct endpoint *local,
			const struct endpoint *remote)
{
	int fd = make_socket(where, local, remote, SOCK_NONBLOCK);
	union address a;
	const socklen_t length = fill(remote, &a);

	expect_true(connect(fd, &a.any, length) == 0 || errno == EINPROGRESS, "connect: %s",
		    strerror(errno));
	return fd;
}

int place_finish_connect(int fd)
{
	int error = 0;
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t length = sizeof(error);

	if (poll(&p, 1, CONNECT_MS) <= 0)
		error = ETIMEDOUT;
	else
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
	if (error) {
		close(fd);
		return -error;
	}
	fcntl(fd, F_SETFL, 0);
	return fd;
}

int place_connect(enum place where, const struct endpoint *local, const struct endpoint *remote)
{
	return place_finish_connect(place_begin_connect(where, local, remote));
}

int place_accept(int listener, int wait_ms, struct endpoint *peer)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };
	union address a;
	socklen_t length = sizeof(a);
	const struct linger reset = { 1, 0 };
	int fd;

	if (poll(&p, 1, wait_ms) <= 0)
		return -ETIMEDOUT;
	fd = accept4(listener, &a.any, &length, SOCK_CLOEXEC);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	*peer = from_address(&a);
	return fd;
}

static bool goes_through(int from, int to)
{
	struct pollfd p = { .fd = to, .events = POLLIN };
	char sent[] = "data", got[sizeof(sent)] = "";

	return send(from, sent, sizeof(sent), MSG_NOSIGNAL) == sizeof(sent) &&
	       poll(&p, 1, DATA_MS) == 1 && recv(to, got, sizeof(got), 0) == sizeof(got) &&
	       memcmp(sent, got, sizeof(got)) == 0;
}

bool place_exchange(int a, int b)
{
	return goes_through(a, b) && goes_through(b, a);
}
