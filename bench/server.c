/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An FTP server that costs next to nothing, so that the gateway before it can be seen.
 *
 *	server PORT
 *
 * One thread for each control connection; any user may log in; RETR NAME sends as many zero bytes
 * as the number in the name, of whatever spelling: "1024", "file-200000000".
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE_MAX_SIZE = 512, CHUNK = 65536, STACK = 262144 };

struct control {
	int fd;
	int listener; /* of PASV; -1: none */
	char line[LINE_MAX_SIZE];
	size_t size;
};

static bool say(const struct control *c, const char *text)
{
	return send(c->fd, text, strlen(text), MSG_NOSIGNAL) >= 0;
}

static int listen_on(uint16_t port, in_addr_t address)
{
	const struct sockaddr_in local = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = address,
	};
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&local, sizeof(local)) == 0 && listen(fd, 128) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool passive(struct control *c)
{
	struct sockaddr_in local;
	socklen_t length = sizeof(local);
	const uint8_t *a, *p;
	char text[128];

	if (c->listener >= 0)
		close(c->listener);
	if (getsockname(c->fd, (struct sockaddr *)&local, &length) < 0)
		return false;
	c->listener = listen_on(0, local.sin_addr.s_addr);
	if (c->listener < 0 || getsockname(c->listener, (struct sockaddr *)&local, &length) < 0)
		return false;
	a = (const uint8_t *)&local.sin_addr.s_addr;
	p = (const uint8_t *)&local.sin_port;
	snprintf(text, sizeof(text), "227 Entering Passive Mode (%u,%u,%u,%u,%u,%u).\r\n", a[0], a[1],
		 a[2], a[3], p[0], p[1]);
	return say(c, text);
}

static void send_zeros(int fd, size_t size)
{
	static const char zeros[CHUNK];

	while (size > 0) {
		ssize_t sent = send(fd, zeros, size < CHUNK ? size : CHUNK, MSG_NOSIGNAL);

		if (sent <= 0)
			break;
		size -= (size_t)sent;
	}
}

static bool retrieve(struct control *c, const char *name)
{
	int data;

	if (c->listener < 0)
		return say(c, "425 Use PASV first.\r\n");
	if (!say(c, "150 Here it comes.\r\n"))
		return false;
	data = accept(c->listener, NULL, NULL);
	close(c->listener);
	c->listener = -1;
	if (data < 0)
		return say(c, "425 No data connection.\r\n");
	name += strcspn(name, "0123456789");
	send_zeros(data, strtoul(name, NULL, 10));
	close(data);
	return say(c, "226 Transfer complete.\r\n");
}

/* Returns false at the end of the session. */
static bool obey(struct control *c, const char *command)
{
	if (strncasecmp(command, "PASV", 4) == 0)
		return passive(c);
	if (strncasecmp(command, "RETR", 4) == 0)
		return retrieve(c, command + 4);
	if (strncasecmp(command, "USER", 4) == 0)
		return say(c, "331 Please specify the password.\r\n");
	if (strncasecmp(command, "PASS", 4) == 0)
		return say(c, "230 Login successful.\r\n");
	if (strncasecmp(command, "QUIT", 4) != 0)
		return say(c, "200 Fine.\r\n");
	say(c, "221 Goodbye.\r\n");
	return false;
}

static bool obey_lines(struct control *c)
{
	char *end;

	while ((end = memchr(c->line, '\n', c->size)) != NULL) {
		size_t used = (size_t)(end - c->line) + 1;

		*end = '\0';
		if (!obey(c, c->line))
			return false;
		c->size -= used;
		memmove(c->line, c->line + used, c->size);
	}
	return c->size < sizeof(c->line);
}

static void *serve(void *context)
{
	struct control c = { .fd = (int)(intptr_t)context, .listener = -1 };
	const int on = 1;
	ssize_t got;

	setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (say(&c, "220 bench\r\n"))
		while ((got = recv(c.fd, c.line + c.size, sizeof(c.line) - c.size, 0)) > 0) {
			c.size += (size_t)got;
			if (!obey_lines(&c))
				break;
		}
	if (c.listener >= 0)
		close(c.listener);
	close(c.fd);
	return NULL;
}

int main(int argc, char **argv)
{
	int listener = argc == 2 ? listen_on((uint16_t)atoi(argv[1]), INADDR_ANY) : -1;
	pthread_attr_t attributes;

	if (listener < 0) {
		perror("server: usage: server PORT");
		return 1;
	}
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK);
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		pthread_t thread;

		if (fd >= 0 && pthread_create(&thread, &attributes, serve, (void *)(intptr_t)fd) != 0)
			close(fd);
	}
}
