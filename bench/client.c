/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

void client_fail(const char *what)
{
	perror(what);
	exit(1);
}

uint64_t client_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

int client_try(const struct sockaddr_in *to)
{
	const struct timeval limit = { .tv_sec = 20 };
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		client_fail("socket");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int client_connect(const struct sockaddr_in *to)
{
	int fd = client_try(to);

	if (fd < 0)
		client_fail("connect");
	return fd;
}

const char *client_reply(int fd, char code)
{
	static char text[1024];
	size_t size = 0;

	do {
		ssize_t got = recv(fd, text + size, sizeof(text) - 1 - size, 0);

		if (got <= 0)
			client_fail("reply");
		size += (size_t)got;
	} while (text[size - 1] != '\n' && size < sizeof(text) - 1);
	text[size] = '\0';
	if (text[0] != code) {
		fprintf(stderr, "not the reply that was expected: %s", text);
		exit(1);
	}
	return text;
}

const char *client_say(int fd, const char *line, char code)
{
	if (send(fd, line, strlen(line), MSG_NOSIGNAL) < 0)
		client_fail("send");
	return client_reply(fd, code);
}

struct sockaddr_in client_announced(const char *reply)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	const char *text = strchr(reply, '(');
	unsigned int n[6];

	if (text == NULL ||
	    sscanf(text, "(%u,%u,%u,%u,%u,%u", &n[0], &n[1], &n[2], &n[3], &n[4], &n[5]) != 6)
		client_fail("announcement");
	to.sin_addr.s_addr = htonl(n[0] << 24 | n[1] << 16 | n[2] << 8 | n[3]);
	to.sin_port = htons((uint16_t)(n[4] << 8 | n[5]));
	return to;
}

struct sockaddr_in client_passive(int fd)
{
	return client_announced(client_say(fd, "PASV\r\n", '2'));
}

struct sockaddr_in client_address(const char *address, const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
		client_fail(address);
	return to;
}
